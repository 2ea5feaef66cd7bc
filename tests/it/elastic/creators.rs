//! The rows of creators: asked for, read back, and never in the way of a run that fetches.

use serde_json::{Value, json};
use viralmine::model::{BatchBuilder, CORPUS_ID, Collection, CreatorQuestion, CreatorSort, Hits, Verdict};
use viralmine::store::{BulkTarget, Lookup, StoreContents, StoreError, StoreReader, StoreWriter};

use super::contents::scanned;
use super::{Scratch, batch, node_url, store, video};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::Fault;
use crate::support::proxy::gate::unauthorized;

fn all() -> CreatorQuestion {
    CreatorQuestion {
        among: None,
        median_at_least: None,
        median_below: None,
        min_judged: 0,
        sort: CreatorSort::HitRate,
        limit: usize::MAX,
    }
}

fn row(id: &str, judged: u64, median: Option<f64>, hit_rate: Option<f64>) -> Value {
    json!({"sec_user_id": id, "unique_id": "u", "videos": judged + 1, "judged": judged, "median_plays": median,
        "hit_rate": hit_rate, "engagement": median.map(|median| 1.0 / median), "trend": hit_rate, "growth": hit_rate.map(|rate| 0.6 - rate)})
}

async fn send(scratch: &Scratch, rows: &[Value]) {
    for part in rows.chunks(4_000) {
        let mut builder = BatchBuilder::new(Collection::Creators);
        for row in part {
            let id = row["sec_user_id"].as_str().unwrap_or(CORPUS_ID);
            builder.push(id, 5, row.to_string().as_bytes());
        }
        let verdicts = scratch.store.bulk(&builder.finish()).await.unwrap();
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Stored { new: true }));
    }
    scratch.store.commit().await.unwrap();
}

fn corpus() -> Value {
    json!({"scored_at": 9, "newest_fetched_at": 8, "videos": 7, "viral_by_chance": 0.5, "engagement_a": 1.0, "engagement_b": 2.0})
}

fn ids(hits: &Hits) -> String {
    let id = |bytes| serde_json::from_slice::<Value>(bytes).unwrap()["sec_user_id"].as_str().unwrap().to_owned();
    hits.videos.iter().map(|bytes| id(bytes)).collect()
}

#[tokio::test]
async fn rows_are_filtered_and_sorted_with_what_is_missing_last() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    let rows = [
        row("c", 5, Some(100.0), Some(0.5)),
        row("a", 9, Some(50.0), Some(0.5)),
        row("b", 2, None, None),
        row("d", 1, Some(99.5), Some(0.75)),
        corpus(),
    ];
    send(&scratch, &rows).await;
    let text = |ids: &[&str]| Some(ids.iter().map(|&id| id.to_owned()).collect());
    let cases = [
        (all(), "dacb"),
        (CreatorQuestion { sort: CreatorSort::MedianPlays, ..all() }, "cdab"),
        (CreatorQuestion { sort: CreatorSort::Engagement, ..all() }, "adcb"),
        (CreatorQuestion { sort: CreatorSort::Trend, ..all() }, "dacb"),
        (CreatorQuestion { sort: CreatorSort::Growth, ..all() }, "acdb"),
        (CreatorQuestion { median_at_least: Some(99.5), ..all() }, "dc"),
        (CreatorQuestion { median_below: Some(99.5), ..all() }, "a"),
        (CreatorQuestion { median_at_least: Some(60.0), median_below: Some(100.0), ..all() }, "d"),
        (CreatorQuestion { min_judged: 2, ..all() }, "acb"),
        (CreatorQuestion { min_judged: u64::MAX, ..all() }, ""),
        (CreatorQuestion { among: text(&["a", "b", "nobody"]), ..all() }, "ab"),
        (CreatorQuestion { among: text(&[]), ..all() }, ""),
        (CreatorQuestion { among: text(&[CORPUS_ID]), ..all() }, ""),
    ];
    for (question, expected) in cases {
        let hits = scratch.store.creators(&question).await.unwrap();
        assert_eq!((ids(&hits), hits.total), (expected.to_owned(), expected.len() as u64), "{question:?}");
        let hits = scratch.store.creators(&CreatorQuestion { limit: 1, ..question }).await.unwrap();
        assert_eq!((hits.total, hits.videos.len()), (expected.len() as u64, expected.len().min(1)));
    }
    assert_eq!(scratch.store.count(Collection::Creators).await.unwrap(), 4);
    let found = scanned(|into| scratch.store.scan(Collection::Creators, into)).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    let ids = [CORPUS_ID.to_owned(), "nobody".to_owned(), "a".to_owned()];
    let read = scratch.store.get(Collection::Creators, &ids).await.unwrap();
    let source = |at: usize| serde_json::from_slice::<Value>(&read[at].as_ref().unwrap().source).unwrap();
    assert_eq!((source(0), read[1].as_ref(), source(2)), (corpus(), None, rows[1].clone()));
}

#[tokio::test]
async fn more_than_ten_thousand_rows_and_more_names_than_one_query_takes() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    let id = |number: usize| format!("c{number:06}");
    let rows: Vec<Value> = (0..11_000).map(|number| row(&id(number), 1, None, Some(0.5))).collect();
    send(&scratch, &rows).await;
    let among = (1_000..80_000).map(id).collect();
    let hits = scratch.store.creators(&CreatorQuestion { among: Some(among), ..all() }).await.unwrap();
    assert_eq!((hits.total, hits.videos.len()), (10_000, 10_000));
    let hits = scratch.store.creators(&all()).await.unwrap();
    assert_eq!(ids(&hits), (0..11_000).map(id).collect::<String>());
}

#[tokio::test]
async fn before_any_pass_the_answer_says_to_score() {
    let says_to_score = |outcome: Result<Hits, StoreError>| {
        assert!(
            matches!(&outcome, Err(StoreError::Missing(words)) if words.contains("`viralmine score`")),
            "{outcome:?}"
        );
    };
    let scratch = Scratch::new();
    says_to_score(scratch.store.creators(&all()).await);
    assert_eq!(scratch.store.count(Collection::Creators).await.unwrap(), 0);
    assert_eq!(scratch.store.get(Collection::Creators, &["a".to_owned()]).await.unwrap(), [None]);
    assert!(scanned(|into| scratch.store.scan(Collection::Creators, into)).await.is_empty());
    scratch.store.prepare().await.unwrap();
    says_to_score(scratch.store.creators(&all()).await);
    send(&scratch, &[corpus()]).await;
    assert_eq!(scratch.store.creators(&all()).await.unwrap(), Hits::default());
}

#[tokio::test]
async fn an_index_that_does_not_fit_is_refused_only_where_creators_are_needed() {
    let scratch = Scratch::new();
    let (alias, index) = (scratch.name("creators"), scratch.name("creators-000001"));
    let body = json!({"mappings": {"properties": {"hit_rate": {"type": "keyword"}}}, "aliases": {alias: {}}});
    scratch.rest("PUT", &index, body).await;
    scratch.store.prepare().await.unwrap();
    scratch.store.bulk(&batch(1, &[video("1", json!({}))])).await.unwrap();
    scratch.store.commit().await.unwrap();
    let mut rows = BatchBuilder::new(Collection::Creators);
    rows.push("a", 1, row("a", 1, None, None).to_string().as_bytes());
    let outcomes = [scratch.store.bulk(&rows.finish()).await.map(drop), scratch.store.creators(&all()).await.map(drop)];
    for outcome in outcomes {
        let Err(StoreError::Unfit(words)) = outcome else { panic!("{outcome:?}") };
        for part in [&index, "hit_rate", "delete that index", "`viralmine score`"] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
    // As it says.
    scratch.rest("DELETE", &index, Value::Null).await;
    send(&scratch, &[row("a", 1, None, None)]).await;
    assert_eq!(scratch.store.creators(&all()).await.unwrap().total, 1);
}

#[tokio::test]
async fn who_may_not_make_the_index_of_creators_fetches_all_the_same() {
    let scratch = Scratch::new();
    let proxy = FaultProxy::start(&node_url()).await;
    let creators = scratch.name("creators");
    proxy.decide(Box::new(move |request| {
        let is_refused = request.method == "PUT" && request.path().contains(&creators);
        if is_refused { Fault::Answer(unauthorized()) } else { Fault::Pass }
    }));
    let limited = store(&proxy.url(), &scratch.prefix);
    limited.prepare().await.unwrap();
    limited.bulk(&batch(1, &[video("1", json!({}))])).await.unwrap();
    limited.commit().await.unwrap();
    let mut rows = BatchBuilder::new(Collection::Creators);
    rows.push("a", 1, row("a", 1, None, None).to_string().as_bytes());
    let outcome = limited.bulk(&rows.finish()).await;
    assert!(matches!(&outcome, Err(StoreError::Denied(words)) if words.contains("rights")), "{outcome:?}");
}
