//! Whether an index's real mapping fits ours: what is missing (and can be added), and what contradicts. Pure.

use serde_json::{Map, Value, json};

/// Parameters that decide what a question finds; the others may differ.
const PARAMETERS: [&str; 5] = ["analyzer", "normalizer", "format", "index", "doc_values"];

/// What an index made by hand may say of its documents as a whole, and ours never does: with some of it, documents
/// come back changed or not at all (so that no run would find its checkpoint), or are not taken without a routing.
const OF_WHOLE_DOCUMENTS: [&str; 2] = ["_source", "_routing"];

/// A field of the index that cannot hold or find what ours does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Its full name.
    pub(super) field: String,
    /// What the index has.
    pub(super) real: String,
    /// What is needed.
    pub(super) needed: String,
}

/// The `mappings` body that adds what `real` lacks of `needed` (both are `mappings` objects); `None` when it lacks
/// nothing.
pub(super) fn additions(needed: &Value, real: &Value) -> Result<Option<Value>, Misfit> {
    for name in OF_WHOLE_DOCUMENTS {
        if real[name] != needed[name] {
            let words = |mapping: &Value| match &mapping[name] {
                Value::Null => "the default".to_owned(),
                value => value.to_string(),
            };
            return Err(Misfit { field: name.to_owned(), real: words(real), needed: words(needed) });
        }
    }
    let mut body = missing_properties(&needed["properties"], &real["properties"], "")?
        .map(|properties| json!({ "properties": properties }));
    if real["dynamic"] != needed["dynamic"] {
        body.get_or_insert_with(|| json!({}))["dynamic"] = needed["dynamic"].clone();
    }
    Ok(body)
}

fn missing_properties(needed: &Value, real: &Value, path: &str) -> Result<Option<Value>, Misfit> {
    let mut missing = Map::new();
    for (name, needed_field) in needed.as_object().into_iter().flatten() {
        let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let real_field = &real[name];
        if real_field.is_null() {
            missing.insert(name.clone(), needed_field.clone());
            continue;
        }
        check(needed_field, real_field, &field)?;
        if let Some(properties) = missing_properties(&needed_field["properties"], &real_field["properties"], &field)? {
            missing.insert(name.clone(), json!({ "properties": properties }));
        }
        // A field can be given subfields only together with its own definition.
        if missing_properties(&needed_field["fields"], &real_field["fields"], &field)?.is_some() {
            missing.insert(name.clone(), needed_field.clone());
        }
    }
    Ok((!missing.is_empty()).then_some(Value::Object(missing)))
}

fn check(needed: &Value, real: &Value, field: &str) -> Result<(), Misfit> {
    let misfit = |needed: String, real: String| Err(Misfit { field: field.to_owned(), real, needed });
    if kind(needed) != kind(real) {
        return misfit(kind(needed).to_owned(), kind(real).to_owned());
    }
    for parameter in PARAMETERS {
        if needed[parameter] != real[parameter] {
            let words = |definition: &Value| match &definition[parameter] {
                Value::Null => format!("{} with the default {parameter}", kind(definition)),
                value => format!("{} with {parameter} {value}", kind(definition)),
            };
            return misfit(words(needed), words(real));
        }
    }
    Ok(())
}

/// An object's type is not written out.
fn kind(definition: &Value) -> &str {
    definition["type"].as_str().unwrap_or("object")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed() -> Value {
        json!({"dynamic": "strict", "properties": {
            "id": {"type": "keyword"},
            "text": {"type": "text", "analyzer": "whitespace"},
            "stats": {"properties": {"play": {"type": "long"}, "like": {"type": "long"}}},
            "name": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 8191}}},
        }})
    }

    #[test]
    fn the_same_mapping_lacks_nothing_and_more_fields_are_welcome() {
        let mut real = needed();
        real["properties"]["later"] = json!({"type": "long"});
        real["properties"]["name"]["fields"]["keyword"]["ignore_above"] = json!(256);
        assert_eq!(additions(&needed(), &real), Ok(None));
    }

    #[test]
    fn what_is_missing_is_added_and_nothing_else() {
        let real = json!({"properties": {
            "id": {"type": "keyword"},
            "text": {"type": "text", "analyzer": "whitespace"},
            "stats": {"properties": {"play": {"type": "long"}}},
            "name": {"type": "text"},
        }});
        let expected = json!({"dynamic": "strict", "properties": {
            "stats": {"properties": {"like": {"type": "long"}}},
            "name": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 8191}}},
        }});
        assert_eq!(additions(&needed(), &real), Ok(Some(expected)));
        assert_eq!(additions(&needed(), &json!({})), Ok(Some(needed())));
    }

    #[test]
    fn an_index_that_gives_no_document_back_is_none_of_ours() {
        for (name, value) in [("_source", json!({"enabled": false})), ("_routing", json!({"required": true}))] {
            let mut real = needed();
            real[name] = value.clone();
            let misfit = Misfit { field: name.into(), real: value.to_string(), needed: "the default".into() };
            assert_eq!(additions(&needed(), &real), Err(misfit));
        }
    }

    #[test]
    fn a_contradiction_names_field_and_both_sides() {
        let mut real = needed();
        real["properties"]["stats"]["properties"]["play"] = json!({"type": "text"});
        let misfit = Misfit { field: "stats.play".into(), real: "text".into(), needed: "long".into() };
        assert_eq!(additions(&needed(), &real), Err(misfit));

        let mut real = needed();
        real["properties"]["text"] = json!({"type": "text"});
        assert_eq!(additions(&needed(), &real).unwrap_err().real, "text with the default analyzer");

        let mut real = needed();
        real["properties"]["stats"] = json!({"type": "keyword"});
        assert_eq!(additions(&needed(), &real).unwrap_err().needed, "object");
    }
}
