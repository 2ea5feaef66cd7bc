//! The counts of a score pass; its shape is stable.

use serde::Serialize;

use crate::model::Corpus;

/// Documents without new scores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RefusedScores {
    /// How many.
    pub count: u64,
    /// The first of them, a hundred at most.
    pub first: Vec<RefusedScore>,
}

impl RefusedScores {
    const MOST_LISTED: usize = 100;

    /// Adds one.
    pub fn push(&mut self, id: &str, error: String) {
        self.count += 1;
        if self.first.len() < Self::MOST_LISTED {
            self.first.push(RefusedScore { id: id.to_owned(), error });
        }
    }

    /// Adds those of another.
    pub fn append(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.truncate(Self::MOST_LISTED);
    }
}

/// A document without new scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedScore {
    /// Its id: a video's, or a creator's `sec_user_id`.
    pub id: String,
    /// Why, in the words of the store or of the reader.
    pub error: String,
}

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
    /// Documents that have no new scores: unreadable as they are stored, or refused by the store. They stay as they
    /// are.
    pub refused: RefusedScores,
    /// Snapshots read: the counts of posts at earlier moments, which growth is measured by.
    pub snapshots: u64,
    /// Those of them that cannot be read, and were passed over.
    pub snapshots_unreadable: u64,
    /// Creators with posts.
    pub creators: u64,
    /// Those of them whose row was not what was computed, written again.
    pub creators_written: u64,
    /// What was taken of the whole corpus; null when the pass ended before it was known.
    pub globals: Option<Corpus>,
    /// How long it took (ms).
    pub elapsed_ms: u64,
}
