//! The prior of `engagement.smoothed`: how the rates of the corpus's posts spread, as a beta distribution. Pure.
//!
//! Interactions of a post are a binomial draw of its plays, its own rate a draw of Beta(a, b) (Skellam 1948, "A
//! Probability Distribution Derived from the Binomial Distribution…"); a and b come from the mean and the variance of
//! the observed rates, less what the binomial draw adds (method of moments). A few posts with absurd rates would widen
//! such a fit without end, so the lowest and the highest hundredth of the rates count as the hundredth rate does
//! (winsorized: Dixon & Tukey 1968), and posts with few plays, whose rates are mostly chance, do not take part.
//!
//! Everything is added up in whole numbers, so that the order of the posts changes nothing.

use super::rounding::{to_four_digits, to_two_digits};

/// Posts with fewer plays have no say in the fit.
pub const LEAST_PLAYS: u64 = 1_000;

/// With fewer posts there is no prior: smoothed is then the plain rate.
pub const FEWEST_POSTS: u64 = 30;

/// A prior counts for so many plays at most.
const MOST_PLAYS: f64 = 10_000.0;

/// Rates are counted in steps of 1/10,000.
const STEPS: usize = 10_000;

/// 1/plays, as a whole number.
const INVERSE: u64 = 1_000_000_000_000;

/// Counts of the posts seen.
#[derive(Debug, Clone)]
pub struct PriorFit {
    /// Posts by rate.
    rates: Vec<u64>,
    posts: u64,
    inverse_plays: u128,
}

impl Default for PriorFit {
    fn default() -> Self {
        Self { rates: vec![0; STEPS + 1], posts: 0, inverse_plays: 0 }
    }
}

impl PriorFit {
    /// Takes one post in.
    pub fn add(&mut self, interactions: u64, plays: u64) {
        if plays < LEAST_PLAYS {
            return;
        }
        let rate = interactions.min(plays) as f64 / plays as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is 0 to 1")]
        let step = (rate * STEPS as f64).round() as usize;
        self.rates[step.min(STEPS)] += 1;
        self.posts += 1;
        self.inverse_plays += u128::from(INVERSE / plays);
    }

    /// a and b, to two significant digits; 0 and 0 when too few posts, or posts without any interaction, tell nothing.
    #[must_use]
    pub fn fit(&self) -> (f64, f64) {
        if self.posts < FEWEST_POSTS {
            return (0.0, 0.0);
        }
        let (mean, variance) = self.winsorized_moments();
        let binomial = mean * (1.0 - mean);
        if binomial <= 0.0 {
            return (0.0, 0.0);
        }
        let noise = self.inverse_plays as f64 / INVERSE as f64 / self.posts as f64;
        let spread = (variance - binomial * noise) / (1.0 - noise);
        // Rates that do not spread at all make a strong prior.
        let plays = if spread > 0.0 { (binomial / spread - 1.0).min(MOST_PLAYS) } else { MOST_PLAYS };
        if plays <= 0.0 { (0.0, 0.0) } else { (to_two_digits(mean * plays), to_two_digits((1.0 - mean) * plays)) }
    }

    fn winsorized_moments(&self) -> (f64, f64) {
        let tail = self.posts / 100;
        let (lowest, highest) = (self.step_behind(tail), self.step_behind(self.posts - 1 - tail));
        let (mut sum, mut squares) = (0_u128, 0_u128);
        for (step, &posts) in self.rates.iter().enumerate() {
            let step = step.clamp(lowest, highest) as u128;
            sum += step * u128::from(posts);
            squares += step * step * u128::from(posts);
        }
        let posts = u128::from(self.posts);
        let steps = (STEPS * STEPS) as f64;
        let variance = (squares * posts - sum * sum) as f64 / (posts * posts) as f64 / steps;
        (sum as f64 / posts as f64 / STEPS as f64, variance)
    }

    /// The rate that has so many smaller ones, or equal ones before it.
    fn step_behind(&self, rank: u64) -> usize {
        let mut passed = 0;
        self.rates
            .iter()
            .position(|posts| {
                passed += posts;
                passed > rank
            })
            .unwrap_or(STEPS)
    }
}

/// `engagement.smoothed`: (interactions + a) / (plays + a + b), to four significant digits. Interactions count up to
/// the plays; `None` when plays are withheld (0).
#[must_use]
pub fn smoothed(interactions: u64, plays: u64, a: f64, b: f64) -> Option<f64> {
    let capped = interactions.min(plays) as f64;
    (plays > 0).then(|| to_four_digits((capped + a) / (plays as f64 + a + b)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Beta, Binomial, Distribution};

    use super::*;

    /// Posts whose rates are drawn of a known distribution.
    fn drawn(a: f64, b: f64, posts: usize) -> Vec<(u64, u64)> {
        let (mut draws, beta) = (ChaCha8Rng::seed_from_u64(7), Beta::new(a, b).unwrap());
        let plays = |number: usize| 1_000 + (number as u64 * 7_919) % 50_000;
        (0..posts)
            .map(|number| {
                let rate = beta.sample(&mut draws);
                (Binomial::new(plays(number), rate).unwrap().sample(&mut draws), plays(number))
            })
            .collect()
    }

    fn fit(posts: &[(u64, u64)]) -> (f64, f64) {
        let mut fit = PriorFit::default();
        for &(interactions, plays) in posts {
            fit.add(interactions, plays);
        }
        fit.fit()
    }

    #[test]
    fn what_posts_were_drawn_of_is_found_again_beside_absurd_ones() {
        let mut posts = drawn(4.0, 46.0, 20_000);
        let (a, b) = fit(&posts);
        assert!((3.6..=4.6).contains(&a) && (42.0..=53.0).contains(&b), "{a} {b}");
        // More interactions than plays, as platforms do report them; and plays too few to tell.
        posts.extend([(90_000, 1_000); 60]);
        posts.extend(std::iter::repeat_n((5, 6), 20_000));
        let (a, b) = fit(&posts);
        assert!((3.4..=4.6).contains(&a) && (38.0..=53.0).contains(&b), "{a} {b}");
        let backwards: Vec<_> = posts.iter().rev().copied().collect();
        assert_eq!(fit(&backwards), (a, b));
    }

    #[test]
    fn few_plays_do_not_beat_many() {
        let (a, b) = fit(&drawn(4.0, 46.0, 2_000));
        assert!(smoothed(3, 20, a, b) < smoothed(3_000, 20_000, a, b));
        assert_eq!((smoothed(5, 0, a, b), smoothed(50, 20, 0.0, 0.0)), (None, Some(1.0)));
    }

    #[test]
    fn what_tells_nothing_makes_no_prior() {
        assert_eq!(fit(&drawn(4.0, 46.0, 29)), (0.0, 0.0));
        assert_eq!(fit(&[(0, 5_000); 100]), (0.0, 0.0));
        let (a, b) = fit(&[(500, 5_000); 100]);
        assert_eq!((a, b), (1_000.0, 9_000.0), "rates that never differ");
    }

    proptest! {
        #[test]
        fn always_a_share(interactions: u64, plays in 1..=u64::MAX, a in 0.0..1e4_f64, b in 0.0..1e4_f64) {
            let smoothed = smoothed(interactions, plays, a, b).unwrap();
            prop_assert!((0.0..=1.0).contains(&smoothed));
        }

        #[test]
        fn always_finite(posts in prop::collection::vec((0..=u64::MAX, 0..=u64::MAX), 0..200)) {
            let (a, b) = fit(&posts);
            prop_assert!(a.is_finite() && b.is_finite() && a >= 0.0 && b >= 0.0);
        }
    }
}
