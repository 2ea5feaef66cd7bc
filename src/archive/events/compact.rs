//! The ledger made anew: events that are sent and shown become ids, ids expire, and what stands is written down once.
//! What is no line of ours but JSON (a newer program's, say) stays as it is.

use std::path::Path;

use super::line::Line;
use super::memory::Memory;
use super::reader::{LedgerError, LedgerReader};
use super::{IDS_A_LINE, KEPT_FOR};
use crate::archive::ArchiveError;
use crate::archive::draft::Draft;

/// A smaller file is left alone (bytes).
const SMALL: u64 = 1 << 20;

/// Ids expire by time alone, so that the file is made anew now and then even if nothing else is done (ms).
const AT_LEAST_EVERY: i64 = 7 * 24 * 60 * 60 * 1000;

/// Ids of so long a time may stand on one line (ms): they expire with the newest of them.
const TIME_OF_A_LINE: i64 = 24 * 60 * 60 * 1000;

/// What waits is given up at most so often (ms): a receiver that is away for good must not have the file made anew in
/// each round.
const GIVES_UP_EVERY: i64 = 24 * 60 * 60 * 1000;

/// Whether the file has twice what it needs, or holds an event that waits for too long (since `oldest_waiting`).
pub(super) fn is_due(memory: &Memory, length: u64, oldest_waiting: Option<i64>, now: i64) -> bool {
    let is_longer_ago = |time: i64| memory.compacted_at().is_none_or(|at| now.saturating_sub(at) > time);
    let has_grown = length > SMALL && (is_longer_ago(AT_LEAST_EVERY) || length > 2 * memory.bytes_needed());
    has_grown || oldest_waiting.is_some_and(|at| has_expired(at, now) && is_longer_ago(GIVES_UP_EVERY))
}

fn has_expired(at: i64, now: i64) -> bool {
    now.saturating_sub(at) > KEPT_FOR
}

/// Makes it anew.
pub(super) fn compact(path: &Path, memory: &Memory, now: i64) -> Result<(), ArchiveError> {
    let mut new = New { draft: Draft::begin(path)?, ids: Vec::new(), ids_since: 0, ids_until: 0, given_up: 0 };
    let mut lines = LedgerReader::open(path)?;
    while let Some(read) = lines.next() {
        match read {
            Ok((offset, line)) => new.take(memory, offset, line, now)?,
            Err(LedgerError::Line { .. }) if is_foreign(lines.raw()) => new.keep(lines.raw())?,
            Err(LedgerError::Line { .. }) => {}
            Err(error @ LedgerError::Read { .. }) => {
                return Err(ArchiveError::Read { path: path.to_owned(), reason: std::io::Error::other(error) });
            }
        }
    }
    new.flush_ids()?;
    new.line(&Line::of_standing(now, memory.standing().clone()))?;
    if new.given_up > 0 {
        tracing::warn!(
            "{} events could not be delivered to the webhook for {} days and are given up",
            new.given_up,
            KEPT_FOR / TIME_OF_A_LINE
        );
    }
    new.draft.finish()
}

/// Whether a line that is not understood here is kept.
pub(super) fn is_foreign(raw: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(raw).is_ok()
}

struct New {
    draft: Draft,
    ids: Vec<String>,
    ids_since: i64,
    ids_until: i64,
    given_up: u64,
}

impl New {
    fn take(&mut self, memory: &Memory, offset: u64, line: Line, now: i64) -> Result<(), ArchiveError> {
        let has_expired = has_expired(line.at, now);
        let (send, show) = (memory.waiting().contains_key(&offset), memory.unshown().contains_key(&offset));
        match line.event {
            Some(_) if has_expired => self.given_up += u64::from(send),
            Some(event) if send || show => self.line(&Line { show, ..Line::of_event(line.at, event, send) })?,
            Some(event) => self.id(event.id, line.at)?,
            None => {}
        }
        if !has_expired {
            for id in line.known.into_iter().flatten() {
                self.id(id, line.at)?;
            }
        }
        // All else is what stands, or was said of events that are done.
        Ok(())
    }

    fn id(&mut self, id: String, at: i64) -> Result<(), ArchiveError> {
        let is_of_the_line = at.abs_diff(self.ids_since) <= TIME_OF_A_LINE.unsigned_abs();
        if self.ids.len() >= IDS_A_LINE || !is_of_the_line {
            self.flush_ids()?;
        }
        if self.ids.is_empty() {
            (self.ids_since, self.ids_until) = (at, at);
        }
        self.ids_until = self.ids_until.max(at);
        self.ids.push(id);
        Ok(())
    }

    fn flush_ids(&mut self) -> Result<(), ArchiveError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let ids = std::mem::take(&mut self.ids);
        self.line(&Line::of_known(self.ids_until, ids))
    }

    fn line(&mut self, line: &Line) -> Result<(), ArchiveError> {
        let mut bytes = Vec::new();
        line.write(&mut bytes).map_err(|error| self.draft.failed(error.into()))?;
        self.draft.write(&bytes)
    }

    fn keep(&mut self, raw: &[u8]) -> Result<(), ArchiveError> {
        self.draft.write(raw)?;
        self.draft.write(b"\n")
    }
}
