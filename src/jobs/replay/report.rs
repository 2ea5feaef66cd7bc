//! The counts of a replay; its shape is stable.

use std::time::Duration;

use serde::Serialize;

use crate::jobs::backfill::ItemsReport;
use crate::jobs::reading::RecordsReport;
use crate::model::Counters;

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayReport {
    /// Files read.
    pub files: u64,
    /// Their records.
    pub records: RecordsReport,
    /// Items of their pages; `received = skipped + documents.fetched`.
    pub items: ItemsReport,
    /// Documents made of the rest.
    pub documents: ReplayedDocuments,
    /// How long it took (ms).
    pub elapsed_ms: u64,
}

/// Documents of a replay; `fetched = stored + superseded + dead + unsettled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayedDocuments {
    /// Made of the items.
    pub fetched: u64,
    /// In the store.
    pub stored: u64,
    /// The store, or the archive itself, had a newer version, or one that this one is merged into.
    pub superseded: u64,
    /// Refused by the store; they are in the dead-letter file.
    pub dead: u64,
    /// Those stored whose id was not there before.
    pub new: u64,
    /// Without a verdict when the replay had to end, or was stopped. Not shown when there is none.
    #[serde(skip_serializing_if = "is_zero")]
    pub unsettled: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl ReplayReport {
    pub(in crate::jobs) fn of(files: usize, counters: &Counters, elapsed: Duration) -> Self {
        let (fetched, dead) = (counters.documents_fetched.get(), counters.documents_dead.get());
        let (stored, superseded) = (counters.documents_stored.get(), counters.documents_superseded.get());
        Self {
            files: files as u64,
            records: RecordsReport::of(counters),
            items: ItemsReport { received: counters.items_received.get(), skipped: counters.items_skipped.get() },
            documents: ReplayedDocuments {
                fetched,
                stored,
                superseded,
                dead,
                new: counters.documents_new.get(),
                unsettled: fetched.saturating_sub(stored + superseded + dead),
            },
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
