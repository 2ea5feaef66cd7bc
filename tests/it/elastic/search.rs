//! Asking: each kind of query, filter and sort; totals; paging past 10,000; rows.

use serde_json::{Value, json};
use viralmine::model::{Filters, Hits, Kind, Query, Question, Sort, Verdict};
use viralmine::store::{BulkTarget, StoreError, StoreReader, StoreWriter};

use super::{Scratch, batch, video};

async fn filled(videos: &[Value]) -> Scratch {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    for part in videos.chunks(5_000) {
        let verdicts = scratch.store.bulk(&batch(1, part)).await.unwrap();
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })));
    }
    scratch.store.commit().await.unwrap();
    scratch
}

fn ids(hits: &Hits) -> Vec<String> {
    let id = |source: &[u8]| serde_json::from_slice::<Value>(source).unwrap()["aweme_id"].as_str().unwrap().to_owned();
    hits.videos.iter().map(|source| id(source)).collect()
}

/// The ids that match, in order, joined.
async fn found(scratch: &Scratch, question: &Question) -> String {
    let hits = scratch.store.search(question).await.unwrap();
    assert_eq!(hits.total, hits.videos.len() as u64);
    ids(&hits).join("")
}

fn words(tokens: &[&str], prefix: bool) -> Query {
    Query::Words { tokens: tokens.iter().map(|&token| token.to_owned()).collect(), prefix }
}

fn tag(key: &str, prefix: bool) -> Query {
    Query::Tag { key: key.to_owned(), prefix }
}

fn not(query: Query) -> Query {
    Query::Not(Box::new(query))
}

#[tokio::test]
async fn each_kind_of_query_finds_what_it_should() {
    let text = |id: &str, text: Value, keys: Value| video(id, json!({"search_text": text, "hashtag_keys": keys}));
    let scratch = filled(&[
        text("a", json!(["red shoe sale", "red"]), json!(["red"])),
        text("b", json!(["shoe red", "sale"]), json!(["sale", "redhot"])),
        text("c", json!(["夏天 天穿 穿搭 搭"]), json!(["穿搭"])),
        text("d", json!(["red-hot 🔥 shoes"]), json!([])),
        text("e", json!([]), json!(["🔥"])),
    ])
    .await;
    let cases = [
        (Query::All, "abcde"),
        (Query::And(vec![]), "abcde"),
        (words(&["red"], false), "ab"),
        (words(&["Red"], false), ""),
        (words(&["red"], true), "abd"),
        (words(&["🔥"], false), "d"),
        (words(&["red", "shoe"], false), "a"),
        (words(&["shoe", "red"], false), "b"),
        // The end of an array's element separates phrases.
        (words(&["red", "sale"], false), ""),
        (words(&["sale", "red"], true), ""),
        (words(&["red", "sho"], true), "a"),
        (words(&["🔥", "sho"], true), "d"),
        (words(&["夏天", "天穿"], false), "c"),
        (words(&["搭"], true), "c"),
        (tag("red", false), "a"),
        (tag("red", true), "ab"),
        (tag("🔥", false), "e"),
        (Query::And(vec![words(&["red"], false), words(&["sale"], false)]), "ab"),
        (Query::And(vec![words(&["red"], false), not(tag("sale", false))]), "a"),
        (Query::And(vec![not(words(&["red"], true)), not(tag("🔥", false))]), "c"),
        (not(words(&["red"], false)), "cde"),
        (not(Query::And(vec![words(&["red"], false), tag("sale", false)])), "acde"),
        (not(not(tag("sale", false))), "b"),
        (not(Query::All), ""),
    ];
    for (query, expected) in cases {
        let question = Question { query: query.clone(), ..Question::all() };
        assert_eq!(found(&scratch, &question).await, expected, "{query:?}");
        let paged = Question { limit: 20_000, ..question.clone() };
        assert_eq!(found(&scratch, &paged).await, expected, "{query:?}");
        let mut rows = Vec::new();
        scratch.store.rows(&question, &mut |row| rows.push(row.aweme_id)).await.unwrap();
        rows.sort();
        assert_eq!(rows.join(""), expected, "{query:?}");
    }
}

#[tokio::test]
async fn filters_and_sorts_are_exact() {
    let scratch = filled(&[
        video("c", json!({"stats": {"play": 5}, "publish_ts": 300, "engagement": {"rate": 0.5}, "region": "JP"})),
        video(
            "a",
            json!({"stats": {"play": 9}, "publish_ts": null, "publish_time": null, "engagement": {"rate": null}}),
        ),
        video("b", json!({"stats": {"play": 9}, "publish_ts": 100, "engagement": {"rate": 0.5}, "kind": "photo"})),
        video(
            "d",
            json!({"stats": {"play": 0}, "publish_ts": 200, "engagement": {"rate": null}, "sec_user_id": "other",
            "author_info": {"uid": "77", "unique_id": "someone"}, "hashtag_keys": ["x", "y"]}),
        ),
    ])
    .await;
    for (sort, expected) in
        [(Sort::Plays, "abcd"), (Sort::Date, "cdba"), (Sort::Engagement, "bcad"), (Sort::Score, "abcd")]
    {
        for limit in [100, 20_000] {
            assert_eq!(found(&scratch, &Question { sort, limit, ..Question::all() }).await, expected, "{sort:?}");
        }
    }
    let none = Filters::default;
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        (Filters { hashtags: vec!["x".into(), "y".into()], ..none() }, "d"),
        (Filters { hashtags: vec!["x".into(), "fashion".into()], ..none() }, ""),
        (Filters { creator: text("someone"), ..none() }, "d"),
        (Filters { creator: text("77"), ..none() }, "d"),
        (Filters { creator: text("other"), ..none() }, "d"),
        (Filters { region: text("JP"), ..none() }, "c"),
        (Filters { since: Some(200), ..none() }, "cd"),
        (Filters { until: Some(200), ..none() }, "b"),
        (Filters { since: Some(100), until: Some(300), ..none() }, "bd"),
        (Filters { min_plays: Some(5), ..none() }, "abc"),
        (Filters { min_plays: Some(u64::MAX), ..none() }, ""),
        (Filters { kind: Some(Kind::Photo), ..none() }, "b"),
        (Filters { kind: Some(Kind::Video), region: text("US"), ..none() }, "ad"),
    ];
    for (filters, expected) in cases {
        let question = Question { filters: filters.clone(), ..Question::all() };
        assert_eq!(found(&scratch, &question).await, expected, "{filters:?}");
    }
    let hits = scratch.store.search(&Question { limit: 2, ..Question::all() }).await.unwrap();
    assert_eq!((hits.total, ids(&hits).join("")), (4, "ab".to_owned()));
    let hits = scratch.store.search(&Question { limit: 0, ..Question::all() }).await.unwrap();
    assert_eq!((hits.total, hits.videos.len()), (4, 0));
}

#[tokio::test]
async fn more_than_ten_thousand_are_paged_in_order() {
    const COUNT: usize = 12_003;
    let id = |number: usize| format!("{number:019}");
    let videos: Vec<Value> = (0..COUNT)
        .map(|number| {
            // Most have no rate and few plays values: the order must hold over ties and missing values between pages.
            let rate = if number % 5 == 0 { json!(number as f64 / 1e9) } else { Value::Null };
            json!({"aweme_id": id(number), "stats": {"play": number % 3}, "engagement": {"rate": rate},
                "publish_ts": if number < 10_500 { Value::Null } else { json!(number) }, "search_text": ["all"],
                "sec_user_id": "creator", "hashtags": ["Tag"], "hashtag_keys": ["tag"]})
        })
        .collect();
    let scratch = filled(&videos).await;
    for sort in [Sort::Plays, Sort::Engagement, Sort::Date, Sort::Score] {
        let question = Question { query: words(&["all"], false), sort, ..Question::all() };
        let hits = scratch.store.search(&question).await.unwrap();
        let mut expected: Vec<usize> = (0..COUNT).collect();
        match sort {
            Sort::Plays => expected.sort_by_key(|number| (std::cmp::Reverse(number % 3), *number)),
            Sort::Engagement => expected.sort_by_key(|number| {
                if number % 5 == 0 { (0, std::cmp::Reverse(*number), 0) } else { (1, std::cmp::Reverse(0), *number) }
            }),
            Sort::Date => expected.sort_by_key(|number| {
                if *number < 10_500 { (1, std::cmp::Reverse(0), *number) } else { (0, std::cmp::Reverse(*number), 0) }
            }),
            _ => {}
        }
        assert_eq!(hits.total, COUNT as u64);
        assert_eq!(ids(&hits), expected.into_iter().map(id).collect::<Vec<_>>(), "{sort:?}");
    }
    for limit in [10_000, 10_001, 12_000] {
        let hits = scratch.store.search(&Question { limit, ..Question::all() }).await.unwrap();
        assert_eq!((hits.total, hits.videos.len()), (COUNT as u64, limit));
    }

    let mut rows = Vec::new();
    scratch.store.rows(&Question::all(), &mut |row| rows.push(row)).await.unwrap();
    rows.sort_by(|one, other| one.aweme_id.cmp(&other.aweme_id));
    assert_eq!(rows.iter().map(|row| row.aweme_id.clone()).collect::<Vec<_>>(), (0..COUNT).map(id).collect::<Vec<_>>());
    assert_eq!(
        (rows[5].stats.play, rows[5].hashtag_keys.clone(), rows[5].hashtags.clone()),
        (2, vec!["tag".to_owned()], vec!["Tag".to_owned()])
    );
    assert_eq!(rows[5].sec_user_id.as_deref(), Some("creator"));
}

#[tokio::test]
async fn a_prefix_of_very_many_words_loses_no_hit_silently() {
    const COUNT: usize = 20_000;
    let videos: Vec<Value> = (0..COUNT)
        .map(|number| json!({"aweme_id": number.to_string(), "search_text": [format!("new x{number}")]}))
        .collect();
    let scratch = filled(&videos).await;
    for query in [words(&["x"], true), words(&["new", "x1"], true)] {
        let hits = scratch.store.search(&Question { query: query.clone(), limit: 1, ..Question::all() }).await.unwrap();
        assert_eq!(hits.total, if query == words(&["x"], true) { 20_000 } else { 11_111 }, "{query:?}");
    }
    // Past the server's limit of clauses, which grows with its memory.
    let hits = scratch.store.search(&Question { query: words(&["new", "x"], true), limit: 1, ..Question::all() }).await;
    match hits {
        Ok(hits) => assert_eq!(hits.total, 20_000),
        Err(StoreError::Broken(reason)) => assert!(reason.contains("more letters"), "{reason}"),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_was_never_indexed_says_so() {
    let scratch = Scratch::new();
    let is_missing =
        |error: &StoreError| matches!(error, StoreError::Missing(words) if words.contains("viralmine backfill"));
    assert!(is_missing(&scratch.store.search(&Question::all()).await.unwrap_err()));
    assert!(is_missing(&scratch.store.search(&Question { limit: 10, ..Question::all() }).await.unwrap_err()));
    assert!(is_missing(&scratch.store.rows(&Question::all(), &mut |_| ()).await.unwrap_err()));
    assert!(is_missing(&scratch.store.newest_fetched_at().await.unwrap_err()));
}

#[tokio::test]
async fn the_newest_fetched_at_is_exact() {
    let scratch = filled(&[]).await;
    assert_eq!(scratch.store.newest_fetched_at().await.unwrap(), None);
    let at = |id: &str, fetched_at: i64| video(id, json!({"fetched_at": fetched_at}));
    scratch.store.bulk(&batch(1, &[at("1", 1_750_300_000_123), at("2", 1_750_300_000_122)])).await.unwrap();
    scratch.store.commit().await.unwrap();
    assert_eq!(scratch.store.newest_fetched_at().await.unwrap(), Some(1_750_300_000_123));
}
