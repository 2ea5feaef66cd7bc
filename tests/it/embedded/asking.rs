//! Each kind of query, filter and sort, exact totals, and more hits than fit a page.

use proptest::prelude::*;
use serde_json::json;
use viralmine::model::{Filters, Kind, Query, Question, Sort};
use viralmine::store::StoreReader;

use super::*;

fn words(tokens: &[&str], prefix: bool) -> Query {
    Query::Words { tokens: tokens.iter().map(|&token| token.to_owned()).collect(), prefix }
}

fn tag(key: &str, prefix: bool) -> Query {
    Query::Tag { key: key.to_owned(), prefix }
}

fn not(query: Query) -> Query {
    Query::Not(Box::new(query))
}

/// By id, as all plays are alike.
fn asking(query: Query) -> Question {
    Question { query, ..Question::all() }
}

fn filtered(filters: Filters) -> Question {
    Question { filters, ..Question::all() }
}

async fn assert_found(reader: &EmbeddedReader, cases: Vec<(Question, &[&str])>) {
    for (question, expected) in cases {
        assert_eq!(found(reader, &question).await, expected, "{question:?}");
    }
}

async fn texts() -> (tempfile::TempDir, EmbeddedReader) {
    let dir = tempfile::tempdir().expect("a folder");
    let text = |id: &str, texts: &[&str], keys: &[&str]| {
        video(id, &json!({"search_text": texts, "hashtag_keys": keys, "hashtags": keys}))
    };
    let store = writer(dir.path());
    let documents = [
        text("1", &["summer daily outfit ✨ fashion"], &["fashion", "ootd"]),
        text("2", &["daily summer dress"], &["fashionweek"]),
        text("3", &["summer day", "outfit fashion"], &["美妆", "ootd"]),
        text("4", &["美妆 妆教 教程 程"], &["美妆教程"]),
        text("5", &["c++ a.b* (x|y) [z] 👩‍👩‍👧 👩‍👩‍👦"], &["a.b", "👩‍👩‍👧"]),
        text("6", &["summer outfit daily outlook"], &["Fashion"]),
        text("7", &[], &[]),
    ];
    store_videos(&store, &documents[..3]).await;
    store_videos(&store, &documents[3..]).await;
    let asked = reader(dir.path());
    (dir, asked)
}

#[tokio::test]
async fn words_phrases_and_prefixes() {
    let (_dir, reader) = texts().await;
    assert_found(
        &reader,
        vec![
            (asking(Query::All), &["1", "2", "3", "4", "5", "6", "7"]),
            (asking(words(&["summer"], false)), &["1", "2", "3", "6"]),
            (asking(words(&["summ"], false)), &[]),
            (asking(words(&["summ"], true)), &["1", "2", "3", "6"]),
            (asking(words(&["summer"], true)), &["1", "2", "3", "6"]),
            (asking(words(&["summer", "daily"], false)), &["1"]),
            (asking(words(&["summer", "da"], true)), &["1", "3"]),
            (asking(words(&["summer", "daily", "out"], true)), &["1"]),
            (asking(words(&["daily", "out"], true)), &["1", "6"]),
            (asking(words(&["none", "out"], true)), &[]),
            (asking(words(&["daily", "zzz"], true)), &[]),
            // Ends of elements separate phrases.
            (asking(words(&["day", "outfit"], false)), &[]),
            (asking(words(&["day", "out"], true)), &[]),
            (asking(words(&["outfit", "fashion"], false)), &["3"]),
            (asking(words(&["美妆", "妆教"], false)), &["4"]),
            (asking(words(&["美"], true)), &["4"]),
            (asking(words(&["妆教", "教"], true)), &["4"]),
            // No character means more than itself.
            (asking(words(&["c++"], false)), &["5"]),
            (asking(words(&["a."], true)), &["5"]),
            (asking(words(&["a"], true)), &["5"]),
            (asking(words(&["."], true)), &[]),
            (asking(words(&["(x|"], true)), &["5"]),
            (asking(words(&["👩‍👩‍👧"], false)), &["5"]),
            (asking(words(&["👩"], true)), &["5"]),
            (asking(words(&["👩‍👩‍👧", "👩‍👩"], true)), &["5"]),
            (asking(words(&[], false)), &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn tags_and_boolean_trees() {
    let (_dir, reader) = texts().await;
    assert_found(
        &reader,
        vec![
            // Folded keys are compared as they are.
            (asking(tag("fashion", false)), &["1"]),
            (asking(tag("fashion", true)), &["1", "2"]),
            (asking(tag("美妆", true)), &["3", "4"]),
            (asking(tag("a.b", false)), &["5"]),
            (asking(tag("👩", true)), &["5"]),
            (asking(Query::And(vec![tag("ootd", false), words(&["daily"], false)])), &["1"]),
            (asking(Query::And(vec![words(&["summer"], false), not(tag("ootd", false))])), &["2", "6"]),
            (asking(not(words(&["summer"], true))), &["4", "5", "7"]),
            (asking(Query::And(vec![not(words(&["summer"], false)), not(tag("美妆", true))])), &["5", "7"]),
            (asking(not(not(tag("ootd", false)))), &["1", "3"]),
            (
                asking(not(Query::And(vec![tag("ootd", false), not(tag("美妆", false))]))),
                &["2", "3", "4", "5", "6", "7"],
            ),
            // What is left out may stand behind what is asked for, and begin alike without being it.
            (asking(not(words(&["outfit", "fashion"], false))), &["1", "2", "4", "5", "6", "7"]),
            (asking(not(words(&["fashion", "outfit"], false))), &["1", "2", "3", "4", "5", "6", "7"]),
            (
                asking(Query::And(vec![words(&["summer"], false), not(words(&["outfit", "daily"], false))])),
                &["1", "2", "3"],
            ),
            (
                asking(not(Query::And(vec![words(&["summer"], false), words(&["outfit", "daily"], false)]))),
                &["1", "2", "3", "4", "5", "7"],
            ),
            (asking(not(Query::All)), &[]),
            (asking(Query::And(vec![])), &["1", "2", "3", "4", "5", "6", "7"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn each_filter() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let documents = [
        video(
            "1",
            &json!({"sec_user_id": "MS4wA", "author_info": {"uid": "70", "unique_id": "lily"}, "region": "US",
            "publish_ts": 100, "hashtag_keys": ["a", "b"]}),
        ),
        video(
            "2",
            &json!({"sec_user_id": "lily", "author_info": {"uid": "71", "unique_id": "Lily"}, "region": "us",
            "publish_ts": 200, "hashtag_keys": ["a"], "kind": "photo", "stats": {"play": 7}}),
        ),
        video(
            "3",
            &json!({"author_info": {"uid": "lily", "unique_id": "x"}, "publish_ts": null, "stats": {"play": 6}}),
        ),
        video("4", &json!({"publish_ts": -5, "stats": {"play": 0}})),
    ];
    store_videos(&store, &documents).await;
    let reader = reader(dir.path());
    let none = Filters::default;
    let text = |text: &str| Some(text.to_owned());
    assert_found(
        &reader,
        vec![
            (filtered(none()), &["2", "3", "1", "4"]),
            (filtered(Filters { hashtags: vec!["a".to_owned()], ..none() }), &["2", "1"]),
            (filtered(Filters { hashtags: vec!["a".to_owned(), "b".to_owned()], ..none() }), &["1"]),
            (filtered(Filters { creator: text("lily"), ..none() }), &["2", "3", "1"]),
            (filtered(Filters { creator: text("MS4wA"), ..none() }), &["1"]),
            (filtered(Filters { creator: text("71"), ..none() }), &["2"]),
            (filtered(Filters { creator: text("ms4wa"), ..none() }), &[]),
            (filtered(Filters { region: text("US"), ..none() }), &["1"]),
            (filtered(Filters { kind: Some(Kind::Photo), ..none() }), &["2"]),
            (filtered(Filters { kind: Some(Kind::Video), ..none() }), &["3", "1", "4"]),
            // From and before; without a date, no answer to a question of time.
            (filtered(Filters { since: Some(100), ..none() }), &["2", "1"]),
            (filtered(Filters { since: Some(101), ..none() }), &["2"]),
            (filtered(Filters { until: Some(200), ..none() }), &["1", "4"]),
            (filtered(Filters { since: Some(100), until: Some(101), ..none() }), &["1"]),
            (filtered(Filters { since: Some(i64::MIN), ..none() }), &["2", "1", "4"]),
            (filtered(Filters { min_plays: Some(7), ..none() }), &["2"]),
            (filtered(Filters { min_plays: Some(0), ..none() }), &["2", "3", "1", "4"]),
            (filtered(Filters { min_plays: Some(u64::MAX), ..none() }), &[]),
        ],
    )
    .await;
}

/// Date, engagement, plays.
type Sortable = (Option<i64>, Option<f64>, u64);
type Key = fn(&Sortable) -> Option<f64>;

/// Values from few, so that there are ties, and their absence.
fn documents() -> impl Strategy<Value = Vec<Sortable>> {
    let rate = prop::option::of((0_u32..4).prop_map(|quarter| f64::from(quarter) / 4.0));
    prop::collection::vec((prop::option::of(-2_i64..4), rate, 0_u64..4), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn each_sort_is_by_value_then_id_with_missing_last(documents in documents(), limit in 0_usize..45, cut in 0_usize..40) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(sorted_as_a_vector(documents, limit, cut))?;
    }
}

async fn sorted_as_a_vector(documents: Vec<Sortable>, limit: usize, cut: usize) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    // Ids of unlike lengths, in another order than the documents come in.
    let id = |position: usize| format!("{}", (position * 7 + 3) % 101);
    let videos: Vec<_> = documents
        .iter()
        .enumerate()
        .map(|(position, (date, rate, plays))| {
            video(&id(position), &json!({"publish_ts": date, "engagement": {"rate": rate}, "stats": {"play": plays}}))
        })
        .collect();
    let cut = cut.min(videos.len());
    store_videos(&store, &videos[..cut]).await;
    store_videos(&store, &videos[cut..]).await;
    let reader = reader(dir.path());
    let sorts: [(Sort, Key); 4] = [
        (Sort::Plays, |document| Some(document.2 as f64)),
        (Sort::Date, |document| document.0.map(|date| date as f64)),
        (Sort::Engagement, |document| document.1),
        (Sort::Score, |_| Some(1.0)),
    ];
    for (sort, key) in sorts {
        let mut expected: Vec<(Option<f64>, String)> =
            documents.iter().enumerate().map(|(position, document)| (key(document), id(position))).collect();
        expected.sort_by(|left, right| right.0.partial_cmp(&left.0).expect("no NaN").then(left.1.cmp(&right.1)));
        let expected: Vec<String> = expected.into_iter().map(|(_, id)| id).take(limit).collect();
        let hits = reader.search(&Question { sort, limit, ..Question::all() }).await.expect("answered");
        prop_assert_eq!(hits.total, documents.len() as u64);
        prop_assert_eq!(ids(&hits), expected, "{:?}", sort);
    }
    Ok(())
}

#[tokio::test]
async fn a_better_match_scores_higher_and_filters_do_not_count() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let text = |id: &str, text: &str| video(id, &json!({"search_text": [text], "region": "US"}));
    store_videos(&store, &[text("1", "one two three red four"), text("2", "red red"), text("3", "blue")]).await;
    let reader = reader(dir.path());
    let question = Question { sort: Sort::Score, ..asking(words(&["red"], false)) };
    assert_eq!(found(&reader, &question).await, ["2", "1"]);
    let region = Filters { region: Some("US".to_owned()), ..Filters::default() };
    assert_eq!(found(&reader, &Question { filters: region, ..question }).await, ["2", "1"]);
}

#[tokio::test]
async fn more_than_ten_thousand_hits_are_counted_listed_and_streamed() {
    const COUNT: usize = 12_345;
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let some = |range: std::ops::Range<usize>| -> Vec<Value> {
        range.map(|number| video(&format!("{number:05}"), &json!({"stats": {"play": number}}))).collect()
    };
    store_videos(&store, &some(0..COUNT)).await;
    // Some again, so that dead documents lie among the live ones.
    store_videos(&store, &some(100..1_700)).await;
    let reader = reader(dir.path());

    let all = found(&reader, &Question::all()).await;
    let expected: Vec<_> = (0..COUNT).rev().map(|number| format!("{number:05}")).collect();
    assert!(all == expected, "{} hits", all.len());
    let first = reader.search(&Question { limit: 3, ..Question::all() }).await.expect("answered");
    assert_eq!((first.total, ids(&first)), (COUNT as u64, expected[..3].to_vec()));

    let mut rows = Vec::new();
    let popular = filtered(Filters { min_plays: Some(1_000), ..Filters::default() });
    reader.rows(&popular, &mut |row| rows.push((row.aweme_id, row.stats.play))).await.expect("answered");
    rows.sort_unstable();
    let expected: Vec<_> = (1_000..COUNT).map(|number| (format!("{number:05}"), number as u64)).collect();
    assert!(rows == expected, "{} rows", rows.len());
}

#[tokio::test]
async fn the_newest_time_is_that_of_a_living_document() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let at = |time: u64| video("1", &json!({"fetched_at": time}));
    store_videos(&store, &[at(9_000)]).await;
    store_videos(&store, &[at(8_000)]).await;
    assert_eq!(reader(dir.path()).newest_fetched_at().await.expect("answered"), Some(8_000));
}
