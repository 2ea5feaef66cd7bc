//! A creator: profile, posting times, audience and manner of writing, all computed from the seed and its number.

use std::borrow::Cow;

use rand::Rng;

use super::draws::{Purpose, hash, log_normal, one_of, stream, whole};
use super::planted::Role;
use super::planted::strength::Strength;
use super::popularity::Audience;
use super::schedule::Schedule;
use super::vocabulary::{EMOJI, HANDLES, LANGUAGES, Language, TAGS, tag, tag_of};

/// Keeps the oldest post's time in the range that ids can carry.
const MOST_POSTS: u64 = 15_000_000;
const NICHE_TAGS: usize = 12;

/// What a whole corpus is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corpus {
    pub(super) seed: u64,
    pub(super) creators: u32,
    /// Mean number of posts per creator when the simulated time begins.
    pub(super) videos: u32,
    /// When the simulated time begins (seconds, UTC).
    pub(super) now: i64,
    /// How strong what is planted is.
    pub(super) strength: Strength,
}

/// One creator.
#[derive(Debug)]
pub(super) struct Creator {
    pub(super) number: u32,
    pub(super) uid: String,
    pub(super) unique_id: String,
    pub(super) nickname: String,
    pub(super) signature: String,
    pub(super) is_verified: bool,
    pub(super) language: &'static Language,
    /// The tags that most of the creator's posts choose from.
    pub(super) niche: Vec<Cow<'static, str>>,
    pub(super) audience: Audience,
    pub(super) schedule: Schedule,
    /// What it is among the others.
    pub(super) role: Role,
    /// Numbers of the posts that come first, out of order.
    pub(super) pinned: Vec<i64>,
    /// Whether this creator's pages carry cursors and flags as numbers, as some of the real ones do.
    pub(super) has_numbers: bool,
}

impl Creator {
    /// The creator with this number.
    pub(super) fn of(corpus: &Corpus, number: u32) -> Self {
        let mut rng = stream(corpus.seed, Purpose::Creator, &[number.into()]);
        let language = one_of(&mut rng, &LANGUAGES).unwrap_or(&LANGUAGES[0]);
        let role = Role::of(corpus, number);
        let schedule = schedule(&mut rng, corpus, number, role);
        let unique_id = unique_id(&mut rng, number);
        let nickname = nickname(&mut rng, language, &unique_id);
        let signature = signature(&mut rng, language);
        let is_verified = rng.random_bool(0.15);
        let niche = niche(&mut rng, language);
        let mut spread = stream(corpus.seed, Purpose::Spread, &[number.into()]);
        let audience = Audience::draw(&mut rng, &mut spread);
        Self {
            number,
            uid: (6_800_000_000_000_000_000
                + hash(corpus.seed, Purpose::Creator, &[number.into(), 1]) % 500_000_000_000_000_000)
                .to_string(),
            signature,
            is_verified,
            language,
            niche,
            role: role.settled(corpus.now, &schedule, audience.withholds_plays),
            audience,
            pinned: pinned(&mut rng, schedule.first_count),
            has_numbers: rng.random_bool(0.1),
            schedule,
            unique_id,
            nickname,
        }
    }
}

fn schedule(rng: &mut impl Rng, corpus: &Corpus, number: u32, role: Role) -> Schedule {
    const SPREAD: f64 = 0.5;
    // A log-normal's mean is above its median by this factor.
    let median = f64::from(corpus.videos) / (SPREAD * SPREAD / 2.0_f64).exp();
    let count =
        if corpus.videos == 0 { 0 } else { whole(log_normal(rng, median, SPREAD).round()).clamp(1, MOST_POSTS) };
    let interval = whole(log_normal(rng, 30.0 * 3600.0, 0.8)).clamp(1, 1 << 30);
    let signed = |value: u64| i64::try_from(value).unwrap_or(0);
    Schedule::new(corpus.seed, number.into(), corpus.now, signed(count), role.interval(signed(interval)))
}

fn unique_id(rng: &mut impl Rng, number: u32) -> String {
    let mut part = || one_of(rng, &HANDLES).copied().unwrap_or("user");
    let (first, second) = (part(), part());
    let joint = if number.is_multiple_of(3) { "." } else { "_" };
    format!("{first}{joint}{second}{number}")
}

fn nickname(rng: &mut impl Rng, language: &Language, unique_id: &str) -> String {
    let word = one_of(rng, language.words).copied().unwrap_or_default();
    let emoji = one_of(rng, &EMOJI).copied().unwrap_or_default();
    match rng.random_range(0..4) {
        0 => unique_id.to_owned(),
        1 => format!("{emoji}{word} {emoji}"),
        2 => format!("{word} | {unique_id}"),
        _ => word.to_owned(),
    }
}

fn signature(rng: &mut impl Rng, language: &Language) -> String {
    let count = rng.random_range(0..6);
    let words: Vec<_> = (0..count).filter_map(|_| one_of(rng, language.words).copied()).collect();
    words.join(if language.is_spaced { " " } else { "" })
}

fn niche(rng: &mut impl Rng, language: &'static Language) -> Vec<Cow<'static, str>> {
    (0..NICHE_TAGS)
        .map(|_| {
            if rng.random_bool(0.6) {
                tag_of(language, rng.random_range(0..60))
            } else {
                tag(rng.random_range(0..TAGS / 10))
            }
        })
        .collect()
}

fn pinned(rng: &mut impl Rng, count: i64) -> Vec<i64> {
    let wanted = if rng.random_bool(0.6) { rng.random_range(1..=3) } else { 0 };
    let mut pinned = Vec::with_capacity(wanted);
    if count >= 10 {
        while pinned.len() < wanted {
            let post = rng.random_range(0..count);
            if !pinned.contains(&post) {
                pinned.push(post);
            }
        }
    }
    pinned
}
