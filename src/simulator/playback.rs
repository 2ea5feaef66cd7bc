//! Recorded pages, played back: the same question gets the recorded answer. All pages of the file are in memory,
//! without the blanks between their tokens.

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::body;
use super::request::{ListRequest, Refusal};
use crate::archive::{ArchiveError, RecordedError, RecordedPage, RecordedPages, RecordedResponse};
use crate::model::{CreatorId, Endpoint};

const FIRST_CURSOR: &str = "0";

/// Why recorded pages cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlaybackError {
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] ArchiveError),
    /// A line is no recorded page.
    #[error(transparent)]
    Page(#[from] RecordedError),
    /// A list page does not say whose it is.
    #[error("{file}, line {line}: the page has no sec_user_id, so nobody could ask for it")]
    WithoutCreator {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// Nothing to play.
    #[error("{0} holds no list page")]
    Empty(String),
}

/// An answer as recorded.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    pub(super) status: u16,
    pub(super) body: Bytes,
    is_good: bool,
}

/// The pages of a file.
#[derive(Debug, Default)]
pub(super) struct Playback {
    /// In the order of their first page.
    creators: Vec<String>,
    pages: HashMap<String, HashMap<String, Recording>>,
    /// Each post's JSON, the last one recorded: a part of its page.
    posts: HashMap<String, Bytes>,
    details: HashMap<String, Recording>,
}

impl Playback {
    /// Reads the whole file. Of several answers to one question the last good one is played, else the last.
    pub(super) fn read(path: &Path) -> Result<Self, PlaybackError> {
        let file = path.display().to_string();
        let mut playback = Self::default();
        for page in RecordedPages::open(path)? {
            let page = page?;
            let line = page.line;
            playback.add(page).map_err(|()| PlaybackError::WithoutCreator { file: file.clone(), line })?;
        }
        if playback.creators.is_empty() { Err(PlaybackError::Empty(file)) } else { Ok(playback) }
    }

    pub(super) fn creator_ids(&self) -> impl Iterator<Item = String> {
        self.creators.iter().cloned()
    }

    /// The creator's number, from 1, among those that can be asked for.
    pub(super) fn number(&self, sec_user_id: &str) -> Option<u32> {
        let mut known = self.creators.iter().filter(|id| CreatorId::parse(id).is_ok());
        let position = known.position(|id| id == sec_user_id)?;
        u32::try_from(position + 1).ok()
    }

    pub(super) fn list(&self, request: &ListRequest<'_>) -> Result<Recording, Refusal> {
        let pages = self.pages.get(request.sec_user_id).ok_or(Refusal::UnknownCreator)?;
        pages.get(request.max_cursor).cloned().ok_or(Refusal::BadCursor)
    }

    pub(super) fn detail(&self, aweme_id: &str) -> Result<Recording, Refusal> {
        let from_a_page = || {
            let body = body::detail_around(self.posts.get(aweme_id)?);
            Some(Recording { status: 200, body, is_good: true })
        };
        self.details.get(aweme_id).cloned().or_else(from_a_page).ok_or(Refusal::UnknownVideo)
    }

    /// Fails for a list page without its creator.
    fn add(&mut self, page: RecordedPage) -> Result<(), ()> {
        let body = match page.response {
            RecordedResponse::Json(json) => Bytes::from(compact(json.get())),
            RecordedResponse::Text(text) => Bytes::from(text),
        };
        let posts = posts_of(&body);
        let is_detail = page.endpoint == Endpoint::Detail;
        let is_good = is_success(&body) && (is_detail || posts.is_some());
        let recording = Recording { status: page.status.unwrap_or(200), is_good, body };
        if is_detail {
            page.aweme_id.into_iter().for_each(|id| keep(&mut self.details, id, recording.clone()));
            return Ok(());
        }
        let creator = page.sec_user_id.ok_or(())?;
        if !self.pages.contains_key(&creator) {
            self.creators.push(creator.clone());
        }
        let cursor = page.max_cursor.filter(|cursor| !cursor.is_empty()).unwrap_or_else(|| FIRST_CURSOR.to_owned());
        keep(self.pages.entry(creator).or_default(), cursor, recording);
        self.posts.extend(posts.unwrap_or_default());
        Ok(())
    }
}

fn keep(recordings: &mut HashMap<String, Recording>, question: String, recording: Recording) {
    let is_better = recordings.get(&question).is_none_or(|known| recording.is_good || !known.is_good);
    if is_better {
        recordings.insert(question, recording);
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    code: Option<i64>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ListData<'a> {
    #[serde(borrow)]
    aweme_list: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Identified {
    aweme_id: String,
}

fn is_success(body: &Bytes) -> bool {
    serde_json::from_slice::<Envelope<'_>>(body).is_ok_and(|envelope| matches!(envelope.code, None | Some(0 | 200)))
}

/// The posts of a list answer by id; one without a readable id can only be had with its page.
fn posts_of(body: &Bytes) -> Option<Vec<(String, Bytes)>> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    let list: ListData<'_> = serde_json::from_str(envelope.data?.get()).ok()?;
    let post = |item: &RawValue| {
        let id = serde_json::from_str::<Identified>(item.get()).ok()?.aweme_id;
        Some((id, body.slice_ref(item.get().as_bytes())))
    };
    Some(list.aweme_list.into_iter().filter_map(post).collect())
}

/// The same JSON without blanks between its tokens; numbers and texts keep their spelling.
fn compact(json: &str) -> String {
    let (mut is_in_text, mut is_escaped) = (false, false);
    let mut compacted = json.to_owned();
    compacted.retain(|character| {
        let is_kept = is_in_text || !matches!(character, ' ' | '\t' | '\n' | '\r');
        if is_in_text {
            is_in_text = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
        } else {
            is_in_text = character == '"';
        }
        is_kept
    });
    compacted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blanks_go_and_spellings_stay() {
        assert_eq!(compact("{ \"a b\" :\n[1.50, \"\\\" \\\\\" , 2e3 ] }"), "{\"a b\":[1.50,\"\\\" \\\\\",2e3]}");
    }

    proptest! {
        #[test]
        fn compacting_changes_no_value(texts in prop::collection::vec("[\\PC\"\\\\ \n]{0,20}", 0..6)) {
            let value = serde_json::json!({"texts": texts, "number": 1});
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(compact(&pretty), value.to_string());
        }
    }
}
