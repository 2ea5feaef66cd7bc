//! What `prepare` makes on the server, and what it refuses to use.

use serde_json::{Value, json};
use viralmine::store::{StoreError, StoreWriter};

use super::{Scratch, store};

#[tokio::test]
async fn once_twice_and_side_by_side_make_the_same() {
    let scratch = Scratch::new();
    let (one, two) = (store(&scratch.url, &scratch.prefix), store(&scratch.url, &scratch.prefix));
    let (first, second, third) = tokio::join!(one.prepare(), two.prepare(), scratch.store.prepare());
    assert!(first.is_ok() && second.is_ok() && third.is_ok(), "{first:?} {second:?} {third:?}");
    scratch.store.prepare().await.unwrap();

    for collection in ["videos", "creators", "snapshots", "checkpoints"] {
        let (alias, index) = (scratch.name(collection), scratch.name(&format!("{collection}-000001")));
        let (_, found) = scratch.rest("GET", &format!("_alias/{alias}"), Value::Null).await;
        assert_eq!(found, json!({ index.clone(): {"aliases": {alias.clone(): {"is_write_index": true}}} }));
        let (_, mapping) = scratch.rest("GET", &format!("{index}/_mapping"), Value::Null).await;
        assert_eq!(mapping[&index]["mappings"]["dynamic"], "strict");
        let (_, template) = scratch.rest("GET", &format!("_index_template/{alias}"), Value::Null).await;
        assert_eq!(template["index_templates"][0]["index_template"]["index_patterns"], json!([format!("{alias}-*")]));
    }
}

#[tokio::test]
async fn the_files_are_templates_as_they_are() {
    let scratch = Scratch::new();
    for file in [
        include_str!("../../../mappings/videos.json"),
        include_str!("../../../mappings/creators.json"),
        include_str!("../../../mappings/snapshots.json"),
        include_str!("../../../mappings/checkpoints.json"),
    ] {
        let mut body: Value = serde_json::from_str(file).unwrap();
        // The node may be in use, and have the templates of the default prefix already.
        body["priority"] = json!(900_000 + std::process::id() % 100_000);
        let (status, answer) = scratch.rest("POST", "_index_template/_simulate", body.clone()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["template"]["mappings"], body["template"]["mappings"], "the server keeps all of it");
    }
}

#[tokio::test]
async fn an_older_template_is_replaced_and_a_newer_one_kept() {
    let scratch = Scratch::new();
    let name = scratch.name("videos");
    for (version, expected) in [(json!(0), json!(3)), (Value::Null, json!(3)), (json!(99), json!(99))] {
        let mut body = json!({"index_patterns": [format!("{name}-*")], "priority": 300});
        if !version.is_null() {
            body["version"] = version;
        }
        scratch.rest("PUT", &format!("_index_template/{name}"), body).await;
        scratch.store.prepare().await.unwrap();
        let (_, found) = scratch.rest("GET", &format!("_index_template/{name}"), Value::Null).await;
        assert_eq!(found["index_templates"][0]["index_template"]["version"], expected);
    }
}

#[tokio::test]
async fn missing_fields_are_added_to_an_index_that_is_there() {
    let scratch = Scratch::new();
    let mappings = json!({"properties": {
        "stats": {"properties": {"play": {"type": "long"}}},
        "hashtags": {"type": "keyword", "normalizer": "lowercase"},
        "added_by_hand": {"type": "keyword"},
    }});
    let index = scratch.name("videos-000007");
    let body = json!({"mappings": mappings, "aliases": {scratch.name("videos"): {}}});
    scratch.rest("PUT", &index, body).await;
    scratch.store.prepare().await.unwrap();
    let (_, found) = scratch.rest("GET", &format!("{index}/_mapping"), Value::Null).await;
    let found = &found[&index]["mappings"];
    assert_eq!(found["dynamic"], "strict");
    assert_eq!(found["properties"]["stats"]["properties"]["collect"]["type"], "long");
    assert_eq!(found["properties"]["hashtags"]["fields"]["text"]["type"], "text");
    assert_eq!(found["properties"]["search_text"]["analyzer"], "whitespace");
    scratch.store.prepare().await.unwrap();
}

#[tokio::test]
async fn an_index_of_another_shape_is_refused_by_field() {
    for (mappings, field, real) in [
        (json!({"properties": {"stats": {"properties": {"play": {"type": "text"}}}}}), "stats.play", "text"),
        (json!({"properties": {"search_text": {"type": "text"}}}), "search_text", "default analyzer"),
        (json!({"properties": {"publish_ts": {"type": "date"}}}), "publish_ts", "date"),
    ] {
        let scratch = Scratch::new();
        let index = scratch.name("videos-000001");
        // Made before the template, as somebody else's tool would have.
        let body = json!({"mappings": mappings, "aliases": {scratch.name("videos"): {}}});
        scratch.rest("PUT", &index, body).await;
        let Err(StoreError::Unfit(words)) = scratch.store.prepare().await else { panic!("{field} was taken") };
        for part in [index.as_str(), field, real, "--index-prefix"] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
}

#[tokio::test]
async fn the_alias_must_be_an_alias_of_one_index() {
    let scratch = Scratch::new();
    scratch.rest("PUT", &scratch.name("videos"), json!({})).await;
    let Err(StoreError::Unfit(words)) = scratch.store.prepare().await else { panic!("an index was taken") };
    assert!(words.contains(&scratch.name("videos")) && words.contains("--index-prefix"), "{words}");

    let scratch = Scratch::new();
    for number in ["1", "2"] {
        let body = json!({"aliases": {scratch.name("videos"): {}}});
        scratch.rest("PUT", &scratch.name(&format!("videos-{number}")), body).await;
    }
    assert!(matches!(scratch.store.prepare().await, Err(StoreError::Unfit(words)) if words.contains("several")));
}

#[tokio::test]
async fn an_index_without_its_alias_gets_it() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    let path = format!("{}/_alias/{}", scratch.name("videos-000001"), scratch.name("videos"));
    scratch.rest("DELETE", &path, Value::Null).await;
    scratch.store.prepare().await.unwrap();
    let (status, _) = scratch.rest("GET", &path, Value::Null).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn an_alias_for_reading_only_is_refused_at_the_start() {
    let scratch = Scratch::new();
    let body = json!({"aliases": {scratch.name("videos"): {"is_write_index": false}}});
    scratch.rest("PUT", &scratch.name("videos-000001"), body).await;
    let prepared = scratch.store.prepare().await;
    assert!(matches!(&prepared, Err(StoreError::Unfit(words)) if words.contains("is_write_index")), "{prepared:?}");
}

#[tokio::test]
async fn an_index_that_keeps_no_documents_is_refused() {
    let scratch = Scratch::new();
    let body = json!({"mappings": {"_source": {"enabled": false}}, "aliases": {scratch.name("checkpoints"): {}}});
    scratch.rest("PUT", &scratch.name("checkpoints-000001"), body).await;
    let prepared = scratch.store.prepare().await;
    assert!(matches!(&prepared, Err(StoreError::Unfit(words)) if words.contains("_source")), "{prepared:?}");
}
