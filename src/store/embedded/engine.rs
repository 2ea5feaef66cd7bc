//! The writer's thread: takes commands one by one, and decides when to commit and in which order.
//!
//! Durability: all collections are committed together: snapshots first, which hold the counts that newer videos
//! replace, then videos. A checkpoint that a commit makes durable was
//! taken before the commit began, so every document answered before it was taken too, and became durable first. A
//! kill between the two leaves documents ahead of checkpoints, never the other way round.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};

use super::collection::CollectionWriter;
use super::lock::WriterLock;
use super::place::Place;
use super::{derived, folder, snapshots, trouble};
use crate::model::{Batch, Collection, Verdict};
use crate::store::{StoreError, StoredDocument};

/// How much may wait for a commit; the first limit reached commits.
#[derive(Debug, Clone, Copy)]
pub struct CommitLimits {
    /// Distinct documents.
    pub documents: usize,
    /// Bytes of their JSON.
    pub bytes: usize,
    /// Time since the first of them came.
    pub age: Duration,
}

impl Default for CommitLimits {
    /// A commit costs some file syncs and a new segment (writing at full speed, one every second cost less than could
    /// be told from noise). Two seconds of paid pages are what a killed run asks again at most, and what a reader
    /// beside a live run waits.
    fn default() -> Self {
        Self { documents: 50_000, bytes: 128 << 20, age: Duration::from_secs(2) }
    }
}

/// Where an answer goes. A caller that went away is no trouble.
type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the thread is asked.
pub(super) enum Command {
    Bulk(Batch, Reply<Vec<Verdict>>),
    Get(Collection, Vec<String>, Reply<Vec<Option<StoredDocument>>>),
    Commit(Reply<()>),
}

/// How many videos were answered as stored, as far as a commit made them durable; read by the writing side's handle.
#[derive(Debug, Default)]
pub(super) struct Durable {
    videos: AtomicU64,
    has_failed: AtomicBool,
}

impl Durable {
    /// `None` as long as nothing failed: what is answered becomes durable then.
    pub(super) fn after_failure(&self) -> Option<u64> {
        self.has_failed.load(Ordering::Acquire).then(|| self.videos.load(Ordering::Acquire))
    }
}

/// All collections being written, and the lock on their folder.
pub(super) struct Engine {
    videos: CollectionWriter,
    /// Opened when they are first asked for: a run that fetches writes none, and does without their memory.
    creators: Option<CollectionWriter>,
    /// The same: only tracking writes them.
    snapshots: Option<CollectionWriter>,
    checkpoints: CollectionWriter,
    place: Place,
    limits: CommitLimits,
    /// When the first uncommitted document came.
    waiting_since: Option<Instant>,
    /// Once writing failed, nothing is accepted: what is in memory and what is on disk may differ.
    failure: Option<StoreError>,
    /// Videos answered as stored.
    stored: u64,
    durable: Arc<Durable>,
    _lock: WriterLock,
}

impl Engine {
    /// Locks the folder, and opens or makes its indices.
    pub(super) fn open(place: &Place, limits: CommitLimits) -> Result<Self, StoreError> {
        let lock = WriterLock::take(place.root())?;
        folder::refuse_lone_checkpoints(place)?;
        let open = |collection| CollectionWriter::open(place.current_folder(collection)?, collection);
        Ok(Self {
            videos: open(Collection::Videos)?,
            creators: None,
            snapshots: None,
            checkpoints: open(Collection::Checkpoints)?,
            place: place.clone(),
            limits,
            waiting_since: None,
            failure: None,
            stored: 0,
            durable: Arc::default(),
            _lock: lock,
        })
    }

    /// What is durable, told as it goes.
    pub(super) fn durable(&self) -> Arc<Durable> {
        Arc::clone(&self.durable)
    }

    /// Serves until every sender is gone, then commits and ends.
    pub(super) fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        // Its own, for waiting with a time limit: this thread blocks on disks, so it is none of the program's.
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "the embedded store's thread cannot wait"),
        };
        loop {
            match self.next(&runtime, &mut commands) {
                Next::Command(command) => self.serve(command),
                Next::Overdue => self.commit_by_itself(),
                Next::End => break,
            }
        }
        self.commit_by_itself();
        self.close();
    }

    fn next(&self, runtime: &Runtime, commands: &mut mpsc::Receiver<Command>) -> Next {
        let deadline = self.waiting_since.map(|since| since + self.limits.age);
        let received = runtime.block_on(async {
            match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline.into(), commands.recv()).await.ok(),
                None => Some(commands.recv().await),
            }
        });
        match received {
            Some(Some(command)) => Next::Command(command),
            Some(None) => Next::End,
            None => Next::Overdue,
        }
    }

    fn serve(&mut self, command: Command) {
        match command {
            Command::Bulk(batch, reply) => {
                let _ = reply.send(self.in_collection(batch.collection, |engine| engine.bulk(&batch)));
                if self.is_due() {
                    self.commit_by_itself();
                }
            }
            Command::Get(collection, ids, reply) => {
                let _ = reply.send(self.in_collection(collection, |engine| engine.get(collection, &ids)));
            }
            Command::Commit(reply) => {
                let _ = reply.send(self.guarded(Self::commit));
            }
        }
    }

    /// Opens the collection first, if it is not. When that fails, nothing was written, and the other ones go on.
    fn in_collection<T>(
        &mut self,
        collection: Collection,
        act: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.failure.is_none() {
            self.open_late(collection)?;
        }
        self.guarded(act)
    }

    fn open_late(&mut self, collection: Collection) -> Result<(), StoreError> {
        let (slot, open): (_, fn(&Place) -> _) = match collection {
            Collection::Creators => (&mut self.creators, derived::open_to_write),
            Collection::Snapshots => (&mut self.snapshots, snapshots::open_to_write),
            Collection::Videos | Collection::Checkpoints => return Ok(()),
        };
        if slot.is_none() {
            *slot = Some(trouble::caught(self.place.root(), || open(&self.place))?);
        }
        Ok(())
    }

    fn guarded<T>(&mut self, act: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let root = self.place.root().to_owned();
        let result = trouble::caught(&root, || act(self));
        if let Err(error) = &result {
            self.failure = Some(error.clone());
            self.waiting_since = None;
            self.durable.has_failed.store(true, Ordering::Release);
        }
        result
    }

    fn bulk(&mut self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        let collection = self.collection(batch.collection)?;
        let verdicts: Result<Vec<_>, _> =
            (0..batch.items.len()).map(|position| collection.index(batch, position)).collect();
        if let (Collection::Videos, Ok(verdicts)) = (batch.collection, &verdicts) {
            let stored = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Stored { .. })).count();
            self.stored += stored as u64;
        }
        if self.uncommitted().0 > 0 {
            self.waiting_since.get_or_insert_with(Instant::now);
        }
        verdicts
    }

    fn get(&mut self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        if self.collection(collection)?.holds_back(ids) {
            self.commit()?;
        }
        self.collection(collection)?.get(ids)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if let Some(snapshots) = &mut self.snapshots {
            snapshots.commit()?;
        }
        self.videos.commit()?;
        self.durable.videos.store(self.stored, Ordering::Release);
        if let Some(creators) = &mut self.creators {
            creators.commit()?;
        }
        self.checkpoints.commit()?;
        self.waiting_since = None;
        Ok(())
    }

    fn commit_by_itself(&mut self) {
        if let Err(error) = self.guarded(Self::commit) {
            // Nobody asked, so nobody hears it now; the next call does.
            tracing::error!(%error, "the embedded store failed to commit");
        }
    }

    fn is_due(&self) -> bool {
        let (documents, bytes) = self.uncommitted();
        self.failure.is_none() && (documents >= self.limits.documents || bytes >= self.limits.bytes)
    }

    fn uncommitted(&self) -> (usize, usize) {
        let all = [Some(&self.videos), self.creators.as_ref(), self.snapshots.as_ref(), Some(&self.checkpoints)];
        let all = all.into_iter().flatten().map(CollectionWriter::uncommitted);
        all.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    fn collection(&mut self, collection: Collection) -> Result<&mut CollectionWriter, StoreError> {
        match collection {
            Collection::Videos => Ok(&mut self.videos),
            Collection::Creators => {
                let place = &self.place;
                self.creators.as_mut().ok_or_else(|| trouble::broken(place.root(), &"creators are not open"))
            }
            Collection::Snapshots => {
                let place = &self.place;
                self.snapshots.as_mut().ok_or_else(|| trouble::broken(place.root(), &"snapshots are not open"))
            }
            Collection::Checkpoints => Ok(&mut self.checkpoints),
        }
    }

    fn close(self) {
        if self.failure.is_some() {
            return;
        }
        for collection in
            [self.snapshots, Some(self.videos), self.creators, Some(self.checkpoints)].into_iter().flatten()
        {
            if let Err(error) = collection.close() {
                tracing::warn!(%error, "the embedded store ended with its merges unfinished; nothing is lost");
            }
        }
    }
}

enum Next {
    Command(Command),
    Overdue,
    End,
}
