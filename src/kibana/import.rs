//! What Kibana says of an import: how each object fared.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::objects::SavedObject;

/// How the objects fared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// What is there now, under the ids that it has there (in another space than the first one, an id that is taken
    /// elsewhere is replaced).
    pub objects: Vec<SavedObject>,
    /// What was not taken.
    pub failed: Vec<ObjectFailure>,
}

/// An object that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectFailure {
    /// The object.
    #[serde(flatten)]
    pub object: SavedObject,
    /// Why, in words.
    pub error: String,
}

/// The answer of the import API.
#[derive(Deserialize)]
struct Answer {
    success: bool,
    #[serde(default, rename = "successResults")]
    taken: Vec<Taken>,
    #[serde(default)]
    errors: Vec<Refused>,
}

#[derive(Deserialize)]
struct Taken {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    /// The id that it got instead.
    #[serde(rename = "destinationId")]
    destination: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    error: Value,
}

impl Imported {
    /// Reads the answer to an import of `sent`. `None` when it is no such answer, or contradicts itself.
    pub(super) fn read(body: &[u8], sent: &[SavedObject]) -> Option<Self> {
        let answer: Answer = serde_json::from_slice(body).ok()?;
        let mut imported = Self::default();
        for object in sent {
            let taken = answer.taken.iter().find(|taken| taken.kind == object.kind && taken.id == object.id);
            let refused = answer.errors.iter().find(|refused| refused.kind == object.kind && refused.id == object.id);
            match (taken, refused) {
                (_, Some(refused)) => {
                    let error = words(&refused.error);
                    imported.failed.push(ObjectFailure { object: object.clone(), error });
                }
                (Some(taken), None) => {
                    let id = taken.destination.clone().unwrap_or_else(|| object.id.clone());
                    imported.objects.push(SavedObject { id, ..object.clone() });
                }
                (None, None) => {
                    // Where one fails, Kibana may take none, and speak of that one alone.
                    let error = "not taken, since others were not".to_owned();
                    imported.failed.push(ObjectFailure { object: object.clone(), error });
                }
            }
        }
        (answer.success == imported.failed.is_empty()).then_some(imported)
    }
}

/// Kibana's error of an object in a person's words.
fn words(error: &Value) -> String {
    let text = |name: &str| error[name].as_str();
    match text("type") {
        Some("conflict" | "ambiguous_conflict") => {
            "another object of this id is there: delete it in Kibana (Stack Management, Saved Objects)".to_owned()
        }
        Some("unsupported_type") => {
            "this Kibana knows no objects of this type, or these credentials may not".to_owned()
        }
        Some("missing_references") => {
            let missing = error["references"].as_array().into_iter().flatten();
            let missing: Vec<String> = missing
                .map(|missing| {
                    format!(
                        "{} {}",
                        missing["type"].as_str().unwrap_or_default(),
                        missing["id"].as_str().unwrap_or_default()
                    )
                })
                .collect();
            format!("what it refers to is not there: {}", missing.join(", "))
        }
        _ => text("message").map_or_else(|| error.to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, id: &str) -> SavedObject {
        SavedObject { kind: kind.to_owned(), id: id.to_owned(), title: format!("the {id}") }
    }

    fn read(body: &str) -> Option<Imported> {
        Imported::read(body.as_bytes(), &[object("search", "a"), object("dashboard", "a")])
    }

    #[test]
    fn each_object_is_told_apart_by_type_and_id() {
        let all = r#"{"success":true,"successCount":2,"warnings":[],"successResults":[
            {"type":"dashboard","id":"a","meta":{"title":"x"},"destinationId":"b","managed":false},
            {"type":"search","id":"a","meta":{},"overwrite":true}]}"#;
        let imported = read(all).unwrap();
        let there = SavedObject { id: "b".to_owned(), ..object("dashboard", "a") };
        assert_eq!(imported, Imported { objects: vec![object("search", "a"), there], failed: Vec::new() });
    }

    #[test]
    fn every_kind_of_refusal_has_its_words() {
        for (error, expected) in [
            (r#"{"type":"conflict"}"#, "Saved Objects"),
            (r#"{"type":"ambiguous_conflict","destinations":[]}"#, "Saved Objects"),
            (r#"{"type":"unsupported_type"}"#, "knows no objects of this type"),
            (r#"{"type":"missing_references","references":[{"type":"search","id":"x"}]}"#, "not there: search x"),
            (r#"{"type":"unknown","message":"document is newer","statusCode":422}"#, "document is newer"),
            (r#"{"reason":7}"#, r#"{"reason":7}"#),
        ] {
            let body = format!(
                r#"{{"success":false,"successCount":0,"errors":[{{"type":"search","id":"a","meta":{{}},"error":{error}}}]}}"#
            );
            let imported = read(&body).unwrap();
            assert!(imported.failed[0].error.contains(expected), "{imported:?}");
            assert_eq!((imported.objects.len(), imported.failed.len()), (0, 2), "nothing is passed over");
        }
    }

    #[test]
    fn what_contradicts_itself_is_no_answer() {
        for body in [
            "<html>",
            "{}",
            r#"{"success":true,"successCount":2}"#,
            r#"{"success":false,"successResults":[{"type":"search","id":"a"},{"type":"dashboard","id":"a"}]}"#,
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
