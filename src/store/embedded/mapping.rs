//! Reads the `properties` of an index template's mapping into a tree of tantivy fields.
//!
//! Knows only the types and parameters that `mappings/*.json` use; anything else is an error, so that a field which
//! this store would index differently than Elasticsearch fails a test instead of an answer. Called by `schema`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, SchemaBuilder, TextFieldIndexing, TextOptions};

use super::date::DateFormat;

/// What in a mapping this store does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum MappingError {
    #[error("the mapping is not of the form {0}")]
    Shape(&'static str),
    #[error("the embedded store knows no type {found:?} (field {path})")]
    Type { path: String, found: String },
    #[error("the embedded store knows no parameter {parameter:?} with this value (field {path})")]
    Parameter { path: String, parameter: String },
}

/// A field or an object of fields.
#[derive(Debug)]
pub(super) enum Property {
    Object(ObjectMapping),
    Leaf(LeafMapping),
}

/// An object: its properties by name, in order of their names.
#[derive(Debug)]
pub(super) struct ObjectMapping {
    /// Dotted path; empty for the document itself.
    pub path: String,
    properties: Vec<(String, Property)>,
}

/// A field with its value's type, and where its values go.
#[derive(Debug)]
pub(super) struct LeafMapping {
    /// Dotted path.
    pub path: String,
    /// The mapping's type.
    pub kind: Kind,
    /// Longer keywords (UTF-16 units, as Elasticsearch counts) are kept in the source only.
    pub ignore_above: Option<usize>,
    /// Where it is indexed; `None` for a field that is only kept in the source.
    pub field: Option<Field>,
    /// Multi-fields: the same value, indexed otherwise.
    pub subfields: Vec<LeafMapping>,
}

/// Where a field is in another index: somewhere, nowhere (then its values are kept in the source only), or, as `None`,
/// in no fitting way.
pub(super) type Places<'a> = dyn Fn(Field) -> Option<Option<Field>> + 'a;

/// What a field's values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Keyword { lowercase: bool },
    Text,
    Long,
    Integer,
    Double,
    Float,
    Boolean,
    Date(Vec<DateFormat>),
}

impl Kind {
    /// The type's name in a mapping.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Keyword { .. } => "keyword",
            Self::Text => "text",
            Self::Long => "long",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Date(_) => "date",
        }
    }
}

impl ObjectMapping {
    /// Reads `{"dynamic": "strict", "properties": …}` and adds its fields to `builder`.
    pub(super) fn read_root(mappings: &Value, builder: &mut SchemaBuilder) -> Result<Self, MappingError> {
        let mut parameters = Parameters::of(mappings, "_doc")?;
        if parameters.take_text("dynamic")?.as_deref() != Some("strict") {
            return Err(parameters.refuse("dynamic"));
        }
        Self::read(parameters, "", builder)
    }

    fn read(mut parameters: Parameters<'_>, path: &str, builder: &mut SchemaBuilder) -> Result<Self, MappingError> {
        let properties = parameters.take_object("properties")?.ok_or_else(|| parameters.refuse("properties"))?;
        parameters.finish()?;
        let mut read = Vec::with_capacity(properties.len());
        for (name, value) in properties.iter().collect::<BTreeMap<_, _>>() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            read.push((name.clone(), Property::read(value, &path, builder)?));
        }
        Ok(Self { path: path.to_owned(), properties: read })
    }

    /// Puts each field where `place` says; `None` as soon as it says `None`.
    pub(super) fn rebind(&mut self, place: &Places<'_>) -> Option<()> {
        self.properties.iter_mut().try_for_each(|(_, property)| match property {
            Property::Object(object) => object.rebind(place),
            Property::Leaf(leaf) => leaf.rebind(place),
        })
    }

    /// The property called `name`, with its position.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Property)> {
        let position = self.properties.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        Some((position, &self.properties[position].1))
    }
}

impl Property {
    fn read(value: &Value, path: &str, builder: &mut SchemaBuilder) -> Result<Self, MappingError> {
        let mut parameters = Parameters::of(value, path)?;
        match parameters.take_text("type")? {
            None => ObjectMapping::read(parameters, path, builder).map(Self::Object),
            Some(name) if name == "object" => ObjectMapping::read(parameters, path, builder).map(Self::Object),
            Some(name) => LeafMapping::read(&name, parameters, path, builder).map(Self::Leaf),
        }
    }
}

impl LeafMapping {
    fn rebind(&mut self, place: &Places<'_>) -> Option<()> {
        if let Some(field) = self.field {
            self.field = place(field)?;
        }
        self.subfields.iter_mut().try_for_each(|subfield| subfield.rebind(place))
    }

    fn read(
        type_name: &str,
        mut parameters: Parameters<'_>,
        path: &str,
        builder: &mut SchemaBuilder,
    ) -> Result<Self, MappingError> {
        let subfields = parameters.take_object("fields")?;
        let (kind, field, ignore_above) = match type_name {
            "text" => (Kind::Text, Some(add_text(&mut parameters, path, builder)?), None),
            "keyword" => {
                let lowercase = parameters.take_choice("normalizer", &["lowercase"])?.is_some();
                let ignore_above = parameters.take_count("ignore_above")?;
                let field = add_keyword(&mut parameters, path, builder)?;
                (Kind::Keyword { lowercase }, field, ignore_above)
            }
            _ => {
                let kind = number_kind(type_name, &mut parameters)?;
                let field = add_number(&kind, &mut parameters, path, builder)?;
                (kind, field, None)
            }
        };
        parameters.finish()?;
        let mut read = Vec::new();
        for (name, value) in subfields.into_iter().flatten().collect::<BTreeMap<_, _>>() {
            let path = format!("{path}.{name}");
            match Property::read(value, &path, builder)? {
                Property::Leaf(leaf) => read.push(leaf),
                Property::Object(_) => return Err(MappingError::Type { path, found: "object".to_owned() }),
            }
        }
        Ok(Self { path: path.to_owned(), kind, ignore_above, field, subfields: read })
    }
}

fn number_kind(type_name: &str, parameters: &mut Parameters<'_>) -> Result<Kind, MappingError> {
    Ok(match type_name {
        "long" => Kind::Long,
        "integer" => Kind::Integer,
        "double" => Kind::Double,
        "float" => Kind::Float,
        "boolean" => Kind::Boolean,
        "date" => {
            let text = parameters.take_text("format")?;
            let formats = DateFormat::read_list(text.as_deref().unwrap_or(DateFormat::DEFAULT));
            Kind::Date(formats.ok_or_else(|| parameters.refuse("format"))?)
        }
        other => return Err(MappingError::Type { path: parameters.path.to_owned(), found: other.to_owned() }),
    })
}

fn add_text(parameters: &mut Parameters<'_>, path: &str, builder: &mut SchemaBuilder) -> Result<Field, MappingError> {
    let analyzer = parameters.take_choice("analyzer", &["standard", "whitespace"])?.unwrap_or("standard");
    let indexing =
        TextFieldIndexing::default().set_tokenizer(analyzer).set_index_option(IndexRecordOption::WithFreqsAndPositions);
    Ok(builder.add_text_field(path, TextOptions::default().set_indexing_options(indexing)))
}

fn add_keyword(
    parameters: &mut Parameters<'_>,
    path: &str,
    builder: &mut SchemaBuilder,
) -> Result<Option<Field>, MappingError> {
    let indexed = parameters.take_flag("index")?.unwrap_or(true);
    let doc_values = parameters.take_flag("doc_values")?.unwrap_or(true);
    let mut options = TextOptions::default();
    if indexed {
        options = options.set_indexing_options(exact_terms());
    }
    if doc_values {
        options = options.set_fast("raw");
    }
    Ok((indexed || doc_values).then(|| builder.add_text_field(path, options)))
}

/// Whole values as terms, as a keyword has them: no positions, no lengths.
pub(super) fn exact_terms() -> TextFieldIndexing {
    TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::Basic).set_fieldnorms(false)
}

/// Numbers are asked for by range, through their column; only one without a column is indexed as terms.
fn add_number(
    kind: &Kind,
    parameters: &mut Parameters<'_>,
    path: &str,
    builder: &mut SchemaBuilder,
) -> Result<Option<Field>, MappingError> {
    let indexed = parameters.take_flag("index")?.unwrap_or(true);
    let doc_values = parameters.take_flag("doc_values")?.unwrap_or(true);
    if !indexed && !doc_values {
        return Ok(None);
    }
    let options = NumericOptions::default();
    let options = if doc_values { options.set_fast() } else { options.set_indexed() };
    Ok(Some(match kind {
        Kind::Double | Kind::Float => builder.add_f64_field(path, options),
        Kind::Boolean => builder.add_bool_field(path, options),
        _ => builder.add_i64_field(path, options),
    }))
}

/// A mapping's parameters, taken one by one; what is left over is unknown.
struct Parameters<'a> {
    path: &'a str,
    left: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Parameters<'a> {
    fn of(value: &'a Value, path: &'a str) -> Result<Self, MappingError> {
        let object = value.as_object().ok_or(MappingError::Shape("{\"properties\": {name: {…}}}"))?;
        Ok(Self { path, left: object.iter().map(|(name, value)| (name.as_str(), value)).collect() })
    }

    fn take<T>(
        &mut self,
        parameter: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, MappingError> {
        let Some(value) = self.left.remove(parameter) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.refuse(parameter))
    }

    fn take_text(&mut self, parameter: &str) -> Result<Option<String>, MappingError> {
        self.take(parameter, |value| value.as_str().map(str::to_owned))
    }

    fn take_flag(&mut self, parameter: &str) -> Result<Option<bool>, MappingError> {
        self.take(parameter, Value::as_bool)
    }

    fn take_count(&mut self, parameter: &str) -> Result<Option<usize>, MappingError> {
        self.take(parameter, |value| usize::try_from(value.as_u64()?).ok())
    }

    fn take_object(&mut self, parameter: &str) -> Result<Option<&'a Map<String, Value>>, MappingError> {
        self.take(parameter, Value::as_object)
    }

    fn take_choice(&mut self, parameter: &str, choices: &[&'static str]) -> Result<Option<&'static str>, MappingError> {
        self.take(parameter, |value| choices.iter().find(|choice| value == **choice).copied())
    }

    fn refuse(&self, parameter: &str) -> MappingError {
        MappingError::Parameter { path: self.path.to_owned(), parameter: parameter.to_owned() }
    }

    fn finish(self) -> Result<(), MappingError> {
        self.left.keys().next().map_or(Ok(()), |parameter| Err(self.refuse(parameter)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tantivy::schema::Schema;

    fn read(properties: &Value) -> Result<Schema, MappingError> {
        let mut builder = Schema::builder();
        let mappings = json!({"dynamic": "strict", "properties": properties});
        ObjectMapping::read_root(&mappings, &mut builder).map(|_| builder.build())
    }

    #[test]
    fn an_unknown_type_or_parameter_is_an_error() {
        for (properties, named) in [
            (json!({"place": {"type": "geo_point"}}), "geo_point"),
            (json!({"a": {"properties": {"b": {"type": "keyword", "boost": 2}}}}), "a.b"),
            (json!({"text": {"type": "text", "analyzer": "icu_analyzer"}}), "analyzer"),
            (json!({"tag": {"type": "keyword", "normalizer": "mine"}}), "normalizer"),
            (json!({"day": {"type": "date", "format": "basic_date"}}), "format"),
            (json!({"tag": {"type": "keyword", "fields": {"x": {"type": "token_count"}}}}), "token_count"),
            (json!({"stats": {"type": "nested", "properties": {}}}), "nested"),
            (json!({"n": {"type": "long", "index": "no"}}), "index"),
        ] {
            let error = read(&properties).expect_err("refused").to_string();
            assert!(error.contains(named), "{properties}: {error}");
        }
        let dynamic = json!({"dynamic": true, "properties": {}});
        assert!(ObjectMapping::read_root(&dynamic, &mut Schema::builder()).is_err());
    }

    #[test]
    fn parameters_become_options() {
        let schema = read(&json!({
            "tag": {"type": "keyword", "normalizer": "lowercase", "fields": {"text": {"type": "text"}}},
            "url": {"type": "keyword", "index": false, "doc_values": false},
            "stats": {"properties": {"play": {"type": "long"}, "raw": {"type": "long", "doc_values": false}}},
        }))
        .expect("known");
        let entry = |path: &str| schema.get_field(path).map(|field| schema.get_field_entry(field));
        assert!(entry("tag").is_ok_and(|entry| entry.is_indexed() && entry.is_fast()));
        assert!(entry("tag.text").is_ok_and(|entry| entry.is_indexed() && !entry.is_fast()));
        assert!(entry("url").is_err(), "kept in the source only");
        assert!(entry("stats.play").is_ok_and(|entry| entry.is_fast() && !entry.is_indexed()));
        assert!(entry("stats.raw").is_ok_and(|entry| !entry.is_fast() && entry.is_indexed()));
    }
}
