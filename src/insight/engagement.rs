//! How much a post's viewers did, per play: the part of the scores that needs no other post.
//!
//! It describes a post; it never ranks what is rising. `normalize` writes it into every document.

use serde::Serialize;

pub use super::rounding::to_four_digits;
use crate::model::video::Stats;

/// Interactions per play. All are `None` when plays are 0, which means withheld, or unknown.
/// Rounded to four significant digits, so that a stored score is the same wherever it is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Engagement {
    /// (likes + comments + shares + bookmarks) / plays.
    pub rate: Option<f64>,
    /// likes / plays.
    pub like: Option<f64>,
    /// comments / plays.
    pub comment: Option<f64>,
    /// shares / plays.
    pub share: Option<f64>,
    /// bookmarks / plays.
    pub collect: Option<f64>,
}

impl Engagement {
    /// The engagement of these counts; an absent count is 0.
    #[must_use]
    pub fn of(stats: &Stats) -> Self {
        let plays = stats.play.unwrap_or(0);
        if plays == 0 {
            return Self::default();
        }
        let [like, comment, share, collect] =
            [stats.like, stats.comment, stats.share, stats.collect].map(|count| count.unwrap_or(0) as f64);
        let per_play = |count: f64| Some(to_four_digits(count / plays as f64));
        Self {
            rate: per_play(like + comment + share + collect),
            like: per_play(like),
            comment: per_play(comment),
            share: per_play(share),
            collect: per_play(collect),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stats(play: u64, like: u64, comment: u64, share: u64, collect: u64) -> Stats {
        Stats { play: Some(play), like: Some(like), comment: Some(comment), share: Some(share), collect: Some(collect) }
    }

    #[test]
    fn the_first_post_of_the_samples() {
        let engagement = Engagement::of(&stats(215_689, 12_589, 892, 326, 1_563));
        let expected = Engagement {
            rate: Some(0.071_26),
            like: Some(0.058_37),
            comment: Some(0.004_136),
            share: Some(0.001_511),
            collect: Some(0.007_247),
        };
        assert_eq!(engagement, expected);
    }

    #[test]
    fn withheld_plays_give_nothing() {
        assert_eq!(Engagement::of(&stats(0, 6_400_077, 1, 1, 1)), Engagement::default());
        assert_eq!(Engagement::of(&Stats::default()), Engagement::default());
    }

    proptest! {
        #[test]
        fn always_finite_and_close(play in 1..=u64::MAX >> 1, like in 0..=u64::MAX >> 1) {
            let like_rate = Engagement::of(&stats(play, like, 0, 0, 0)).like.unwrap();
            let exact = like as f64 / play as f64;
            prop_assert!(like_rate.is_finite());
            prop_assert!((like_rate - exact).abs() <= exact * 0.000_51);
            prop_assert_eq!(to_four_digits(like_rate).to_bits(), like_rate.to_bits());
        }
    }
}
