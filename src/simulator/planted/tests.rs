//! What is planted is planted as documented, is the same each time, and at strength none it is not there at all.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::strength::Strength;
use super::truth::Truth;
use super::*;
use crate::simulator::ids;
use crate::simulator::popularity::Counts;
use crate::simulator::post::Post;

const NOW: i64 = 1_750_377_600;

fn corpus(seed: u64, strength: Strength) -> Corpus {
    Corpus { seed, creators: 400, videos: 60, now: NOW, strength }
}

/// All posts that there are, with their creators.
fn posts(corpus: &Corpus) -> Vec<(Creator, Vec<Post>)> {
    let of = |number| {
        let creator = Creator::of(corpus, number);
        let posts = (0..creator.schedule.first_count).map(|number| Post::of(corpus, &creator, number)).collect();
        (creator, posts)
    };
    (0..corpus.creators).map(of).collect()
}

fn plays(post: &Post) -> u64 {
    let Counts { plays, .. } = post.popularity.at(NOW - post.time);
    plays
}

fn ids_of(truth: &Truth) -> BTreeSet<&str> {
    truth.outliers.iter().map(|outlier| outlier.aweme_id.as_str()).collect()
}

#[test]
fn without_a_strength_nothing_is_planted_and_all_confounders_stay() {
    let nothing = Truth::of(&corpus(1, Strength::NONE));
    assert!(nothing.outliers.is_empty() && nothing.creators.is_empty() && nothing.words.is_empty());
    assert!(nothing.hashtags.is_empty() && nothing.sounds.is_empty());
    let strong = Truth::of(&corpus(1, Strength::STRONG));
    assert_eq!(nothing.confounders, strong.confounders);
    assert_eq!(nothing.videos, strong.videos);
    let found = &nothing.confounders;
    assert_eq!((found.giant_creators.len(), found.fading_creators.len(), found.private_tags.len()), (10, 20, 10));
    assert!(!found.young_posts.is_empty() && found.plain_words.len() == 10 && found.steady_tags.len() == 20);
    // Nor in the posts themselves: no planted name is written anywhere.
    let names: Vec<&str> = strong.hashtags.iter().map(|tag| tag.key.as_str()).collect();
    let words: Vec<&str> = strong.words.iter().map(|raising| raising.word).collect();
    for (_, posts) in posts(&corpus(1, Strength::NONE)) {
        for post in posts {
            let text = &post.caption.text;
            assert!(!names.iter().chain(&words).any(|name| text.contains(name)), "{text}");
        }
    }
}

#[test]
fn outliers_differ_from_what_they_would_be_by_the_strength_and_nothing_else_does() {
    let (none, strong) = (corpus(2, Strength::NONE), corpus(2, Strength::STRONG));
    let truth = Truth::of(&strong);
    let outliers = ids_of(&truth);
    let rising: BTreeMap<&str, i64> =
        truth.creators.iter().map(|creator| (creator.sec_user_id.as_str(), creator.since)).collect();
    let mut met = 0;
    for ((creator, before), (_, after)) in posts(&none).into_iter().zip(posts(&strong)) {
        let since = rising.get(ids::sec_user_id(2, creator.number).as_str());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((before.id, before.time), (after.id, after.time));
            let is_outlier = outliers.contains(after.id.to_string().as_str());
            met += usize::from(is_outlier);
            let rise = if since.is_some_and(|&since| after.time >= since) { Strength::STRONG.rise() } else { 1.0 };
            let expected = plays(before) as f64 * rise * if is_outlier { 30.0 } else { 1.0 };
            let found = plays(after) as f64;
            assert!((found - expected).abs() <= 60.0 + expected * 0.01, "{found} plays, not {expected}");
        }
    }
    assert_eq!(met, outliers.len());
}

#[test]
fn shares_are_as_documented() {
    let truth = Truth::of(&corpus(3, Strength::MEDIUM));
    let share = truth.outliers.len() as f64 / truth.videos as f64;
    // 0.8 % of ordinary posts and a quarter of the 6 % that name a raising product, young posts left out.
    assert!((0.015..0.027).contains(&share), "{share}");
    let (named, raised) =
        truth.words.iter().fold((0, 0), |(posts, outliers), word| (posts + word.posts, outliers + word.outliers));
    assert!((0.05..0.07).contains(&(named as f64 / truth.videos as f64)), "{named} of {}", truth.videos);
    assert!((0.17..0.28).contains(&(raised as f64 / named as f64)), "{raised} of {named}");
    assert_eq!((truth.hashtags.len(), truth.words.len(), truth.sounds.len()), (20, 10, 10));
    let (recent, earlier) =
        truth.hashtags.iter().fold((0, 0), |(recent, earlier), tag| (recent + tag.recent, earlier + tag.earlier));
    assert!((5.0..20.0).contains(&(recent as f64 / earlier as f64)), "{recent} after {earlier}");
    assert!(truth.hashtags.iter().all(|tag| tag.creators > 2), "{:?}", truth.hashtags);
    assert!((10..=20).contains(&truth.creators.len()), "{}", truth.creators.len());
    assert!(truth.creators.iter().all(|creator| creator.posts >= 5 && creator.since < NOW));
}

#[test]
fn confounders_look_like_findings() {
    let corpus = corpus(4, Strength::NONE);
    let mut private_uses = 0;
    let mut faded = Vec::new();
    for (creator, posts) in posts(&corpus) {
        match creator.role {
            Role::Private => {
                let tag = names::private_tag(&creator);
                let lately = posts.iter().filter(|post| post.time >= NOW - BURST);
                private_uses += lately.filter(|post| uses(post, &tag)).count();
            }
            Role::Fading if posts.len() >= 20 && !creator.audience.withholds_plays => {
                let sum = |posts: &[Post]| posts.iter().map(plays).sum::<u64>() as f64;
                let (old, new) = posts.split_at(posts.len() / 2);
                faded.push(sum(old) / sum(new));
            }
            _ => {}
        }
    }
    assert!(private_uses > 100, "{private_uses} uses by ten accounts in a week");
    faded.sort_by(f64::total_cmp);
    assert!(faded[faded.len() / 2] > 4.0, "{faded:?}");
}

fn uses(post: &Post, tag: &str) -> bool {
    use crate::simulator::caption::Extra;
    let in_extras = |extra: &Extra| matches!(extra, Extra::Tag(name) if name.eq_ignore_ascii_case(tag));
    post.caption.text.contains(tag) || post.caption.extras.iter().any(in_extras)
}

#[test]
fn planted_tags_and_words_are_written() {
    let corpus = corpus(5, Strength::STRONG);
    for (creator, posts) in posts(&corpus) {
        for (number, post) in (0..).zip(&posts) {
            let plant = Plant::of(&corpus, &creator, number, post.time);
            for tag in &plant.tags {
                assert!(uses(post, tag), "{tag} is not in {}", post.caption.text);
            }
            if let Some(word) = plant.word {
                assert!(post.caption.text.split_whitespace().any(|part| part == word), "{}", post.caption.text);
            }
            if let Some(sound) = plant.sound {
                assert_eq!(post.music.as_ref().unwrap().id, sound.id);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_same_seed_plants_the_same_and_a_strength_changes_only_how_strong(
        seed: u64,
        creators in 0_u32..90,
        videos in 0_u32..40,
        multiple in 1.1_f64..1000.0,
    ) {
        let strength = Strength::new(multiple).unwrap();
        let corpus = Corpus { seed, creators, videos, now: NOW, strength };
        let truth = Truth::of(&corpus);
        prop_assert_eq!(&truth, &Truth::of(&corpus));
        let other = Truth::of(&Corpus { strength: Strength::WEAK, ..corpus });
        prop_assert_eq!(ids_of(&truth), ids_of(&other));
        prop_assert_eq!(truth.confounders, other.confounders);
        let recent = |truth: &[truth::Bursting]| truth.iter().map(|tag| tag.recent).collect::<Vec<_>>();
        prop_assert_eq!(recent(&truth.hashtags), recent(&other.hashtags));
    }

    #[test]
    fn outliers_are_old_enough_and_young_posts_are_not(seed: u64) {
        let corpus = Corpus { seed, creators: 60, videos: 30, now: NOW, strength: Strength::STRONG };
        let truth = Truth::of(&corpus);
        let age = |id: &str| NOW - ids::video_of(seed, id.parse().unwrap()).unwrap().1;
        prop_assert!(ids_of(&truth).into_iter().all(|id| age(id) > YOUNG));
        prop_assert!(truth.confounders.young_posts.iter().all(|id| age(id) < YOUNG));
    }
}
