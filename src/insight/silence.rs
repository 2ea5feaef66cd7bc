//! Which creators went silent: nothing new for far longer than they usually take. Pure; `jobs::digest` asks it of those
//! that were looked at.

use super::rounding::to_four_digits;

/// Nobody is silent before so many days …
pub const SILENT_DAYS: f64 = 14.0;

/// … nor before so many times the usual gap between two posts: who posts once a month is not silent in the third week.
pub const SILENT_GAPS: f64 = 4.0;

/// The usual gap is the median of those between so many of the newest posts.
pub const POSTS_LOOKED_AT: usize = 50;

const DAY: f64 = 24.0 * 60.0 * 60.0;

/// A silence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// The newest post (seconds, UTC).
    pub newest: i64,
    /// How long it lasts (days).
    pub days: f64,
    /// The usual gap (days); `None` of a creator with one post.
    pub usual_days: Option<f64>,
}

/// Whether a creator with posts of these times (seconds, UTC; any order) is silent, as of the last look at it (seconds,
/// UTC). A post from after that look is a mistake of somebody's clock, and passed over.
#[must_use]
pub fn silence(published: &[i64], as_of: i64) -> Option<Silence> {
    let mut times: Vec<i64> = published.iter().copied().filter(|&time| time <= as_of).collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    times.truncate(POSTS_LOOKED_AT);
    let newest = *times.first()?;
    let usual = median_gap(&times);
    let days = seconds(as_of, newest) / DAY;
    let is_silent = days > SILENT_DAYS && usual.is_none_or(|usual| days > SILENT_GAPS * usual);
    is_silent.then(|| Silence { newest, days: to_four_digits(days), usual_days: usual.map(to_four_digits) })
}

/// In days, of times from the newest on.
fn median_gap(times: &[i64]) -> Option<f64> {
    let mut gaps: Vec<f64> = times.windows(2).map(|pair| seconds(pair[0], pair[1]) / DAY).collect();
    gaps.sort_unstable_by(f64::total_cmp);
    let middle = gaps.len() / 2;
    match gaps.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(gaps[middle]),
        _ => Some(f64::midpoint(gaps[middle - 1], gaps[middle])),
    }
}

fn seconds(later: i64, earlier: i64) -> f64 {
    later.saturating_sub(earlier) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECONDS: i64 = 24 * 60 * 60;

    /// Posts so many days before the look.
    fn judged(days_ago: &[i64]) -> Option<Silence> {
        let as_of = 1_750_000_000;
        silence(&days_ago.iter().map(|days| as_of - days * SECONDS).collect::<Vec<_>>(), as_of)
    }

    #[test]
    fn a_creator_is_silent_by_its_own_measure() {
        assert_eq!(judged(&[]), None, "who never posted has not stopped");
        assert_eq!(judged(&[14]), None, "two weeks are not more than two weeks");
        assert_eq!(judged(&[15]).map(|silence| (silence.days, silence.usual_days)), Some((15.0, None)));
        let daily: Vec<i64> = (20..60).collect();
        assert_eq!(judged(&daily).map(|silence| silence.usual_days), Some(Some(1.0)));
        let monthly = [60, 90, 120, 150];
        assert_eq!(judged(&monthly), None, "a gap of 30 days is usual: 60 are no silence");
        assert!(judged(&monthly.map(|days| days + 61)).is_some(), "121 are");
        assert_eq!(judged(&[-3, 20]).map(|silence| silence.days), Some(20.0), "a post of the future is none");
    }

    #[test]
    fn what_was_usual_years_ago_is_not_asked() {
        let lately_weekly: Vec<i64> = (0..60).map(|post| 20 + post * 7).collect();
        let once_hourly = std::iter::repeat_n(1_000, 500);
        let days: Vec<i64> = lately_weekly.into_iter().chain(once_hourly).collect();
        assert_eq!(judged(&days), None, "20 days are less than four weeks");
    }

    proptest! {
        #[test]
        fn any_times_are_judged(times in proptest::collection::vec(any::<i64>(), 0..80), as_of in any::<i64>()) {
            if let Some(found) = silence(&times, as_of) {
                prop_assert!(found.days > SILENT_DAYS && found.days.is_finite());
                prop_assert!(times.contains(&found.newest) && found.newest <= as_of);
            }
        }
    }
}
