//! Bulk settings with a way back: killed between any two steps, a later run brings the original back.

use serde_json::{Value, json};
use viralmine::archive::DataFolder;
use viralmine::store::{StoreError, StoreWriter};

use super::{Scratch, store};
use crate::command_line::shell::Shell;

const NAMES: [&str; 3] = ["index.refresh_interval", "index.auto_expand_replicas", "index.number_of_replicas"];

async fn prepared() -> Scratch {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    scratch
}

/// The three settings as they are set on the videos' index.
async fn current(scratch: &Scratch) -> [Value; 3] {
    let index = scratch.name("videos-000001");
    let (status, found) = scratch.rest("GET", &format!("{index}/_settings?flat_settings=true"), Value::Null).await;
    assert_eq!(status, 200);
    NAMES.map(|name| found[&index]["settings"][name].clone())
}

fn original() -> [Value; 3] {
    [json!("5s"), json!("0-1"), json!("0")]
}

fn relaxed() -> [Value; 3] {
    [json!("-1"), json!("false"), json!("0")]
}

async fn journal(scratch: &Scratch) -> Value {
    let path = format!("{}/_doc/bulk-settings", scratch.name("checkpoints"));
    scratch.rest("GET", &path, Value::Null).await.1["_source"]["bulk_settings"].clone()
}

async fn fabricate_journal(scratch: &Scratch, index: &str, before: Value) {
    let path = format!("{}/_doc/bulk-settings", scratch.name("checkpoints"));
    let body = json!({"bulk_settings": {"index": scratch.name(index), "before": before}});
    let (status, answer) = scratch.rest("PUT", &path, body).await;
    assert!(status < 300, "{answer}");
}

fn before() -> Value {
    json!({"refresh_interval": "5s", "auto_expand_replicas": "0-1", "number_of_replicas": "0"})
}

async fn turn_off(scratch: &Scratch) {
    scratch.settings_of_videos(Value::Object(NAMES.map(str::to_owned).into_iter().zip(relaxed()).collect())).await;
}

/// Another process puts back what there is; what it says.
async fn next_run(scratch: &Scratch) -> bool {
    let put_back = store(&scratch.url, &scratch.prefix).restore_settings().await.unwrap();
    assert_eq!(journal(scratch).await, Value::Null, "it is struck out");
    put_back
}

#[tokio::test]
async fn settings_are_turned_off_and_come_back() {
    let scratch = prepared().await;
    assert!(!scratch.store.restore_settings().await.unwrap(), "nothing was written down");
    assert_eq!(current(&scratch).await, original());
    for _ in 0..2 {
        assert!(scratch.store.relax_settings().await.unwrap());
        assert_eq!(current(&scratch).await, relaxed());
        assert_eq!(journal(&scratch).await, json!({"index": scratch.name("videos-000001"), "before": before()}));
        assert!(next_run(&scratch).await);
        assert_eq!(current(&scratch).await, original());
        assert!(!scratch.store.restore_settings().await.unwrap());
    }
}

#[tokio::test]
async fn killed_between_any_two_steps_the_original_comes_back() {
    let scratch = prepared().await;
    // The index is named, what it was is not yet known.
    fabricate_journal(&scratch, "videos-000001", Value::Null).await;
    assert!(!next_run(&scratch).await);
    assert_eq!(current(&scratch).await, original());
    // Written down, not yet turned off; or put back, not yet struck out.
    fabricate_journal(&scratch, "videos-000001", before()).await;
    assert!(next_run(&scratch).await);
    assert_eq!(current(&scratch).await, original());
    // Turned off.
    fabricate_journal(&scratch, "videos-000001", before()).await;
    turn_off(&scratch).await;
    assert!(next_run(&scratch).await);
    assert_eq!(current(&scratch).await, original());
    // Each time the run goes on instead.
    for (known, is_off) in [(Value::Null, false), (before(), false), (before(), true)] {
        fabricate_journal(&scratch, "videos-000001", known).await;
        if is_off {
            turn_off(&scratch).await;
        }
        assert!(scratch.store.relax_settings().await.unwrap());
        assert_eq!(current(&scratch).await, relaxed());
        assert_eq!(journal(&scratch).await["before"], before(), "an earlier run's word is kept");
        assert!(next_run(&scratch).await);
        assert_eq!(current(&scratch).await, original());
    }
}

#[tokio::test]
async fn what_was_not_set_is_not_set_afterwards() {
    let scratch = prepared().await;
    scratch.settings_of_videos(json!({NAMES[0]: null, NAMES[1]: null, NAMES[2]: 3})).await;
    let unset = [Value::Null, Value::Null, json!("3")];
    assert_eq!(current(&scratch).await, unset);
    scratch.store.relax_settings().await.unwrap();
    assert_eq!(current(&scratch).await, relaxed());
    assert!(next_run(&scratch).await);
    assert_eq!(current(&scratch).await, unset);
}

#[tokio::test]
async fn what_an_operator_set_meanwhile_stays() {
    let scratch = prepared().await;
    scratch.store.relax_settings().await.unwrap();
    scratch.settings_of_videos(json!({NAMES[0]: "30s"})).await;
    assert!(next_run(&scratch).await);
    assert_eq!(current(&scratch).await, [json!("30s"), json!("0-1"), json!("0")]);
}

#[tokio::test]
async fn a_journal_of_an_index_that_is_gone_is_struck_out() {
    let scratch = prepared().await;
    fabricate_journal(&scratch, "videos-000000", before()).await;
    assert!(!next_run(&scratch).await);
    fabricate_journal(&scratch, "videos-000000", before()).await;
    assert!(scratch.store.relax_settings().await.unwrap());
    assert_eq!(journal(&scratch).await["index"], json!(scratch.name("videos-000001")));
    assert!(next_run(&scratch).await);
    assert_eq!(current(&scratch).await, original());
}

#[tokio::test]
async fn the_alias_may_move_meanwhile() {
    let scratch = prepared().await;
    scratch.store.relax_settings().await.unwrap();
    scratch.rest("PUT", &scratch.name("videos-000002"), json!({})).await;
    let actions = json!([
        {"remove": {"index": scratch.name("videos-000001"), "alias": scratch.name("videos")}},
        {"add": {"index": scratch.name("videos-000002"), "alias": scratch.name("videos"), "is_write_index": true}},
    ]);
    scratch.rest("POST", "_aliases", json!({"actions": actions})).await;
    // A run with bulk settings settles the old index first.
    assert!(scratch.store.relax_settings().await.unwrap());
    assert_eq!(current(&scratch).await, original());
    assert_eq!(journal(&scratch).await["index"], json!(scratch.name("videos-000002")));
    assert!(next_run(&scratch).await);
}

#[tokio::test]
async fn several_runs_at_once_find_the_way_back() {
    let scratch = prepared().await;
    let stores: Vec<_> = (0..4).map(|_| store(&scratch.url, &scratch.prefix)).collect();
    for _ in 0..5 {
        for relaxing in futures::future::join_all(stores.iter().map(StoreWriter::relax_settings)).await {
            assert!(matches!(relaxing, Ok(true) | Err(StoreError::Busy(_))), "{relaxing:?}");
        }
        assert_eq!(current(&scratch).await, relaxed());
        for restoring in futures::future::join_all(stores.iter().map(StoreWriter::restore_settings)).await {
            restoring.unwrap();
        }
        next_run(&scratch).await;
        assert_eq!(current(&scratch).await, original());
    }
    // A run that starts while another is about to turn them off.
    for _ in 0..10 {
        let (relaxing, restoring, again) =
            tokio::join!(stores[0].relax_settings(), stores[1].restore_settings(), stores[2].restore_settings());
        assert!(matches!(relaxing, Ok(true) | Err(StoreError::Busy(_))), "{relaxing:?}");
        restoring.unwrap();
        again.unwrap();
        stores[0].restore_settings().await.unwrap();
        next_run(&scratch).await;
        assert_eq!(current(&scratch).await, original());
    }
}

#[tokio::test]
async fn without_an_index_there_is_nothing_to_turn_off_or_put_back() {
    let scratch = Scratch::new();
    assert!(!scratch.store.restore_settings().await.unwrap());
    let relaxing = scratch.store.relax_settings().await;
    assert!(matches!(&relaxing, Err(StoreError::Unfit(words)) if words.contains("viralmine backfill")), "{relaxing:?}");
}

#[tokio::test]
async fn a_doctor_leaves_the_settings_of_a_run_that_is_under_way_alone() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    assert!(scratch.store.relax_settings().await.unwrap());
    let shell = Shell::new();
    let arguments = ["doctor", "--free", "--store", &scratch.url, "--index-prefix", &scratch.prefix];
    let lock = DataFolder::lock(&shell.path("viralmine-data")).unwrap();
    let beside = shell.run(&arguments).await.stdout;
    assert!(beside.contains("a run is under way") && !beside.contains("had left turned off"), "{beside}");
    drop(lock);
    let after = shell.run(&arguments).await.stdout;
    assert!(after.contains("had left turned off, are put back"), "{after}");
}
