//! Bulk loading without checkpoints, for what needs none since it can be done again from the start: replay, reindex,
//! dead-letter retry. Documents in, each with a version of its own; well-filled bulk requests out, several at once, for
//! a load saturates the store. Memory is bounded: who pushes waits for room.
//!
//! Whoever loads says what becomes of the verdicts ([`TakeVerdicts`]; `refused` has the usual one).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use super::deliver::{Outcome, Patience, deliver};
use super::filling::{Closed, Filling, FlushReason};
use super::index::BulkLimits;
use super::room::{Reservation, Room, RoomLimits};
use super::size_limit::SizeLimit;
use super::{Fatal, tasks};
use crate::archive::ArchiveError;
use crate::model::{Batch, Counters};
use crate::store::BulkTarget;

/// One document to be loaded.
#[derive(Debug, Clone)]
pub struct LoadDocument {
    /// Its `_id`.
    pub id: String,
    /// Its external version (ms, UTC).
    pub version: i64,
    /// Its JSON, no newline in it.
    pub source: Bytes,
    /// Where it came from, for dead letters.
    pub origin: Arc<Origin>,
}

/// Where documents came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The creator whose page they came in; `None` for a detail.
    pub sec_user_id: Option<String>,
    /// The cursor of that page.
    pub max_cursor: Option<String>,
}

/// A batch whose documents all have final verdicts.
#[derive(Debug)]
pub struct LoadedBatch {
    /// Ids, versions and sources.
    pub batch: Batch,
    /// Where the documents came from, by position.
    pub origins: Vec<Arc<Origin>>,
    /// Their verdicts, by position.
    pub outcomes: Vec<Outcome>,
}

/// What becomes of the verdicts.
pub trait TakeVerdicts: Send + Sync {
    /// Takes those of one batch; several calls may be under way at once. Blocking is allowed. What it must keep (dead
    /// letters) is on the disk when it returns.
    fn take(&self, loaded: &LoadedBatch) -> Result<(), ArchiveError>;
}

/// What a load works with.
pub struct LoadParts {
    /// Where documents go.
    pub target: Arc<dyn BulkTarget>,
    /// What becomes of the verdicts.
    pub verdicts: Arc<dyn TakeVerdicts>,
    /// Counts verdicts and requests; `documents_fetched` is for who pushes.
    pub counters: Arc<Counters>,
    /// Cancelled by the load when it cannot go on, so that who makes documents stops. When it is cancelled from
    /// outside, what was pushed is still loaded.
    pub stop: CancellationToken,
}

/// The sizes and limits of a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadLimits {
    /// What may wait for verdicts.
    pub room: RoomLimits,
    /// When a bulk request is closed, and how many are under way.
    pub bulk: BulkLimits,
    /// How long the store may stay away.
    pub patience: Patience,
}

impl LoadLimits {
    /// For as much as a store can take. Measured with 60,899 posts on a node that shared two busy cores: one request of
    /// 8 MiB at a time 3,300 posts a second, four 3,600 to 4,500; two and four of 5 MiB 7,900 and 8,000 (one run each).
    #[must_use]
    pub fn saturating(patience: Patience) -> Self {
        Self {
            room: RoomLimits { documents: 40_000, bytes: 64 << 20, page_size: 1 },
            bulk: BulkLimits { bytes: 5 << 20, documents: 5_000, age: Duration::from_secs(1), in_flight: 4 },
            patience,
        }
    }
}

/// The load has ended early; [`Loader::finish`] says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the load has ended early")]
pub struct LoadEnded;

type Ticket = (Arc<Origin>, Arc<Reservation>);

pub(super) struct Portion {
    documents: Vec<LoadDocument>,
    reservation: Arc<Reservation>,
}

/// A load under way. It must be finished: one that is dropped goes on in the background, and holds the store.
pub struct Loader {
    room: Room,
    portions: mpsc::Sender<Portion>,
    task: JoinHandle<Result<(), Fatal>>,
}

impl Loader {
    /// Starts it. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(parts: LoadParts, limits: LoadLimits) -> Self {
        let room = Room::new(limits.room, Arc::clone(&parts.counters));
        let (portions, task) = tasks::spawn_loading(Loading::new(parts, limits));
        Self { room, portions, task }
    }

    /// Takes documents in, in bounded portions (a page, say), once there is room for them.
    pub async fn push(&self, documents: Vec<LoadDocument>) -> Result<(), LoadEnded> {
        let bytes = documents.iter().map(|document| document.source.len()).sum();
        let reservation = self.room.reserve(documents.len(), bytes).await.ok_or(LoadEnded)?;
        let portion = Portion { documents, reservation: Arc::new(reservation) };
        self.portions.send(portion).await.map_err(|_| LoadEnded)
    }

    /// Waits until everything pushed has its verdict, and all verdicts are taken. A commit is the caller's.
    ///
    /// # Errors
    /// The store gave up or denied us, or verdicts could not be kept: then some documents were not loaded.
    pub async fn finish(self) -> Result<(), Fatal> {
        drop(self.portions);
        self.task.await.unwrap_or_else(|error| Err(ended_early(&error)))
    }
}

/// The loader's own task.
pub(super) struct Loading {
    parts: LoadParts,
    limits: LoadLimits,
    size_limit: Arc<SizeLimit>,
    filling: Filling<Ticket>,
    deliveries: JoinSet<Result<(), Fatal>>,
}

impl Loading {
    fn new(parts: LoadParts, limits: LoadLimits) -> Self {
        let size_limit = Arc::new(SizeLimit::new(limits.bulk.bytes));
        let filling = Filling::new(limits.bulk, Arc::clone(&size_limit));
        Self { parts, limits, size_limit, filling, deliveries: JoinSet::new() }
    }

    /// Runs until all senders are gone and everything is settled.
    pub(super) async fn run(mut self, mut portions: mpsc::Receiver<Portion>) -> Result<(), Fatal> {
        let ended = self.take_all(&mut portions).await;
        if ended.is_err() {
            self.parts.stop.cancel();
            // Waited for, since they hold the store: its lock is free once the load is finished.
            self.deliveries.shutdown().await;
        }
        ended
    }

    async fn take_all(&mut self, portions: &mut mpsc::Receiver<Portion>) -> Result<(), Fatal> {
        let mut open = true;
        while open || !self.filling.is_empty() || !self.deliveries.is_empty() {
            let may_send = self.deliveries.len() < self.limits.bulk.in_flight;
            if !open && may_send && !self.filling.is_empty() {
                self.flush(FlushReason::End);
                continue;
            }
            let (due, may_age) = (self.filling.due(), may_send && !self.filling.is_empty());
            tokio::select! {
                biased;
                Some(done) = self.deliveries.join_next(), if !self.deliveries.is_empty() => {
                    done.map_err(|error| ended_early(&error))??;
                }
                portion = portions.recv(), if open && may_send => match portion {
                    Some(portion) => self.add(portion),
                    None => open = false,
                },
                () = sleep_until(due), if may_age => self.flush(FlushReason::Age),
            }
        }
        Ok(())
    }

    /// A portion may close more than one batch, so for its length there may be more requests under way than
    /// `in_flight`; the next portion is taken only when there are fewer again.
    fn add(&mut self, portion: Portion) {
        let mut closed = Vec::new();
        for document in portion.documents {
            let ticket = (document.origin, Arc::clone(&portion.reservation));
            self.filling.push(&document.id, document.version, &document.source, ticket, |batch| closed.push(batch));
        }
        for batch in closed {
            self.send(batch);
        }
    }

    fn flush(&mut self, reason: FlushReason) {
        if let Some(closed) = self.filling.close(reason) {
            self.send(closed);
        }
    }

    fn send(&mut self, closed: Closed<Ticket>) {
        closed.count(&self.parts.counters);
        let (target, counters) = (Arc::clone(&self.parts.target), Arc::clone(&self.parts.counters));
        let (verdicts, patience) = (Arc::clone(&self.parts.verdicts), self.limits.patience);
        let size_limit = Arc::clone(&self.size_limit);
        let Closed { batch, tickets, .. } = closed;
        tasks::spawn_beside(&mut self.deliveries, async move {
            let outcomes = deliver(target.as_ref(), &batch, patience, &counters, &size_limit).await?;
            // The room is given back with the reservations, once the verdicts are kept.
            let (origins, _reservations): (Vec<_>, Vec<_>) = tickets.into_iter().unzip();
            let loaded = LoadedBatch { batch, origins, outcomes };
            let taken = tasks::blocking(move || verdicts.take(&loaded).map(|()| loaded.outcomes)).await?;
            taken.map_err(Fatal::Archive)?.iter().for_each(|outcome| outcome.count(&counters));
            Ok(())
        });
    }
}

fn ended_early(error: &JoinError) -> Fatal {
    Fatal::Internal(format!("a task of the load ended early: {error}"))
}

#[cfg(test)]
mod tests;
