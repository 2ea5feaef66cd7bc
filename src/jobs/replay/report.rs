//! The counts of a replay; its shape is stable.

use std::time::Duration;

use serde::Serialize;

use crate::jobs::backfill::{DocumentsReport, ItemsReport};
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
    /// Documents made of the rest. Superseded are those of which the store, or the archive itself, had a newer version,
    /// or one that they are merged into.
    pub documents: DocumentsReport,
    /// How long it took (ms).
    pub elapsed_ms: u64,
}

impl ReplayReport {
    pub(in crate::jobs) fn of(files: usize, counters: &Counters, elapsed: Duration) -> Self {
        Self {
            files: files as u64,
            records: RecordsReport::of(counters),
            items: ItemsReport::of(counters),
            documents: DocumentsReport::of(counters),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
