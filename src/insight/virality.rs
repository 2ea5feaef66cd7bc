//! How unusual a post is for its creator, and how fast it gains plays. Pure; `jobs::score` stores what comes of it, and
//! `explain` shows each step.
//!
//! - `z`: the robust z of Iglewicz & Hoaglin, "How to Detect and Handle Outliers" (ASQC 1993): 0.6745 (x − median) /
//!   MAD, over x = ln(1 + plays) of the creator's other posts, since plays spread over orders of magnitude. With MAD 0
//!   the mean deviation takes its place: (x − median) / (1.253314 × the mean distance). From 3.5 on they call a value
//!   an outlier.
//! - The post itself is left out, or a strong one would hide behind the spread that it makes.
//! - Below eight others, what they say is shrunk towards the corpus's (an empirical-Bayes habit: Casella 1985), with
//!   the weight n/8, but only where that makes a post less unusual: a large account of which few posts are known is no
//!   wonder.
//! - `plays_per_hour` needs no other post (of one looked at twice, `moments` measures it). It tells what is rising, z
//!   what is unusual: neither stands for the other.

use crate::model::{Corpus, Virality};

use super::HOUR;
use super::others::Others;
use super::rounding::{to_four_decimals, to_four_digits};

/// A post with at least this z stands out (Iglewicz & Hoaglin 1993).
pub const VIRAL_FROM: f64 = 3.5;

/// Younger posts are still gathering plays (ms).
pub const MATURE_AFTER: i64 = 72 * 60 * 60 * 1000;

/// With fewer others there is no z.
pub const FEWEST_OTHERS: usize = 3;

/// With fewer others, the corpus has a say.
pub const ENOUGH_OTHERS: usize = 8;

/// MAD × 1/0.6745, and mean deviation × 1.253314 (√(π/2)), are the standard deviation of a normal distribution.
const MAD_TO_SIGMA: f64 = 0.6745;
const MEAN_DEVIATION_TO_SIGMA: f64 = 1.253_314;

/// What the scores look at in a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Post {
    /// Plays; 0 when withheld, which is no evidence of anything.
    pub plays: u64,
    /// Likes, comments, shares and bookmarks.
    pub interactions: u64,
    /// When it was posted (seconds, UTC).
    pub publish_ts: Option<i64>,
    /// When it was fetched (ms, UTC).
    pub fetched_at: i64,
}

impl Post {
    /// How old it was when it was fetched (ms); negative where clocks differ, `None` when it is not known.
    #[must_use]
    pub fn age(&self) -> Option<i64> {
        self.publish_ts.map(|posted| self.fetched_at.saturating_sub(posted.saturating_mul(1000)))
    }

    /// Younger than 72 h when fetched, or of unknown age.
    #[must_use]
    pub fn is_immature(&self) -> bool {
        self.age().is_none_or(|age| age < MATURE_AFTER)
    }

    /// Whether it says something of its creator's usual plays: mature, and plays are not withheld.
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        self.plays > 0 && !self.is_immature()
    }

    /// Plays per hour since it was posted, an hour at least; `None` when plays or age are unknown.
    #[must_use]
    pub fn plays_per_hour(&self) -> Option<f64> {
        let hours = self.age()?.max(HOUR) as f64 / HOUR as f64;
        (self.plays > 0).then(|| to_four_digits(self.plays as f64 / hours))
    }
}

/// A creator's posts that are evidence, sorted, to compare each of its posts with the others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Baseline {
    plays: Vec<u64>,
    logs: Vec<f64>,
}

/// A comparison of one post with its creator's others, step by step.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Comparison {
    /// How many others there are.
    pub others: usize,
    /// Their median plays.
    pub median_plays: Option<f64>,
    /// The median of their ln(1 + plays).
    pub log_median: Option<f64>,
    /// The median distance from it.
    pub log_mad: Option<f64>,
    /// The mean distance from it, which takes the place of a MAD of 0.
    pub log_mean_deviation: Option<f64>,
    /// How much the others count beside the corpus, 0 to 1.
    pub weight: f64,
    /// What ln(1 + plays) is compared with: the median, shrunk by the weight.
    pub centre: Option<f64>,
    /// The standard deviation that a normal distribution of that spread has, shrunk by the weight.
    pub sigma: Option<f64>,
    /// What comes of it.
    pub virality: Virality,
}

impl Baseline {
    /// Of all posts of a creator, in any order; those that are no evidence are left out.
    pub fn of<'a>(posts: impl IntoIterator<Item = &'a Post>) -> Self {
        let evidence = posts.into_iter().filter(|post| post.is_evidence());
        let mut plays: Vec<u64> = evidence.map(|post| post.plays).collect();
        plays.sort_unstable();
        let logs = plays.iter().map(|&plays| log_plays(plays)).collect();
        Self { plays, logs }
    }

    /// Their plays, ascending.
    #[must_use]
    pub fn plays(&self) -> &[u64] {
        &self.plays
    }

    /// Their ln(1 + plays), ascending.
    #[must_use]
    pub fn logs(&self) -> &[f64] {
        &self.logs
    }

    /// The median of their plays.
    #[must_use]
    pub fn median_plays(&self) -> Option<f64> {
        median_plays(&self.plays, None)
    }

    /// Compares one of the creator's posts with the others.
    #[must_use]
    pub fn compare(&self, post: &Post, corpus: &Corpus) -> Comparison {
        // Of equal ones it does not matter which is left out.
        let itself = if post.is_evidence() { self.plays.binary_search(&post.plays).ok() } else { None };
        let others = Others::new(&self.logs, itself);
        let median_plays = median_plays(&self.plays, itself);
        let log_median = others.median();
        let mut comparison = Comparison {
            others: others.len(),
            median_plays,
            log_median,
            log_mad: log_median.and_then(|median| others.median_deviation(median)),
            weight: others.len().min(ENOUGH_OTHERS) as f64 / ENOUGH_OTHERS as f64,
            ..Comparison::default()
        };
        if comparison.log_mad == Some(0.0) {
            comparison.log_mean_deviation = log_median.and_then(|median| others.mean_deviation(median));
        }
        (comparison.centre, comparison.sigma) = comparison.shrunk(corpus);
        comparison.virality = comparison.judged(post);
        comparison
    }
}

impl Comparison {
    /// Centre and sigma, shrunk towards the corpus's where the others are few, and only upwards.
    fn shrunk(&self, corpus: &Corpus) -> (Option<f64>, Option<f64>) {
        let own_sigma = match (self.log_mad, self.log_mean_deviation) {
            (Some(mad), None) => Some(mad / MAD_TO_SIGMA),
            (_, mean_deviation) => mean_deviation.map(|mean| mean * MEAN_DEVIATION_TO_SIGMA),
        };
        let towards = |own: f64, corpus: Option<f64>| match corpus {
            Some(corpus) if corpus > own => self.weight * own + (1.0 - self.weight) * corpus,
            _ => own,
        };
        // Posts that are all alike have no spread to measure by, and none is lent to them.
        let sigma = own_sigma.filter(|sigma| *sigma > 0.0 && self.others >= FEWEST_OTHERS);
        let corpus_sigma = corpus.log_mad.map(|mad| mad / MAD_TO_SIGMA);
        (
            self.log_median.map(|median| towards(median, corpus.log_median)),
            sigma.map(|sigma| towards(sigma, corpus_sigma)),
        )
    }

    fn judged(&self, post: &Post) -> Virality {
        let immature = post.is_immature();
        let plays = Some(post.plays).filter(|plays| *plays > 0);
        let multiple = plays.zip(self.median_plays).map(|(plays, median)| to_four_digits(plays as f64 / median));
        let deviation = plays.zip(self.centre).map(|(plays, centre)| log_plays(plays) - centre);
        let z = deviation.zip(self.sigma).map(|(deviation, sigma)| deviation / sigma);
        let z = z.map(to_four_digits).filter(|z| z.is_finite());
        Virality {
            multiple,
            log_multiple: multiple.map(|multiple| to_four_decimals(multiple.ln())),
            z,
            viral: !immature && z.is_some_and(|z| z >= VIRAL_FROM),
            immature,
            basis: self.others as u64,
            plays_per_hour: post.plays_per_hour(),
            growth: None,
            growth_hours: None,
        }
    }
}

/// ln(1 + plays).
#[must_use]
pub fn log_plays(plays: u64) -> f64 {
    (plays as f64).ln_1p()
}

/// The median of ascending plays, the mean of the two middle ones of an even number, one of them left out.
fn median_plays(plays: &[u64], left_out: Option<usize>) -> Option<f64> {
    let others = plays.len() - usize::from(left_out.is_some());
    let at = |position: usize| {
        u128::from(plays[position + usize::from(left_out.is_some_and(|left_out| position >= left_out))])
    };
    let (lower, upper) = (others.checked_sub(1)? / 2, others / 2);
    Some((at(lower) + at(upper)) as f64 / 2.0)
}

#[cfg(test)]
mod tests;
