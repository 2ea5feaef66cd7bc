//! How far it pays to read on: a creator's pages cut into segments, none with more due posts a page than the one
//! before.
//!
//! A walk cannot skip a page, so a page without due posts is paid for with the next one that has some.

use std::cmp::Ordering;

/// Pages that are read together or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Behind so many pages.
    pub(super) from: usize,
    /// Up to so many.
    pub(super) to: usize,
    /// Due posts on them.
    pub(super) due: u64,
}

impl Segment {
    pub(super) fn pages(&self) -> u64 {
        (self.to - self.from) as u64
    }

    /// By due posts a page, compared as fractions.
    pub(super) fn by_worth(&self, other: &Self) -> Ordering {
        (self.due * other.pages()).cmp(&(other.due * self.pages()))
    }
}

/// The segments behind the first page, whose posts are read anyway; none behind the last due post.
pub(super) fn segments(due_by_page: &[u64]) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut from = 1;
    while let Some(best) = best_from(due_by_page, from) {
        from = best.to;
        found.push(best);
    }
    found
}

/// The segment with the most due posts a page; of equal ones, the shortest.
fn best_from(due_by_page: &[u64], from: usize) -> Option<Segment> {
    let mut due = 0;
    let mut best: Option<Segment> = None;
    for (page, on_it) in due_by_page.iter().enumerate().skip(from) {
        due += on_it;
        let segment = Segment { from, to: page + 1, due };
        if due > 0 && best.is_none_or(|best| segment.by_worth(&best).is_gt()) {
            best = Some(segment);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pages_without_due_posts_are_paid_for_with_those_behind_them() {
        let segment = |from, to, due| Segment { from, to, due };
        assert_eq!(segments(&[9, 0, 4, 0, 0]), [segment(1, 3, 4)]);
        assert_eq!(segments(&[0, 8, 1, 3]), [segment(1, 2, 8), segment(2, 4, 4)]);
        assert_eq!(segments(&[0, 8, 8]), [segment(1, 2, 8), segment(2, 3, 8)]);
        assert_eq!(segments(&[5]), []);
        assert_eq!(segments(&[]), []);
    }

    proptest! {
        #[test]
        fn segments_follow_each_other_hold_all_and_never_get_better(due in prop::collection::vec(0_u64..36, 0..30)) {
            let found = segments(&due);
            let mut from = 1;
            for segment in &found {
                prop_assert_eq!(segment.from, from);
                prop_assert_eq!(segment.due, due[segment.from..segment.to].iter().sum::<u64>());
                from = segment.to;
            }
            prop_assert!(found.windows(2).all(|pair| pair[0].by_worth(&pair[1]).is_ge()));
            prop_assert_eq!(due.iter().skip(from).sum::<u64>(), 0, "none behind the last due post");
        }
    }
}
