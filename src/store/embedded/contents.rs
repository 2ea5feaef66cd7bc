//! One collection's index, read as it is: versions by id, how many documents there are, all of them in turn.
//!
//! Beside a writer in this or another process each answer is of one commit, the newest. Blocking; who asks puts it on
//! a thread where it may block, and guards it against damaged files. Questions are the `reader`'s.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use tantivy::collector::Count;
use tantivy::{DocAddress, Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, TantivyError};

use super::check::Checked;
use super::committed::{Committed, source_of};
use super::creators::is_creator;
use super::schema::{CoreFields, VERSION};
use super::trouble;
use crate::model::{Checkpoint, Collection};
use crate::store::{ScanSender, ScannedDocument, StoreError, StoredDocument};

/// Scanned documents travel in chunks of so many, or of so many bytes.
const SCANNED_AT_A_TIME: usize = 512;
const SCANNED_BYTES: usize = 1 << 20;
/// Blocks of stored documents (16 KB each) kept while documents are read in the order in which they lie.
pub(super) const CACHED_BLOCKS: usize = 4;

/// An index being read.
pub(super) struct Contents {
    collection: Collection,
    folder: PathBuf,
    core: CoreFields,
    reader: IndexReader,
    checked: Checked,
}

impl Contents {
    /// Reads `index`, which lies in `folder`.
    pub(super) fn open(
        collection: Collection,
        folder: &Path,
        index: &Index,
        core: CoreFields,
    ) -> Result<Self, StoreError> {
        Self::open_with(collection, folder, index, core, Checked::as_remembered(folder))
    }

    /// The same, each file read again, whoever found it whole before: for what is to be copied.
    pub(super) fn open_anew(
        collection: Collection,
        folder: &Path,
        index: &Index,
        core: CoreFields,
    ) -> Result<Self, StoreError> {
        Self::open_with(collection, folder, index, core, Checked::anew(folder))
    }

    fn open_with(
        collection: Collection,
        folder: &Path,
        index: &Index,
        core: CoreFields,
        checked: Checked,
    ) -> Result<Self, StoreError> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader = trouble::guard(folder, || reader.try_into())?;
        Ok(Self { collection, folder: folder.to_owned(), core, reader, checked })
    }

    /// Where it lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The fields to read documents by.
    pub(super) fn core(&self) -> CoreFields {
        self.core
    }

    /// The newest commit, its files checked. When the folder was removed, as it may be after a reindexing, it is the
    /// last commit that was read: files stay readable while they are open.
    pub(super) fn newest(&self) -> tantivy::Result<Searcher> {
        self.checked.newest(&self.reader).or_else(|error| match self.folder.try_exists() {
            Ok(false) => Ok(self.reader.searcher()),
            _ => Err(error),
        })
    }

    /// The versions of the documents with these ids, in their order.
    pub(super) fn versions(&self, ids: &[String]) -> tantivy::Result<Vec<Option<i64>>> {
        let committed = Committed::of(self.newest()?)?;
        ids.iter().map(|id| committed.version(self.core, id)).collect()
    }

    /// The documents with these ids, in their order.
    pub(super) fn documents(&self, ids: &[String]) -> tantivy::Result<Vec<Option<StoredDocument>>> {
        let committed = Committed::of(self.newest()?)?;
        ids.iter().map(|id| committed.document(self.core, id)).collect()
    }

    /// How many documents there are.
    pub(super) fn count(&self) -> tantivy::Result<u64> {
        let searcher = self.newest()?;
        match self.collection {
            Collection::Creators | Collection::Checkpoints => Ok(searcher.search(&is_creator(), &Count)? as u64),
            Collection::Videos | Collection::Snapshots => Ok(searcher.num_docs()),
        }
    }

    /// The documents in the order of `addresses`, fetched in the order in which they lie in the store.
    pub(super) fn sources(&self, searcher: &Searcher, addresses: &[DocAddress]) -> tantivy::Result<Vec<Bytes>> {
        let mut order: Vec<usize> = (0..addresses.len()).collect();
        order.sort_unstable_by_key(|&position| addresses[position]);
        let mut sources = vec![Bytes::new(); addresses.len()];
        for of_segment in order.chunk_by(|&left, &right| addresses[left].segment_ord == addresses[right].segment_ord) {
            let segment = searcher.segment_reader(addresses[of_segment[0]].segment_ord);
            let documents = segment.get_store_reader(CACHED_BLOCKS)?;
            for &position in of_segment {
                let document: TantivyDocument = documents.get(addresses[position].doc_id)?;
                sources[position] = source_of(&document, self.core)?;
            }
        }
        Ok(sources)
    }

    /// Sends every document in chunks; stops early when nobody takes them. What else lies among the checkpoints is left
    /// out.
    pub(super) fn scan(&self, into: &ScanSender) -> tantivy::Result<()> {
        let (mut chunk, mut bytes) = (Vec::new(), 0);
        self.each(|document| {
            if self.collection == Collection::Checkpoints && document.id.contains('*') {
                return ControlFlow::Continue(());
            }
            bytes += document.document.source.len();
            chunk.push(document);
            if chunk.len() < SCANNED_AT_A_TIME && bytes < SCANNED_BYTES {
                return ControlFlow::Continue(());
            }
            bytes = 0;
            match into.blocking_send(std::mem::take(&mut chunk)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        if !chunk.is_empty() {
            // Fails only when nobody takes them any more.
            let _ = into.blocking_send(chunk);
        }
        Ok(())
    }

    /// Hands on every document of one commit, in the order in which they lie.
    pub(super) fn each(&self, mut take: impl FnMut(ScannedDocument) -> ControlFlow<()>) -> tantivy::Result<()> {
        let searcher = self.newest()?;
        for segment in searcher.segment_readers() {
            let Some(versions) = segment.fast_fields().column_opt::<i64>(VERSION)? else { continue };
            let documents = segment.get_store_reader(CACHED_BLOCKS)?;
            for position in segment.doc_ids_alive() {
                let document: TantivyDocument = documents.get(position)?;
                let source = source_of(&document, self.core)?;
                let version =
                    versions.first(position).ok_or_else(|| internal("a document has no version".to_owned()))?;
                let Some(id) = id_of(self.collection, &source, version)? else { continue };
                if take(ScannedDocument { id, document: StoredDocument { version, source } }).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The index finds a document by its id, but does not tell a document's: that is read from the document. `None` for
/// what among the creators is no creator.
fn id_of(collection: Collection, source: &[u8], version: i64) -> tantivy::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Ids<'a> {
        #[serde(borrow)]
        aweme_id: Option<Cow<'a, str>>,
        #[serde(borrow)]
        sec_user_id: Option<Cow<'a, str>>,
        #[serde(borrow)]
        tracking: Option<Tracked<'a>>,
    }
    #[derive(Deserialize)]
    struct Tracked<'a> {
        #[serde(borrow)]
        sec_user_id: Cow<'a, str>,
    }
    let unreadable = |cause: &dyn Display| internal(format!("a document does not say its id: {cause}"));
    let ids = serde_json::from_slice(source);
    if collection == Collection::Snapshots {
        // One that makes no sense is passed over by who reads it, and holds up no other.
        let video = ids.ok().and_then(|ids: Ids<'_>| ids.aweme_id).unwrap_or_default();
        return Ok(Some(format!("{video}-{version}")));
    }
    let ids: Ids<'_> = ids.map_err(|error| unreadable(&error))?;
    match (collection, ids) {
        (Collection::Videos, Ids { aweme_id: Some(id), .. })
        | (Collection::Creators | Collection::Checkpoints, Ids { sec_user_id: Some(id), .. }) => {
            Ok(Some(id.into_owned()))
        }
        (Collection::Creators | Collection::Snapshots, _) => Ok(None),
        (Collection::Checkpoints, Ids { tracking: Some(tracked), .. }) => {
            Ok(Some(Checkpoint::tracking_id(&tracked.sec_user_id)))
        }
        (Collection::Videos, _) => Err(unreadable(&"no aweme_id")),
        (Collection::Checkpoints, _) => Err(unreadable(&"no sec_user_id")),
    }
}

fn internal(words: String) -> TantivyError {
    TantivyError::InternalError(words)
}
