//! Settlement: verdicts become checkpoints. Pure: no I/O, no clock of its own.
//!
//! A checkpoint moves only over pages whose documents all have verdicts, and only in page order: a later page
//! that is done first waits for the earlier ones. What was refused leaves as a dead letter together with the
//! checkpoint that passes it, so that the indexer can write the dead letter first.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::page::{Progress, WalkStep};
use super::room::Reservation;
use crate::archive::dead_letters::DeadLetter;
use crate::model::{Checkpoint, CreatorId, Verdict};

/// Names one step of one creator's walk.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    creator: CreatorId,
    step: u64,
}

#[derive(Debug)]
struct OpenStep {
    base: Option<Checkpoint>,
    progress: Progress,
    waiting: usize,
    stored: u64,
    superseded: u64,
    dead: Vec<DeadLetter>,
    held: Held,
}

/// What a step holds until the checkpoint that passes it is saved.
#[derive(Debug, Default)]
pub struct Held {
    _reservation: Option<Reservation>,
    saved: Option<oneshot::Sender<()>>,
}

impl Held {
    /// Gives the room back, and tells who waits for it that the checkpoint is saved.
    pub fn release(self) {
        if let Some(saved) = self.saved {
            // Nobody waits any more when the run was stopped meanwhile.
            let _ = saved.send(());
        }
    }
}

#[derive(Debug, Default)]
struct Walk {
    settled: Option<Checkpoint>,
    first_open: u64,
    open: VecDeque<OpenStep>,
}

/// What one settlement has to write: the dead letters first.
#[derive(Debug, Default)]
pub struct Settled {
    /// Documents that the store refused.
    pub dead_letters: Vec<DeadLetter>,
    /// The newest checkpoint of each creator that moved.
    pub checkpoints: Vec<Checkpoint>,
    /// To be released once all of that is written.
    pub held: Vec<Held>,
}

/// The open steps of all walks.
#[derive(Debug, Default)]
pub struct Settlement {
    walks: HashMap<CreatorId, Walk>,
    moved: Vec<CreatorId>,
    dead_letters: Vec<DeadLetter>,
    held: Vec<Held>,
}

impl Settlement {
    /// Takes in a step, in walk order; its documents' verdicts are to follow under the ticket.
    /// A step without documents settles at once, if all before it are settled.
    pub fn register(&mut self, step: &mut WalkStep) -> Ticket {
        let walk = self.walks.entry(step.creator.clone()).or_default();
        let ticket = Ticket { creator: step.creator.clone(), step: walk.first_open + walk.open.len() as u64 };
        walk.open.push_back(OpenStep {
            base: step.base.take(),
            progress: std::mem::take(&mut step.progress),
            waiting: step.documents.len(),
            stored: 0,
            superseded: 0,
            dead: Vec::new(),
            held: Held { _reservation: step.reservation.take(), saved: step.saved.take() },
        });
        if step.documents.is_empty() {
            self.advance(&ticket.creator);
        }
        ticket
    }

    /// Takes the final verdict of one document. `source` is its JSON, kept only when it was refused.
    pub fn verdict(&mut self, ticket: &Ticket, id: &str, verdict: &Verdict, attempts: u32, source: &[u8]) {
        let Some(step) = self.walks.get_mut(&ticket.creator).and_then(|walk| walk.step_mut(ticket.step)) else {
            debug_assert!(false, "a verdict for a step that is not open");
            return;
        };
        match verdict {
            Verdict::Stored { .. } => step.stored += 1,
            Verdict::Superseded => step.superseded += 1,
            Verdict::Refused(reason) | Verdict::Again(reason) => step.dead.push(DeadLetter {
                reason: reason.clone(),
                attempts,
                at: 0,
                id: id.to_owned(),
                sec_user_id: Some(ticket.creator.to_string()),
                max_cursor: Some(step.progress.asked_cursor.clone()),
                fetched_at: step.progress.fetched_at,
                document: Bytes::copy_from_slice(source),
            }),
        }
        step.waiting -= 1;
        if step.waiting == 0 {
            self.advance(&ticket.creator);
        }
    }

    /// Takes out what is to be written now; the checkpoints carry `now_ms`, or later, as their version.
    pub fn take_settled(&mut self, now_ms: i64) -> Settled {
        let mut settled = Settled {
            dead_letters: std::mem::take(&mut self.dead_letters),
            checkpoints: Vec::new(),
            held: std::mem::take(&mut self.held),
        };
        for letter in &mut settled.dead_letters {
            letter.at = now_ms;
        }
        for creator in std::mem::take(&mut self.moved) {
            let Some(walk) = self.walks.get_mut(&creator) else { continue };
            if let Some(checkpoint) = &mut walk.settled {
                checkpoint.updated_at = now_ms.max(checkpoint.updated_at + 1);
                settled.checkpoints.push(checkpoint.clone());
            }
            if walk.is_over() {
                self.walks.remove(&creator);
            }
        }
        settled
    }

    /// Whether something waits to be taken.
    #[must_use]
    pub fn has_settled(&self) -> bool {
        !self.moved.is_empty()
    }

    fn advance(&mut self, creator: &CreatorId) {
        let Some(walk) = self.walks.get_mut(creator) else { return };
        let mut moved = false;
        while walk.open.front().is_some_and(|step| step.waiting == 0) {
            let Some(step) = walk.open.pop_front() else { break };
            walk.first_open += 1;
            walk.pass(&step);
            self.dead_letters.extend(step.dead);
            self.held.push(step.held);
            moved = true;
        }
        if moved && !self.moved.contains(creator) {
            self.moved.push(creator.clone());
        }
    }
}

impl Walk {
    fn step_mut(&mut self, step: u64) -> Option<&mut OpenStep> {
        let position = usize::try_from(step.checked_sub(self.first_open)?).ok()?;
        self.open.get_mut(position)
    }

    fn is_over(&self) -> bool {
        self.open.is_empty() && self.settled.as_ref().is_some_and(|checkpoint| checkpoint.end.is_some())
    }

    fn pass(&mut self, step: &OpenStep) {
        if let Some(base) = &step.base {
            let version = self.settled.as_ref().map_or(0, |settled| settled.updated_at);
            let updated_at = base.updated_at.max(version);
            self.settled = Some(Checkpoint { updated_at, ..base.clone() });
        }
        let Some(checkpoint) = &mut self.settled else {
            debug_assert!(false, "the first step of a walk carries its base");
            return;
        };
        let progress = &step.progress;
        if let Some(cursor) = &progress.next_cursor {
            checkpoint.cursor.clone_from(cursor);
        }
        checkpoint.end = progress.end;
        if checkpoint.end.is_some() {
            checkpoint.bounds = None;
        }
        if let (Some(ground), Some(known)) = (&mut checkpoint.ground, progress.known_in_a_row) {
            ground.known_in_a_row = known;
        }
        checkpoint.since = progress.since;
        checkpoint.pages += progress.pages;
        checkpoint.received += progress.received;
        checkpoint.skipped += progress.skipped;
        checkpoint.stored += step.stored;
        checkpoint.superseded += step.superseded;
        checkpoint.dead += step.dead.len() as u64;
        checkpoint.newest_publish_ts = checkpoint.newest_publish_ts.max(progress.newest_publish_ts);
        checkpoint.fetched_at = checkpoint.fetched_at.max(progress.fetched_at);
        checkpoint.last_error.clone_from(&progress.message);
        checkpoint.failed = progress.failed;
    }
}

#[cfg(test)]
mod tests;
