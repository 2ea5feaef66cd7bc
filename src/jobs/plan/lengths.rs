//! How many pages walks have, told by those that are known: some to their end, others only up to where they stand.
//!
//! A plain mean over the ended ones would be too small: after a first page of each creator, only the shortest have
//! ended. So the share that ends at a page is taken among all that are known to have come so far (Kaplan and Meier
//! 1958).

/// A mean is not given when more than this share of the walks goes on beyond the longest that is known.
const LARGEST_UNKNOWN_SHARE: f64 = 0.2;

/// A share so small adds no page to a million walks.
const NOBODY: f64 = 1e-6;

/// Known walks, by their pages.
#[derive(Debug, Clone, Default)]
pub(super) struct Lengths {
    /// Walked to their end.
    ended: Vec<u64>,
    /// Known to go on behind so many pages.
    open: Vec<u64>,
}

impl Lengths {
    /// From pages, and whether the walk ended there.
    pub(super) fn new(walks: impl IntoIterator<Item = (u64, bool)>) -> Self {
        let mut lengths = Self::default();
        for (pages, has_ended) in walks {
            if has_ended { lengths.ended.push(pages) } else { lengths.open.push(pages) }
        }
        lengths.ended.sort_unstable();
        lengths.open.sort_unstable();
        lengths
    }

    /// How many have ended.
    pub(super) fn ended(&self) -> u64 {
        self.ended.len() as u64
    }

    /// How many pages a walk has before it, on average, that stands behind `done` pages and goes on; no more than
    /// `most`. `None` when too little is known.
    pub(super) fn expected(&self, done: u64, most: Option<u64>) -> Option<f64> {
        let (mut expected, mut share_that_comes_here) = (0.0, 1.0);
        let mut page = done;
        while most.is_none_or(|most| page - done < most) {
            page += 1;
            expected += share_that_comes_here;
            if most.is_some_and(|most| page - done == most) {
                break;
            }
            let came = from(&self.ended, page) + from(&self.open, page);
            if came == 0 {
                return (share_that_comes_here <= LARGEST_UNKNOWN_SHARE).then_some(expected);
            }
            let ended = from(&self.ended, page) - from(&self.ended, page + 1);
            share_that_comes_here *= 1.0 - ended as f64 / came as f64;
            if share_that_comes_here < NOBODY {
                break;
            }
        }
        Some(expected)
    }
}

/// How many have this page.
fn from(sorted: &[u64], page: u64) -> usize {
    sorted.len() - sorted.partition_point(|&pages| pages < page)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ended(pages: &[u64]) -> Lengths {
        Lengths::new(pages.iter().map(|&pages| (pages, true)))
    }

    fn close(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{found:?}, not {expected}");
    }

    #[test]
    fn of_ended_walks_it_is_their_mean() {
        let lengths = ended(&[1, 2, 3, 10]);
        close(lengths.expected(0, None), 4.0);
        close(lengths.expected(0, Some(2)), (1.0 + 2.0 + 2.0 + 2.0) / 4.0);
        close(lengths.expected(2, None), 4.5);
        close(lengths.expected(9, None), 1.0);
    }

    #[test]
    fn nothing_known_is_no_number_unless_a_bound_is_near() {
        assert_eq!(Lengths::default().expected(0, None), None);
        close(Lengths::default().expected(0, Some(1)), 1.0);
        close(Lengths::default().expected(3, Some(0)), 0.0);
        assert_eq!(ended(&[1, 2, 3]).expected(3, None), None, "longer than all that is known");
    }

    #[test]
    fn walks_that_go_on_are_not_taken_for_ended_ones() {
        // A first page of each of ten: one has no more, nine have.
        let first_pages = Lengths::new((0..10).map(|number| (1, number == 0)));
        assert_eq!(first_pages.expected(0, None), None);
        close(first_pages.expected(0, Some(2)), 1.9);
        // The same, and some walked to their end.
        let lengths = Lengths::new([(1, true), (1, false), (1, false), (4, true), (4, true)]);
        close(lengths.expected(0, None), 1.0 + 0.8 * 3.0);
        // A few that go on behind the longest are little unknown.
        let long = Lengths::new((0..10).map(|number| (5, number > 0)));
        close(long.expected(0, None), 5.0 + 0.1);
    }

    proptest! {
        #[test]
        fn it_lies_between_the_shortest_and_the_longest(pages in proptest::collection::vec(1_u64..50, 1..20), most in 1_u64..60) {
            let lengths = ended(&pages);
            let (shortest, longest) = (*pages.iter().min().unwrap(), *pages.iter().max().unwrap());
            let mean = lengths.expected(0, None).unwrap();
            prop_assert!((shortest as f64 - 1e-6..=longest as f64 + 1e-6).contains(&mean));
            let bounded = lengths.expected(0, Some(most)).unwrap();
            prop_assert!(bounded <= mean + 1e-6 && bounded <= most as f64 + 1e-6);
        }
    }
}
