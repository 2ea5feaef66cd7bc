//! The snapshots' index: what it has of one video, and how it is opened. Only tracking writes it, so it may be missing.
//!
//! It has no other source, so a damaged one is never made anew here: a person is told what moving it away means.

use bytes::Bytes;
use tantivy::Term;
use tantivy::collector::DocSetCollector;
use tantivy::query::TermQuery;
use tantivy::schema::{Field, IndexRecordOption};

use super::collection::CollectionWriter;
use super::contents::Contents;
use super::folder::{self, Opened};
use super::place::{Current, Place};
use crate::model::{Collection, VideoId};
use crate::store::StoreError;

const SNAPSHOTS: Collection = Collection::Snapshots;

/// The snapshots' index being asked.
pub(super) struct Snapshots {
    pub contents: Contents,
    aweme_id: Field,
}

impl Snapshots {
    /// Opens the index in use; `None` when nothing was tracked yet.
    pub(super) fn open(place: &Place, current: Current) -> Result<Option<Self>, StoreError> {
        let folder = place.folder(SNAPSHOTS, current.of(SNAPSHOTS));
        let Some(Opened { index, schema }) = folder::open_existing(&folder, SNAPSHOTS).map_err(in_other_words)? else {
            return Ok(None);
        };
        let contents = Contents::open(SNAPSHOTS, &folder, &index, schema.core).map_err(in_other_words)?;
        Ok(Some(Self { contents, aweme_id: schema.field("aweme_id")? }))
    }

    /// The documents of one video, in no particular order.
    pub(super) fn of_video(&self, video: &VideoId) -> tantivy::Result<Vec<Bytes>> {
        let searcher = self.contents.newest()?;
        let term = Term::from_field_text(self.aweme_id, video.as_str());
        let found = searcher.search(&TermQuery::new(term, IndexRecordOption::Basic), &DocSetCollector)?;
        let mut addresses: Vec<_> = found.into_iter().collect();
        addresses.sort_unstable();
        self.contents.sources(&searcher, &addresses)
    }
}

/// Opens the index in use for writing, or makes it; whoever calls holds the writer's lock.
pub(super) fn open_to_write(place: &Place) -> Result<CollectionWriter, StoreError> {
    CollectionWriter::open(place.current_folder(SNAPSHOTS)?, SNAPSHOTS).map_err(in_other_words)
}

/// What to do about snapshots that cannot be read is not what to do about videos: no archive makes them again.
pub(super) fn in_other_words(error: StoreError) -> StoreError {
    match error {
        StoreError::Broken(words) if words.contains("is damaged (") => {
            let cause = words.rsplit_once("): ").map_or(words.clone(), |(cause, _)| format!("{cause})"));
            StoreError::Broken(format!(
                "{cause}: put a copy of that folder back, or move it away: the earlier counts in it are lost then, and growth is \
                 told again once posts were tracked twice more"
            ))
        }
        error => error,
    }
}
