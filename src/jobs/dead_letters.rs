//! Dead letters, sent again. What the store takes now, or has in the same or a newer version, leaves the file; the rest
//! stays. The file may be large: a part of it is in memory at a time, and it is replaced at once, at the end.

mod file;
mod merging;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::archive::ArchiveError;
use crate::model::{BatchBuilder, Collection, Counters, Verdict};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, deliver, patiently};
use crate::pipeline::size_limit::SizeLimit;
use crate::store::{BulkTarget, StoreWriter};
use crate::throttle::clock::Clock;
use file::{Line, Part, Retrying, blocking};
use merging::{Step, step};

/// What a retry works with. Its caller holds the data folder's lock and the store's lease.
pub struct RetryParts {
    /// The folder of the dead-letter file.
    pub data_folder: PathBuf,
    /// Where the documents belong, to look what is there.
    pub store: Arc<dyn StoreWriter>,
    /// The same, to send them to, for as long as the lease is held.
    pub target: Arc<dyn BulkTarget>,
    /// The wall clock.
    pub clock: Clock,
    /// Cancelled by Ctrl-C: what was settled leaves the file, the rest stays.
    pub stop: CancellationToken,
    /// How long the store may stay away.
    pub patience: Patience,
}

/// How a retry came out; `read = stored + superseded + refused + left + unreadable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RetryReport {
    /// Lines of the file.
    pub read: u64,
    /// Letters whose document the store took.
    pub stored: u64,
    /// Letters whose document, or a newer version of it, was in the store already.
    pub superseded: u64,
    /// Letters that the store refused again; they stay, with the new reason.
    pub refused: u64,
    /// Letters that were not sent: not asked for, or the retry ended before them.
    pub left: u64,
    /// Lines that are no whole letter; they stay.
    pub unreadable: u64,
    /// How long it took (ms).
    pub elapsed_ms: u64,
}

/// A retry's report, and why it ended early, if so.
#[derive(Debug)]
pub struct Retry {
    /// Its counts.
    pub report: RetryReport,
    /// Ids that were asked for and are no dead letters.
    pub unknown: Vec<String>,
    /// The first letter that the store refused again, and why.
    pub first_refused: Option<(String, String)>,
    /// Why it could not go on, if so.
    pub fatal: Option<Fatal>,
}

/// Sends the letters with these ids again, or all of them when none is named.
///
/// # Errors
/// The file cannot be read or replaced; then it is as it was, and retrying again is right.
pub async fn retry(parts: RetryParts, ids: Vec<String>) -> Result<Retry, ArchiveError> {
    let started = Instant::now();
    let mut report = RetryReport::default();
    let mut retrying = open(&parts.data_folder, ids).await?;
    let (mut first_refused, mut fatal) = (None, None);
    loop {
        let part;
        (retrying, part) = blocking(move || retrying.next_part()).await?;
        let Some(mut part) = part else { break };
        if fatal.is_none() && !parts.stop.is_cancelled() {
            fatal = send(&parts, &mut part).await.err();
        }
        count(&part, &mut report);
        first_refused = first_refused.or_else(|| refused(&part));
        retrying = blocking(move || retrying.write(part).map(|()| retrying)).await?;
    }
    // What leaves the file must be on the store's disk first.
    let durable = if report.stored > 0 { patiently(parts.patience, || parts.store.commit()).await } else { Ok(()) };
    let unknown = retrying.unknown();
    match durable {
        Ok(()) => blocking(move || retrying.finish()).await?,
        Err(error) => {
            fatal.get_or_insert(error.into());
            drop(retrying);
        }
    }
    report.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Retry { report, unknown, first_refused, fatal })
}

async fn open(data_folder: &Path, ids: Vec<String>) -> Result<Retrying, ArchiveError> {
    let data_folder = data_folder.to_owned();
    blocking(move || Retrying::open(&data_folder, ids)).await
}

/// Sends the letters of a part that are to be sent, and notes on each what became of it.
async fn send(parts: &RetryParts, part: &mut Part) -> Result<(), Fatal> {
    let store = parts.store.as_ref();
    let ids: Vec<String> = part.letters().map(|letter| letter.id.clone()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let stored = patiently(parts.patience, || store.get(Collection::Videos, &ids)).await?;
    let mut batch = BatchBuilder::new(Collection::Videos);
    let mut sent = Vec::new();
    for ((position, line), stored) in part.unsent().zip(stored) {
        let Line::Letter { letter, fate, .. } = line else { continue };
        match step(letter, stored.as_ref()) {
            Step::Send { version, source } => {
                batch.push(&letter.id, version, &source);
                sent.push(position);
            }
            Step::IsThere => *fate = Some(Verdict::Superseded),
            Step::Refused(reason) => *fate = Some(Verdict::Refused(reason)),
        }
    }
    if sent.is_empty() {
        return Ok(());
    }
    let (batch, uncounted) = (batch.finish(), Counters::default());
    let limit = SizeLimit::new(batch.body.len());
    let outcomes = deliver(parts.target.as_ref(), &batch, parts.patience, &uncounted, &limit).await?;
    let now = parts.clock.now_ms();
    for (position, outcome) in sent.into_iter().zip(outcomes) {
        part.settle(position, outcome, now);
    }
    Ok(())
}

fn refused(part: &Part) -> Option<(String, String)> {
    part.lines().find_map(|line| match line {
        Line::Letter { letter, fate: Some(Verdict::Refused(reason) | Verdict::Again(reason)), .. } => {
            Some((letter.id.clone(), reason.clone()))
        }
        _ => None,
    })
}

fn count(part: &Part, report: &mut RetryReport) {
    for line in part.lines() {
        report.read += 1;
        *match line {
            Line::Unreadable(_) => &mut report.unreadable,
            Line::NotAsked(_) | Line::Letter { fate: None, .. } => &mut report.left,
            Line::Letter { fate: Some(fate), .. } => match fate {
                Verdict::Stored { .. } => &mut report.stored,
                Verdict::Superseded => &mut report.superseded,
                Verdict::Refused(_) | Verdict::Again(_) => &mut report.refused,
            },
        } += 1;
    }
}
