//! All that is known of an id into the one document that is written: the newest list's, and over it every later detail,
//! in the order of their times, under the newest of them.
//!
//! What the store holds is looked at, too, where details are laid over something: it may know what these records do
//! not, because they are a part of the archive, or because another machine fetched it.

use std::sync::Arc;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::held::{Held, Known};
use super::{Extent, ReplayError};
use crate::jobs::tasks;
use crate::model::{Collection, Counters};
use crate::normalize::merge::{self, MergeError};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, patiently};
use crate::pipeline::load::{LoadDocument, Loader};
use crate::store::{Lookup, StoredDocument};

/// Ids that are looked up, merged and pushed at a time.
const TOGETHER: usize = 200;

/// Merges what was held, part by part, and pushes it.
pub(super) async fn load_all(
    held: Held,
    store: &dyn Lookup,
    loader: &Loader,
    patience: Patience,
    counters: &Counters,
    stop: &CancellationToken,
) -> Result<Extent, ReplayError> {
    let mut groups = tasks::blocking(move || held.finish()).await??;
    loop {
        let (left, part) = tasks::blocking(move || {
            let part = groups.next();
            (groups, part)
        })
        .await?;
        groups = left;
        let Some(part) = part else { return Ok(Extent::Whole) };
        let mut part = part?;
        while !part.is_empty() {
            if stop.is_cancelled() {
                return Ok(Extent::Part);
            }
            let together: Vec<_> = part.drain(..part.len().min(TOGETHER)).collect();
            let documents = merge_some(together, store, patience, counters).await?;
            if loader.push(documents).await.is_err() {
                return Ok(Extent::Part);
            }
        }
    }
}

async fn merge_some(
    ids: Vec<(String, Known)>,
    store: &dyn Lookup,
    patience: Patience,
    counters: &Counters,
) -> Result<Vec<LoadDocument>, Fatal> {
    let asked: Vec<String> =
        ids.iter().filter(|(_, known)| known.has_later_details()).map(|(id, _)| id.clone()).collect();
    let mut stored = Vec::new().into_iter();
    if !asked.is_empty() {
        stored = patiently(patience, || store.get(Collection::Videos, &asked)).await?.into_iter();
    }
    let mut documents = Vec::with_capacity(ids.len());
    for (id, known) in ids {
        let stored = if known.has_later_details() { stored.next().flatten() } else { None };
        counters.documents_superseded.add(known.times.len() as u64 - 1);
        documents.push(known.into_document(id, stored.as_ref())?);
    }
    Ok(documents)
}

impl Known {
    /// Whether something is laid over something.
    fn has_later_details(&self) -> bool {
        let from = self.list.as_ref().map_or(i64::MIN, |list| list.time);
        self.details.iter().any(|detail| detail.time >= from)
    }

    fn into_document(self, id: String, stored: Option<&StoredDocument>) -> Result<LoadDocument, Fatal> {
        let version = self.newest();
        let newest = self.list.as_ref().or(self.details.last());
        let origin = newest.map(|newest| Arc::clone(&newest.origin)).unwrap_or_default();
        let merged = self.merged_with(stored).or_else(|error| {
            // What is stored is no document of ours; the records are.
            tracing::warn!("{error}; it is written again from the archive alone");
            self.merged_with(None)
        });
        let source = merged.map_err(|error| Fatal::Internal(error.to_string()))?;
        Ok(LoadDocument { id, version, source: Bytes::from(source), origin })
    }

    fn merged_with(&self, stored: Option<&StoredDocument>) -> Result<Vec<u8>, MergeError> {
        let stored = stored.filter(|stored| self.lacks(stored));
        let list = self.list.as_ref().map(|list| (list.time, &list.source[..]));
        let details = self.details.iter().map(|detail| (detail.time, &detail.source[..]));
        in_order(list, details.collect(), stored.map(|stored| (stored.version, &stored.source[..])))
    }

    /// Whether the stored document may say what these records do not: it is older than the newest of them, newer than
    /// what they have of lists, and not made of them.
    fn lacks(&self, stored: &StoredDocument) -> bool {
        match &self.list {
            None => stored.version <= self.newest(),
            Some(list) => {
                (list.time..=self.newest()).contains(&stored.version) && !self.times.contains(&stored.version)
            }
        }
    }
}

/// The list's document, then the details that are not older, with the stored one in its place among them: what it says
/// of the whole post goes before the list's, what it knows only in part is laid over.
fn in_order(
    list: Option<(i64, &[u8])>,
    details: Vec<(i64, &[u8])>,
    stored: Option<(i64, &[u8])>,
) -> Result<Vec<u8>, MergeError> {
    let (base, mut over) = match stored {
        Some(whole) if is_whole(whole.1) => (Some(whole), details),
        Some(part) => {
            let mut over = details;
            // Before a detail of the same time, which may be a part of it, read by an older normalizer.
            let place = over.partition_point(|(version, _)| *version < part.0);
            over.insert(place, part);
            (list, over)
        }
        None => (list, details),
    };
    let from = base.map_or(i64::MIN, |(version, _)| version);
    over.retain(|(version, _)| *version >= from);
    let mut in_order = base.into_iter().chain(over).map(|(_, source)| source);
    let mut whole = in_order.next().unwrap_or_default().to_vec();
    for detail in in_order {
        whole = merge::with_detail(&whole, detail)?;
    }
    Ok(whole)
}

/// Whether a document has every field that a list gives; one that is known by details alone lacks some.
fn is_whole(source: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "they must be there, whatever they hold")]
    struct Whole {
        video_desc: serde::de::IgnoredAny,
        is_private: serde::de::IgnoredAny,
        author_info: serde::de::IgnoredAny,
        video_resource: serde::de::IgnoredAny,
        music_info: serde::de::IgnoredAny,
        stats: serde::de::IgnoredAny,
        hashtags: serde::de::IgnoredAny,
        sec_user_id: serde::de::IgnoredAny,
        kind: serde::de::IgnoredAny,
    }
    serde_json::from_slice::<Whole>(source).is_ok()
}

#[cfg(test)]
mod tests;
