//! How fast a post gains plays, measured between two looks at it. Pure; `jobs::score` stores what comes of it, and
//! `explain` shows each step.
//!
//! A *moment* is a time at which a post's plays were seen: each of its snapshots, and its document. What is measured
//! lies between the newest moment and the newest one that is an hour older at least: of looks that are closer together,
//! rounding of the shown counts would be a good part. Plays of 0 are withheld, which is no evidence of anything.

use serde::{Deserialize, Serialize};

use super::HOUR;
use super::rounding::to_four_digits;
use crate::model::Virality;

/// Plays that each post, and each creator, is given before anything was counted: from 3 plays to 30 is no tenfold rise.
pub const SMOOTHING: f64 = 1_000.0;

/// Moments that are compared are so far apart at least (ms).
pub const APART: i64 = HOUR;

/// A post's plays as they were seen once. The order is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment {
    /// When (ms, UTC).
    pub fetched_at: i64,
    /// Plays; never 0 in [`Moments`].
    pub plays: u64,
}

/// The two moments that a post's growth is measured between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// The earlier one.
    pub earlier: Moment,
    /// The newest one.
    pub newest: Moment,
}

impl Moments {
    /// Chooses them among all moments of a post, in any order; `None` without two that are far enough apart.
    #[must_use]
    pub fn of(moments: &[Moment]) -> Option<Self> {
        let known = || moments.iter().filter(|moment| moment.plays > 0);
        let newest = *known().max()?;
        let apart = |moment: &Moment| i128::from(newest.fetched_at) - i128::from(moment.fetched_at);
        let earlier = known().filter(|moment| apart(moment) >= i128::from(APART)).max()?;
        Some(Self { earlier: *earlier, newest })
    }

    /// Hours between them, one at least.
    #[must_use]
    pub fn hours(&self) -> f64 {
        (i128::from(self.newest.fetched_at) - i128::from(self.earlier.fetched_at)) as f64 / HOUR as f64
    }

    /// Plays gained between them; less than 0 when the platform took some back.
    #[must_use]
    pub fn gained(&self) -> f64 {
        (i128::from(self.newest.plays) - i128::from(self.earlier.plays)) as f64
    }

    /// Plays gained per day.
    #[must_use]
    pub fn gained_per_day(&self) -> f64 {
        self.gained() * 24.0 / self.hours()
    }

    /// Plays gained per hour, to four significant digits.
    #[must_use]
    pub fn plays_per_hour(&self) -> f64 {
        to_four_digits(self.gained() / self.hours())
    }

    /// The share gained per day: plays gained per day over the earlier plays and 1,000, to four significant digits.
    #[must_use]
    pub fn growth(&self) -> f64 {
        to_four_digits(self.gained_per_day() / (self.earlier.plays as f64 + SMOOTHING))
    }
}

/// A post's scores with what its moments tell; as they are without two.
#[must_use]
pub fn with_moments(virality: Virality, moments: Option<&Moments>) -> Virality {
    let Some(moments) = moments else { return virality };
    Virality {
        plays_per_hour: Some(moments.plays_per_hour()),
        growth: Some(moments.growth()),
        growth_hours: Some(to_four_digits(moments.hours())),
        ..virality
    }
}

/// The growth of a creator, of those of its posts that have two moments, in any order: plays gained per day over their
/// earlier plays and 1,000. `None` without such a post.
#[must_use]
pub fn creator_growth(posts: impl IntoIterator<Item = Moments>) -> Option<f64> {
    let (mut gained, mut earlier) = (Vec::new(), 0_u128);
    for moments in posts {
        gained.push(moments.gained_per_day());
        earlier += u128::from(moments.earlier.plays);
    }
    // The last digits of a sum depend on its order.
    gained.sort_by(f64::total_cmp);
    (!gained.is_empty()).then(|| to_four_digits(gained.iter().sum::<f64>() / (earlier as f64 + SMOOTHING)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(hour: i64, plays: u64) -> Moment {
        Moment { fetched_at: 1_750_000_000_000 + hour * HOUR, plays }
    }

    #[test]
    fn by_hand() {
        let moments = Moments::of(&[moment(48, 5_000), moment(0, 1_000)]).unwrap();
        assert_eq!((moments.hours(), moments.gained(), moments.gained_per_day()), (48.0, 4_000.0, 2_000.0));
        assert_eq!((moments.plays_per_hour(), moments.growth()), (83.33, 1.0));
        let fallen = Moments::of(&[moment(0, 3_000), moment(12, 1_000)]).unwrap();
        assert_eq!((fallen.plays_per_hour(), fallen.growth()), (-166.7, -1.0));
        assert_eq!(Moments::of(&[moment(0, 7), moment(1, 7)]).unwrap().growth().to_bits(), 0.0_f64.to_bits());
        // 2,000 and −4,000 a day, over 1,000, 3,000 and 1,000 plays.
        assert_eq!(creator_growth([moments, fallen]), Some(-0.4));
        assert_eq!(creator_growth([]), None);
    }

    #[test]
    fn the_newest_and_the_newest_an_hour_older() {
        let minutes = |minutes: i64, plays| Moment { fetched_at: minutes * 60_000, plays };
        let chosen = |moments: &[Moment]| Moments::of(moments).map(|two| (two.earlier.plays, two.newest.plays));
        let all = [minutes(0, 1), minutes(30, 2), minutes(90, 3), minutes(120, 0), minutes(60, 0)];
        assert_eq!(chosen(&all), Some((2, 3)), "withheld plays are no moment");
        assert_eq!(chosen(&[minutes(0, 1), minutes(59, 2)]), None, "too close");
        assert_eq!(chosen(&[minutes(0, 1)]), None);
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[minutes(90, 3), minutes(90, 4), minutes(0, 9)]), Some((9, 4)), "of one time the larger");
    }

    #[test]
    fn without_two_moments_scores_stay_as_they_are() {
        let virality = Virality { plays_per_hour: Some(5.0), basis: 3, ..Virality::default() };
        assert_eq!(with_moments(virality, None), virality);
        let moments = Moments::of(&[moment(0, 1_000), moment(24, 2_000)]).unwrap();
        let told = with_moments(virality, Some(&moments));
        assert_eq!((told.plays_per_hour, told.growth, told.growth_hours), (Some(41.67), Some(0.5), Some(24.0)));
        assert_eq!(told.basis, 3);
    }

    fn any_moment() -> impl Strategy<Value = Moment> {
        let near = 1_750_000_000_000..1_750_900_000_000_i64;
        (prop_oneof![any::<i64>(), near], prop_oneof![any::<u64>(), 0..5_000_u64])
            .prop_map(|(fetched_at, plays)| Moment { fetched_at, plays })
    }

    proptest! {
        #[test]
        fn every_figure_is_finite_and_the_order_does_not_matter(
            posts in prop::collection::vec(prop::collection::vec(any_moment(), 0..6), 0..6),
        ) {
            let told: Vec<Moments> = posts.iter().filter_map(|moments| Moments::of(moments)).collect();
            for (moments, post) in told.iter().zip(posts.iter().filter(|post| Moments::of(post).is_some())) {
                prop_assert!(moments.hours() >= 1.0 && moments.newest.fetched_at > moments.earlier.fetched_at);
                prop_assert!(moments.growth().is_finite() && moments.plays_per_hour().is_finite());
                prop_assert!(to_four_digits(moments.hours()).is_finite());
                let reversed: Vec<Moment> = post.iter().rev().copied().collect();
                prop_assert_eq!(Moments::of(&reversed), Some(*moments));
            }
            let growth = creator_growth(told.iter().copied());
            prop_assert!(growth.is_none_or(f64::is_finite));
            prop_assert_eq!(growth.is_some(), !told.is_empty());
            prop_assert_eq!(growth, creator_growth(told.iter().rev().copied()));
        }
    }
}
