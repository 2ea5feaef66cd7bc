//! Wrong answers made out of good ones, byte by byte: what was not spoilt stands as it did, recorded pages too.
//! How an answer goes out is `respond`'s.

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::faults::FaultKind;

/// What a page's next cursor becomes so that it repeats one: every walk was here.
const FIRST_CURSOR: &str = "0";

/// Where a creator's handle stands, and what it ends with once it was changed.
const HANDLE: &str = "\"unique_id\"";
const NEW_END: &str = "_renamed";

/// The body as `kind` spoils it; `None` when it cannot (a page without a list cannot be emptied).
pub(super) fn spoilt(kind: FaultKind, body: &Bytes) -> Option<Bytes> {
    match kind {
        FaultKind::Truncated => Some(body.slice(..body.len() / 2)),
        FaultKind::Null => edited(body, |level| {
            level.replace("aweme_list", |_| "null".to_owned()) || level.replace("aweme_detail", |_| "null".to_owned())
        }),
        FaultKind::Empty => edited(body, |level| level.replace("aweme_list", |_| "[]".to_owned()) && level.has_more()),
        FaultKind::Repeat => edited(body, |level| level.replace("max_cursor", first_cursor) && level.has_more()),
        FaultKind::Renamed => renamed(body),
        _ => Some(body.clone()),
    }
}

/// Every handle with another end.
fn renamed(body: &[u8]) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    let mut parts = text.split(HANDLE);
    let mut changed = parts.next()?.to_owned();
    for part in parts {
        let value = part.find(':').and_then(|colon| Some(colon + part[colon..].find('"')? + 1));
        let end = value.and_then(|start| Some(start + part[start..].find('"')?))?;
        changed.push_str(HANDLE);
        changed.push_str(&part[..end]);
        changed.push_str(NEW_END);
        changed.push_str(&part[end..]);
    }
    (changed.len() > text.len()).then(|| changed.into())
}

/// Some creators' cursors are numbers.
fn first_cursor(before: &str) -> String {
    if before.starts_with('"') { format!("\"{FIRST_CURSOR}\"") } else { FIRST_CURSOR.to_owned() }
}

/// Changes the object that holds the posts: `data`, or the whole answer where there is none.
fn edited(body: &[u8], change: impl Fn(&mut Object) -> bool) -> Option<Bytes> {
    let mut answer: Object = serde_json::from_slice(body).ok()?;
    let data: Option<Object> = answer.get("data").and_then(|data| serde_json::from_str(data.get()).ok());
    let is_changed = match data {
        Some(mut data) => {
            let is_changed = change(&mut data);
            let written = serde_json::to_string(&data).ok()?;
            is_changed && answer.replace("data", |_| written.clone())
        }
        None => change(&mut answer),
    };
    is_changed.then(|| serde_json::to_vec(&answer).ok())?.map(Bytes::from)
}

/// A JSON object whose fields keep their order, and their values their spelling.
struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// Gives a field another value, made of the one before; says whether there is such a field.
    fn replace(&mut self, name: &str, value: impl Fn(&str) -> String) -> bool {
        let Some((_, before)) = self.0.iter_mut().find(|(known, _)| known == name) else { return false };
        let Ok(value) = RawValue::from_string(value(before.get())) else { return false };
        *before = value;
        true
    }

    /// Says that there is more, in the manner in which it was said or denied before.
    fn has_more(&mut self) -> bool {
        let yes = |before: &str| if before.starts_with(['0', '1']) { "1" } else { "true" }.to_owned();
        self.replace("has_more", yes)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"code":0,"data":{"has_more":0,"max_cursor":17,"x":1.50,"aweme_list":[{"a":1}]}}"#;

    fn spoilt_text(kind: FaultKind, body: &str) -> Option<String> {
        spoilt(kind, &Bytes::copy_from_slice(body.as_bytes())).map(|body| String::from_utf8(body.into()).unwrap())
    }

    #[test]
    fn only_what_is_spoilt_changes() {
        for (kind, expected) in [
            (FaultKind::Null, r#"{"code":0,"data":{"has_more":0,"max_cursor":17,"x":1.50,"aweme_list":null}}"#),
            (FaultKind::Empty, r#"{"code":0,"data":{"has_more":1,"max_cursor":17,"x":1.50,"aweme_list":[]}}"#),
            (FaultKind::Repeat, r#"{"code":0,"data":{"has_more":1,"max_cursor":0,"x":1.50,"aweme_list":[{"a":1}]}}"#),
            (FaultKind::Truncated, &LIST[..LIST.len() / 2]),
        ] {
            assert_eq!(spoilt_text(kind, LIST).as_deref(), Some(expected), "{kind:?}");
        }
    }

    #[test]
    fn a_renamed_creator_has_another_handle_in_every_post() {
        let page =
            r#"{"data":{"aweme_list":[{"author":{"unique_id":"lily","uid":"1"}},{"author":{"unique_id" : "lily"}}]}}"#;
        let expected = page.replace("lily", "lily_renamed");
        assert_eq!(spoilt_text(FaultKind::Renamed, page), Some(expected));
        assert_eq!(spoilt_text(FaultKind::Renamed, LIST), None);
    }

    #[test]
    fn lists_at_the_top_and_details_are_spoilt_too_and_errors_are_not() {
        let top = r#"{"aweme_list":[],"has_more":false,"max_cursor":"9"}"#;
        let repeated = r#"{"aweme_list":[],"has_more":true,"max_cursor":"0"}"#;
        assert_eq!(spoilt_text(FaultKind::Repeat, top).as_deref(), Some(repeated));
        let detail = r#"{"code":0,"data":{"aweme_detail":{"a":1}}}"#;
        let null = r#"{"code":0,"data":{"aweme_detail":null}}"#;
        assert_eq!(spoilt_text(FaultKind::Null, detail).as_deref(), Some(null));
        for body in [detail, r#"{"code":400,"msg":"no","data":{}}"#, "<html>"] {
            assert_eq!(spoilt_text(FaultKind::Empty, body), None, "{body}");
        }
    }
}
