//! What a run says on its way of creators that fail: each by its name, but of those that get no answer, since the API
//! is away, only the first few, and how many more there were. The run's outcome names them all.

use super::walk::Failure;
use crate::model::CreatorId;

/// So many creators that got no answer are named.
const MOST_NAMED: u64 = 3;

/// What was said so far.
#[derive(Debug)]
pub(super) struct Failures {
    /// Whether who made the run tells of creators that are gone.
    gone_are_told: bool,
    unanswered: u64,
}

impl Failures {
    pub(super) fn new(gone_are_told: bool) -> Self {
        Self { gone_are_told, unanswered: 0 }
    }

    pub(super) fn say(&mut self, creator: &CreatorId, error: &str, kind: &Failure) {
        self.unanswered += u64::from(*kind == Failure::Server);
        match kind {
            Failure::Refused(words) if self.gone_are_told => {
                tracing::info!("{creator} is gone: the API says {words:?}");
            }
            Failure::Server if self.unanswered > MOST_NAMED => tracing::info!("{creator} failed: {error}"),
            _ => tracing::warn!("{creator} failed: {error}"),
        }
    }

    /// Behind the last of them.
    pub(super) fn say_how_many_more(&self) {
        let more = self.unanswered.saturating_sub(MOST_NAMED);
        if more > 0 {
            tracing::warn!("no good answer came for {more} more creators (the report names them)");
        }
    }
}
