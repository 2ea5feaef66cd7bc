//! Reads a document's JSON straight into tantivy's fields, guided by the mapping, and refuses what the mapping does
//! not allow, with a reason in Elasticsearch's words.
//!
//! Stricter than Elasticsearch in one thing: nothing is coerced (a numeric string is no number, a number no text), as
//! the normalizer never writes such a value. No tree of the document is built.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use tantivy::TantivyDocument;

use super::mapping::{Kind, LeafMapping, ObjectMapping, Property};
use super::schema::IndexSchema;

/// Elasticsearch's limit on an `_id` (bytes).
const LONGEST_ID: usize = 512;
/// Lucene's limit on a term (bytes).
const LONGEST_TERM: usize = 32_766;

/// A reason is cut to so many characters: it travels to logs and dead letters.
const LONGEST_REASON: usize = 400;

/// The document to index, or why the store refuses it.
pub(super) fn read(schema: &IndexSchema, id: &str, version: i64, source: &[u8]) -> Result<TantivyDocument, String> {
    check_head(id, version)?;
    let mut document = TantivyDocument::with_capacity(2 * source.len());
    document.add_text(schema.core.id, id);
    document.add_i64(schema.core.version, version);
    document.add_bytes(schema.core.source, source);
    let mut json = serde_json::Deserializer::from_slice(source);
    let root = ObjectSeed { mapping: &schema.root, document: &mut document };
    json.deserialize_map(root).and_then(|()| json.end()).map_err(|error| match error.classify() {
        // What is no object is quoted, however long it is.
        serde_json::error::Category::Data => error.to_string().chars().take(LONGEST_REASON).collect(),
        _ => format!("document_parsing_exception: failed to parse: {error}"),
    })?;
    Ok(document)
}

fn check_head(id: &str, version: i64) -> Result<(), String> {
    let wrong = |reason: String| Err(format!("illegal_argument_exception: {reason}"));
    if id.is_empty() {
        return wrong("if _id is specified it must not be empty".to_owned());
    }
    if id.len() > LONGEST_ID {
        return wrong(format!("id is too long, must be no longer than {LONGEST_ID} bytes but was: {}", id.len()));
    }
    if version < 0 {
        return wrong(format!("illegal version value [{version}] for version type [EXTERNAL_GTE]"));
    }
    Ok(())
}

struct ObjectSeed<'a> {
    mapping: &'a ObjectMapping,
    document: &'a mut TantivyDocument,
}

impl ObjectSeed<'_> {
    fn name(&self) -> &str {
        if self.mapping.path.is_empty() { "_doc" } else { &self.mapping.path }
    }

    fn refuse<E: Error>(&self) -> E {
        let name = self.name();
        E::custom(format_args!(
            "document_parsing_exception: object mapping for [{name}] tried to parse field [{name}] as object, but found \
             a concrete value"
        ))
    }
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object (document_parsing_exception)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = 0_u128;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let Some((position, property)) = self.mapping.find(&key) else {
                return Err(A::Error::custom(format_args!(
                    "strict_dynamic_mapping_exception: mapping set to strict, dynamic introduction of [{}] within \
                     [{}] is not allowed",
                    Scalar::Text(&key).shown(),
                    self.name()
                )));
            };
            let bit = 1_u128.checked_shl(u32::try_from(position).unwrap_or(u32::MAX)).unwrap_or(0);
            if seen & bit != 0 {
                return Err(A::Error::custom(format_args!("document_parsing_exception: Duplicate field '{key}'")));
            }
            seen |= bit;
            match property {
                Property::Object(mapping) => map.next_value_seed(ObjectSeed { mapping, document: self.document })?,
                Property::Leaf(mapping) => map.next_value_seed(LeafSeed { mapping, document: self.document })?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let Self { mapping, document } = self;
        while sequence.next_element_seed(ObjectSeed { mapping, document })?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<(), E> {
        Err(self.refuse())
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<(), E> {
        Err(self.refuse())
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<(), E> {
        Err(self.refuse())
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<(), E> {
        Err(self.refuse())
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<(), E> {
        Err(self.refuse())
    }
}

/// A value as JSON has it.
#[derive(Debug, Clone, Copy)]
enum Scalar<'a> {
    Text(&'a str),
    Whole(i64),
    /// Above `i64::MAX`.
    Huge(u64),
    Real(f64),
    Flag(bool),
}

struct LeafSeed<'a> {
    mapping: &'a LeafMapping,
    document: &'a mut TantivyDocument,
}

impl LeafSeed<'_> {
    fn take<E: Error>(self, value: Scalar<'_>) -> Result<(), E> {
        add(self.mapping, value, self.document).map_err(|reason| {
            let (path, kind) = (&self.mapping.path, self.mapping.kind.name());
            E::custom(format_args!(
                "document_parsing_exception: failed to parse field [{path}] of type [{kind}]: {reason}"
            ))
        })
    }
}

impl<'de> DeserializeSeed<'de> for LeafSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LeafSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, kind) = (&self.mapping.path, self.mapping.kind.name());
        write!(formatter, "a value of type [{kind}] for the field [{path}] (document_parsing_exception)")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        let Self { mapping, document } = self;
        while sequence.next_element_seed(LeafSeed { mapping, document })?.is_some() {}
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.take(Scalar::Flag(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.take(Scalar::Whole(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.take(i64::try_from(value).map_or(Scalar::Huge(value), Scalar::Whole))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.take(Scalar::Real(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.take(Scalar::Text(value))
    }
}

/// Adds a value to its field and its multi-fields.
fn add(mapping: &LeafMapping, value: Scalar<'_>, document: &mut TantivyDocument) -> Result<(), String> {
    match (&mapping.kind, value) {
        (Kind::Keyword { lowercase }, Scalar::Text(text)) => add_keyword(mapping, *lowercase, text, document)?,
        (Kind::Text, Scalar::Text(text)) => mapping.field.into_iter().for_each(|field| document.add_text(field, text)),
        (Kind::Boolean, Scalar::Flag(flag)) => {
            mapping.field.into_iter().for_each(|field| document.add_bool(field, flag));
        }
        (Kind::Double | Kind::Float, _) => {
            let number = read_real(&mapping.kind, value)?;
            mapping.field.into_iter().for_each(|field| document.add_f64(field, number));
        }
        (Kind::Long | Kind::Integer | Kind::Date(_), _) => {
            let number = read_whole(&mapping.kind, value)?;
            mapping.field.into_iter().for_each(|field| document.add_i64(field, number));
        }
        _ => return Err(format!("unexpected value {}", value.shown())),
    }
    mapping.subfields.iter().try_for_each(|subfield| add(subfield, value, document))
}

fn add_keyword(
    mapping: &LeafMapping,
    lowercase: bool,
    text: &str,
    document: &mut TantivyDocument,
) -> Result<(), String> {
    let Some(field) = mapping.field else { return Ok(()) };
    if mapping.ignore_above.is_some_and(|limit| text.len() > limit && text.encode_utf16().count() > limit) {
        return Ok(());
    }
    if text.len() > LONGEST_TERM {
        return Err(format!("immense term of {} bytes, the longest is {LONGEST_TERM}", text.len()));
    }
    if lowercase {
        // Letter by letter and one letter each, as Lucene's lower case filter does it.
        let lower: String = text.chars().filter_map(|letter| letter.to_lowercase().next()).collect();
        document.add_text(field, lower);
    } else {
        document.add_text(field, text);
    }
    Ok(())
}

fn read_real(kind: &Kind, value: Scalar<'_>) -> Result<f64, String> {
    let number = match value {
        Scalar::Whole(number) => number as f64,
        Scalar::Huge(number) => number as f64,
        Scalar::Real(number) => number,
        Scalar::Text(_) | Scalar::Flag(_) => return Err(format!("unexpected value {}", value.shown())),
    };
    if *kind == Kind::Double {
        return Ok(number);
    }
    // Elasticsearch keeps a float in 32 bits, so values that differ beyond that are ties there.
    #[expect(clippy::cast_possible_truncation, reason = "the narrowing is what a float field means")]
    let narrow = f64::from(number as f32);
    if narrow.is_finite() {
        Ok(narrow)
    } else {
        Err(format!("[float] supports only finite values, but got [{number:?}]"))
    }
}

fn read_whole(kind: &Kind, value: Scalar<'_>) -> Result<i64, String> {
    let out_of_range = || format!("Value [{}] is out of range for {}", value.shown(), kind.name());
    match (kind, value) {
        (Kind::Long, Scalar::Whole(number)) => Ok(number),
        (Kind::Integer, Scalar::Whole(number)) => i32::try_from(number).map(i64::from).map_err(|_| out_of_range()),
        (Kind::Long | Kind::Integer, Scalar::Huge(_)) => Err(out_of_range()),
        (Kind::Date(formats), Scalar::Text(_) | Scalar::Whole(_)) => {
            let text = value.shown();
            let read = formats.iter().find_map(|format| format.read(&text));
            read.ok_or_else(|| format!("failed to parse date field [{text}]"))
        }
        _ => Err(format!("unexpected value {}", value.shown())),
    }
}

impl Scalar<'_> {
    /// The value as text; a long one is cut, as reasons travel to logs and dead letters.
    fn shown(self) -> String {
        match self {
            Self::Text(text) => text.chars().take(120).collect(),
            Self::Whole(number) => number.to_string(),
            Self::Huge(number) => number.to_string(),
            // Not by Display, which writes 1e-300 with all its zeros.
            Self::Real(number) => format!("{number:?}"),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
