//! Newest wins, strict refusal, and what is read back.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;
use viralmine::model::{Collection, Question, Verdict};
use viralmine::store::{BulkTarget, Lookup, StoreReader, StoreWriter};

use super::*;

async fn put(writer: &EmbeddedWriter, id: &str, version: i64, plays: u64) -> Verdict {
    let document = video(id, &json!({"stats": {"play": plays}}));
    let verdicts = writer.bulk(&batch(Collection::Videos, &[(id, version, document)])).await.expect("answered");
    verdicts.into_iter().next().expect("one verdict")
}

async fn plays_and_version(writer: &EmbeddedWriter, id: &str) -> Option<(u64, i64)> {
    let documents = writer.get(Collection::Videos, &[id.to_owned()]).await.expect("answered");
    let document = documents.into_iter().next().expect("one answer")?;
    let source: serde_json::Value = serde_json::from_slice(&document.source).expect("JSON");
    Some((source["stats"]["play"].as_u64().expect("plays"), document.version))
}

#[tokio::test]
async fn an_equal_version_is_stored_again_and_a_lower_one_superseded() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    assert_eq!(put(&store, "7", 5, 1).await, Verdict::Stored { new: true });
    assert_eq!(put(&store, "7", 5, 2).await, Verdict::Stored { new: false }, "equal, uncommitted");
    assert_eq!(put(&store, "7", 4, 3).await, Verdict::Superseded, "lower, uncommitted");
    store.commit().await.expect("committed");
    assert_eq!(put(&store, "7", 4, 4).await, Verdict::Superseded, "lower, committed");
    assert_eq!(put(&store, "7", 5, 5).await, Verdict::Stored { new: false }, "equal, committed");
    assert_eq!(plays_and_version(&store, "7").await, Some((5, 5)));
    drop(store);
    let store = writer(dir.path());
    assert_eq!(put(&store, "7", 4, 6).await, Verdict::Superseded, "lower, opened again");
    assert_eq!(put(&store, "7", 6, 7).await, Verdict::Stored { new: false }, "higher, opened again");
    assert_eq!(plays_and_version(&store, "7").await, Some((7, 6)));
}

#[tokio::test]
async fn an_id_twice_in_one_batch_ends_as_its_newest() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let one = |version: i64, plays: u64| ("7", version, video("7", &json!({"stats": {"play": plays}})));
    let twice = batch(Collection::Videos, &[one(3, 3), one(2, 2), one(4, 4), one(4, 5)]);
    let verdicts = store.bulk(&twice).await.expect("answered");
    assert_eq!(
        verdicts,
        [
            Verdict::Stored { new: true },
            Verdict::Superseded,
            Verdict::Stored { new: false },
            Verdict::Stored { new: false }
        ]
    );
    assert_eq!(plays_and_version(&store, "7").await, Some((5, 4)));
    assert_eq!(reader(dir.path()).search(&Question::all()).await.expect("answered").total, 1, "no duplicate is left");
}

#[tokio::test]
async fn a_refused_document_leaves_its_neighbours_and_its_older_version() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    put(&store, "1", 1, 10).await;
    let mixed = [
        ("1", 2, video("1", &json!({"surprise": true}))),
        ("2", 2, video("2", &json!({"stats": {"play": "many"}}))),
        ("3", 2, video("3", &json!({}))),
    ];
    let verdicts = store.bulk(&batch(Collection::Videos, &mixed)).await.expect("answered");
    let reasons = |position: usize| match &verdicts[position] {
        Verdict::Refused(reason) => reason.clone(),
        other => panic!("{other:?}"),
    };
    assert!(reasons(0).contains("strict_dynamic_mapping_exception") && reasons(0).contains("[surprise]"));
    assert!(reasons(1).contains("document_parsing_exception") && reasons(1).contains("[stats.play]"));
    assert_eq!(verdicts[2], Verdict::Stored { new: true });
    assert_eq!(plays_and_version(&store, "1").await, Some((10, 1)));
    assert_eq!(plays_and_version(&store, "2").await, None);
}

#[tokio::test]
async fn documents_are_read_back_byte_for_byte_in_the_order_asked() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let odd = "{ \"kind\" :\"video\",\"aweme_id\":\"1\", \"video_desc\":\"\\u00e9 é \\ud83d\\ude00\",\"stats\":{\"play\":1} }";
    let mut builder = viralmine::model::BatchBuilder::new(Collection::Videos);
    builder.push("1", 9, odd.as_bytes());
    store.bulk(&builder.finish()).await.expect("answered");
    let asked = ["none".to_owned(), "1".to_owned(), "1".to_owned()];
    let documents = store.get(Collection::Videos, &asked).await.expect("answered");
    assert!(documents[0].is_none());
    for document in &documents[1..] {
        let document = document.as_ref().expect("stored");
        assert_eq!((document.version, document.source.as_ref()), (9, odd.as_bytes()));
    }
    assert!(store.get(Collection::Checkpoints, &asked).await.expect("answered").iter().all(Option::is_none));
}

#[derive(Debug, Clone)]
enum Step {
    Bulk(Vec<(u8, i64)>),
    Commit,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::collection::vec((0_u8..6, 0_i64..6), 1..6).prop_map(Step::Bulk),
        2 => Just(Step::Commit),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn newest_wins_as_in_a_plain_map(steps in steps()) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(run_beside_a_map(steps))?;
    }
}

async fn run_beside_a_map(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().expect("a folder");
    let mut store = writer(dir.path());
    let mut model: HashMap<String, (u64, i64)> = HashMap::new();
    let mut count = 0;
    for step in steps {
        match step {
            Step::Commit => store.commit().await.expect("committed"),
            Step::Reopen => {
                drop(store);
                store = writer(dir.path());
            }
            Step::Bulk(documents) => {
                for (id, version) in documents {
                    count += 1;
                    let id = id.to_string();
                    let known = model.get(&id).map(|known| known.1);
                    let wins = known.is_none_or(|known| known <= version);
                    if wins {
                        model.insert(id.clone(), (count, version));
                    }
                    let expected = if wins { Verdict::Stored { new: known.is_none() } } else { Verdict::Superseded };
                    prop_assert_eq!(put(&store, &id, version, count).await, expected);
                }
            }
        }
    }
    for (id, expected) in &model {
        prop_assert_eq!(plays_and_version(&store, id).await, Some(*expected));
    }
    store.commit().await.expect("committed");
    let total = reader(dir.path()).search(&Question::all()).await.expect("answered").total;
    prop_assert_eq!(total, model.len() as u64);
    Ok(())
}
