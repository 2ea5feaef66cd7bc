//! What is stored, read as it is: versions, counts, and scans, of which none leaves a point in time behind.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use viralmine::model::{BatchBuilder, Checkpoint, Collection, CreatorId, Verdict};
use viralmine::store::{BulkTarget, Leases, ScannedDocument, StoreContents, StoreError, StoreWriter};

use super::{Scratch, batch, video};

/// Every document that a scan hands on, by id.
pub async fn scanned<F>(scan: impl FnOnce(mpsc::Sender<Vec<ScannedDocument>>) -> F) -> BTreeMap<String, (i64, Vec<u8>)>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let (into, mut from) = mpsc::channel::<Vec<ScannedDocument>>(2);
    let collect = async {
        let mut all = BTreeMap::new();
        while let Some(documents) = from.recv().await {
            assert!((1..=1_000).contains(&documents.len()));
            for ScannedDocument { id, document } in documents {
                let found = all.insert(id.clone(), (document.version, document.source.to_vec()));
                assert_eq!(found, None, "{id} came twice");
            }
        }
        all
    };
    let (outcome, all) = tokio::join!(scan(into), collect);
    outcome.unwrap();
    all
}

async fn open_points(scratch: &Scratch, index: &str) -> Value {
    let (_, stats) = scratch.rest("GET", &format!("{}/_stats/search", scratch.name(index)), Value::Null).await;
    stats["_all"]["total"]["search"]["open_contexts"].clone()
}

/// More than one search returns, each at a version of its own, written with blanks of its own.
async fn filled(count: usize) -> Scratch {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    let ids: Vec<usize> = (0..count).collect();
    for part in ids.chunks(4_000) {
        let mut builder = BatchBuilder::new(Collection::Videos);
        for id in part {
            builder.push(&id.to_string(), 1_000 + i64::try_from(*id).unwrap(), source(*id).as_bytes());
        }
        let verdicts = scratch.store.bulk(&builder.finish()).await.unwrap();
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Stored { new: true }));
    }
    scratch.store.commit().await.unwrap();
    scratch
}

fn source(id: usize) -> String {
    format!("{{ \"aweme_id\" : \"{id}\",  \"video_desc\":\"\\u00e9 é \\/ 🦩\", \"stats\":{{\"play\":{id}.0}} }}")
}

#[tokio::test]
async fn a_scan_is_complete_with_versions_and_bytes_and_closes_its_point_in_time() {
    let scratch = filled(12_345).await;
    // Written after: neither findable nor scanned.
    scratch.store.bulk(&batch(1, &[video("late", json!({}))])).await.unwrap();
    let all = scanned(|into| scratch.store.scan(Collection::Videos, into)).await;
    assert_eq!(all.len(), 12_345);
    for id in 0..12_345 {
        let (version, bytes) = &all[&id.to_string()];
        assert_eq!((*version, bytes.as_slice()), (1_000 + i64::try_from(id).unwrap(), source(id).as_bytes()));
    }
    assert_eq!(scratch.store.count(Collection::Videos).await.unwrap(), 12_345);
    assert_eq!(open_points(&scratch, "videos-000001").await, json!(0));
}

#[tokio::test]
async fn a_scan_that_nobody_wants_any_more_ends_and_closes_its_point_in_time() {
    let scratch = filled(1_500).await;
    let (into, mut from) = mpsc::channel(1);
    let receive = async {
        let first = from.recv().await.unwrap();
        drop(from);
        first
    };
    let (outcome, first) = tokio::join!(scratch.store.scan(Collection::Videos, into), receive);
    outcome.unwrap();
    assert!(!first.is_empty() && first.len() < 1_500);
    assert_eq!(open_points(&scratch, "videos-000001").await, json!(0));
}

#[tokio::test]
async fn versions_come_in_the_order_asked_before_any_refresh() {
    let scratch = filled(2_500).await;
    scratch.store.bulk(&batch(99_999, &[video("7", json!({})), video("late", json!({}))])).await.unwrap();
    let mut ids: Vec<String> = (0..2_600).rev().map(|id| id.to_string()).collect();
    ids.push("late".to_owned());
    let versions = scratch.store.versions(&ids).await.unwrap();
    assert_eq!(versions.len(), ids.len());
    for (id, version) in ids.iter().zip(versions) {
        let expected = match id.parse::<i64>() {
            Ok(7) | Err(_) => Some(99_999),
            Ok(id) => (id < 2_500).then_some(1_000 + id),
        };
        assert_eq!(version, expected, "{id}");
    }
    assert!(scratch.store.versions(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_else_lies_among_the_checkpoints_is_none() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    let mut builder = BatchBuilder::new(Collection::Checkpoints);
    for creator in ["MS4wLjABAAAAone-of-two", "MS4wLjABAAAAtwo-of-two"] {
        let creator = CreatorId::parse(creator).unwrap();
        let checkpoint = Checkpoint::new(&creator, 1_750_300_000_000);
        builder.push(creator.as_str(), checkpoint.updated_at, &serde_json::to_vec(&checkpoint).unwrap());
    }
    scratch.store.bulk(&builder.finish()).await.unwrap();
    scratch.store.take_lease("somebody", Duration::from_mins(1)).await.unwrap();
    scratch.store.relax_settings().await.unwrap();
    scratch.store.commit().await.unwrap();

    assert_eq!(scratch.store.count(Collection::Checkpoints).await.unwrap(), 2);
    let all = scanned(|into| scratch.store.scan(Collection::Checkpoints, into)).await;
    assert_eq!(all.keys().collect::<Vec<_>>(), ["MS4wLjABAAAAone-of-two", "MS4wLjABAAAAtwo-of-two"]);
    assert_eq!(open_points(&scratch, "checkpoints-000001").await, json!(0));
}

#[tokio::test]
async fn without_an_index_there_is_nothing_to_read() {
    let scratch = Scratch::new();
    let (into, _from) = mpsc::channel(1);
    let outcomes = [
        scratch.store.versions(&["1".to_owned()]).await.map(drop),
        scratch.store.count(Collection::Checkpoints).await.map(drop),
        scratch.store.scan(Collection::Videos, into).await,
    ];
    for outcome in outcomes {
        assert!(
            matches!(&outcome, Err(StoreError::Missing(words)) if words.contains("viralmine backfill")),
            "{outcome:?}"
        );
    }
}
