//! Questions to what is stored: posts that match, and answers over all of them.
//!
//! `period` turns typed times into seconds, `scopes` narrows which posts a question is about. `ranking` answers for
//! tags, words and sounds, `categories` for a user's own groups, both with `claiming`; `creators` and `timing` for
//! these. Called by the commands that ask; the stores do the finding and counting, `insight` the formulas.

pub mod categories;
mod claiming;
pub mod creators;
pub mod period;
pub mod ranking;
pub(in crate::jobs) mod scopes;
pub mod script;
pub mod timing;

use crate::model::{Hits, QueryError, Question};
use crate::store::{StoreError, StoreReader};

use period::PeriodError;

/// Why a question has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AskError {
    /// The query cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The times cannot be used.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AskError {
    /// Whether what was typed is at fault (exit code 2), not the store.
    #[must_use]
    pub fn is_wrong_use(&self) -> bool {
        !matches!(self, Self::Store(_))
    }
}

/// The videos that match, in order, and how many there are.
pub async fn search(reader: &dyn StoreReader, question: &Question) -> Result<Hits, AskError> {
    Ok(reader.search(question).await?)
}

#[cfg(test)]
mod fake;
