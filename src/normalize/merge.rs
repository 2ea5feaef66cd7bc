//! Two stored documents of one video into one: a detail laid over what a list (or an earlier detail) gave. Pure.
//!
//! What the detail carries replaces, what it does not carry stays; what was computed from both (hashtags, words, search
//! text, engagement) is computed again. Other values stand as they stood, byte for byte, keys in the order of a list's
//! document. Called by whoever indexes details, and by whoever indexes archived answers again.

pub(super) mod object;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{hashtags, scores, words};
use crate::insight::engagement::Engagement;
use crate::model::Kind;
use crate::model::text::{fold, search_text};
use crate::model::video::Stats;
use object::Object;

/// Objects that are merged key by key; any other value is replaced as a whole.
const MERGED_WITHIN: [&str; 4] = ["author_info", "video_resource", "music_info", "stats"];

/// What is computed from other fields.
const COMPUTED: [&str; 6] = ["hashtags", "hashtag_keys", "hashtag_spellings", "words", "search_text", "engagement"];

/// Why two documents do not make one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Not a document that `normalize` made.
    #[error("a stored document of video {id:?} cannot be merged: {reason}")]
    NoDocument {
        /// Its `aweme_id`; empty when it has none.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The documents are of two videos.
    #[error("a detail of video {detail} cannot be merged into video {older}")]
    OtherVideo {
        /// The `aweme_id` to merge into.
        older: String,
        /// The detail's.
        detail: String,
    },
}

/// Lays `detail` over `older`, a list's document or an earlier detail's (both as stored: JSON objects). The result is a
/// whole document under the newer of both times. The detail's values win whatever the times say: their order is the
/// caller's. Merging the same detail again changes nothing.
pub fn with_detail(older: &[u8], detail: &[u8]) -> Result<Vec<u8>, MergeError> {
    let (older, detail) = (Document::read(older)?, Document::read(detail)?);
    if older.id != detail.id {
        return Err(MergeError::OtherVideo { older: older.id, detail: detail.id });
    }
    let mut whole = older.overlaid_by(&detail)?;
    if let Some(hashtags) = merged_hashtags(&older, &detail)? {
        let text: String = whole.value("video_desc")?.unwrap_or_default();
        let shown: Vec<&str> = hashtags.iter().map(String::as_str).collect();
        let keys: Vec<String> = shown.iter().map(|hashtag| fold(hashtag)).collect();
        let region: Option<String> = whole.value("region")?;
        whole.put("hashtags", &hashtags)?;
        whole.put("hashtag_keys", &keys)?;
        whole.put("hashtag_spellings", &words::spellings(&shown, &keys))?;
        whole.put("words", &words::collect(&text, &shown, region.as_deref()))?;
        whole.put("search_text", &search_text(&text, &shown))?;
    }
    // Scores are of the counts before: the next pass computes them of the new ones.
    scores::take_out(&mut whole.fields).map_err(|error| whole.wrong(&error))?;
    if let Some(stats) = whole.value::<Stats>("stats")? {
        whole.put("engagement", &Engagement::of(&stats))?;
    }
    serde_json::to_vec(&whole.fields).map_err(|error| whole.wrong(&error))
}

/// The older one's hashtags, then those of the detail that are not there yet; the older ones alone when the text is the
/// same, since a detail has its hashtags from the text. `None` when neither has any to speak of.
fn merged_hashtags(older: &Document<'_>, detail: &Document<'_>) -> Result<Option<Vec<String>>, MergeError> {
    let (known, added) = (older.value::<Vec<String>>("hashtags")?, detail.value::<Vec<String>>("hashtags")?);
    let (text_before, text) = (older.value::<String>("video_desc")?, detail.value::<String>("video_desc")?);
    let (mut hashtags, added) = match (known, added) {
        (Some(known), Some(added)) if text != text_before => (known, added),
        (known, added) => return Ok(known.or(added)),
    };
    let text = text.unwrap_or_default();
    // A tag that the platform named may hold blanks and marks, of which the text alone tells only the start: "amici" is
    // no tag of a post that has "amici pizza".
    let names: Vec<_> = hashtags.iter().map(|name| name.as_str().into()).collect();
    let by_text = |names: &[_]| -> HashSet<String> { hashtags::collect(names, &text).1.into_iter().collect() };
    let (of_text, of_both) = (by_text(&[]), by_text(&names));
    let mut keys: HashSet<String> = hashtags.iter().map(|hashtag| fold(hashtag)).collect();
    for hashtag in added {
        let key = fold(&hashtag);
        let is_a_piece = of_text.contains(&key) && !of_both.contains(&key);
        if !is_a_piece && keys.insert(key) {
            hashtags.push(hashtag);
        }
    }
    Ok(Some(hashtags))
}

/// A stored document; its values are read only where they are needed.
struct Document<'a> {
    id: String,
    fields: Object<'a>,
}

impl<'a> Document<'a> {
    fn read(json: &'a [u8]) -> Result<Self, MergeError> {
        let wrong = |reason: String| MergeError::NoDocument { id: String::new(), reason };
        let fields = Object::read(json).map_err(|error| wrong(error.to_string()))?;
        let id = fields.value("aweme_id").map_err(|error| wrong(format!("aweme_id: {error}")))?;
        let id = id.ok_or_else(|| wrong("it has no aweme_id".to_owned()))?;
        Ok(Self { id, fields })
    }

    /// These fields, and over them what the detail carries.
    fn overlaid_by(&self, detail: &Self) -> Result<Self, MergeError> {
        let mut fields = self.fields.clone();
        for (key, value) in detail.fields.entries() {
            match key {
                // A detail does not know whose list the post stands in; what it says of that comes from who asked.
                "sec_user_id" | "region" if self.fields.get(key).is_some() => {}
                "fetched_at" if self.fetched_at()? > detail.fetched_at()? => {}
                // Only photo posts have marks of their own: a video is told by their absence, or by its length.
                "kind" if self.value::<String>(key)?.as_deref() == Some(Kind::Photo.name()) => {}
                _ if COMPUTED.contains(&key) && self.fields.get(key).is_some() => {}
                _ if MERGED_WITHIN.contains(&key) => {
                    let overlaid = overlaid_within(&self.fields, key, value.get());
                    overlaid
                        .and_then(|object| fields.put(key, &object))
                        .map_err(|error| detail.wrong_at(key, &error))?;
                }
                _ => fields.set(key, value.clone()),
            }
        }
        Ok(Self { id: self.id.clone(), fields })
    }

    /// A field's value; `None` when it is absent or null.
    fn value<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, MergeError> {
        self.fields.value(key).map_err(|error| self.wrong_at(key, &error))
    }

    fn put(&mut self, key: &str, value: &impl Serialize) -> Result<(), MergeError> {
        let put = self.fields.put(key, value);
        put.map_err(|error| self.wrong_at(key, &error))
    }

    fn fetched_at(&self) -> Result<i64, MergeError> {
        self.value("fetched_at")?.ok_or_else(|| self.wrong(&"it has no fetched_at"))
    }

    fn wrong_at(&self, key: &str, reason: &dyn Display) -> MergeError {
        self.wrong(&format!("{key}: {reason}"))
    }

    fn wrong(&self, reason: &dyn Display) -> MergeError {
        MergeError::NoDocument { id: self.id.clone(), reason: reason.to_string() }
    }
}

/// The object under `key`, and over it the entries of another one.
fn overlaid_within<'a>(fields: &'a Object<'_>, key: &str, over: &'a str) -> serde_json::Result<Object<'a>> {
    let mut object = fields.get(key).map_or(Ok(Object::default()), |value| Object::read(value.get().as_bytes()))?;
    for (key, value) in Object::read(over.as_bytes())?.entries() {
        object.set(key, value.clone());
    }
    Ok(object)
}
