//! The next version of the videos' index: filled beside the old one, gone on with after a kill, put in its place at
//! once.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use viralmine::model::{Batch, Question, Verdict};
use viralmine::store::elastic::ElasticVersions;
use viralmine::store::{
    BulkTarget, IndexVersions, Leases, StoreContents, StoreError, StoreReader, StoreWriter, VersionNames,
};

use super::contents::scanned;
use super::{Scratch, batch, store, video};

async fn prepared() -> Scratch {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    scratch
}

/// Another process that reindexes.
async fn reindexing(scratch: &Scratch) -> ElasticVersions {
    ElasticVersions::open(store(&scratch.url, &scratch.prefix)).await.unwrap()
}

fn names(scratch: &Scratch, old: u32, next: u32) -> VersionNames {
    let name = |number: u32| scratch.name(&format!("videos-{number:06}"));
    VersionNames { old: name(old), next: name(next) }
}

fn videos(ids: &[&str], version: i64) -> Batch {
    let videos: Vec<Value> = ids.iter().map(|id| video(id, json!({}))).collect();
    batch(version, &videos)
}

async fn aliases(scratch: &Scratch) -> Value {
    scratch.rest("GET", &format!("{}-*/_alias", scratch.name("videos")), Value::Null).await.1
}

async fn settings_of(scratch: &Scratch, index: &str) -> Value {
    let (_, found) = scratch.rest("GET", &format!("{index}/_settings?flat_settings=true"), Value::Null).await;
    found[index]["settings"].clone()
}

async fn put_in_use(versions: &ElasticVersions) {
    versions.freeze_old(true).await.unwrap();
    versions.switch().await.unwrap();
}

fn writes() -> Value {
    json!({"is_write_index": true})
}

#[tokio::test]
async fn a_run_sees_the_old_version_then_waits_then_reaches_the_next() {
    let scratch = prepared().await;
    let run = &scratch.store;
    run.bulk(&videos(&["1", "2"], 10)).await.unwrap();
    let versions = reindexing(&scratch).await;
    versions.take_lease("reindex", Duration::from_mins(1)).await.unwrap();
    let expected = names(&scratch, 1, 2);
    assert_eq!(versions.begin().await.unwrap(), expected);

    // What a run wrote last is scanned, though no refresh has come since.
    let old = scanned(|into| versions.scan_old(into)).await;
    assert_eq!(
        old.iter().map(|(id, (version, _))| (id.as_str(), *version)).collect::<Vec<_>>(),
        [("1", 10), ("2", 10)]
    );
    assert_eq!(versions.bulk(&videos(&["1", "2"], 10)).await.unwrap(), [const { Verdict::Stored { new: true } }; 2]);
    assert_eq!(versions.bulk(&videos(&["1", "2"], 9)).await.unwrap(), [const { Verdict::Superseded }; 2]);
    assert_eq!(versions.bulk(&videos(&["3"], 11)).await.unwrap(), [Verdict::Stored { new: true }]);
    let ids = ["3", "nobody", "1"].map(str::to_owned);
    assert_eq!(versions.next_versions(&ids).await.unwrap(), [Some(11), None, Some(10)]);
    versions.commit_next().await.unwrap();
    run.commit().await.unwrap();
    assert_eq!(run.search(&Question::all()).await.unwrap().total, 2, "nobody sees the next version yet");
    assert_eq!(run.bulk(&videos(&["4"], 12)).await.unwrap(), [Verdict::Stored { new: true }]);

    versions.freeze_old(true).await.unwrap();
    let waiting = run.bulk(&videos(&["5"], 13)).await.unwrap();
    assert!(matches!(&waiting[0], Verdict::Again(words) if words.contains("cluster_block_exception")), "{waiting:?}");
    let old = scanned(|into| versions.scan_old(into)).await;
    assert_eq!(old.len(), 3, "frozen, it is read to its end");
    versions.bulk(&videos(&["4"], 12)).await.unwrap();
    versions.switch().await.unwrap();

    assert_eq!(run.bulk(&videos(&["5"], 13)).await.unwrap(), [Verdict::Stored { new: true }]);
    run.commit().await.unwrap();
    assert_eq!(run.search(&Question::all()).await.unwrap().total, 5);
    assert_eq!(run.count(viralmine::model::Collection::Videos).await.unwrap(), 5);
    // Kept and frozen; the next one has the mark no more.
    let videos = scratch.name("videos");
    assert_eq!(
        aliases(&scratch).await,
        json!({expected.old.clone(): {"aliases": {}}, expected.next.clone(): {"aliases": {videos: writes()}}})
    );
    let (old, next) = (settings_of(&scratch, &expected.old).await, settings_of(&scratch, &expected.next).await);
    assert_eq!(old["index.blocks.write"], "true");
    assert_eq!(next["index.blocks.write"], Value::Null);
    for setting in ["index.refresh_interval", "index.auto_expand_replicas", "index.number_of_shards"] {
        assert!(next[setting].is_string() && next[setting] == old[setting], "{setting}: {next} {old}");
    }
    // The answer was lost: asked again, it stays so.
    versions.switch().await.unwrap();
    versions.release_lease("reindex").await.unwrap();
    run.prepare().await.unwrap();

    assert_eq!(versions.drop_old().await.unwrap(), std::slice::from_ref(&expected.old));
    let (status, _) = scratch.rest("GET", &expected.old, Value::Null).await;
    assert_eq!(status, 404);
    assert!(versions.drop_old().await.unwrap().is_empty());
}

#[tokio::test]
async fn killed_at_any_point_a_second_reindex_goes_on_and_finishes() {
    let scratch = prepared().await;
    scratch.store.bulk(&videos(&["1"], 10)).await.unwrap();
    let expected = names(&scratch, 1, 2);
    // Made, not yet filled.
    assert_eq!(reindexing(&scratch).await.begin().await.unwrap(), expected);
    // Filled in part.
    let second = reindexing(&scratch).await;
    assert_eq!(second.begin().await.unwrap(), expected);
    second.bulk(&videos(&["1", "2"], 10)).await.unwrap();
    // Frozen: what was there is kept, and the block taken off and set again.
    let third = reindexing(&scratch).await;
    assert_eq!(third.begin().await.unwrap(), expected);
    let ids = ["1", "2"].map(str::to_owned);
    assert_eq!(third.next_versions(&ids).await.unwrap(), [Some(10), Some(10)]);
    third.freeze_old(true).await.unwrap();
    let fourth = reindexing(&scratch).await;
    assert_eq!(fourth.begin().await.unwrap(), expected);
    fourth.freeze_old(true).await.unwrap();
    assert!(matches!(scratch.store.bulk(&videos(&["1"], 11)).await.unwrap()[0], Verdict::Again(_)));
    fourth.freeze_old(false).await.unwrap();
    fourth.freeze_old(false).await.unwrap();
    assert_eq!(scratch.store.bulk(&videos(&["1"], 11)).await.unwrap(), [Verdict::Stored { new: false }]);
    // What a run wrote since is in the old version alone.
    let switched = fourth.switch().await;
    assert!(matches!(&switched, Err(StoreError::Unfit(words)) if words.contains("let in again")), "{switched:?}");
    put_in_use(&fourth).await;
    // Switched, not yet reported: the next reindexing is a whole one.
    let fifth = reindexing(&scratch).await;
    assert_eq!(fifth.begin().await.unwrap(), names(&scratch, 2, 3));
    fifth.bulk(&videos(&["1", "2"], 11)).await.unwrap();
    put_in_use(&fifth).await;
    assert_eq!(fifth.drop_old().await.unwrap(), [expected.old, expected.next]);
    assert_eq!(scratch.store.versions(&ids).await.unwrap(), [Some(11), Some(11)]);
}

#[tokio::test]
async fn an_index_of_an_older_viralmine_is_reindexed_though_no_run_takes_it() {
    let scratch = Scratch::new();
    let body = json!({
        "mappings": {"properties": {"publish_ts": {"type": "date"}}},
        "aliases": {scratch.name("videos"): {}},
    });
    scratch.rest("PUT", &scratch.name("videos-by-hand"), body).await;
    let refused = scratch.store.prepare().await;
    assert!(matches!(&refused, Err(StoreError::Unfit(words)) if words.contains("viralmine reindex")), "{refused:?}");
    let versions = reindexing(&scratch).await;
    let names = versions.begin().await.unwrap();
    assert_eq!(names, VersionNames { old: scratch.name("videos-by-hand"), next: scratch.name("videos-000001") });
    put_in_use(&versions).await;
    scratch.store.prepare().await.unwrap();
    // A name without a number is no older version.
    assert!(versions.drop_old().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unfinished_version_is_gone_on_with_only_when_it_fits() {
    let scratch = prepared().await;
    let mark = scratch.name("videos-next");
    let unfinished = scratch.name("videos-000002");
    // Without the mark it is somebody's own, or a version that was in use before the alias was moved back.
    scratch.rest("PUT", &unfinished, json!({})).await;
    let versions = reindexing(&scratch).await;
    assert_eq!(versions.begin().await.unwrap(), names(&scratch, 1, 3));
    scratch.rest("DELETE", &scratch.name("videos-000003"), Value::Null).await;
    // A deleted one is not made anew by what is still being sent.
    let verdicts = versions.bulk(&videos(&["1"], 1)).await.unwrap();
    assert!(matches!(&verdicts[0], Verdict::Again(words) if words.contains("index_not_found")), "{verdicts:?}");

    // What an older viralmine left lacks fields, and somebody froze it.
    scratch.rest("DELETE", &unfinished, Value::Null).await;
    scratch.rest("DELETE", &format!("_index_template/{}", scratch.name("videos")), Value::Null).await;
    let body = json!({"aliases": {mark.clone(): {}}, "settings": {"index.blocks.write": true}});
    scratch.rest("PUT", &unfinished, body).await;
    assert_eq!(versions.begin().await.unwrap(), names(&scratch, 1, 2));
    assert_eq!(versions.bulk(&videos(&["1"], 1)).await.unwrap(), [Verdict::Stored { new: true }]);
    let (_, mapping) = scratch.rest("GET", &format!("{unfinished}/_mapping"), Value::Null).await;
    assert_eq!(mapping[&unfinished]["mappings"]["properties"]["search_text"]["analyzer"], "whitespace");

    scratch.rest("DELETE", &unfinished, Value::Null).await;
    let body = json!({"aliases": {mark: {}}, "mappings": {"properties": {"publish_ts": {"type": "date"}}}});
    scratch.rest("DELETE", &format!("_index_template/{}", scratch.name("videos")), Value::Null).await;
    scratch.rest("PUT", &unfinished, body).await;
    let begun = versions.begin().await;
    let is_clear =
        |words: &str| [unfinished.as_str(), "publish_ts", "delete that index"].iter().all(|part| words.contains(part));
    assert!(matches!(&begun, Err(StoreError::Unfit(words)) if is_clear(words)), "{begun:?}");
}

#[tokio::test]
async fn only_older_versions_that_nothing_points_to_are_dropped() {
    let scratch = prepared().await;
    for number in [2, 3, 5] {
        scratch.rest("PUT", &scratch.name(&format!("videos-{number:06}")), json!({})).await;
    }
    scratch.rest("PUT", &scratch.name("videos-copy"), json!({})).await;
    let alias = scratch.name("videos");
    let actions = json!([
        {"add": {"index": scratch.name("videos-000002"), "alias": scratch.name("kept")}},
        {"remove": {"index": scratch.name("videos-000001"), "alias": alias}},
        {"add": {"index": scratch.name("videos-000003"), "alias": alias, "is_write_index": true}},
    ]);
    scratch.rest("POST", "_aliases", json!({"actions": actions})).await;
    let versions = reindexing(&scratch).await;
    assert_eq!(versions.begin().await.unwrap(), names(&scratch, 3, 6));
    assert_eq!(versions.drop_old().await.unwrap(), [scratch.name("videos-000001")]);
    let left: Vec<String> = aliases(&scratch).await.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        left,
        ["000002", "000003", "000005", "000006", "copy"].map(|rest| scratch.name(&format!("videos-{rest}")))
    );
}

#[tokio::test]
async fn an_alias_that_was_moved_meanwhile_is_left_where_it_is() {
    let scratch = prepared().await;
    let versions = reindexing(&scratch).await;
    versions.begin().await.unwrap();
    scratch.rest("PUT", &scratch.name("videos-elsewhere"), json!({})).await;
    let alias = scratch.name("videos");
    let actions = json!([
        {"remove": {"index": scratch.name("videos-000001"), "alias": alias}},
        {"add": {"index": scratch.name("videos-elsewhere"), "alias": alias}},
    ]);
    scratch.rest("POST", "_aliases", json!({"actions": actions})).await;
    let switched = versions.switch().await;
    assert!(matches!(&switched, Err(StoreError::Unfit(words)) if words.contains("videos-elsewhere")), "{switched:?}");
}

#[tokio::test]
async fn a_lost_alias_does_not_fall_back_to_an_old_version() {
    let scratch = prepared().await;
    let versions = reindexing(&scratch).await;
    let names = versions.begin().await.unwrap();
    put_in_use(&versions).await;
    scratch.rest("DELETE", &format!("{}/_alias/{}", names.next, scratch.name("videos")), Value::Null).await;
    let prepared = scratch.store.prepare().await;
    assert!(matches!(&prepared, Err(StoreError::Unfit(words)) if words.contains(&names.next)), "{prepared:?}");
}

#[tokio::test]
async fn nothing_is_done_before_it_was_begun_or_without_an_index() {
    let scratch = Scratch::new();
    let versions = reindexing(&scratch).await;
    let begun = versions.begin().await;
    assert!(matches!(&begun, Err(StoreError::Unfit(words)) if words.contains("viralmine backfill")), "{begun:?}");
    let (into, _from) = mpsc::channel(1);
    for outcome in [versions.scan_old(into).await, versions.freeze_old(true).await, versions.switch().await] {
        assert!(matches!(outcome, Err(StoreError::Broken(_))), "{outcome:?}");
    }
}
