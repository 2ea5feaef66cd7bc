//! Seeded randomness: what is drawn depends on the seed and on what it is drawn for, never on what was drawn before,
//! so any post can be made at any time without making the others.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution, LogNormal};

/// What a stream of draws is for; streams of different purposes are independent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Creator = 1,
    CreatorId = 2,
    Post = 3,
    PostTime = 4,
    VideoId = 5,
    Request = 6,
    Fault = 7,
    /// What is planted in a post.
    Plant = 8,
    Role = 9,
    /// Which names are planted.
    Name = 10,
    /// How far a creator's plays lie apart.
    Spread = 11,
}

/// A number that depends on all of these, evenly spread.
pub(super) fn hash(seed: u64, purpose: Purpose, parts: &[u64]) -> u64 {
    parts.iter().fold(mixed(seed ^ mixed(purpose as u64)), |hash, &part| mixed(hash ^ mixed(part)))
}

/// A number that depends on a text (FNV-1a, then mixed).
pub(super) fn text_hash(text: &str) -> u64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    mixed(text.bytes().fold(0xcbf2_9ce4_8422_2325, fold))
}

/// The generator for one thing.
pub(super) fn stream(seed: u64, purpose: Purpose, parts: &[u64]) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(hash(seed, purpose, parts))
}

/// The finalizer of `SplitMix64`.
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A positive number with this median, spread over about `e^±sigma`.
pub(super) fn log_normal(rng: &mut impl Rng, median: f64, sigma: f64) -> f64 {
    LogNormal::new(median.ln(), sigma).map_or(median, |distribution| distribution.sample(rng))
}

/// A share with this mean; the higher `weight`, the closer.
pub(super) fn share(rng: &mut impl Rng, mean: f64, weight: f64) -> f64 {
    Beta::new(mean * weight, (1.0 - mean) * weight).map_or(mean, |distribution| distribution.sample(rng))
}

/// One of several; `None` of none.
pub(super) fn one_of<'a, T>(rng: &mut impl Rng, choices: &'a [T]) -> Option<&'a T> {
    if choices.is_empty() { None } else { choices.get(rng.random_range(0..choices.len())) }
}

/// A whole number of a float that counts something: below zero is zero, too large is the largest.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, which is what is meant")]
pub(super) fn whole(value: f64) -> u64 {
    value as u64
}
