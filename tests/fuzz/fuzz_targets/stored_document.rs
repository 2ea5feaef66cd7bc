//! Any bytes as a document for the embedded store.
//!
//! Asserted besides that nothing panics: what is taken is one JSON object, and fits the mapping that Elasticsearch
//! gets, as a plain walk over both tells (strict: no field that is not in it; a number, text or flag where one is due);
//! what is refused is refused in words that are short.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use viralmine::model::Collection;
use viralmine::store::embedded::fuzzing::accepts;

static VIDEOS: LazyLock<Value> = LazyLock::new(|| properties(include_str!("../../../mappings/videos.json")));
static CHECKPOINTS: LazyLock<Value> = LazyLock::new(|| properties(include_str!("../../../mappings/checkpoints.json")));
static SNAPSHOTS: LazyLock<Value> = LazyLock::new(|| properties(include_str!("../../../mappings/snapshots.json")));

fn properties(file: &str) -> Value {
    let template: Value = serde_json::from_str(file).expect("a mapping is JSON");
    template["template"]["mappings"]["properties"].clone()
}

fuzz_target!(|data: &[u8]| {
    for (collection, properties) in [
        (Collection::Videos, &*VIDEOS),
        (Collection::Snapshots, &*SNAPSHOTS),
        (Collection::Checkpoints, &*CHECKPOINTS),
    ] {
        match accepts(collection, "7", 1, data) {
            Ok(()) => {
                let document: Value = serde_json::from_slice(data).expect("what is taken is JSON");
                assert!(document.is_object(), "{document}");
                check_object(&document, properties);
            }
            Err(reason) => assert!(reason.chars().count() < 500, "{reason}"),
        }
    }
});

fn check_object(value: &Value, properties: &Value) {
    match value {
        Value::Null => {}
        Value::Array(values) => values.iter().for_each(|value| check_object(value, properties)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let mapping = properties.get(key).unwrap_or_else(|| panic!("{key:?} is not in the mapping"));
                match mapping.get("properties") {
                    Some(inner) => check_object(value, inner),
                    None => check_value(value, mapping["type"].as_str().unwrap_or("object")),
                }
            }
        }
        _ => panic!("{value} where an object is due"),
    }
}

fn check_value(value: &Value, kind: &str) {
    let fits = match (kind, value) {
        (_, Value::Null) => true,
        (_, Value::Array(values)) => return values.iter().for_each(|value| check_value(value, kind)),
        ("keyword" | "text", value) => value.is_string(),
        ("boolean", value) => value.is_boolean(),
        ("long", value) => value.is_i64(),
        ("integer", value) => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("double" | "float", value) => value.is_number(),
        ("date", value) => value.is_string() || value.is_i64(),
        _ => false,
    };
    assert!(fits, "{value} as {kind}");
}
