//! Questions to what is stored: the videos that match, and answers grouped over all of them.
//!
//! `period` turns typed times into seconds. Called by the commands that ask; the stores do the finding, `insight`
//! the counting.

pub mod period;

use crate::insight::hashtags::{HashtagCounter, HashtagRow, HashtagSort};
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

/// The hashtags of the posts that a question matches.
#[derive(Debug, Clone, PartialEq)]
pub struct HashtagAnswer {
    /// How many hashtags there are.
    pub total: usize,
    /// The first of them, in order.
    pub rows: Vec<HashtagRow>,
}

/// The videos that match, in order, and how many there are.
pub async fn search(reader: &dyn StoreReader, question: &Question) -> Result<Hits, AskError> {
    Ok(reader.search(question).await?)
}

/// The first `limit` hashtags of all posts that match; the question's own sort and limit are not used.
pub async fn hashtags(
    reader: &dyn StoreReader,
    question: &Question,
    sort: HashtagSort,
    limit: usize,
) -> Result<HashtagAnswer, AskError> {
    let mut counter = HashtagCounter::default();
    reader.rows(question, &mut |row| counter.add(&row)).await?;
    Ok(HashtagAnswer { total: counter.len(), rows: counter.finish(sort, limit) })
}
