//! The asking side: each question sees the newest commit, beside a writer in this or another process.
//!
//! Questions run on blocking threads. Documents are handed out as they were stored, rows are read from them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tantivy::query::EnableScoring;
use tantivy::{DocAddress, DocSet, IndexReader, ReloadPolicy, Searcher, TERMINATED, TantivyDocument, TantivyError};
use tokio::sync::mpsc;

use super::committed::source_of;
use super::query::AskedFields;
use super::schema::IndexSchema;
use super::top::Top;
use super::{folder, trouble};
use crate::model::{Collection, Hits, Question, Row};
use crate::store::{ScanSender, StoreContents, StoreError, StoreReader};

/// Rows that travel together from the reading thread; two such chunks are in memory at most, and one under way.
const ROWS_AT_A_TIME: usize = 1024;
/// Blocks of stored documents (16 KB each) kept while hits are fetched; they are fetched in the order they lie in.
const CACHED_BLOCKS: usize = 4;

/// Asks an embedded store.
#[derive(Clone)]
pub struct EmbeddedReader {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    schema: IndexSchema,
    fields: AskedFields,
    reader: IndexReader,
}

impl EmbeddedReader {
    /// Opens the store in the data folder `dir`; no lock is taken. Blocks for some files' opening.
    ///
    /// [`StoreError::Missing`] when nothing was indexed there yet, [`StoreError::Unfit`] for an index of another version,
    /// [`StoreError::Broken`] for a damaged one.
    pub fn open(dir: &Path, prefix: &str) -> Result<Self, StoreError> {
        let folder = folder::of(dir, prefix, Collection::Videos)?;
        let schema = IndexSchema::of(Collection::Videos)?;
        let index = folder::open_existing(&folder, &schema)?;
        let open = || index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let reader = trouble::guard_opening(&folder, open)?;
        let fields = AskedFields::of(&schema)?;
        Ok(Self { shared: Arc::new(Shared { folder, schema, fields, reader }) })
    }

    async fn ask<T: Send + 'static>(
        &self,
        answer: impl FnOnce(&Shared) -> tantivy::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let answer = move || answer(&shared).map_err(|error| trouble::unreadable(&shared.folder, &error));
        let joined = tokio::task::spawn_blocking(answer).await;
        // A panic over a damaged file, or the program's end.
        joined.unwrap_or_else(|error| Err(trouble::broken(&self.shared.folder.display(), &error)))
    }
}

#[async_trait]
impl StoreReader for EmbeddedReader {
    async fn search(&self, question: &Question) -> Result<Hits, StoreError> {
        let question = question.clone();
        self.ask(move |shared| shared.search(&question)).await
    }

    async fn rows(&self, question: &Question, each: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError> {
        let question = question.clone();
        let (chunks, mut received) = mpsc::channel(1);
        let reading = self.ask(move |shared| shared.rows(&question, &chunks));
        let handing = async {
            while let Some(rows) = received.recv().await {
                let rows: Vec<Row> = rows;
                rows.into_iter().for_each(&mut *each);
            }
        };
        tokio::join!(reading, handing).0
    }

    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError> {
        self.ask(Shared::newest_fetched_at).await
    }
}

#[async_trait]
impl StoreContents for EmbeddedReader {
    async fn versions(&self, _ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
        Err(StoreError::Unfit("versions".to_owned()))
    }

    async fn count(&self, _collection: Collection) -> Result<u64, StoreError> {
        Err(StoreError::Unfit("count".to_owned()))
    }

    async fn scan(&self, _collection: Collection, _into: ScanSender) -> Result<(), StoreError> {
        Err(StoreError::Unfit("scan".to_owned()))
    }
}

impl Shared {
    fn newest(&self) -> tantivy::Result<Searcher> {
        self.reader.reload()?;
        Ok(self.reader.searcher())
    }

    fn search(&self, question: &Question) -> tantivy::Result<Hits> {
        let searcher = self.newest()?;
        let query = self.fields.both(&question.query, &question.filters);
        let hits = searcher.search(&query, &Top { sort: question.sort, limit: question.limit })?;
        Ok(Hits { total: hits.total, videos: self.sources(&searcher, &hits.first)? })
    }

    /// The documents in the order of `addresses`, fetched in the order in which they lie in the store.
    fn sources(&self, searcher: &Searcher, addresses: &[DocAddress]) -> tantivy::Result<Vec<Bytes>> {
        let mut order: Vec<usize> = (0..addresses.len()).collect();
        order.sort_unstable_by_key(|&position| addresses[position]);
        let mut sources = vec![Bytes::new(); addresses.len()];
        for of_segment in order.chunk_by(|&left, &right| addresses[left].segment_ord == addresses[right].segment_ord) {
            let segment = searcher.segment_reader(addresses[of_segment[0]].segment_ord);
            let documents = segment.get_store_reader(CACHED_BLOCKS)?;
            for &position in of_segment {
                let document: TantivyDocument = documents.get(addresses[position].doc_id)?;
                sources[position] = source_of(&document, &self.schema)?;
            }
        }
        Ok(sources)
    }

    /// Sends every matching row in chunks; stops early when nobody takes them.
    fn rows(&self, question: &Question, chunks: &mpsc::Sender<Vec<Row>>) -> tantivy::Result<()> {
        let searcher = self.newest()?;
        let query = self.fields.both(&question.query, &question.filters);
        let weight = query.weight(EnableScoring::disabled_from_searcher(&searcher))?;
        let mut rows = Vec::new();
        for segment in searcher.segment_readers() {
            let documents = segment.get_store_reader(CACHED_BLOCKS)?;
            let mut matching = weight.scorer(segment, 1.0)?;
            while matching.doc() != TERMINATED {
                let document = matching.doc();
                matching.advance();
                if segment.is_deleted(document) {
                    continue;
                }
                rows.push(self.row(&documents.get(document)?)?);
                if rows.len() == ROWS_AT_A_TIME && chunks.blocking_send(std::mem::take(&mut rows)).is_err() {
                    return Ok(());
                }
            }
        }
        // Fails only when nobody takes them any more.
        let _ = chunks.blocking_send(rows);
        Ok(())
    }

    fn row(&self, document: &TantivyDocument) -> tantivy::Result<Row> {
        let source = source_of(document, &self.schema)?;
        serde_json::from_slice(&source).map_err(|error| {
            TantivyError::InternalError(format!("a stored video is no row: {error}: {}", excerpt(&source)))
        })
    }

    fn newest_fetched_at(&self) -> tantivy::Result<Option<i64>> {
        let searcher = self.newest()?;
        let mut newest = None;
        for segment in searcher.segment_readers() {
            if let Some(column) = segment.fast_fields().column_opt::<i64>("fetched_at")? {
                let of_segment = segment.doc_ids_alive().filter_map(|document| column.first(document)).max();
                newest = newest.max(of_segment);
            }
        }
        Ok(newest)
    }
}

fn excerpt(source: &[u8]) -> String {
    String::from_utf8_lossy(source).chars().take(200).collect()
}
