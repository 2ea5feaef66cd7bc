//! What a round of tracking tells of itself; `docs/tracking.md` describes its JSON.

use std::collections::HashSet;
use std::time::Duration;

use serde::Serialize;

use crate::jobs::backfill::{DocumentsReport, FailedCreator, ItemsReport, RequestsReport, to_two_decimals};
use crate::model::CreatorId;
use crate::pipeline::Parts;
use crate::source::KeyReport;

/// What the runs of a round came to.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    pub(super) went_on: u64,
    pub(super) visited: u64,
    pub(super) unchanged: u64,
    pub(super) with_new_posts: HashSet<CreatorId>,
    pub(super) failed: Vec<FailedCreator>,
    pub(super) gone: Vec<FailedCreator>,
    pub(super) back: Vec<String>,
    pub(super) warnings: Vec<(CreatorId, String)>,
    /// Posts due when the round was planned.
    pub(super) due: u64,
    /// Those of them that were read, as far as was planned.
    pub(super) due_read: u64,
    pub(super) budget_used: bool,
}

/// The report of a round: one object, its shape is stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackReport {
    /// How the creators came out.
    pub creators: TrackedCreators,
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
    /// Posts of tracking walks.
    pub posts: TrackedPosts,
    /// Snapshots written that were not there before.
    pub snapshots: u64,
    /// Documents, counted per verdict.
    pub documents: DocumentsReport,
    /// Requests sent, as a share of what the quota allows in the time from the first to the last, 0 to 1.
    pub quota_used: f64,
    /// How long the round took (ms).
    pub elapsed_ms: u64,
}

/// Creators of a round; those that are known are visited, left, gone (before or now), or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrackedCreators {
    /// Walked from their newest post back to known ground, and settled.
    pub visited: u64,
    /// Those of them that had no new post.
    pub unchanged: u64,
    /// Walks and backfills of earlier runs that were gone on with and came to their end.
    pub went_on: u64,
    /// Those that failed.
    pub failed: Vec<FailedCreator>,
    /// Those that the API refused in this round: it does not know them any more, or withholds them.
    pub gone: Vec<FailedCreator>,
    /// Those that it refused before and not long ago: they were not asked.
    pub gone_before: u64,
    /// Those that it had refused before and answered for now.
    pub back: Vec<String>,
    /// Those that were not visited, or not to the end: the next round goes on with them.
    pub left: u64,
}

/// Posts of a round's tracking walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TrackedPosts {
    /// Not stored before.
    pub new: u64,
    /// Stored before, their counts read again.
    pub read_again: u64,
    /// Due for reading again, and left for a later round.
    pub due_left: u64,
}

impl TrackReport {
    pub(super) fn of(outcomes: Outcomes, left: u64, gone_before: u64, parts: &Parts, elapsed: Duration) -> Self {
        let counters = &parts.counters;
        Self {
            creators: TrackedCreators {
                visited: outcomes.visited,
                unchanged: outcomes.unchanged,
                went_on: outcomes.went_on,
                failed: outcomes.failed,
                gone: outcomes.gone,
                gone_before,
                back: outcomes.back,
                left,
            },
            requests: RequestsReport::of(counters),
            keys: parts.source.keys(),
            pages: counters.pages.get(),
            pages_from_archive: counters.pages_from_archive.get(),
            items: ItemsReport::of(counters),
            posts: TrackedPosts {
                new: counters.posts_new.get(),
                read_again: counters.posts_read_again.get(),
                due_left: outcomes.due.saturating_sub(outcomes.due_read),
            },
            snapshots: counters.snapshots_stored.get(),
            documents: DocumentsReport::of(counters),
            quota_used: to_two_decimals(parts.source.quota_used()),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
