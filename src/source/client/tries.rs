//! What is said of tries that failed: one here and there is told; when the API is away, the first few are, and how many
//! more there were once it answers again. (The report counts them all.)

use std::sync::atomic::{AtomicU64, Ordering};

/// So many in a row are told one by one.
const MOST_TOLD: u64 = 3;

/// The tries that failed since the last good answer, whatever was asked for.
#[derive(Debug, Default)]
pub(super) struct FailedTries(AtomicU64);

impl FailedTries {
    /// One more; `words` tells of it.
    pub(super) fn tell(&self, words: &str) {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            before if before < MOST_TOLD => tracing::warn!("{words}"),
            MOST_TOLD => tracing::warn!("{words}; more that fail alike are told with -v, until the API answers again"),
            _ => tracing::info!("{words}"),
        }
    }

    /// A good answer came; how many went untold before it.
    pub(super) fn answered(&self) -> u64 {
        let untold = self.0.swap(0, Ordering::Relaxed).saturating_sub(MOST_TOLD + 1);
        if untold > 0 {
            tracing::warn!("the API answers again; {untold} more tries had failed meanwhile");
        }
        untold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_of_many_in_a_row_are_told() {
        let tries = FailedTries::default();
        let fail = |times: u64| (0..times).for_each(|_| tries.tell("it failed"));
        fail(4);
        assert_eq!(tries.answered(), 0);
        fail(50);
        assert_eq!(tries.answered(), 46);
        assert_eq!(tries.answered(), 0);
    }
}
