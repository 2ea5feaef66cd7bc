//! How often a post is played and liked, and how that grows with its age. Counts never fall while time runs on.

use rand::Rng;

use super::draws::{log_normal, share, whole};

/// What a creator's posts have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Audience {
    /// Half of the creator's posts end with fewer plays.
    median_plays: f64,
    /// How far the posts' plays lie apart: the standard deviation of their logarithms.
    spread: f64,
    like_share: f64,
    /// Some accounts' play counts are withheld: always 0, though likes are there.
    pub(super) withholds_plays: bool,
}

impl Audience {
    /// The spread has a generator of its own. Real creators' are from 0.5 to 1.7, with few plays that lie further out
    /// than a log-normal's.
    pub(super) fn draw(rng: &mut impl Rng, spread: &mut impl Rng) -> Self {
        Self {
            median_plays: log_normal(rng, 6_000.0, 1.7),
            spread: log_normal(spread, 0.85, 0.35),
            like_share: share(rng, 0.09, 25.0),
            withholds_plays: rng.random_bool(0.02),
        }
    }
}

/// The counts that a post ends with, and how fast it gets there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Popularity {
    plays: f64,
    growth_hours: f64,
    likes: f64,
    comments: f64,
    shares: f64,
    collects: f64,
    withholds_plays: bool,
}

/// The counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) plays: u64,
    pub(super) likes: u64,
    pub(super) comments: u64,
    pub(super) shares: u64,
    pub(super) collects: u64,
}

impl Popularity {
    /// With `factor` times the plays that it would have.
    pub(super) fn draw(rng: &mut impl Rng, audience: &Audience, factor: f64) -> Self {
        let likes = share(rng, audience.like_share, 60.0);
        Self {
            plays: log_normal(rng, audience.median_plays, audience.spread) * factor,
            growth_hours: log_normal(rng, 30.0, 0.5),
            likes,
            comments: likes * share(rng, 0.03, 30.0),
            shares: likes * share(rng, 0.05, 20.0),
            collects: likes * share(rng, 0.1, 20.0),
            withholds_plays: audience.withholds_plays,
        }
    }

    /// The counts at an age in seconds: most come within days, a few for ever after.
    pub(super) fn at(&self, age: i64) -> Counts {
        let hours = age.max(0) as f64 / 3600.0;
        let reached = 1.0 - (-hours / self.growth_hours).exp() + 0.01 * (hours / 24.0).ln_1p();
        let plays = (self.plays * reached).floor();
        let part = |share: f64| whole(plays * share);
        Counts {
            plays: if self.withholds_plays { 0 } else { whole(plays) },
            likes: part(self.likes),
            comments: part(self.comments),
            shares: part(self.shares),
            collects: part(self.collects),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::draws::{Purpose, stream};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_never_fall_and_stay_below_the_plays(post: u64, factor in 0.1_f64..100.0, ages in prop::collection::vec(0_i64..10_000_000, 2..20)) {
            let mut rng = stream(1, Purpose::Post, &[post]);
            let mut spread = stream(1, Purpose::Spread, &[post]);
            let audience = Audience { withholds_plays: false, ..Audience::draw(&mut rng, &mut spread) };
            let popularity = Popularity::draw(&mut rng, &audience, factor);
            let mut ages = ages;
            ages.sort_unstable();
            let counts: Vec<_> = ages.iter().map(|&age| popularity.at(age)).collect();
            for pair in counts.windows(2) {
                prop_assert!(pair[0].plays <= pair[1].plays && pair[0].likes <= pair[1].likes);
            }
            prop_assert!(counts.iter().all(|at| at.comments <= at.likes && at.likes <= at.plays));
        }
    }
}
