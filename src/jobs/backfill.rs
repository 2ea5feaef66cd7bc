//! The main job: creators in, a searchable index out. No terminal, no flags: it returns a report.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::model::{Counters, CreatorId};
use crate::pipeline::{self, Bounds, Fatal, Limits, Parts};
use crate::source::{KeyReport, VideoSource};

/// How a backfill came out.
#[derive(Debug)]
pub struct Backfill {
    /// Its counts.
    pub report: BackfillReport,
    /// Creators that may be incomplete, with the warning.
    pub warnings: Vec<(CreatorId, String)>,
    /// Creators that an earlier run had done.
    pub done_before: u64,
    /// Creators not walked to their end; the next run goes on with them.
    pub left: u64,
    /// Whether it was stopped from outside (Ctrl-C) with something left to do, and ended well.
    pub interrupted: bool,
    /// Whether the budget of requests was used up with something left to do, and it ended well.
    pub budget_used: bool,
    /// Why it could not go on, if so.
    pub fatal: Option<Fatal>,
}

/// The run report: one object, its shape is stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackfillReport {
    /// How the creators came out.
    pub creators: CreatorsReport,
    /// Requests to the API; `sent = ok + rate_limited + failed`.
    pub requests: RequestsReport,
    /// The keys, by position: how much each was used, and which are paused or retired at the end.
    pub keys: Vec<KeyReport>,
    /// Pages received, or taken from the archive.
    pub pages: u64,
    /// Those of them that an earlier run had fetched: not asked again.
    pub pages_from_archive: u64,
    /// Items of those pages.
    pub items: ItemsReport,
    /// Documents, counted per verdict; `fetched = stored + superseded + dead`.
    pub documents: DocumentsReport,
    /// What a new video cost: requests sent per document stored whose id was not there before, to two decimals; null
    /// when there was none, or when pages were taken from the archive, which an earlier run paid for. An answer of the
    /// store that got lost makes its documents count as old, so it may be a little high.
    pub requests_per_new_video: Option<f64>,
    /// Requests sent, as a share of what the quota allows in the time from the first to the last, 0 to 1.
    pub quota_used: f64,
    /// How long the run took (ms).
    pub elapsed_ms: u64,
}

/// Creators of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreatorsReport {
    /// Walked to their end, in this run or before.
    pub done: u64,
    /// Those that failed.
    pub failed: Vec<FailedCreator>,
}

/// A creator that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedCreator {
    /// The creator.
    pub sec_user_id: String,
    /// Why, and what to do.
    pub error: String,
}

/// Requests of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestsReport {
    /// All of them.
    pub sent: u64,
    /// Answered with success.
    pub ok: u64,
    /// Answered with 429.
    pub rate_limited: u64,
    /// Failed otherwise.
    pub failed: u64,
}

/// Items of a run; `received = skipped + documents.fetched`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemsReport {
    /// Items in the pages.
    pub received: u64,
    /// Items that are no post, or cannot be read.
    pub skipped: u64,
}

/// Documents of a run; `fetched = stored + superseded + dead + unsettled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentsReport {
    /// Made of the items.
    pub fetched: u64,
    /// In the store.
    pub stored: u64,
    /// Those of them whose id was not there before.
    pub new: u64,
    /// The store had a newer version.
    pub superseded: u64,
    /// Refused by the store; they are in the dead-letter file.
    pub dead: u64,
    /// Without a verdict when the run had to end; the next one takes them from the archive, or fetches them again. Not
    /// shown when there is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub unsettled: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Runs a backfill over a prepared store.
pub async fn run(parts: Parts, creators: Vec<CreatorId>, bounds: Bounds, limits: Limits) -> Backfill {
    let started = Instant::now();
    let (counters, source, stop) = (Arc::clone(&parts.counters), Arc::clone(&parts.source), parts.stop.clone());
    let outcome = pipeline::run(parts, creators, bounds, limits).await;
    let failed = outcome
        .failed
        .into_iter()
        .map(|(creator, error)| FailedCreator { sec_user_id: creator.to_string(), error })
        .collect();
    let creators = CreatorsReport { done: outcome.done, failed };
    let is_well_but_not_over = outcome.fatal.is_none() && outcome.left > 0;
    Backfill {
        report: report(creators, &counters, source.as_ref(), started.elapsed()),
        warnings: outcome.warnings,
        done_before: outcome.done_before,
        left: outcome.left,
        // The pipeline cancels the token too, so that the source's waits end, but only with a reason why.
        // A stop that came when all was done changed nothing.
        interrupted: is_well_but_not_over && stop.is_cancelled() && !outcome.budget_used,
        budget_used: is_well_but_not_over && outcome.budget_used,
        fatal: outcome.fatal,
    }
}

fn report(
    creators: CreatorsReport,
    counters: &Counters,
    source: &dyn VideoSource,
    elapsed: Duration,
) -> BackfillReport {
    BackfillReport {
        creators,
        requests: RequestsReport::of(counters),
        keys: source.keys(),
        pages: counters.pages.get(),
        pages_from_archive: counters.pages_from_archive.get(),
        items: ItemsReport::of(counters),
        documents: DocumentsReport::of(counters),
        requests_per_new_video: requests_per_new_video(counters),
        quota_used: to_two_decimals(source.quota_used()),
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    }
}

impl RequestsReport {
    /// As they were counted.
    #[must_use]
    pub fn of(counters: &Counters) -> Self {
        Self {
            sent: counters.requests_sent.get(),
            ok: counters.requests_ok.get(),
            rate_limited: counters.requests_rate_limited.get(),
            failed: counters.requests_failed.get(),
        }
    }
}

impl ItemsReport {
    /// As they were counted.
    #[must_use]
    pub fn of(counters: &Counters) -> Self {
        Self { received: counters.items_received.get(), skipped: counters.items_skipped.get() }
    }
}

impl DocumentsReport {
    /// As they were counted.
    #[must_use]
    pub fn of(counters: &Counters) -> Self {
        let (fetched, dead) = (counters.documents_fetched.get(), counters.documents_dead.get());
        let (stored, superseded) = (counters.documents_stored.get(), counters.documents_superseded.get());
        let (new, unsettled) = (counters.documents_new.get(), fetched.saturating_sub(stored + superseded + dead));
        Self { fetched, stored, new, superseded, dead, unsettled }
    }
}

/// Requests sent per new document, to two decimals.
fn requests_per_new_video(counters: &Counters) -> Option<f64> {
    let (sent, new) = (counters.requests_sent.get(), counters.documents_new.get());
    let all_were_paid_here = counters.pages_from_archive.get() == 0;
    (new > 0 && all_were_paid_here).then(|| to_two_decimals(sent as f64 / new as f64))
}

pub(super) fn to_two_decimals(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_new_video_cost_is_told_only_where_all_of_them_were_paid_for_here() {
        let counters = Counters::default();
        counters.requests_sent.add(3);
        assert_eq!(requests_per_new_video(&counters), None);
        counters.documents_new.add(70);
        assert_eq!(requests_per_new_video(&counters), Some(0.04));
        counters.pages_from_archive.add(1);
        assert_eq!(requests_per_new_video(&counters), None);
    }
}
