//! The counts of a reindexing; its shape is stable.

use std::time::Duration;

use serde::Serialize;

use crate::jobs::replay::report::ReplayReport;
use crate::model::Counters;

/// One object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReindexReport {
    /// The version behind the alias at the start.
    pub old: String,
    /// The next one.
    pub next: String,
    /// Documents copied from the old one; those that the next one refused are not counted.
    pub copied: u64,
    /// What the archive gave, as far as the reindexing came; `None` when there is no archive. Its time is that of all.
    pub archive: Option<ReplayReport>,
    /// Documents that runs wrote meanwhile, and that are in the next one now.
    pub brought_along: u64,
    /// Ids of the old version that were looked up in the next one at the end.
    pub checked: u64,
    /// Whether the alias stands on the next version now.
    pub switched: bool,
    /// How long it took (ms).
    pub elapsed_ms: u64,
}

impl ReindexReport {
    pub(super) fn take_in(&mut self, files: usize, counters: &Counters, elapsed: Duration) {
        self.archive = (files > 0).then(|| ReplayReport::of(files, counters, elapsed));
        self.elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    }
}
