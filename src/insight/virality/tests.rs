//! Scores against the definitions written down naively, and the rules of what is no evidence.

use proptest::prelude::*;

use super::*;

const FETCHED: i64 = 1_750_000_000_000;
const DAY: i64 = 24 * 60 * 60;

fn post(plays: u64, days_old: i64) -> Post {
    Post { plays, interactions: 0, publish_ts: Some(FETCHED / 1000 - days_old * DAY), fetched_at: FETCHED }
}

fn corpus(log_median: f64, log_mad: f64) -> Corpus {
    Corpus { log_median: Some(log_median), log_mad: Some(log_mad), ..Corpus::default() }
}

fn compare(posts: &[Post], one: &Post) -> Comparison {
    Baseline::of(posts).compare(one, &corpus(0.0, 0.0))
}

#[test]
fn an_outlier_among_steady_posts_stands_out() {
    let mut posts: Vec<Post> = [900, 950, 1_000, 1_050, 1_100, 1_200, 800, 990, 1_010].map(|p| post(p, 30)).to_vec();
    posts.push(post(50_000, 30));
    let found = compare(&posts, &posts[9]);
    assert_eq!((found.others, found.virality.basis), (9, 9));
    assert_eq!((found.median_plays, found.virality.multiple), (Some(1_000.0), Some(50.0)));
    assert_eq!(found.virality.log_multiple, Some(3.912));
    // By hand: 0.6745 (ln 50001 − ln 1001) / MAD, the fifth smallest of |ln(1+w) − ln 1001|: that of 950 plays.
    let by_hand = 0.6745 * (50_001_f64.ln() - 1_001_f64.ln()) / (1_001_f64.ln() - 951_f64.ln());
    assert!((found.virality.z.unwrap() - by_hand).abs() < by_hand * 1e-3, "{found:?} {by_hand}");
    assert!(found.virality.viral && !found.virality.immature);
    assert!(!compare(&posts, &posts[2]).virality.viral);
}

#[test]
fn withheld_plays_and_young_posts_are_no_evidence() {
    let mut posts: Vec<Post> = (1..=6).map(|n| post(n * 100, 30)).collect();
    let before = compare(&posts, &posts[0]);
    posts.extend([post(0, 30), post(1_000_000, 2), Post { publish_ts: None, ..post(7, 0) }]);
    assert_eq!(compare(&posts, &posts[0]), before);
    let withheld = compare(&posts, &posts[6]).virality;
    assert_eq!((withheld.multiple, withheld.z, withheld.plays_per_hour, withheld.basis), (None, None, None, 6));
    let young = compare(&posts, &posts[7]).virality;
    assert!(young.immature && !young.viral && young.z > Some(VIRAL_FROM), "scored, and marked: {young:?}");
    let undated = compare(&posts, &posts[8]).virality;
    assert!(undated.immature && undated.plays_per_hour.is_none(), "{undated:?}");
}

#[test]
fn few_or_equal_others_tell_nothing() {
    let two = [post(100, 30), post(110, 30), post(90_000, 30)];
    let found = compare(&two, &two[2]).virality;
    assert_eq!((found.basis, found.z, found.multiple), (2, None, Some(857.1)));
    let equal: Vec<Post> = [5, 5, 5, 5, 5, 5, 5, 5, 900_000].map(|plays| post(plays, 30)).to_vec();
    let found = compare(&equal, &equal[8]);
    assert_eq!((found.log_mad, found.log_mean_deviation, found.virality.z), (Some(0.0), Some(0.0), None));
    assert_eq!(compare(&[], &post(5, 30)).virality.multiple, None);
}

#[test]
fn a_mad_of_zero_gives_way_to_the_mean_deviation() {
    let posts: Vec<Post> = [5, 5, 5, 5, 5, 5, 5, 80, 900].map(|plays| post(plays, 30)).to_vec();
    let found = compare(&posts, &posts[8]);
    let (median, others) = (6_f64.ln(), 8.0);
    let mean_deviation = (81_f64.ln() - median) / others;
    let by_hand = (901_f64.ln() - median) / (1.253_314 * mean_deviation);
    assert!((found.virality.z.unwrap() - by_hand).abs() < by_hand * 1e-3, "{found:?} {by_hand}");
}

#[test]
fn few_posts_are_shrunk_towards_the_corpus_but_never_made_more_unusual() {
    let posts: Vec<Post> = [100, 101, 102, 5_000].map(|plays| post(plays, 30)).to_vec();
    let corpus = corpus(9.0, 1.0);
    let alone = compare(&posts, &posts[3]).virality.z.unwrap();
    let found = Baseline::of(&posts).compare(&posts[3], &corpus);
    assert!((found.weight - 0.375).abs() < 1e-12, "{found:?}");
    let centre = 0.375 * 102_f64.ln() + 0.625 * 9.0;
    assert!((found.centre.unwrap() - centre).abs() < 1e-12, "{found:?}");
    assert!(alone > 100.0 && found.virality.z < Some(VIRAL_FROM), "{alone} {found:?}");

    let giant: Vec<Post> = [1_000_000, 2_000_000, 4_000_000, 3_000_000].map(|plays| post(plays, 30)).to_vec();
    let found = Baseline::of(&giant).compare(&giant[3], &corpus);
    assert_eq!(found.centre, found.log_median, "an ordinary post of a giant is none of a small account's");
    assert!(found.virality.z < Some(1.0), "{found:?}");
}

#[test]
fn plays_per_hour_count_from_an_hour_on() {
    let minutes_old = |minutes: i64| Post { publish_ts: Some(FETCHED / 1000 - minutes * 60), ..post(600, 0) };
    assert_eq!(minutes_old(600).plays_per_hour(), Some(60.0));
    assert_eq!(minutes_old(10).plays_per_hour(), Some(600.0));
    assert_eq!(minutes_old(-600).plays_per_hour(), Some(600.0), "clocks differ");
}

fn any_post() -> impl Strategy<Value = Post> {
    let plays = prop_oneof![3 => 0..2_000_u64, 1 => 0..=u64::MAX];
    (plays, prop::option::of(0..40_i64))
        .prop_map(|(plays, days)| Post { publish_ts: days.map(|days| FETCHED / 1000 - days * DAY), ..post(plays, 0) })
}

proptest! {
    /// The definition, written down with copies and sorts.
    #[test]
    fn as_the_definition_says(posts in prop::collection::vec(any_post(), 1..30), nth in 0..30_usize) {
        let nth = nth % posts.len();
        let corpus = corpus(6.5, 0.8);
        let found = Baseline::of(&posts).compare(&posts[nth], &corpus);
        let evidence = |post: &Post| post.plays > 0 && post.publish_ts.is_some_and(|ts| FETCHED - ts * 1000 >= 72 * HOUR);
        let others = posts.iter().enumerate().filter(|(position, post)| *position != nth && evidence(post));
        let mut others: Vec<f64> = others.map(|(_, post)| (post.plays as f64).ln_1p()).collect();
        let median = |values: &mut Vec<f64>| {
            values.sort_by(f64::total_cmp);
            f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
        };
        let n = others.len();
        let z = if n < 3 || posts[nth].plays == 0 { None } else {
            let m = median(&mut others);
            let mut deviations: Vec<f64> = others.iter().map(|x| (x - m).abs()).collect();
            let mad = median(&mut deviations);
            let sigma = if mad > 0.0 { mad / 0.6745 } else { 1.253_314 * deviations.iter().sum::<f64>() / n as f64 };
            let w = (n as f64 / 8.0).min(1.0);
            let centre = m.max(w * m + (1.0 - w) * 6.5);
            let shrunk = sigma.max(w * sigma + (1.0 - w) * 0.8 / 0.6745);
            (sigma > 0.0).then(|| ((posts[nth].plays as f64).ln_1p() - centre) / shrunk)
        };
        prop_assert_eq!(found.virality.basis, n as u64);
        prop_assert_eq!(found.virality.z.is_some(), z.is_some());
        if let (Some(found), Some(z)) = (found.virality.z, z) {
            prop_assert!((found - z).abs() <= z.abs() * 0.000_51 + 1e-9, "{found} {z}");
        }
        let Virality { multiple, log_multiple, z, plays_per_hour, .. } = found.virality;
        prop_assert!([multiple, log_multiple, z, plays_per_hour].into_iter().flatten().all(f64::is_finite));
    }
}
