//! The counts of a score pass; its shape is stable.

use serde::Serialize;

use crate::model::Corpus;

/// One object.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ScoreReport {
    /// Videos read.
    pub videos: u64,
    /// Those of them that could be judged: `virality.z` is there, and they were old enough when fetched.
    pub judged: u64,
    /// Judged ones that stand out.
    pub viral: u64,
    /// Documents whose scores were not what was computed, written again.
    pub rewritten: u64,
    /// Documents that were fetched anew meanwhile; the next pass scores them.
    pub newer: u64,
    /// Creators with posts.
    pub creators: u64,
    /// Those of them whose row was not what was computed, written again.
    pub creators_written: u64,
    /// What was taken of the whole corpus; null when the pass ended before it was known.
    pub globals: Option<Corpus>,
    /// How long it took (ms).
    pub elapsed_ms: u64,
}
