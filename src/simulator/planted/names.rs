//! The tags, words and sounds that are planted, and those that look like them. Which of a table's entries are planted
//! depends on the seed, so that no list of names can know them.

use std::borrow::Cow;

use crate::simulator::creator::{Corpus, Creator};
use crate::simulator::draws::{Purpose, hash};
use crate::simulator::post::Music;
use crate::simulator::vocabulary::ARTISTS;

/// Tags are made of two parts; none of them is one of the vocabulary.
const TAG_HEADS: [&str; 12] =
    ["glass", "cloud", "velvet", "mocha", "cherry", "lunar", "honey", "matcha", "cobalt", "marble", "sugar", "amber"];
const TAG_TAILS: [&str; 12] =
    ["skin", "cup", "walk", "nails", "cake", "lamp", "toast", "challenge", "filter", "twirl", "knit", "sketch"];
const TAGS: u32 = 144;

const WORD_COUNT: u32 = 24;

/// Products, in whatever language the text is.
const WORDS: [&str; WORD_COUNT as usize] = [
    "airfryer",
    "tumbler",
    "serum",
    "blender",
    "projector",
    "humidifier",
    "sunscreen",
    "headphones",
    "lipgloss",
    "keyboard",
    "yogamat",
    "massager",
    "smartwatch",
    "thermos",
    "backpack",
    "sneakers",
    "perfume",
    "organizer",
    "straightener",
    "ringlight",
    "steamer",
    "earbuds",
    "dehydrator",
    "vacuum",
];

/// Titles of bursting sounds.
const SOUNDS: [&str; 12] = [
    "Paper Lanterns",
    "Slow Elevator",
    "Tiny Parade",
    "Copper Rain",
    "Left on the Porch",
    "Night Tram",
    "Orbit Waltz",
    "Second Helping",
    "Sundial",
    "Gravel & Gold",
    "Wide Awake (slowed)",
    "Zebra Crossing",
];

/// Lead through the tables from an entry that the seed names; none shares a divisor with its table's length.
const TAG_STEP: u32 = 35;
const WORD_STEP: u32 = 7;

/// How many tags burst, and how many are steady: more in a larger corpus, so that each is used often enough.
pub(super) fn tags(corpus: &Corpus) -> u32 {
    (corpus.creators / 20).clamp(4, 24)
}

/// How many words raise plays, and how many do not.
pub(super) fn words(corpus: &Corpus) -> u32 {
    tags(corpus) / 2
}

/// How many sounds burst.
pub(super) fn sounds(corpus: &Corpus) -> u32 {
    tags(corpus) / 2
}

pub(super) fn bursting_tag(corpus: &Corpus, number: u32) -> String {
    tag(corpus, number)
}

pub(super) fn steady_tag(corpus: &Corpus, number: u32) -> String {
    tag(corpus, TAGS / 2 + number)
}

/// A tag that nobody else has.
pub(super) fn private_tag(creator: &Creator) -> String {
    let letters = creator.unique_id.chars().filter(|letter| letter.is_alphanumeric());
    letters.chain("gang".chars()).collect()
}

pub(super) fn raising_word(corpus: &Corpus, number: u32) -> &'static str {
    word(corpus, number)
}

pub(super) fn plain_word(corpus: &Corpus, number: u32) -> &'static str {
    word(corpus, WORD_COUNT / 2 + number)
}

pub(super) fn bursting_sound(corpus: &Corpus, number: u32) -> Music {
    let place = number as usize;
    Music {
        id: sound_id(hash(corpus.seed, Purpose::Name, &[3, number.into()])),
        title: SOUNDS[place % SOUNDS.len()],
        author: Cow::Borrowed(ARTISTS[place % ARTISTS.len()]),
    }
}

/// A sound that nobody else uses.
pub(super) fn private_sound(corpus: &Corpus, creator: &Creator) -> Music {
    Music {
        id: sound_id(hash(corpus.seed, Purpose::Name, &[4, creator.number.into()])),
        title: "original sound",
        author: Cow::Owned(creator.unique_id.clone()),
    }
}

/// Apart from the ids of the other sounds, which are below.
fn sound_id(hash: u64) -> String {
    (7_500_000_000_000_000_000 + hash % 500_000_000_000_000_000).to_string()
}

fn tag(corpus: &Corpus, number: u32) -> String {
    let entry = entry(corpus, 1, number, TAG_STEP, TAGS) as usize;
    format!("{}{}", TAG_HEADS[entry / TAG_TAILS.len()], TAG_TAILS[entry % TAG_TAILS.len()])
}

fn word(corpus: &Corpus, number: u32) -> &'static str {
    WORDS[entry(corpus, 2, number, WORD_STEP, WORD_COUNT) as usize]
}

/// The place in a table of `length` entries; different numbers below the length have different ones.
fn entry(corpus: &Corpus, table: u64, number: u32, step: u32, length: u32) -> u32 {
    let first = hash(corpus.seed, Purpose::Name, &[table]) % u64::from(length);
    (u32::try_from(first).unwrap_or(0) + number * step) % length
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::simulator::planted::strength::Strength;
    use crate::simulator::vocabulary::{self, LANGUAGES};

    #[test]
    fn names_differ_from_each_other_and_from_the_vocabulary() {
        for seed in 0..50 {
            let corpus = Corpus { seed, creators: 5_000, videos: 10, now: 1_750_377_600, strength: Strength::STRONG };
            let tags: HashSet<String> = (0..tags(&corpus))
                .flat_map(|number| [bursting_tag(&corpus, number), steady_tag(&corpus, number)])
                .collect();
            assert_eq!(tags.len(), 48);
            let words: HashSet<&str> = (0..words(&corpus))
                .flat_map(|number| [raising_word(&corpus, number), plain_word(&corpus, number)])
                .collect();
            assert_eq!(words.len(), 24);
            let sounds: HashSet<String> =
                (0..sounds(&corpus)).map(|number| bursting_sound(&corpus, number).id).collect();
            assert_eq!(sounds.len(), 12);
            if seed == 0 {
                let usual = |name: &str| LANGUAGES.iter().any(|language| language.words.contains(&name));
                assert!(!words.iter().any(|word| usual(word)));
                assert!((0..vocabulary::TAGS).all(|rank| !tags.contains(&*vocabulary::tag(rank))));
            }
        }
    }
}
