//! One collection's index while it is written: newest wins by id, over what is committed and what is not yet.
//!
//! Runs on the writer's thread only. When to commit, and in which order across collections, is `engine`'s.

use std::collections::HashMap;
use std::path::PathBuf;

use tantivy::indexer::IndexWriterOptions;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::check::Checked;
use super::committed::Committed;
use super::folder::Opened;
use super::merges::Merges;
use super::schema::IndexSchema;
use super::{document, folder, trouble};
use crate::model::{Batch, Collection, Verdict};
use crate::store::{StoreError, StoredDocument};

/// Memory (bytes) in which tantivy gathers documents before it writes a segment. A replay fills it; a run that fetches
/// commits before.
const VIDEOS_MEMORY: usize = 96 << 20;
/// The same for the small checkpoints.
const CHECKPOINTS_MEMORY: usize = 16 << 20;
/// The same for the creators, which are written after everything else: tantivy's minimum.
const CREATORS_MEMORY: usize = 15_000_000;
/// The same for snapshots, which come page by page.
const SNAPSHOTS_MEMORY: usize = 15_000_000;
/// Blocks of stored documents (16 KB each) that are kept unpacked, in each segment. Documents are read one by one, by
/// id, seldom two of a block, so there is nothing to be gained from more, which would grow with the number of segments.
const DOCUMENT_BLOCKS: usize = 1;

/// A collection being written.
pub(super) struct CollectionWriter {
    folder: PathBuf,
    schema: IndexSchema,
    writer: IndexWriter,
    reader: IndexReader,
    committed: Committed,
    /// The newest version of each id since the last commit.
    uncommitted: HashMap<String, i64>,
    uncommitted_bytes: usize,
}

impl CollectionWriter {
    /// Opens or makes the index in `folder`.
    pub(super) fn open(folder: PathBuf, collection: Collection) -> Result<Self, StoreError> {
        let Opened { index, schema } = folder::open_or_make(&folder, collection)?;
        let (reader, committed) = trouble::guard(&folder, || {
            let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
            let reader = reader.doc_store_cache_num_blocks(DOCUMENT_BLOCKS).try_into()?;
            // What is damaged would be merged into what is written: found now, not after hours of fetching.
            let committed = Committed::of(Checked::anew(&folder).newest(&reader)?)?;
            Ok((reader, committed))
        })?;
        let writer = index.writer_with_options(options(collection)).map_err(|error| match error {
            TantivyError::LockFailure(..) => trouble::busy(&folder),
            error => trouble::unwritable(&folder, &trouble::in_words(&error)),
        })?;
        writer.set_merge_policy(Box::new(Merges::default()));
        Ok(Self { folder, schema, writer, reader, committed, uncommitted: HashMap::new(), uncommitted_bytes: 0 })
    }

    /// Takes the document at `position`; durable after [`Self::commit`].
    pub(super) fn index(&mut self, batch: &Batch, position: usize) -> Result<Verdict, StoreError> {
        let (item, source) = (&batch.items[position], batch.source(position));
        let document = match document::read(&self.schema, &item.id, item.version, source) {
            Ok(document) => document,
            Err(reason) => return Ok(Verdict::Refused(reason)),
        };
        let stored = self.version(&item.id)?;
        if stored.is_some_and(|version| version > item.version) {
            return Ok(Verdict::Superseded);
        }
        if stored.is_some() {
            self.writer.delete_term(Term::from_field_text(self.schema.core.id, &item.id));
        }
        if let Err(error) = self.writer.add_document(document) {
            return Err(self.writing_failed(error));
        }
        self.uncommitted.insert(item.id.clone(), item.version);
        self.uncommitted_bytes += source.len();
        Ok(Verdict::Stored { new: stored.is_none() })
    }

    /// The newest version of a document, committed or not.
    pub(super) fn version(&self, id: &str) -> Result<Option<i64>, StoreError> {
        match self.uncommitted.get(id) {
            Some(&version) => Ok(Some(version)),
            None => {
                self.committed.version(self.schema.core, id).map_err(|error| trouble::unreadable(&self.folder, &error))
            }
        }
    }

    /// A dead indexing thread only says that it is dead; what killed it comes out when the thread is joined.
    fn writing_failed(&mut self, error: TantivyError) -> StoreError {
        let cause = self.writer.prepare_commit().err().unwrap_or(error);
        trouble::unwritable(&self.folder, &trouble::in_words(&cause))
    }

    /// Makes all that was taken durable and findable.
    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        if self.uncommitted.is_empty() {
            return Ok(());
        }
        self.writer.commit().map_err(|error| trouble::unwritable(&self.folder, &trouble::in_words(&error)))?;
        self.committed = Committed::load(&self.reader).map_err(|error| trouble::unreadable(&self.folder, &error))?;
        self.uncommitted.clear();
        self.uncommitted_bytes = 0;
        Ok(())
    }

    /// Whether a committed document is not the newest one of these ids.
    pub(super) fn holds_back(&self, ids: &[String]) -> bool {
        ids.iter().any(|id| self.uncommitted.contains_key(id))
    }

    /// Committed documents, in the order of `ids`.
    pub(super) fn get(&self, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let get = |id: &String| self.committed.document(self.schema.core, id);
        ids.iter().map(get).collect::<tantivy::Result<_>>().map_err(|error| trouble::unreadable(&self.folder, &error))
    }

    /// Documents and bytes since the last commit.
    pub(super) fn uncommitted(&self) -> (usize, usize) {
        (self.uncommitted.len(), self.uncommitted_bytes)
    }

    /// Ends: merges under way are finished, or a run that ends right after its commit would never merge.
    pub(super) fn close(self) -> Result<(), StoreError> {
        self.writer
            .wait_merging_threads()
            .map_err(|error| trouble::unwritable(&self.folder, &trouble::in_words(&error)))
    }
}

fn options(collection: Collection) -> IndexWriterOptions {
    let memory = match collection {
        Collection::Videos => VIDEOS_MEMORY,
        Collection::Creators => CREATORS_MEMORY,
        Collection::Snapshots => SNAPSHOTS_MEMORY,
        Collection::Checkpoints => CHECKPOINTS_MEMORY,
    };
    // One merge at a time: two side by side need twice the memory.
    IndexWriterOptions::builder().num_worker_threads(1).memory_budget_per_thread(memory).num_merge_threads(1).build()
}
