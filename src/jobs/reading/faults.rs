//! The records that are refused: each is named on stderr, up to a number that a person reads.

use std::sync::atomic::{AtomicU64, Ordering};

const MOST_TOLD: u64 = 20;

#[derive(Debug, Default)]
pub(super) struct Faults(AtomicU64);

impl Faults {
    pub(super) fn tell(&self, words: &str) {
        if self.0.fetch_add(1, Ordering::Relaxed) < MOST_TOLD {
            tracing::error!("{words}");
        }
    }

    pub(super) fn tell_of_the_rest(&self) {
        let rest = self.0.load(Ordering::Relaxed).saturating_sub(MOST_TOLD);
        if rest > 0 {
            tracing::error!("… and {rest} more records were refused");
        }
    }
}
