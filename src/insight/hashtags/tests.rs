//! Counting hashtags, against a count that takes its time.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::model::row::RowStats;
use crate::model::text::fold;

fn row(creator: &str, plays: u64, hashtags: &[&str]) -> Row {
    Row {
        aweme_id: "1".to_owned(),
        sec_user_id: (!creator.is_empty()).then(|| creator.to_owned()),
        stats: RowStats { play: plays },
        hashtags: hashtags.iter().map(ToString::to_string).collect(),
        hashtag_keys: hashtags.iter().map(|tag| fold(tag)).collect(),
    }
}

fn counted(rows: &[Row], sort: HashtagSort) -> Vec<HashtagRow> {
    let mut counter = HashtagCounter::default();
    for row in rows {
        counter.add(row);
    }
    counter.finish(sort, usize::MAX)
}

#[test]
fn rows_are_grouped_by_the_folded_tag_and_shown_as_most_write_it() {
    let rows = [
        row("a", 10, &["OOTD", "ootd", "fyp"]),
        row("a", 20, &["ootd"]),
        row("b", 0, &["ootd"]),
        row("", 31, &["Ootd"]),
    ];
    let answer = counted(&rows, HashtagSort::Posts);
    let json = serde_json::to_string(&answer).unwrap();
    let ootd = r#"{"hashtag":"ootd","posts":4,"creators":2,"plays":61,"median_plays":20}"#;
    let fyp = r#"{"hashtag":"fyp","posts":1,"creators":1,"plays":10,"median_plays":10}"#;
    assert_eq!(json, format!("[{ootd},{fyp}]"));
}

#[test]
fn a_median_may_lie_between_two_posts_or_be_unknown() {
    let rows = [row("a", 1, &["x"]), row("a", 2, &["x"]), row("a", 0, &["withheld"])];
    let json = serde_json::to_string(&counted(&rows, HashtagSort::Median)).unwrap();
    assert!(json.contains(r#""median_plays":1.5"#) && json.ends_with(r#""plays":0,"median_plays":null}]"#), "{json}");
}

#[test]
fn equal_spellings_and_equal_tags_fall_back_to_code_points() {
    let rows = [row("a", 1, &["b", "FYP"]), row("a", 1, &["Fyp", "a"])];
    let names: Vec<_> = counted(&rows, HashtagSort::Posts).into_iter().map(|row| row.hashtag).collect();
    assert_eq!(names, ["FYP", "a", "b"]);
}

proptest! {
    #[test]
    fn the_counter_agrees_with_a_plain_count(
        posts in prop::collection::vec((0_u8..5, 0_u64..9, prop::collection::vec("[abAB]", 0..4)), 0..60),
        sort in prop::sample::select(vec![HashtagSort::Posts, HashtagSort::Plays, HashtagSort::Median]),
    ) {
        let rows: Vec<Row> = posts
            .iter()
            .map(|(creator, plays, tags)| row(&creator.to_string(), *plays, &tags.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        let mut plain: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &rows {
            for key in row.hashtag_keys.iter().map(String::as_str).collect::<BTreeSet<_>>() {
                plain.entry(key).or_default().push(row);
            }
        }
        let answer = counted(&rows, sort);
        prop_assert_eq!(answer.len(), plain.len());
        for counted in &answer {
            let posts = &plain[fold(&counted.hashtag).as_str()];
            let creators: BTreeSet<_> = posts.iter().map(|row| &row.sec_user_id).collect();
            let mut known: Vec<u64> = posts.iter().map(|row| row.stats.play).filter(|&plays| plays > 0).collect();
            known.sort_unstable();
            let middle = |position: usize| known[position] as f64;
            let median = (!known.is_empty()).then(|| f64::midpoint(middle((known.len() - 1) / 2), middle(known.len() / 2)));
            prop_assert_eq!(counted.posts, posts.len() as u64);
            prop_assert_eq!(counted.creators, creators.len() as u64);
            prop_assert_eq!(counted.plays, known.iter().sum::<u64>());
            prop_assert_eq!(counted.median_plays, median);
        }
        let value = |row: &HashtagRow| match sort {
            HashtagSort::Posts => row.posts as f64,
            HashtagSort::Plays => row.plays as f64,
            HashtagSort::Median => row.median_plays.unwrap_or(-1.0),
        };
        let ordered = answer.is_sorted_by(|one, other| {
            value(other).total_cmp(&value(one)).then_with(|| fold(&one.hashtag).cmp(&fold(&other.hashtag))).is_lt()
        });
        prop_assert!(ordered);
    }
}
