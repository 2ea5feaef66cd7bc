//! The asking side: each question sees the newest commit, beside a writer in this or another process.
//!
//! Questions run on blocking threads. Documents are handed out as they were stored, rows are read from them.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use tantivy::query::EnableScoring;
use tantivy::{DocSet, TERMINATED, TantivyDocument, TantivyError};
use tokio::sync::mpsc;

use super::committed::source_of;
use super::contents::{CACHED_BLOCKS, Contents};
use super::creators::Creators;
use super::folder::Opened;
use super::place::{Current, Place};
use super::query::AskedFields;
use super::schema::IndexSchema;
use super::snapshots::{self, Snapshots};
use super::top::Top;
use super::{derived, folder, groups, histogram, measure, slots, trouble};
use crate::model::{
    Collection, CreatorQuestion, Group, GroupQuestion, Groups, Hits, Measure, PostTime, Question, Row, Scope, Slot,
    Snapshot, TimeSlot, VideoId, Windows,
};
use crate::store::snapshots::in_time_order;
use crate::store::{Lookup, ScanSender, StoreContents, StoreError, StoreReader, StoredDocument};

/// Rows, or documents, that travel together from the reading thread; two such chunks are in memory at most, and one
/// under way.
const AT_A_TIME: usize = 1024;

/// Asks an embedded store.
///
/// It stays with the versions of the indices that were in use when it was opened: after a reindexing it goes on
/// answering from the old ones.
#[derive(Clone)]
pub struct EmbeddedReader {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    videos: Contents,
    fields: AskedFields,
    /// Opened when they are first asked for, and as soon as there are any: a run makes them after the videos.
    checkpoints: OnceLock<Contents>,
    /// The same: the score pass makes them.
    creators: OnceLock<Creators>,
    /// The same: tracking makes them.
    snapshots: OnceLock<Snapshots>,
}

impl EmbeddedReader {
    /// Opens the store in the data folder `dir`; no lock is taken. Blocks for some files' opening.
    ///
    /// [`StoreError::Missing`] when nothing was indexed there yet, [`StoreError::Unfit`] for an index of another
    /// version, [`StoreError::Broken`] for a damaged one.
    pub fn open(dir: &Path, prefix: &str) -> Result<Self, StoreError> {
        let place = Place::of(dir, prefix)?;
        loop {
            let current = place.current()?;
            match Shared::open(&place, current) {
                // A reindexing in another process switched versions and removed the old one meanwhile.
                Err(_) if place.current()? != current => {}
                opened => return Ok(Self { shared: Arc::new(opened?) }),
            }
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        answer: impl FnOnce(&Shared) -> tantivy::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run(move |shared| trouble::guard(shared.videos.folder(), || answer(shared))).await
    }

    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let joined = tokio::task::spawn_blocking(move || act(&shared)).await;
        // The program's end: panics were caught.
        joined.unwrap_or_else(|error| Err(trouble::broken(self.shared.place.root(), &error)))
    }

    /// Hands what `read` makes of every matching video to `each`, as long as it wants more.
    async fn matching<T: Send + 'static>(
        &self,
        question: &Question,
        read: fn(&Shared, &TantivyDocument) -> tantivy::Result<T>,
        mut each: impl FnMut(T) -> bool,
    ) -> Result<(), StoreError> {
        let question = question.clone();
        let (chunks, mut received) = mpsc::channel(1);
        let reading = self.ask(move |shared| shared.matching(&question, read, &chunks));
        let handing = async move {
            while let Some(chunk) = received.recv().await {
                let chunk: Vec<T> = chunk;
                if !chunk.into_iter().all(&mut each) {
                    // Nobody takes the rest: the reading ends, too.
                    return;
                }
            }
        };
        tokio::join!(reading, handing).0
    }
}

#[async_trait]
impl StoreReader for EmbeddedReader {
    async fn search(&self, question: &Question) -> Result<Hits, StoreError> {
        let question = question.clone();
        self.ask(move |shared| shared.search(&question)).await
    }

    async fn rows(&self, question: &Question, each: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError> {
        let take = |row| {
            each(row);
            true
        };
        self.matching(question, Shared::row, take).await
    }

    async fn documents(
        &self,
        question: &Question,
        each: &mut (dyn FnMut(Bytes) -> bool + Send),
    ) -> Result<(), StoreError> {
        self.matching(question, |shared, document| source_of(document, shared.videos.core()), each).await
    }

    async fn groups(&self, question: &GroupQuestion) -> Result<Groups, StoreError> {
        let question = question.clone();
        self.ask(move |shared| groups::groups(&shared.videos.newest()?, &shared.fields, &question)).await
    }

    async fn measure(
        &self,
        scope: &Scope,
        groups: &[Group],
        windows: Option<&Windows>,
    ) -> Result<Vec<Measure>, StoreError> {
        let (scope, groups, windows) = (scope.clone(), groups.to_vec(), windows.cloned());
        self.ask(move |shared| {
            let fields = (&shared.fields, shared.videos.core());
            measure::measure(&shared.videos.newest()?, fields, &scope, &groups, windows.as_ref())
        })
        .await
    }

    async fn slots(&self, scope: &Scope, seconds: u32) -> Result<Vec<Slot>, StoreError> {
        let scope = scope.clone();
        self.ask(move |shared| {
            let query = shared.fields.both(&scope.query, &scope.filters);
            slots::slots(&shared.videos.newest()?, &query, seconds)
        })
        .await
    }

    async fn histogram(&self, scope: &Scope, time: PostTime, seconds: u32) -> Result<Vec<TimeSlot>, StoreError> {
        let scope = scope.clone();
        self.ask(move |shared| {
            let query = shared.fields.both(&scope.query, &scope.filters);
            histogram::histogram(&shared.videos.newest()?, &query, time, seconds)
        })
        .await
    }

    async fn creators(&self, question: &CreatorQuestion) -> Result<Hits, StoreError> {
        let question = question.clone();
        self.run(move |shared| {
            let Some(creators) = shared.creators()? else {
                let words = format!("{} has no scores of creators yet", shared.place.root().display());
                return Err(StoreError::Missing(format!(
                    "{words}: run `viralmine score`, which makes them of its videos"
                )));
            };
            let asked = trouble::guard(creators.contents.folder(), || creators.ask(&question));
            asked.map_err(derived::in_other_words)
        })
        .await
    }

    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError> {
        self.ask(Shared::newest_fetched_at).await
    }
}

#[async_trait]
impl Lookup for EmbeddedReader {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let ids = ids.to_vec();
        self.run(move |shared| {
            let documents = shared.read(collection, |contents| contents.documents(&ids))?;
            Ok(documents.unwrap_or_else(|| vec![None; ids.len()]))
        })
        .await
    }
}

#[async_trait]
impl StoreContents for EmbeddedReader {
    async fn versions(&self, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
        let ids = ids.to_vec();
        self.ask(move |shared| shared.videos.versions(&ids)).await
    }

    async fn count(&self, collection: Collection) -> Result<u64, StoreError> {
        self.run(move |shared| Ok(shared.read(collection, Contents::count)?.unwrap_or(0))).await
    }

    async fn count_unscored(&self) -> Result<u64, StoreError> {
        self.ask(Shared::count_unscored).await
    }

    async fn snapshots(&self, video: &VideoId) -> Result<Vec<Snapshot>, StoreError> {
        let video = video.clone();
        self.run(move |shared| {
            let Some(snapshots) = shared.snapshots()? else { return Ok(Vec::new()) };
            let found = trouble::guard(snapshots.contents.folder(), || snapshots.of_video(&video));
            found.map(|found| in_time_order(&video, &found)).map_err(snapshots::in_other_words)
        })
        .await
    }

    async fn scan(&self, collection: Collection, into: ScanSender) -> Result<(), StoreError> {
        self.run(move |shared| shared.read(collection, |contents| contents.scan(&into)).map(|_| ())).await
    }
}

/// Opens one collection's index in its version; `None` when it was not made yet.
fn open_contents(
    place: &Place,
    current: Current,
    collection: Collection,
) -> Result<Option<(Contents, IndexSchema)>, StoreError> {
    let folder = place.folder(collection, current.of(collection));
    let Some(Opened { index, schema }) = folder::open_existing(&folder, collection)? else { return Ok(None) };
    Ok(Some((Contents::open(collection, &folder, &index, schema.core)?, schema)))
}

impl Shared {
    fn open(place: &Place, current: Current) -> Result<Self, StoreError> {
        let Some((videos, schema)) = open_contents(place, current, Collection::Videos)? else {
            return Err(folder::nothing_indexed(&place.folder(Collection::Videos, current.of(Collection::Videos))));
        };
        let fields = AskedFields::of(&schema)?;
        let checkpoints = OnceLock::new();
        if let Some((contents, _)) = open_contents(place, current, Collection::Checkpoints)? {
            let _ = checkpoints.set(contents);
        }
        Ok(Self {
            place: place.clone(),
            videos,
            fields,
            checkpoints,
            creators: OnceLock::new(),
            snapshots: OnceLock::new(),
        })
    }

    /// Reads one collection; `None` when there is none.
    fn read<T>(
        &self,
        collection: Collection,
        read: impl FnOnce(&Contents) -> tantivy::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let contents = match collection {
            Collection::Videos => Some(&self.videos),
            Collection::Creators => self.creators()?.map(|creators| &creators.contents),
            Collection::Snapshots => self.snapshots()?.map(|snapshots| &snapshots.contents),
            Collection::Checkpoints => self.checkpoints()?,
        };
        let Some(contents) = contents else { return Ok(None) };
        let done = trouble::guard(contents.folder(), || read(contents)).map(Some);
        match collection {
            Collection::Creators => done.map_err(derived::in_other_words),
            Collection::Snapshots => done.map_err(snapshots::in_other_words),
            Collection::Videos | Collection::Checkpoints => done,
        }
    }

    fn snapshots(&self) -> Result<Option<&Snapshots>, StoreError> {
        while self.snapshots.get().is_none() {
            let current = self.place.current()?;
            match Snapshots::open(&self.place, current) {
                // A reindexing in another process copied them meanwhile.
                Err(_) if self.place.current()? != current => {}
                Err(error) => return Err(error),
                Ok(None) => return Ok(None),
                Ok(Some(snapshots)) => drop(self.snapshots.set(snapshots)),
            }
        }
        Ok(self.snapshots.get())
    }

    fn checkpoints(&self) -> Result<Option<&Contents>, StoreError> {
        if self.checkpoints.get().is_none()
            && let Some((contents, _)) = open_contents(&self.place, self.place.current()?, Collection::Checkpoints)?
        {
            let _ = self.checkpoints.set(contents);
        }
        Ok(self.checkpoints.get())
    }

    fn creators(&self) -> Result<Option<&Creators>, StoreError> {
        while self.creators.get().is_none() {
            let current = self.place.current()?;
            match derived::open_to_read(&self.place, current) {
                // They were made anew in another process meanwhile.
                Err(_) if self.place.current()? != current => {}
                Err(error) => return Err(error),
                Ok(None) => return Ok(None),
                Ok(Some((contents, schema))) => {
                    let _ = self.creators.set(Creators::of(contents, &schema)?);
                }
            }
        }
        Ok(self.creators.get())
    }

    fn search(&self, question: &Question) -> tantivy::Result<Hits> {
        let searcher = self.videos.newest()?;
        let query = self.fields.both(&question.query, &question.filters);
        let hits =
            searcher.search(&query, &Top { order: question.sort.into(), id: "aweme_id", limit: question.limit })?;
        Ok(Hits { total: hits.total, videos: self.videos.sources(&searcher, &hits.first)? })
    }

    /// Sends what `read` makes of every matching video in chunks; stops early when nobody takes them.
    fn matching<T>(
        &self,
        question: &Question,
        read: fn(&Self, &TantivyDocument) -> tantivy::Result<T>,
        chunks: &mpsc::Sender<Vec<T>>,
    ) -> tantivy::Result<()> {
        let searcher = self.videos.newest()?;
        let query = self.fields.both(&question.query, &question.filters);
        let weight = query.weight(EnableScoring::disabled_from_searcher(&searcher))?;
        let mut chunk = Vec::new();
        for segment in searcher.segment_readers() {
            let documents = segment.get_store_reader(CACHED_BLOCKS)?;
            let mut matching = weight.scorer(segment, 1.0)?;
            while matching.doc() != TERMINATED {
                let document = matching.doc();
                matching.advance();
                if segment.is_deleted(document) {
                    continue;
                }
                chunk.push(read(self, &documents.get(document)?)?);
                if chunk.len() == AT_A_TIME && chunks.blocking_send(std::mem::take(&mut chunk)).is_err() {
                    return Ok(());
                }
            }
        }
        // Fails only when nobody takes them any more.
        let _ = chunks.blocking_send(chunk);
        Ok(())
    }

    fn row(&self, document: &TantivyDocument) -> tantivy::Result<Row> {
        let source = source_of(document, self.videos.core())?;
        serde_json::from_slice(&source).map_err(|error| {
            TantivyError::InternalError(format!("a stored video is no row: {error}: {}", excerpt(&source)))
        })
    }

    /// `immature` is in every `virality`.
    fn count_unscored(&self) -> tantivy::Result<u64> {
        let searcher = self.videos.newest()?;
        let mut unscored = 0;
        for segment in searcher.segment_readers() {
            let scored = segment.fast_fields().column_opt::<bool>("virality.immature")?;
            let is_scored = |document| scored.as_ref().is_some_and(|column| column.first(document).is_some());
            unscored += segment.doc_ids_alive().filter(|&document| !is_scored(document)).count() as u64;
        }
        Ok(unscored)
    }

    fn newest_fetched_at(&self) -> tantivy::Result<Option<i64>> {
        let searcher = self.videos.newest()?;
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
