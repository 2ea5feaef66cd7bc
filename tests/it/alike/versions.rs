//! The same steps in each store: newest wins, one document's refusal is its own, reads see what is not committed.

use serde_json::{Value, json};
use viralmine::model::{Batch, BatchBuilder, Collection, Question, Verdict};
use viralmine::store::StoreWriter;

use super::kind;
use crate::support::place::{Place, on_both_stores};

on_both_stores!(the_newest_version_wins, a_refusal_is_its_own_documents, what_is_answered_is_read_before_a_commit);

/// Documents by id and version.
fn batch(documents: &[(&str, i64, Value)]) -> Batch {
    let mut builder = BatchBuilder::new(Collection::Videos);
    for (id, version, document) in documents {
        builder.push(id, *version, document.to_string().as_bytes());
    }
    builder.finish()
}

fn plays(id: &str, plays: u64) -> Value {
    json!({"aweme_id": id, "stats": {"play": plays}})
}

async fn kinds(writer: &dyn StoreWriter, documents: &[(&str, i64, Value)]) -> Vec<&'static str> {
    writer.bulk(&batch(documents)).await.unwrap().iter().map(kind).collect()
}

/// Version and plays of each id.
async fn read(writer: &dyn StoreWriter, ids: &[&str]) -> Vec<Option<(i64, u64)>> {
    let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
    let stored = writer.get(Collection::Videos, &ids).await.unwrap();
    let shown = |stored: viralmine::store::StoredDocument| {
        let document: Value = serde_json::from_slice(&stored.source).unwrap();
        (stored.version, document["stats"]["play"].as_u64().unwrap())
    };
    stored.into_iter().map(|stored| stored.map(shown)).collect()
}

async fn the_newest_version_wins(place: Place) {
    let writer = place.writer().await;
    let writer = writer.as_ref();
    writer.prepare().await.unwrap();
    // Each step once without, once with a commit before the next one.
    for (id, is_committed) in [("1", false), ("2", true)] {
        for (version, number, verdict, expected) in [
            (100, 1, "stored", (100, 1)),
            (99, 2, "superseded", (100, 1)),
            (100, 3, "stored", (100, 3)),
            (101, 4, "stored", (101, 4)),
            (100, 5, "superseded", (101, 4)),
            (i64::MAX, 6, "stored", (i64::MAX, 6)),
            (0, 7, "superseded", (i64::MAX, 6)),
        ] {
            assert_eq!(kinds(writer, &[(id, version, plays(id, number))]).await, [verdict], "{id} {version}");
            if is_committed {
                writer.commit().await.unwrap();
            }
            assert_eq!(read(writer, &[id]).await, [Some(expected)], "{id} {version}");
        }
    }
    // One id several times in a batch: in its order.
    let steps = [5_i64, 7, 6, 7, 8, 1].map(|version| ("3", version, plays("3", version.unsigned_abs())));
    assert_eq!(kinds(writer, &steps).await, ["stored", "stored", "superseded", "stored", "stored", "superseded"]);
    assert_eq!(read(writer, &["3"]).await, [Some((8, 8))]);
    assert_eq!(kinds(writer, &[("4", 0, plays("4", 1)), ("4", 0, plays("4", 2))]).await, ["stored", "stored"]);
    writer.commit().await.unwrap();
    assert_eq!(read(writer, &["4", "none", "3"]).await, [Some((0, 2)), None, Some((8, 8))]);
    let hits = place.reader().await.search(&Question::all()).await.unwrap();
    assert_eq!(hits.total, 4, "no older version is found");
}

async fn a_refusal_is_its_own_documents(place: Place) {
    let writer = place.writer().await;
    let writer = writer.as_ref();
    writer.prepare().await.unwrap();
    let unknown = |id: &str| json!({"aweme_id": id, "stats": {"play": 9}, "surprise": 1});
    let long = "7".repeat(513);
    let wrong = [
        unknown("b"),
        json!({"aweme_id": "b", "stats": {"plays": 9}}),
        json!({"aweme_id": "b", "stats": {"play": "many"}}),
        json!({"aweme_id": "b", "stats": 9}),
        json!({"aweme_id": "b", "publish_time": "yesterday"}),
        json!({"aweme_id": "b", "is_private": "perhaps"}),
        json!({"aweme_id": "x".repeat(32_767)}),
        json!([]),
        json!(7),
        Value::Null,
    ];
    for document in wrong {
        let documents = [("a", 2, plays("a", 1)), ("b", 2, document.clone()), ("c", 2, plays("c", 1))];
        assert_eq!(kinds(writer, &documents).await, ["stored", "refused", "stored"], "{document}");
    }
    let heads = [("", 2, plays("", 1)), (&long, 2, plays("x", 1)), ("d", -1, plays("d", 1)), ("e", 1, plays("e", 1))];
    assert_eq!(kinds(writer, &heads).await, ["refused", "refused", "refused", "stored"]);
    let whole = "7".repeat(512);
    assert_eq!(kinds(writer, &[(&whole, 1, plays("f", 1))]).await, ["stored"]);
    // What is wrong in itself is refused, newer or older than what is there.
    assert_eq!(kinds(writer, &[("a", 1, unknown("a")), ("a", 3, unknown("a"))]).await, ["refused", "refused"]);
    assert_eq!(read(writer, &["a", "b", "c", "e"]).await, [Some((2, 1)), None, Some((2, 1)), Some((1, 1))]);
    let refused = writer.bulk(&batch(&[("b", 2, unknown("b"))])).await.unwrap().remove(0);
    let Verdict::Refused(reason) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("strict_dynamic_mapping_exception") && reason.contains("[surprise]"), "{reason}");
}

async fn what_is_answered_is_read_before_a_commit(place: Place) {
    let writer = place.writer().await;
    let writer = writer.as_ref();
    writer.prepare().await.unwrap();
    assert_eq!(read(writer, &["1"]).await, [None]);
    assert_eq!(read(writer, &[]).await, []);
    kinds(writer, &[("1", 1, plays("1", 1)), ("2", 1, plays("2", 2))]).await;
    assert_eq!(read(writer, &["2", "3", "1", "1"]).await, [Some((1, 2)), None, Some((1, 1)), Some((1, 1))]);
    kinds(writer, &[("1", 2, plays("1", 3))]).await;
    assert_eq!(read(writer, &["1"]).await, [Some((2, 3))]);
    let checkpoints = writer.get(Collection::Checkpoints, &["1".to_owned()]).await.unwrap();
    assert_eq!(checkpoints, [None], "each collection has ids of its own");
}
