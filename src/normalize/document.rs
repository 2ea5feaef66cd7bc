//! A post into its stored document: the model's fields, then what questions are asked of.
//!
//! Written once, straight into the page's buffer: from here on only its bytes are copied.

use std::borrow::Cow;

use serde::Serialize;

use super::PageContext;
use super::video::Normalized;
use super::words;
use crate::insight::engagement::Engagement;
use crate::model::DocumentHead;
use crate::model::text::search_text;
use crate::model::video::{Given, Video};

/// About what a document takes (bytes): the buffer is reserved by it.
pub(super) const USUAL_BYTES: usize = 1536;

/// The stored fields, in their order. A detail leaves out what it does not carry.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    video: &'a Video<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sec_user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Given::is_absent")]
    region: Given<&'a str>,
    fetched_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hashtag_keys: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hashtag_spellings: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_text: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    engagement: Option<Engagement>,
}

/// Appends the document's JSON to `sources`, and says where it lies.
pub(super) fn append(
    post: &Normalized<'_>,
    is_detail: bool,
    context: &PageContext<'_>,
    sources: &mut Vec<u8>,
) -> DocumentHead {
    let video = &post.video;
    let hashtags = video.hashtags.as_deref();
    let text = video.video_desc.as_deref().unwrap_or_default();
    let no_region = if is_detail { Given::Absent } else { Given::Unknown };
    let document = Document {
        video,
        sec_user_id: Some(context.sec_user_id).filter(|id| !id.is_empty()),
        region: context.region.map_or(no_region, Given::Value),
        fetched_at: context.fetched_at,
        kind: post.kind.map(crate::model::Kind::name),
        hashtag_keys: hashtags.map(|_| post.hashtag_keys.as_slice()),
        hashtag_spellings: hashtags.map(|hashtags| words::spellings(hashtags, &post.hashtag_keys)),
        words: hashtags.map(|hashtags| words::collect(text, hashtags, context.region)),
        search_text: hashtags.map(|hashtags| {
            let hashtags: Vec<&str> = hashtags.iter().map(Cow::as_ref).collect();
            search_text(text, &hashtags)
        }),
        engagement: video.stats.as_ref().map(Engagement::of),
    };
    let start = sources.len();
    #[expect(clippy::expect_used, reason = "plain data into memory: neither I/O nor a key that is no text can fail")]
    serde_json::to_writer(&mut *sources, &document).expect("a document is plain data");
    DocumentHead {
        id: video.aweme_id.clone().into_owned(),
        source: start..sources.len(),
        publish_ts: video.publish_ts.value().copied(),
        pinned: post.pinned,
    }
}
