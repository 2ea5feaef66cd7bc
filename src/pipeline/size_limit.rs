//! How large a bulk request may be, as far as the store has let us know: once it refused one as too large (HTTP 413)
//! and took its halves, later ones are closed below that size, instead of being refused again.
//!
//! One per run. `deliver` tells it what was taken and what was not, `index` closes batches by it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Whatever the store says, requests are not closed below this (bytes): thinner ones would make a run crawl.
const FLOOR: usize = 64 << 10;

/// The size at which requests are closed: the run's own, or what the store took at most, once it refused more.
#[derive(Debug)]
pub struct SizeLimit {
    own: usize,
    largest_taken: AtomicUsize,
    has_refused: AtomicBool,
}

impl SizeLimit {
    /// The run's own limit (bytes), until the store has a smaller one.
    #[must_use]
    pub fn new(own: usize) -> Self {
        Self { own, largest_taken: AtomicUsize::new(0), has_refused: AtomicBool::new(false) }
    }

    /// Requests are to be closed before they hold more bytes than this.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.learnt().unwrap_or(self.own)
    }

    /// What the store taught us: the largest request that it took, once it refused a larger one for its size.
    #[must_use]
    pub fn learnt(&self) -> Option<usize> {
        let largest = self.largest_taken.load(Ordering::Relaxed);
        self.has_refused.load(Ordering::Relaxed).then(|| largest.max(FLOOR).min(self.own))
    }

    /// The store took a request of so many bytes.
    pub fn taken(&self, bytes: usize) {
        self.largest_taken.fetch_max(bytes, Ordering::Relaxed);
    }

    /// The store refused a request of so many bytes as too large, and took both of its halves: so it was the size of
    /// the whole. (A single document that is too large teaches nothing: its part is refused down to the document.)
    pub fn refused_whole(&self, bytes: usize) {
        if !self.has_refused.swap(true, Ordering::Relaxed) {
            tracing::info!(
                "the store takes no request of {bytes} bytes; from now on they have {} at most",
                self.bytes()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_runs_own_until_the_store_refused_a_whole() {
        let limit = SizeLimit::new(5_000_000);
        limit.taken(100_000);
        assert_eq!((limit.bytes(), limit.learnt()), (5_000_000, None));
        limit.taken(2_400_000);
        limit.taken(2_500_000);
        limit.refused_whole(4_900_000);
        assert_eq!((limit.bytes(), limit.learnt()), (2_500_000, Some(2_500_000)));
    }

    #[test]
    fn it_never_falls_below_what_was_taken_nor_below_the_floor_nor_rises_above_the_runs_own() {
        let limit = SizeLimit::new(1_000_000);
        limit.refused_whole(900);
        assert_eq!(limit.bytes(), FLOOR);
        limit.taken(800_000);
        limit.refused_whole(90_000);
        assert_eq!(limit.bytes(), 800_000);
        limit.taken(9_000_000);
        assert_eq!(limit.bytes(), 1_000_000);
    }
}
