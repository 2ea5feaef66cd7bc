//! Writing: one verdict per document, by position; and reading back by id.

use serde_json::{Value, json};
use viralmine::model::{BatchBuilder, Checkpoint, Collection, CreatorId, Verdict};
use viralmine::store::elastic::ElasticStore;
use viralmine::store::{BulkTarget, Lookup, StoreError, StoreWriter};

use super::{Scratch, batch, settings, video};

async fn prepared() -> Scratch {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    scratch
}

#[tokio::test]
async fn the_newest_version_wins_and_an_equal_one_is_stored_again() {
    let scratch = prepared().await;
    let with = |plays: u64| video("1", json!({"stats": {"play": plays}}));
    assert_eq!(scratch.store.bulk(&batch(20, &[with(1)])).await.unwrap(), [Verdict::Stored { new: true }]);
    assert_eq!(scratch.store.bulk(&batch(20, &[with(2)])).await.unwrap(), [Verdict::Stored { new: false }]);
    assert_eq!(scratch.store.bulk(&batch(19, &[with(3)])).await.unwrap(), [Verdict::Superseded]);
    let found = scratch.store.get(Collection::Videos, &["1".to_owned()]).await.unwrap();
    let found = found[0].as_ref().unwrap();
    assert_eq!((found.version, found.source.as_ref()), (20, with(2).to_string().as_bytes()));
    assert_eq!(
        scratch.store.bulk(&batch(21, &[with(4), with(5)])).await.unwrap(),
        [Verdict::Stored { new: false }, Verdict::Stored { new: false }]
    );
}

#[tokio::test]
async fn only_the_wrong_documents_are_refused_each_at_its_place() {
    let scratch = prepared().await;
    let mut builder = BatchBuilder::new(Collection::Videos);
    let mut push = |id: &str, version: i64, source: &str| builder.push(id, version, source.as_bytes());
    push("a", 1, &video("a", json!({})).to_string());
    push("b", 1, r#"{"aweme_id":"b","unheard_of":1}"#);
    push(&"c".repeat(513), 1, r#"{"aweme_id":"c"}"#);
    push("d", 1, r#"{"aweme_id":"d","publish_ts":"soon"}"#);
    push("", 1, r#"{"aweme_id":""}"#);
    push("e", -1, r#"{"aweme_id":"e"}"#);
    push("f", 1, r#"{"aweme_id":"f","stats":{"play":99999999999999999999}}"#);
    push("g", 1, r#"{"aweme_id":"g"#);
    push("h", 1, &video("h", json!({"publish_ts": null, "publish_time": null, "music_info": {}})).to_string());
    let verdicts = scratch.store.bulk(&builder.finish()).await.unwrap();
    let kinds: String = verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Stored { .. } => 's',
            Verdict::Superseded => 'o',
            Verdict::Again(_) => 'a',
            Verdict::Refused(_) => 'r',
        })
        .collect();
    assert_eq!(kinds, "srrrrrrrs", "{verdicts:?}");
    assert!(matches!(&verdicts[1], Verdict::Refused(reason) if reason.contains("unheard_of")), "{verdicts:?}");
    assert!(matches!(&verdicts[2], Verdict::Refused(reason) if reason.contains("513 bytes")), "{verdicts:?}");
}

#[tokio::test]
async fn hostile_lengths_are_no_dead_letters() {
    let scratch = prepared().await;
    let long = "ﷺİ".repeat(30_000);
    let hostile = video(
        "1",
        json!({
            "video_desc": long, "hashtags": [long], "hashtag_keys": [long], "search_text": [long], "region": long,
            "sec_user_id": long,
            "author_info": {"uid": long, "unique_id": long, "nickname": long, "avatar": long, "signature": long},
            "video_resource": {"cover_img": long, "play_url": long, "width": i64::MAX},
            "music_info": {"music_id": long, "music_name": long, "music_author": long, "music_cover": long},
            "stats": {"play": i64::MAX},
        }),
    );
    // Half of the longest that is still indexed: growing at folding, it must not pass the limit of a term.
    let middle = video("2", json!({"hashtags": ["İ".repeat(8191)], "hashtag_keys": ["ﷺ".repeat(8191)]}));
    assert_eq!(
        scratch.store.bulk(&batch(1, &[hostile, middle])).await.unwrap(),
        [Verdict::Stored { new: true }, Verdict::Stored { new: true }]
    );
}

async fn verdict_after(scratch: &Scratch) -> Verdict {
    scratch.store.bulk(&batch(1, &[video("1", json!({}))])).await.unwrap().remove(0)
}

fn is_again(verdict: &Verdict, word: &str) -> bool {
    matches!(verdict, Verdict::Again(reason) if reason.contains(word))
}

#[tokio::test]
async fn trouble_of_the_index_is_no_refusal() {
    let scratch = prepared().await;
    let index = scratch.name("videos-000001");
    for block in ["read_only_allow_delete", "write", "read_only"] {
        scratch.settings_of_videos(json!({format!("index.blocks.{block}"): true})).await;
        let verdict = verdict_after(&scratch).await;
        assert!(is_again(&verdict, "cluster_block_exception"), "{block}: {verdict:?}");
        scratch.settings_of_videos(json!({format!("index.blocks.{block}"): null})).await;
    }
    scratch.rest("POST", &format!("{index}/_close"), Value::Null).await;
    let verdict = verdict_after(&scratch).await;
    assert!(is_again(&verdict, "index_closed_exception"), "{verdict:?}");
    let read = scratch.store.get(Collection::Videos, &["1".to_owned()]).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    scratch.rest("POST", &format!("{index}/_open"), Value::Null).await;
    assert_eq!(verdict_after(&scratch).await, Verdict::Stored { new: true });
}

#[tokio::test]
async fn a_deleted_index_is_not_made_anew_without_its_mapping() {
    let scratch = prepared().await;
    scratch.rest("DELETE", &scratch.name("videos-000001"), Value::Null).await;
    let verdict = verdict_after(&scratch).await;
    assert!(is_again(&verdict, "index_not_found_exception"), "{verdict:?}");
    let (status, _) = scratch.rest("GET", &scratch.name("videos"), Value::Null).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_alias_without_a_write_index_is_no_refusal() {
    let scratch = prepared().await;
    scratch.rest("PUT", &scratch.name("videos-000002"), json!({})).await;
    let actions = json!([
        {"add": {"index": scratch.name("videos-000001"), "alias": scratch.name("videos"), "is_write_index": false}},
        {"add": {"index": scratch.name("videos-000002"), "alias": scratch.name("videos"), "is_write_index": false}},
    ]);
    scratch.rest("POST", "_aliases", json!({"actions": actions})).await;
    let verdict = verdict_after(&scratch).await;
    assert!(is_again(&verdict, "no write index"), "{verdict:?}");
}

#[tokio::test]
async fn gzipped_batches_and_paths_in_the_address_are_taken() {
    let scratch = prepared().await;
    let mut settings = settings(&format!("{}//", scratch.url), &scratch.prefix);
    settings.compress = true;
    let store = ElasticStore::connect(settings).unwrap();
    let videos: Vec<Value> = (0..500).map(|number| video(&number.to_string(), json!({}))).collect();
    let verdicts = store.bulk(&batch(1, &videos)).await.unwrap();
    assert!(verdicts.len() == 500 && verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })));
}

#[tokio::test]
async fn documents_come_back_byte_for_byte_in_the_order_asked() {
    let scratch = prepared().await;
    let mut builder = BatchBuilder::new(Collection::Videos);
    let source =
        |id: usize| format!("{{ \"aweme_id\" : \"{id}\",  \"stats\":{{}}, \"video_desc\":\"\\u00e9 é \\/ 🦩\" }}");
    for id in 0..2_500 {
        builder.push(&id.to_string(), 3, source(id).as_bytes());
    }
    let verdicts = scratch.store.bulk(&builder.finish()).await.unwrap();
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })));
    // Not refreshed: found all the same.
    let ids: Vec<String> = (0..2_600).rev().map(|id| id.to_string()).collect();
    let found = scratch.store.get(Collection::Videos, &ids).await.unwrap();
    for (id, document) in ids.iter().zip(&found) {
        let id: usize = id.parse().unwrap();
        let expected = (id < 2_500).then(|| source(id).into_bytes());
        assert_eq!(document.as_ref().map(|document| document.source.to_vec()), expected, "{id}");
    }
    assert!(scratch.store.get(Collection::Videos, &[]).await.unwrap().is_empty());
    assert!(scratch.store.bulk(&BatchBuilder::new(Collection::Videos).finish()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_checkpoint_fits_its_index() {
    let scratch = prepared().await;
    let creator = CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap();
    let mut checkpoint = Checkpoint::new(&creator, 1_750_300_000_000);
    checkpoint.cursor = "x".repeat(40_000);
    checkpoint.last_error = Some("y".repeat(40_000));
    let mut builder = BatchBuilder::new(Collection::Checkpoints);
    builder.push(creator.as_str(), checkpoint.updated_at, &serde_json::to_vec(&checkpoint).unwrap());
    assert_eq!(scratch.store.bulk(&builder.finish()).await.unwrap(), [Verdict::Stored { new: true }]);
    let found = scratch.store.get(Collection::Checkpoints, &[creator.to_string()]).await.unwrap();
    let found: Checkpoint = serde_json::from_slice(&found[0].as_ref().unwrap().source).unwrap();
    assert_eq!(found, checkpoint);
    scratch.store.commit().await.unwrap();
}
