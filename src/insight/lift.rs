//! How much more often a group stands among the viral posts than among all that could be judged.

use super::engagement::to_four_digits;
use crate::model::Tally;

/// The JLH score, (fg − bg)·fg/bg, and 0 where fg ≤ bg. fg is the group's share of the scope's viral posts, bg its
/// share of the judged ones. `None` while the scope has no viral post: there is nothing to be lifted among.
///
/// It multiplies the difference of the two shares with their ratio, so that neither a tag that all use nor one that
/// hardly anybody uses comes first. It is the default of Elasticsearch's `significant_terms`
/// (<https://www.elastic.co/docs/reference/aggregations/search-aggregations-bucket-significantterms-aggregation#_jlh_score>).
/// Rounded to four significant digits.
#[must_use]
pub fn jlh(group: &Tally, scope: &Tally) -> Option<f64> {
    if scope.viral == 0 || scope.judged == 0 {
        return None;
    }
    let foreground = group.viral as f64 / scope.viral as f64;
    let background = group.judged as f64 / scope.judged as f64;
    // A group without judged posts has no viral one either.
    let is_lifted = foreground > background && background > 0.0;
    Some(if is_lifted { to_four_digits((foreground - background) * foreground / background) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(judged: u64, viral: u64) -> Tally {
        Tally { judged, viral, ..Tally::default() }
    }

    #[test]
    fn by_hand() {
        // fg = 10/50, bg = 100/10,000: (0.2 − 0.01) · 0.2/0.01
        assert_eq!(jlh(&tally(100, 10), &tally(10_000, 50)), Some(3.8));
        assert_eq!(jlh(&tally(100, 1), &tally(10_000, 100)), Some(0.0), "as often as anywhere");
        assert_eq!(jlh(&tally(0, 0), &tally(10_000, 100)), Some(0.0));
        assert_eq!(jlh(&tally(100, 0), &tally(10_000, 0)), None);
    }

    proptest! {
        #[test]
        fn positive_only_above_the_background_and_never_infinite(
            scope_viral in 1_u64..1_000, scope_rest in 0_u64..100_000, viral in 0_u64..1_000, rest in 0_u64..100_000,
        ) {
            let (viral, rest) = (viral % (scope_viral + 1), rest % (scope_rest + 1));
            let (group, scope) = (tally(viral + rest, viral), tally(scope_viral + scope_rest, scope_viral));
            let lift = jlh(&group, &scope).unwrap();
            let is_more = u128::from(viral) * u128::from(scope.judged) > u128::from(group.judged) * u128::from(scope_viral);
            prop_assert!(lift.is_finite() && lift >= 0.0);
            prop_assert!(is_more || lift == 0.0, "{lift}");
            // More viral posts among as many never lower it.
            if viral < scope_viral && rest > 0 {
                prop_assert!(jlh(&tally(group.judged, viral + 1), &scope).unwrap() >= lift);
            }
        }
    }
}
