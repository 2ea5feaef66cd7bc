//! How much more a group was posted in one window than in the window before.

use super::engagement::to_four_digits;
use crate::model::Tally;

/// Posts that each side of the ratio is given before anything was counted.
pub const SMOOTHING: f64 = 5.0;

/// (recent + k) / (earlier·R/E + k), k = 5; R and E are the scope's posts in the two windows. 1 is "as before", 2
/// "twice as many as expected". `None` while the scope has no post in one of the windows: nothing can be expected then.
///
/// Two things would make everything "grow" otherwise. A corpus holds more posts of one window than of the other
/// (creators were added, or walked only so far back): earlier·R/E is what a group would have had, had it only kept its
/// share. And from 1 post to 3 is a factor of three by chance: additive (Laplace, Lidstone) smoothing pulls small
/// counts towards 1, and leaves those of hundreds as they are. With k = 5, the default floor of posts, a group has to
/// have grown by as much as is asked of a group to be shown at all, before its factor passes 2. Rounded to four
/// significant digits.
#[must_use]
pub fn growth(group: &Tally, scope: &Tally) -> Option<f64> {
    if scope.recent == 0 || scope.earlier == 0 {
        return None;
    }
    let expected = group.earlier as f64 * (scope.recent as f64 / scope.earlier as f64);
    Some(to_four_digits((group.recent as f64 + SMOOTHING) / (expected + SMOOTHING)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(recent: u64, earlier: u64) -> Tally {
        Tally { recent, earlier, ..Tally::default() }
    }

    #[test]
    fn by_hand() {
        assert_eq!(growth(&tally(25, 5), &tally(1_000, 1_000)), Some(3.0));
        assert_eq!(growth(&tally(25, 5), &tally(2_000, 1_000)), Some(2.0), "the corpus grew, too");
        assert_eq!(growth(&tally(3, 1), &tally(1_000, 1_000)), Some(1.333), "few posts say little");
        assert_eq!(growth(&tally(0, 0), &tally(1, 1)), Some(1.0));
        assert_eq!(growth(&tally(5, 0), &tally(5, 0)), None);
    }

    proptest! {
        #[test]
        fn who_keeps_the_share_does_not_grow(earlier in 0_u64..10_000, factor in 1_u64..50, others in 1_u64..10_000) {
            let scope = tally((earlier + others) * factor, earlier + others);
            prop_assert_eq!(growth(&tally(earlier * factor, earlier), &scope), Some(1.0));
        }

        #[test]
        fn always_positive_and_never_infinite(recent in 0..u64::MAX, earlier in 0..u64::MAX) {
            let growth = growth(&tally(recent, earlier), &tally(u64::MAX, u64::MAX)).unwrap();
            prop_assert!(growth > 0.0 && growth.is_finite());
        }
    }
}
