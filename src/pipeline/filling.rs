//! The batch that is being filled: when it is closed, and why. One at a time, so that requests are well filled.
//!
//! The indexer and the loader fill; each gives its documents tickets of its own, by which it knows them again when the
//! verdicts come.

use std::sync::Arc;

use tokio::time::Instant;

use super::index::BulkLimits;
use super::size_limit::SizeLimit;
use crate::model::{Batch, BatchBuilder, Collection, Counters};

/// Why a batch was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlushReason {
    Bytes,
    Count,
    Age,
    End,
}

/// The batch of videos that is being filled.
pub(super) struct Filling<Ticket> {
    limits: BulkLimits,
    size_limit: Arc<SizeLimit>,
    batch: BatchBuilder,
    tickets: Vec<Ticket>,
    started: Instant,
}

/// A batch to be sent, with the tickets of its documents, by position.
pub(super) struct Closed<Ticket> {
    pub(super) batch: Batch,
    pub(super) tickets: Vec<Ticket>,
    reason: FlushReason,
}

impl<Ticket> Filling<Ticket> {
    pub(super) fn new(limits: BulkLimits, size_limit: Arc<SizeLimit>) -> Self {
        let batch = BatchBuilder::new(Collection::Videos);
        Self { limits, size_limit, batch, tickets: Vec::new(), started: Instant::now() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// When the batch is old enough to be closed, if it is not empty.
    pub(super) fn due(&self) -> Instant {
        self.started + self.limits.age
    }

    /// Appends a document, and hands every batch that it closes to `closed`: the one that has no room for it, and the
    /// one that it fills.
    pub(super) fn push(
        &mut self,
        id: &str,
        version: i64,
        source: &[u8],
        ticket: Ticket,
        mut closed: impl FnMut(Closed<Ticket>),
    ) {
        if self.batch.bytes_with(id, source) > self.size_limit.bytes() {
            self.close(FlushReason::Bytes).into_iter().for_each(&mut closed);
        }
        if self.batch.is_empty() {
            self.started = Instant::now();
        }
        self.batch.push(id, version, source);
        self.tickets.push(ticket);
        if self.batch.len() >= self.limits.documents {
            self.close(FlushReason::Count).into_iter().for_each(closed);
        }
    }

    /// Closes the batch as it is; `None` when it is empty.
    pub(super) fn close(&mut self, reason: FlushReason) -> Option<Closed<Ticket>> {
        if self.batch.is_empty() {
            return None;
        }
        let batch = std::mem::replace(&mut self.batch, BatchBuilder::new(Collection::Videos)).finish();
        let tickets = std::mem::take(&mut self.tickets);
        tracing::debug!(documents = batch.items.len(), bytes = batch.body.len(), ?reason, "bulk request closed");
        Some(Closed { batch, tickets, reason })
    }
}

impl<Ticket> Closed<Ticket> {
    /// Counts why it was closed.
    pub(super) fn count(&self, counters: &Counters) {
        let counter = match self.reason {
            FlushReason::Bytes => &counters.flushed_by_bytes,
            FlushReason::Count => &counters.flushed_by_count,
            FlushReason::Age => &counters.flushed_by_age,
            FlushReason::End => &counters.flushed_by_end,
        };
        counter.add(1);
    }
}
