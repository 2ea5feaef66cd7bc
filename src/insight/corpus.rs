//! What a pass takes from the whole corpus: the usual plays, how far a creator's posts spread around its own median,
//! and the engagement prior. Pure; one pass over the posts, then one over the creators, in memory that does not grow.
//!
//! Logarithms are counted in steps of 1/1000, from which medians are read: exact to half a step, which is far finer
//! than the two significant digits that are used, and the same in whatever order posts come.

use super::others::Others;
use super::prior::PriorFit;
use super::rounding::{to_four_decimals, to_two_digits};
use super::virality::{Baseline, FEWEST_OTHERS, Post, log_plays};
use crate::model::{Corpus, FORMULAS};

const STEPS_A_UNIT: f64 = 1_000.0;

/// ln(1 + 2^64) is 44.4.
const STEPS: usize = 44_400;

/// Counts of logarithms, in steps.
#[derive(Debug, Clone)]
struct LogCounts {
    counts: Vec<u64>,
    total: u64,
}

impl Default for LogCounts {
    fn default() -> Self {
        Self { counts: vec![0; STEPS + 1], total: 0 }
    }
}

impl LogCounts {
    /// Counts a value of 0 to 44.4.
    fn add(&mut self, value: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "too large or too small is cut off"
        )]
        let step = (value * STEPS_A_UNIT).round() as usize;
        self.counts[step.min(STEPS)] += 1;
        self.total += 1;
    }

    fn median(&self) -> Option<f64> {
        let (lower, upper) = (self.total.checked_sub(1)? / 2, self.total / 2);
        Some((self.step_behind(lower) + self.step_behind(upper)) as f64 / 2.0 / STEPS_A_UNIT)
    }

    fn step_behind(&self, rank: u64) -> usize {
        let mut passed = 0;
        let is_reached = |count: &u64| {
            passed += count;
            passed > rank
        };
        self.counts.iter().position(is_reached).unwrap_or(STEPS)
    }
}

/// The corpus, while it is being read.
#[derive(Debug, Clone, Default)]
pub struct CorpusFit {
    videos: u64,
    newest_fetched_at: i64,
    prior: PriorFit,
    logs: LogCounts,
    deviations: LogCounts,
}

impl CorpusFit {
    /// Takes in one post, whoever's it is. `has_creator`: whether it is known whose it is.
    pub fn add_post(&mut self, post: &Post, has_creator: bool) {
        self.videos += 1;
        self.newest_fetched_at = self.newest_fetched_at.max(post.fetched_at);
        self.prior.add(post.interactions, post.plays);
        if has_creator && post.is_evidence() {
            self.logs.add(log_plays(post.plays));
        }
    }

    /// Counts a post that tells nothing.
    pub fn add_unreadable(&mut self) {
        self.videos += 1;
    }

    /// Takes in one creator's spread: the distance of each of its posts from their median. Creators with so few posts
    /// that none could be judged say nothing.
    pub fn add_creator(&mut self, baseline: &Baseline) {
        let posts = Others::new(baseline.logs(), None);
        let Some(median) = posts.median().filter(|_| posts.len() > FEWEST_OTHERS) else { return };
        baseline.logs().iter().for_each(|log| self.deviations.add((log - median).abs()));
    }

    /// What is used of it, and recorded, but for what is counted when it is used; `scored_at` in ms, UTC.
    #[must_use]
    pub fn finish(&self, scored_at: i64) -> Corpus {
        let (engagement_a, engagement_b) = self.prior.fit();
        Corpus {
            scored_at,
            newest_fetched_at: self.newest_fetched_at,
            videos: self.videos,
            formulas: FORMULAS,
            log_median: self.logs.median().map(log_of_rounded_plays),
            log_mad: self.deviations.median().map(to_two_digits),
            engagement_a,
            engagement_b,
            ..Corpus::default()
        }
    }
}

/// Two significant digits of plays: those of their logarithm would be steps of a factor of e from 22,026 plays on.
fn log_of_rounded_plays(log: f64) -> f64 {
    to_four_decimals(to_two_digits(log.exp_m1()).ln_1p())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(plays: u64) -> Post {
        Post { plays, interactions: plays / 10, publish_ts: Some(0), fetched_at: 1_750_000_000_000 }
    }

    #[test]
    fn medians_are_those_of_the_posts() {
        let mut fit = CorpusFit::default();
        let creators = [vec![10, 100, 1_000, 10_000, 100_000], vec![7, 7, 7], vec![0]];
        for creator in &creators {
            let posts: Vec<Post> = creator.iter().map(|&plays| post(plays)).collect();
            for post in &posts {
                fit.add_post(post, true);
            }
            fit.add_creator(&Baseline::of(&posts));
        }
        fit.add_post(&post(5_000_000), false);
        let corpus = fit.finish(5);
        assert_eq!((corpus.videos, corpus.newest_fetched_at, corpus.scored_at), (10, 1_750_000_000_000, 5));
        // Of 7, 7, 7, 10, 100, 1,000, 10,000 and 100,000: between ln 11 and ln 101, that of 32.3 plays; ln 33.
        assert_eq!(corpus.log_median, Some(3.4965));
        // Of the first creator alone: 0, 2.3, 2.3, 4.5, 4.6.
        assert_eq!(corpus.log_mad, Some(2.3));
        assert_eq!(CorpusFit::default().finish(0), Corpus { formulas: FORMULAS, ..Corpus::default() });
    }

    #[test]
    fn the_largest_count_has_a_step() {
        let mut counts = LogCounts::default();
        counts.add(log_plays(u64::MAX));
        assert!(counts.median().is_some_and(|median| (median - 44.361).abs() < 0.001), "{:?}", counts.median());
    }
}
