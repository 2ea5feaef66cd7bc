//! Over how many creators a group's posts are spread: one account's private tag is no trend.

use super::engagement::to_four_digits;

/// The entropy of the posts' distribution over creators, in bits (Shannon 1948): 0 when one creator has all of them,
/// log2 n when n have as many each. `posts_by_creator` holds no zeros. Rounded to four significant digits.
#[must_use]
pub fn entropy_bits(posts_by_creator: &[u64]) -> f64 {
    to_four_digits(entropy(posts_by_creator))
}

/// 2^entropy: so many creators with as many posts each would be spread alike (Hill's number of order 1, Hill 1973). 0
/// without a creator. Rounded to four significant digits.
#[must_use]
pub fn effective_creators(posts_by_creator: &[u64]) -> f64 {
    if posts_by_creator.is_empty() { 0.0 } else { to_four_digits(entropy(posts_by_creator).exp2()) }
}

/// How alike the posts of a creator are taken to be, in their tags and their luck: 0 would be not at all, 1 that the
/// second says nothing that the first did not. (`claims::tests` holds it against creators with habits and moods.)
pub const ALIKENESS: f64 = 0.5;

/// How many posts count as one where creators repeat themselves: 1 + (m − 1)·ρ, the factor by which clusters of alike
/// members shrink a sample (Kish 1965, Survey Sampling, section 5.4). ρ is [`ALIKENESS`], and m = Σn²/Σn the size of
/// the creator that a post drawn by chance belongs to, with n posts of each creator. 1 when all have one post, or
/// without any.
#[must_use]
pub fn design_effect(posts_by_creator: &[u64]) -> f64 {
    let posts: f64 = posts_by_creator.iter().map(|&posts| posts as f64).sum();
    let squares: f64 = posts_by_creator.iter().map(|&posts| (posts as f64).powi(2)).sum();
    if posts > 0.0 { 1.0 + (squares / posts - 1.0) * ALIKENESS } else { 1.0 }
}

fn entropy(posts_by_creator: &[u64]) -> f64 {
    let all: f64 = posts_by_creator.iter().map(|&posts| posts as f64).sum();
    let shares = posts_by_creator.iter().map(|&posts| posts as f64 / all);
    // Not below 0 by the rounding of a share that is 1; 0 in place of -0.
    shares.filter(|&share| share > 0.0).map(|share| -share * share.log2()).sum::<f64>().max(0.0) + 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        assert_eq!((entropy_bits(&[7]), effective_creators(&[7]), design_effect(&[7])), (0.0, 1.0, 4.0));
        let even = [2, 2, 2, 2];
        assert_eq!((entropy_bits(&even), effective_creators(&even), design_effect(&even)), (2.0, 4.0, 1.5));
        // Half by one, half by two others: 1.5 bits.
        assert_eq!((entropy_bits(&[2, 1, 1]), effective_creators(&[2, 1, 1])), (1.5, 2.828));
        assert_eq!((entropy_bits(&[]), effective_creators(&[]), design_effect(&[])), (0.0, 0.0, 1.0));
        assert!(effective_creators(&[1, 1, 1]) >= 3.0, "three are three, whatever the logarithm's last digit");
    }

    proptest! {
        #[test]
        fn never_more_than_there_are(posts in prop::collection::vec(1_u64..1_000_000, 1..60)) {
            let effective = effective_creators(&posts);
            prop_assert!((0.999..=posts.len() as f64 * 1.001).contains(&effective), "{effective}");
            let effect = design_effect(&posts);
            prop_assert!(effect >= 1.0 && effect <= *posts.iter().max().unwrap() as f64 * (1.0 + 1e-12));
        }
    }
}
