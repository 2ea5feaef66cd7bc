//! The provider's posts into ours, and into the documents that the stores keep. Pure: bytes in, bytes out.
//!
//! `video` makes a post of the model, `hashtags` and `time` are its two hard fields, `document` adds what the
//! stores hold besides (`words` those of the text, without `stop_words`). What a detail does not carry is absent;
//! `merge` lays it over what a list gave, and erases nothing; `scores` puts in what a pass computed.
//! Called by the jobs and by the walk, once per answer.

mod document;
mod emoji;
pub mod hashtags;
pub mod merge;
pub mod scores;
mod stop_words;
mod time;
mod video;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::model::{DocumentPage, NormalizedPage, Skip};
use crate::wire::page::{self, Page, PageError};
use video::Normalized;

/// What an answer does not say about itself.
#[derive(Debug, Clone, Copy)]
pub struct PageContext<'a> {
    /// The creator asked for; empty when a single post was.
    pub sec_user_id: &'a str,
    /// The region asked with.
    pub region: Option<&'a str>,
    /// When the answer's last byte came (ms, UTC).
    pub fetched_at: i64,
}

/// The normalized page of an answer ([`crate::wire::page::text`] makes text of its bytes).
pub fn page(answer: &str) -> Result<NormalizedPage<'_>, PageError> {
    page_of(page::value(answer)?)
}

/// The normalized page of an answer that is known to be JSON.
pub fn page_of(answer: &RawValue) -> Result<NormalizedPage<'_>, PageError> {
    let page = page::read(answer)?;
    let (posts, skipped) = posts_of(&page);
    Ok(NormalizedPage {
        next_cursor: page.next_cursor.unwrap_or_default(),
        has_more: page.has_more,
        video_list: posts.into_iter().map(|post| post.video).collect(),
        skipped,
    })
}

/// The documents of an answer.
pub fn documents(body: &[u8], context: &PageContext<'_>) -> Result<DocumentPage, PageError> {
    let text = page::text(body);
    let page = page::read(page::value(&text)?)?;
    let (posts, skipped) = posts_of(&page);
    let mut made = DocumentPage {
        skipped,
        next_cursor: page.next_cursor.as_deref().map(str::to_owned),
        has_more: page.has_more,
        is_detail: page.is_detail,
        ..DocumentPage::default()
    };
    made.sources.reserve(posts.len() * document::USUAL_BYTES);
    for post in &posts {
        let head = document::append(post, page.is_detail, context, &mut made.sources);
        made.documents.push(head);
    }
    Ok(made)
}

/// The posts of a page in its order, each id once, and what was left out, by position.
fn posts_of<'a>(page: &Page<'a>) -> (Vec<Normalized<'a>>, Vec<Skip>) {
    let mut skipped = Vec::new();
    let mut kept: Vec<Option<(usize, Normalized<'a>)>> = Vec::with_capacity(page.items.len());
    let mut place_of_id: HashMap<Cow<'a, str>, usize> = HashMap::with_capacity(page.items.len());
    for (position, item) in page.items.iter().enumerate() {
        let post = match video::normalize(item, page.is_detail) {
            Ok(post) => post,
            Err(reason) => {
                skipped.push(Skip { position, reason: reason.to_owned() });
                continue;
            }
        };
        let earlier = place_of_id.get(&post.video.aweme_id).copied();
        if let Some(place) = earlier {
            let loser = match &mut kept[place] {
                Some((_, other)) if other.plays() >= post.plays() => position,
                slot => {
                    let lost = slot.take().map_or(position, |(position, _)| position);
                    place_of_id.insert(post.video.aweme_id.clone(), kept.len());
                    kept.push(Some((position, post)));
                    lost
                }
            };
            let reason = "its id stands twice on the page; the one with more plays is kept".to_owned();
            skipped.push(Skip { position: loser, reason });
        } else {
            place_of_id.insert(post.video.aweme_id.clone(), kept.len());
            kept.push(Some((position, post)));
        }
    }
    skipped.sort_by_key(|skip| skip.position);
    (kept.into_iter().flatten().map(|(_, post)| post).collect(), skipped)
}
