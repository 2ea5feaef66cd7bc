//! How closely two tags belong together.

use super::engagement::to_four_digits;

/// Normalized pointwise mutual information, ln(p(x,y) / (p(x)·p(y))) / −ln p(x,y) (Bouma 2009): 1 when the two stand in
/// the same posts alone, 0 when they meet as often as by chance, towards −1 when they hardly meet. `None` when they
/// never meet, or when there is no post with neither.
///
/// Unlike plain counts it does not put the tags of everybody first, and unlike plain mutual information not those of
/// three posts. Rounded to four significant digits.
#[must_use]
pub fn npmi(both: u64, one: u64, other: u64, all: u64) -> Option<f64> {
    let (joint, all) = (both as f64, all as f64);
    if both == 0 || joint >= all {
        return None;
    }
    let by_chance = one as f64 * other as f64 / all;
    let value = ((joint / by_chance).ln() / -(joint / all).ln()).clamp(-1.0, 1.0);
    Some(to_four_digits(value.abs()).copysign(value) + 0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!(npmi(10, 10, 10, 1_000), Some(1.0), "always together");
        assert_eq!(npmi(10, 100, 100, 1_000), Some(0.0), "as often as by chance");
        // p(x,y) = 0.02, p(x)·p(y) = 0.01: ln 2 / ln 50.
        assert_eq!(npmi(20, 100, 100, 1_000), Some(0.1772));
        assert_eq!(npmi(5, 100, 100, 1_000), Some(-0.1308));
        assert_eq!((npmi(0, 5, 5, 10), npmi(10, 10, 10, 10)), (None, None));
    }

    proptest! {
        #[test]
        fn within_its_bounds_and_the_same_both_ways(both in 1_u64..500, one in 0_u64..500, other in 0_u64..500, rest in 1_u64..99_999) {
            let (one, other) = (both + one, both + other);
            let all = one + other + rest;
            let value = npmi(both, one, other, all).unwrap();
            prop_assert!((-1.0..=1.0).contains(&value));
            prop_assert_eq!(Some(value), npmi(both, other, one, all));
        }
    }
}
