//! Which of the counted groups are picked, when only the first ones of an order are wanted. Groups come by key,
//! ascending, so that of equal ones the earlier comes first.

use std::cmp::{Ordering, Reverse};

use super::keys::Place;
use crate::model::Tally;

/// So many more than wanted are kept before they are sorted out.
const SLACK: usize = 1_024;

/// Keeps the first `limit` groups, highest measure first, ties by key. Memory follows the limit.
pub(super) struct Best {
    limit: usize,
    measure: fn(&Tally) -> u64,
    kept: Vec<(Vec<u8>, Tally)>,
    /// What comes now must have more than this.
    floor: Option<u64>,
}

impl Best {
    pub(super) fn new(limit: usize, measure: fn(&Tally) -> u64) -> Self {
        Self { limit, measure, kept: Vec::new(), floor: None }
    }

    /// Takes the next group; keys ascend.
    pub(super) fn offer(&mut self, key: &[u8], tally: Tally) {
        if self.limit == 0 || self.floor.is_some_and(|floor| (self.measure)(&tally) <= floor) {
            return;
        }
        self.kept.push((key.to_owned(), tally));
        if self.kept.len() >= self.limit.saturating_mul(2).saturating_add(SLACK) {
            self.sort_out();
        }
    }

    fn sort_out(&mut self) {
        let measure = self.measure;
        // Stable: equal ones stay in the order of their keys.
        self.kept.sort_by_key(|(_, tally)| Reverse(measure(tally)));
        if self.kept.len() >= self.limit {
            self.kept.truncate(self.limit);
            self.floor = self.kept.last().map(|(_, tally)| measure(tally));
        }
    }

    /// The groups, in order.
    pub(super) fn finish(mut self) -> Vec<(String, Tally)> {
        self.sort_out();
        self.kept.into_iter().map(|(key, tally)| (String::from_utf8_lossy(&key).into_owned(), tally)).collect()
    }
}

/// A group that may be picked once its median is known.
pub(super) struct Candidate {
    pub key: Box<str>,
    pub tally: Tally,
    /// Where its key is.
    pub places: Box<[Place]>,
}

/// The first `limit` candidates (which are in the order of their keys) by their medians; without one last.
pub(super) fn by_median(candidates: Vec<Candidate>, medians: Vec<Option<f64>>, limit: usize) -> Vec<(String, Tally)> {
    let mut all: Vec<_> = candidates.into_iter().zip(medians).collect();
    // Stable: equal ones stay in the order of their keys.
    all.sort_by(|(_, left), (_, right)| highest_first(*left, *right));
    all.truncate(limit);
    all.into_iter().map(|(candidate, _)| (candidate.key.into(), candidate.tally)).collect()
}

fn highest_first(left: Option<f64>, right: Option<f64>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => right.total_cmp(&left),
        _ => right.is_some().cmp(&left.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(posts: u64) -> Tally {
        Tally { posts, ..Tally::default() }
    }

    proptest! {
        #[test]
        fn the_best_are_those_of_a_whole_sort(counts in prop::collection::vec(0_u64..30, 0..5_000), limit in 0_usize..50) {
            let mut best = Best::new(limit, |tally| tally.posts);
            let keys: Vec<String> = (0..counts.len()).map(|number| format!("{number:05}")).collect();
            keys.iter().zip(&counts).for_each(|(key, &posts)| best.offer(key.as_bytes(), tally(posts)));
            let mut sorted: Vec<(String, Tally)> = keys.into_iter().zip(counts.iter().copied().map(tally)).collect();
            sorted.sort_by(|left, right| right.1.posts.cmp(&left.1.posts).then_with(|| left.0.cmp(&right.0)));
            sorted.truncate(limit);
            prop_assert_eq!(best.finish(), sorted);
        }
    }

    #[test]
    fn a_limit_beyond_all_memory_is_none() {
        let mut best = Best::new(usize::MAX, |tally| tally.posts);
        (0..3_000_u64).for_each(|number| best.offer(format!("{number:04}").as_bytes(), tally(number % 2)));
        let all = best.finish();
        assert_eq!((all.len(), all[0].0.as_str(), all[1_500].0.as_str()), (3_000, "0001", "0000"));
    }

    #[test]
    fn medians_come_highest_first_then_by_key_and_none_last() {
        let candidate = |key: &str| Candidate { key: key.into(), tally: tally(1), places: Box::default() };
        let candidates = ["a", "b", "c", "d", "e"].map(candidate).into();
        let medians = vec![None, Some(2.5), Some(7.0), None, Some(2.5)];
        let keys: Vec<String> = by_median(candidates, medians, 4).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["c", "b", "e", "a"]);
    }
}
