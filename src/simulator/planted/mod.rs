//! What is planted among the made-up posts, so that one can measure whether the questions find it; and what looks like
//! it and is not (confounders), which is there at every strength. docs/findings.md describes both.
//!
//! Here: what each post gets. `role` says what a creator is, `names` holds the tags, words and sounds, `strength` how
//! strong it all is, `truth` lists what was planted. The lots depend on the seed, the creator and the post alone, so
//! the same posts are chosen at every strength.

mod names;
mod role;
pub mod strength;
pub mod truth;

use std::borrow::Cow;

use super::creator::{Corpus, Creator};
use super::draws::{Purpose, hash};
use super::post::Music;
pub(super) use role::Role;

/// Posts younger than this when they are fetched cannot be judged.
const YOUNG: i64 = 72 * 3600;
/// Posts that reach that age during a run are neither planted nor confounders.
const LEEWAY: i64 = 3600;
/// Tags and sounds burst in this time before the simulation begins.
const BURST: i64 = 7 * 86_400;
/// No outlier is planted with a creator that has fewer posts: nobody could tell.
const LEAST_POSTS: i64 = 10;

/// The share of a creator's posts that are outliers.
const OUTLIERS: f64 = 0.008;
/// The share of outliers among posts that name a product which raises plays.
const OUTLIERS_OF_PRODUCTS: f64 = 0.25;
/// The share of posts that name a product which raises plays; as many name one that does not.
const PRODUCTS: f64 = 0.06;
/// The share of the last window's posts that carry a bursting tag; as many carry a steady one, at any time.
const BURSTING_TAGS: f64 = 0.15;
/// The share of the last window's posts that play a bursting sound.
const BURSTING_SOUNDS: f64 = 0.10;

/// The share of young posts that start with far more plays than usual, and by how much.
const HOT_STARTS: f64 = 0.05;
const HOT_START: f64 = 30.0;
/// How often a creator uses a private tag lately, and before.
const PRIVATE_TAG: (f64, f64) = (0.9, 0.02);

/// What one post is drawn for; each lot is independent of the others.
#[derive(Debug, Clone, Copy)]
enum Lot {
    Outlier = 1,
    Product = 2,
    WhichProduct = 3,
    BurstingTag = 4,
    WhichBurstingTag = 5,
    SteadyTag = 6,
    WhichSteadyTag = 7,
    PrivateTag = 8,
    Sound = 9,
    WhichSound = 10,
    HotStart = 11,
}

/// What is planted in one post, confounders included.
#[derive(Debug, Default)]
pub(super) struct Plant {
    /// Its plays are so many times what they would be.
    pub(super) factor: f64,
    /// Far above what is usual for its creator, and old enough to be judged.
    pub(super) is_outlier: bool,
    /// Far above what is usual for its age, and too young to be judged.
    pub(super) is_hot_start: bool,
    /// The product that its text names.
    pub(super) word: Option<&'static str>,
    /// Tags beside those that its creator chose.
    pub(super) tags: Vec<Cow<'static, str>>,
    /// The sound in place of the one that was chosen.
    pub(super) sound: Option<Music>,
}

impl Plant {
    /// What is planted in the creator's post with this number, posted at `time` (seconds, UTC).
    pub(super) fn of(corpus: &Corpus, creator: &Creator, number: i64, time: i64) -> Self {
        let post = Chosen { corpus, creator, number, time };
        let (word, raises) = post.product();
        let is_outlier = post.is_outlier(raises);
        let is_hot_start =
            post.is_young() && !creator.audience.withholds_plays && post.falls(Lot::HotStart, HOT_STARTS);
        let mut factor = creator.role.factor(corpus.strength, creator.schedule.first_count, number);
        if is_outlier {
            factor *= corpus.strength.multiple();
        }
        if is_hot_start {
            factor *= HOT_START;
        }
        Self { factor, is_outlier, is_hot_start, word, tags: post.tags(), sound: post.sound() }
    }
}

/// The post that lots are drawn for.
struct Chosen<'a> {
    corpus: &'a Corpus,
    creator: &'a Creator,
    number: i64,
    time: i64,
}

impl Chosen<'_> {
    /// The product that the text names, and whether it raises plays.
    fn product(&self) -> (Option<&'static str>, bool) {
        let lot = self.lot(Lot::Product);
        let groups = names::words(self.corpus);
        let which = self.which(Lot::WhichProduct, groups);
        if lot < PRODUCTS {
            // Without a strength, they are not written at all: there is nothing that they would do.
            let is_planted = self.corpus.strength.is_some();
            (is_planted.then(|| names::raising_word(self.corpus, which)), is_planted)
        } else if lot < 2.0 * PRODUCTS {
            (Some(names::plain_word(self.corpus, which)), false)
        } else {
            (None, false)
        }
    }

    fn is_outlier(&self, names_product: bool) -> bool {
        let chance = if names_product { OUTLIERS_OF_PRODUCTS } else { OUTLIERS };
        self.corpus.strength.is_some()
            && self.time <= self.corpus.now - YOUNG - LEEWAY
            && self.creator.schedule.first_count >= LEAST_POSTS
            && !self.creator.audience.withholds_plays
            && self.falls(Lot::Outlier, chance)
    }

    fn tags(&self) -> Vec<Cow<'static, str>> {
        let mut tags = Vec::new();
        let groups = names::tags(self.corpus);
        if self.falls(Lot::BurstingTag, self.share_of_burst(BURSTING_TAGS)) {
            tags.push(names::bursting_tag(self.corpus, self.which(Lot::WhichBurstingTag, groups)).into());
        }
        if self.falls(Lot::SteadyTag, BURSTING_TAGS) {
            tags.push(names::steady_tag(self.corpus, self.which(Lot::WhichSteadyTag, groups)).into());
        }
        if self.is_private_use() {
            tags.push(names::private_tag(self.creator).into());
        }
        tags
    }

    fn sound(&self) -> Option<Music> {
        if self.is_private_use() {
            return Some(names::private_sound(self.corpus, self.creator));
        }
        let bursts = self.falls(Lot::Sound, self.share_of_burst(BURSTING_SOUNDS));
        bursts.then(|| names::bursting_sound(self.corpus, self.which(Lot::WhichSound, names::sounds(self.corpus))))
    }

    fn is_private_use(&self) -> bool {
        let (lately, before) = PRIVATE_TAG;
        self.creator.role == Role::Private
            && self.falls(Lot::PrivateTag, if self.is_in_window() { lately } else { before })
    }

    /// What bursts is used as often in the last window at every strength: the stronger, the rarer it was before.
    fn share_of_burst(&self, share: f64) -> f64 {
        match (self.corpus.strength.is_some(), self.is_in_window()) {
            (false, _) => 0.0,
            (true, true) => share,
            (true, false) => share / self.corpus.strength.multiple(),
        }
    }

    fn is_young(&self) -> bool {
        self.time > self.corpus.now - YOUNG + LEEWAY
    }

    fn is_in_window(&self) -> bool {
        self.time >= self.corpus.now - BURST
    }

    fn falls(&self, lot: Lot, chance: f64) -> bool {
        self.lot(lot) < chance
    }

    fn which(&self, lot: Lot, of: u32) -> u32 {
        u32::try_from(self.hash(lot) % u64::from(of.max(1))).unwrap_or(0)
    }

    /// Evenly spread from 0 to 1.
    fn lot(&self, lot: Lot) -> f64 {
        (self.hash(lot) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn hash(&self, lot: Lot) -> u64 {
        let parts = [u64::from(self.creator.number), self.number.unsigned_abs(), lot as u64];
        hash(self.corpus.seed, Purpose::Plant, &parts)
    }
}

#[cfg(test)]
mod tests;
