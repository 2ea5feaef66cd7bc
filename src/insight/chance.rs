//! How many posts are called viral by chance alone, where nothing goes viral: what a count of viral posts is held
//! against.
//!
//! Plays of one creator spread about as a log-normal does, and a bound of 3.5 on z lets some of its tail through: 2.3
//! of ten thousand if median and spread were known, and more the fewer other posts they are told from. A few of the
//! posts called viral are such; in a corpus that has no more of them than this, nothing stands out.

use super::claims::SIGNIFICANCE;
use super::tails;

/// The share of posts with a z of 3.5 or more among `basis` others, all drawn from one normal distribution (whose
/// centre and spread are the corpus's, below eight others): frequencies in two to four million draws each, so good to a
/// twentieth. A test draws some of them again.
const BY_BASIS: [(u64, f64); 18] = [
    (3, 4.0e-3),
    (4, 5.6e-3),
    (5, 1.06e-2),
    (6, 1.28e-2),
    (7, 2.09e-2),
    (8, 2.38e-2),
    (10, 1.64e-2),
    (12, 1.21e-2),
    (14, 9.3e-3),
    (16, 7.4e-3),
    (20, 5.2e-3),
    (24, 3.9e-3),
    (30, 2.8e-3),
    (40, 1.8e-3),
    (60, 1.1e-3),
    (100, 6.7e-4),
    (200, 4.0e-4),
    // The normal distribution's own tail, where median and spread are as good as known.
    (2_000, 2.3e-4),
];

/// The share of judged posts with `basis` others that are viral by chance; between the numbers above, a straight line
/// in logarithms, beyond the last one as there.
#[must_use]
pub fn viral_share(basis: u64) -> f64 {
    let above = BY_BASIS.partition_point(|(others, _)| *others < basis);
    let Some(&(right, upper)) = BY_BASIS.get(above) else { return BY_BASIS[BY_BASIS.len() - 1].1 };
    if basis == right {
        return upper;
    }
    let Some(&(left, lower)) = above.checked_sub(1).and_then(|below| BY_BASIS.get(below)) else { return 0.0 };
    let way = (basis as f64 / left as f64).ln() / (right as f64 / left as f64).ln();
    lower * (upper / lower).powf(way)
}

/// Whether there are more viral posts than chance explains: the tail of a Poisson distribution around what is
/// `expected`.
#[must_use]
pub fn is_beyond(viral: u64, expected: f64) -> bool {
    tails::poisson(viral, expected) <= SIGNIFICANCE
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, LogNormal};

    use super::*;
    use crate::insight::virality::{Baseline, Post};
    use crate::model::Corpus;

    /// Among creators of `others` + 1 posts whose plays are log-normal (median 8,103, spread 1): the share of viral
    /// ones.
    fn drawn(others: u64, creators: u64) -> f64 {
        let corpus = Corpus { log_median: Some(9.0), log_mad: Some(0.6745), ..Corpus::default() };
        let usual = LogNormal::new(9.0, 1.0).unwrap();
        let mut draws = ChaCha8Rng::seed_from_u64(others);
        let mut viral = 0_u64;
        for _ in 0..creators {
            let post = |_| {
                let plays = format!("{:.0}", usual.sample(&mut draws)).parse().unwrap();
                Post { plays, interactions: 0, publish_ts: Some(0), fetched_at: 1_750_000_000_000 }
            };
            let posts: Vec<Post> = (0..=others).map(post).collect();
            let baseline = Baseline::of(&posts);
            viral += posts.iter().filter(|post| baseline.compare(post, &corpus).virality.viral).count() as u64;
        }
        viral as f64 / (creators * (others + 1)) as f64
    }

    #[test]
    fn the_table_is_what_the_formula_does_by_chance() {
        for (others, creators) in [(4, 12_000), (8, 5_000), (12, 5_000), (20, 5_000), (60, 3_000)] {
            let (said, found) = (viral_share(others), drawn(others, creators));
            assert!((found / said - 1.0).abs() < 0.25, "{others} others: {found} drawn, {said} said");
        }
    }

    #[test]
    fn between_its_numbers_the_table_is_a_line() {
        assert_eq!((viral_share(0), viral_share(2)), (0.0, 0.0));
        assert_eq!((viral_share(3), viral_share(2_000), viral_share(900_000)), (4.0e-3, 2.3e-4, 2.3e-4));
        let shares: Vec<f64> = (8..3_000).map(viral_share).collect();
        assert!(shares.windows(2).all(|pair| pair[1] <= pair[0]), "the more others, the less chance");
        assert!((viral_share(11) / 0.0156 - 1.0).abs() < 0.15, "{}", viral_share(11));
    }

    #[test]
    fn as_many_as_expected_are_nothing() {
        assert!(!is_beyond(0, 0.0) && !is_beyond(45, 45.0) && !is_beyond(56, 45.0));
        assert!(is_beyond(70, 45.0) && is_beyond(1, 0.0));
    }
}
