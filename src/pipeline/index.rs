//! The bulk indexer: takes walk steps from the channel, fills one batch at a time, keeps several in flight,
//! and hands the verdicts to the settlement, whose results it writes (dead letters, then checkpoints).
//!
//! One task owns all of this state; what takes long runs beside it and comes back as an event.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::deliver::{Outcome, deliver};
use super::filling::{Closed, Filling, FlushReason};
use super::page::WalkStep;
use super::settle::{Held, Settled, Settlement, Ticket};
use super::{Fatal, Shared, checkpoints, tasks};
use crate::model::{Batch, Checkpoint, WalkEnd};
use crate::store::StoreError;

/// When a batch is closed, and how many are under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BulkLimits {
    /// Closed before it would hold more bytes than this.
    pub bytes: usize,
    /// Closed at so many documents.
    pub documents: usize,
    /// Closed so long after its first document.
    pub age: Duration,
    /// Bulk requests under way at once.
    pub in_flight: usize,
}

/// What ran beside the indexer and came back.
enum Done {
    Delivered { batch: Batch, tickets: Vec<Ticket>, outcomes: Result<Vec<Outcome>, StoreError> },
    Saved(Result<(), Fatal>),
}

/// Runs until the channel is closed and everything in it is settled.
///
/// # Errors
/// The store gave up or denied us, or a dead letter could not be written; what is not settled is not lost,
/// its checkpoint has not moved.
pub(super) async fn run(shared: Arc<Shared>, mut steps: mpsc::Receiver<WalkStep>) -> Result<(), Fatal> {
    let mut indexer = Indexer::new(shared);
    let ended = take_all(&mut indexer, &mut steps).await;
    if ended.is_err() {
        // Before the reservations of what is open, or still in the channel, are given back: a walk that waits for
        // room must not ask for one more page.
        indexer.shared.stop.cancel();
        // Waited for, since they hold the store: its lock is free once the run has returned.
        indexer.tasks.shutdown().await;
    }
    ended
}

async fn take_all(indexer: &mut Indexer, steps: &mut mpsc::Receiver<WalkStep>) -> Result<(), Fatal> {
    let mut open = true;
    loop {
        indexer.save_what_is_settled();
        if !open && !indexer.has_waiting() && indexer.tasks.is_empty() {
            return Ok(());
        }
        let may_take = open && indexer.delivering < indexer.shared.bulk.in_flight;
        let (may_flush, due) = (indexer.may_flush(), indexer.due());
        tokio::select! {
            biased;
            Some(done) = indexer.tasks.join_next(), if !indexer.tasks.is_empty() => indexer.take_in(done)?,
            step = steps.recv(), if may_take => match step {
                Some(step) => indexer.add(step),
                None => open = false,
            },
            () = sleep_until(due), if may_flush => indexer.flush(FlushReason::Age),
            else => {}
        }
        if !open && indexer.may_flush() {
            indexer.flush(FlushReason::End);
        }
    }
}

struct Indexer {
    shared: Arc<Shared>,
    settlement: Settlement,
    filling: Filling<Ticket>,
    tasks: JoinSet<Done>,
    delivering: usize,
    saving: bool,
}

impl Indexer {
    fn new(shared: Arc<Shared>) -> Self {
        Self {
            settlement: Settlement::default(),
            filling: Filling::new(shared.bulk, Arc::clone(&shared.size_limit)),
            shared,
            tasks: JoinSet::new(),
            delivering: 0,
            saving: false,
        }
    }

    fn has_waiting(&self) -> bool {
        !self.filling.is_empty() || self.settlement.has_settled()
    }

    fn may_flush(&self) -> bool {
        !self.filling.is_empty() && self.delivering < self.shared.bulk.in_flight
    }

    fn due(&self) -> Instant {
        self.filling.due()
    }

    /// Appends a page's documents. A page may close more than one batch, so for its length there may be
    /// more requests under way than `in_flight`; the next page is taken only when there are fewer again.
    fn add(&mut self, mut step: WalkStep) {
        let ticket = self.settlement.register(&mut step);
        let mut closed = Vec::new();
        for document in &step.documents {
            let source = &step.sources[document.source.clone()];
            self.filling.push(&document.id, step.version, source, ticket.clone(), |batch| closed.push(batch));
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
        closed.count(&self.shared.counters);
        let Closed { batch, tickets, .. } = closed;
        let shared = Arc::clone(&self.shared);
        self.delivering += 1;
        tasks::spawn_beside(&mut self.tasks, async move {
            let store = shared.store.as_ref();
            let outcomes = deliver(store, &batch, shared.patience, &shared.counters, &shared.size_limit).await;
            Done::Delivered { batch, tickets, outcomes }
        });
    }

    fn take_in(&mut self, done: Result<Done, JoinError>) -> Result<(), Fatal> {
        match done.map_err(|error| Fatal::Internal(format!("a bulk task ended early: {error}")))? {
            Done::Delivered { batch, tickets, outcomes } => {
                self.delivering -= 1;
                self.settle(&batch, &tickets, &outcomes?);
                Ok(())
            }
            Done::Saved(saved) => {
                self.saving = false;
                saved
            }
        }
    }

    fn settle(&mut self, batch: &Batch, tickets: &[Ticket], outcomes: &[Outcome]) {
        for (position, (ticket, outcome)) in tickets.iter().zip(outcomes).enumerate() {
            outcome.count(&self.shared.counters);
            let id = &batch.items[position].id;
            self.settlement.verdict(ticket, id, &outcome.verdict, outcome.attempts, batch.source(position));
        }
    }

    /// One save at a time; what settles meanwhile goes with the next one.
    fn save_what_is_settled(&mut self) {
        if self.saving || !self.settlement.has_settled() {
            return;
        }
        let settled = self.settlement.take_settled(self.shared.clock.now_ms());
        let shared = Arc::clone(&self.shared);
        self.saving = true;
        tasks::spawn_beside(&mut self.tasks, async move { Done::Saved(save(&shared, settled).await) });
    }
}

/// Dead letters first, on disk; then the checkpoints that pass them.
async fn save(shared: &Shared, settled: Settled) -> Result<(), Fatal> {
    if !settled.dead_letters.is_empty() {
        tracing::error!(
            "the store refused documents, which are kept in {} ({} of them); the first: {} ({})",
            shared.dead_letters.path().display(),
            settled.dead_letters.len(),
            settled.dead_letters[0].id,
            settled.dead_letters[0].reason
        );
        let letters = settled.dead_letters;
        let file = Arc::clone(&shared.dead_letters);
        tasks::blocking(move || file.append(&letters)).await?.map_err(Fatal::Archive)?;
    }
    checkpoints::save(shared, &settled.checkpoints).await?;
    settled.held.into_iter().for_each(Held::release);
    // Only now: a creator whose last pages have no verdict yet is not done, though nothing of it is left to ask.
    let is_done = |checkpoint: &&Checkpoint| checkpoint.end.is_some_and(|end| end != WalkEnd::Refused);
    shared.counters.creators_done.add(settled.checkpoints.iter().filter(is_done).count() as u64);
    Ok(())
}
