//! What a document may hold, and in which words the rest is refused.

use proptest::prelude::*;
use serde_json::{Value, json};
use tantivy::schema::Value as _;

use super::*;
use crate::model::Collection;

fn read_video(document: &Value) -> Result<TantivyDocument, String> {
    let schema = IndexSchema::of(Collection::Videos).expect("known mapping");
    read(&schema, "7", 1, document.to_string().as_bytes())
}

fn texts(document: &Value, path: &str) -> Vec<String> {
    let schema = IndexSchema::of(Collection::Videos).expect("known mapping");
    let read = read_video(document).expect("accepted");
    let field = schema.field(path).expect("a field");
    read.get_all(field).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    for (document, reason) in [
        (json!({"surprise": 1}), "dynamic introduction of [surprise] within [_doc] is not allowed"),
        (json!({"surprise": null}), "[surprise] within [_doc]"),
        (json!({"surprise": []}), "[surprise] within [_doc]"),
        (json!({"stats": {"plays": 1}}), "dynamic introduction of [plays] within [stats]"),
        (json!({"_source": "x"}), "[_source] within [_doc]"),
        (json!({"stats.play": 1}), "[stats.play] within [_doc]"),
    ] {
        let error = read_video(&document).expect_err("refused");
        assert!(error.starts_with("strict_dynamic_mapping_exception") && error.contains(reason), "{error}");
    }
}

#[test]
fn a_wrong_type_is_refused() {
    for (document, named) in [
        (json!({"stats": {"play": "many"}}), "failed to parse field [stats.play] of type [long]"),
        (json!({"stats": {"play": "12"}}), "[stats.play]"),
        (json!({"stats": {"play": 1.5}}), "[stats.play]"),
        (json!({"stats": {"play": u64::MAX}}), "out of range"),
        (json!({"stats": {"play": {"n": 1}}}), "stats.play"),
        (json!({"stats": 7}), "object mapping for [stats]"),
        (json!({"stats": [{"play": 1}, "x"]}), "object mapping for [stats]"),
        (json!({"aweme_id": 7}), "[aweme_id]"),
        (json!({"aweme_id": "x".repeat(32_767)}), "immense term"),
        (json!({"is_private": "yes"}), "[is_private]"),
        (json!({"publish_time": ""}), "failed to parse date field []"),
        (json!({"engagement": {"rate": "high"}}), "[engagement.rate]"),
    ] {
        let error = read_video(&document).expect_err("refused");
        assert!(error.contains(named), "{document}: {error}");
    }
}

#[test]
fn broken_json_and_heads_are_refused() {
    let schema = IndexSchema::of(Collection::Videos).expect("known mapping");
    for broken in [
        &b""[..],
        b"{",
        b"[]",
        b"7",
        b"null",
        b"{} {}",
        b"{\"kind\":\"video\",\"kind\":\"photo\"}",
        b"{\"kind\":\"\xff\"}",
    ] {
        assert!(read(&schema, "7", 1, broken).is_err(), "{}", String::from_utf8_lossy(broken));
    }
    let long = json!("x".repeat(5_000)).to_string();
    let reason = read(&schema, "7", 1, long.as_bytes()).expect_err("no object");
    assert!(reason.starts_with("invalid type: string \"xxx") && reason.len() <= LONGEST_REASON, "{reason}");
    assert!(read(&schema, "", 1, b"{}").is_err());
    assert!(read(&schema, &"7".repeat(513), 1, b"{}").is_err());
    assert!(read(&schema, "7", -1, b"{}").is_err());
    assert!(read(&schema, "7", 0, b"{}").is_ok());
}

#[test]
fn nulls_arrays_and_nested_arrays_are_taken() {
    let document = json!({"stats": null, "publish_ts": null, "hashtag_keys": ["a", null, ["b"]], "region": ["US"]});
    assert_eq!(texts(&document, "hashtag_keys"), ["a", "b"]);
}

#[test]
fn keywords_are_normalized_copied_and_cut_off() {
    let long = "é".repeat(8192);
    let document = json!({"hashtags": ["OOTD", "İx", long], "hashtag_keys": ["OOTD", "é".repeat(8191)]});
    assert_eq!(texts(&document, "hashtags"), ["ootd", "ix"]);
    assert_eq!(texts(&document, "hashtags.text").len(), 3);
    assert_eq!(texts(&document, "hashtag_keys").len(), 2);
}

/// JSON of any shape under keys of the mapping, most of it nearly right.
fn any_document() -> impl Strategy<Value = Value> {
    const KEYS: [&str; 12] = [
        "aweme_id",
        "publish_ts",
        "publish_time",
        "is_private",
        "author_info",
        "nickname",
        "stats",
        "play",
        "hashtags",
        "fetched_at",
        "engagement",
        "rate",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[0-9: T-]{0,20}|\\PC{0,9}".prop_map(Value::from),
    ];
    let key = prop_oneof![9 => prop::sample::select(&KEYS[..]).prop_map(str::to_owned), 1 => "\\PC{0,4}|x{400}"];
    leaf.prop_recursive(3, 40, 5, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::vec((key.clone(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_document_is_taken_or_refused_in_the_servers_words(document in any_document()) {
        if let Err(reason) = read_video(&document) {
            let kinds = ["document_parsing_exception", "strict_dynamic_mapping_exception"];
            prop_assert!(kinds.iter().any(|kind| reason.contains(kind)), "{document}: {reason}");
            prop_assert!(reason.chars().count() < 400, "{}", reason);
        }
    }
}
