//! A collection's tantivy schema, derived from the same `mappings/*.json` that Elasticsearch gets.
//!
//! Besides the mapped fields a document has `_id` (a term), `_version` (a column) and `_source` (its bytes), which
//! suffice to read it back. Used by `folder` (does an index fit?), `document` (writing) and `query` (asking).

use serde_json::Value;
use tantivy::schema::{BytesOptions, Field, NumericOptions, Schema, SchemaBuilder, TextOptions, Type};
use tantivy::tokenizer::TokenizerManager;

use super::analyzer::StandardTokenizer;
use super::mapping::{MappingError, ObjectMapping, exact_terms};
use crate::model::Collection;
use crate::store::StoreError;

/// The column of external versions.
pub(super) const VERSION: &str = "_version";
const ID: &str = "_id";
const SOURCE: &str = "_source";

/// What a collection's index holds.
#[derive(Debug)]
pub(super) struct IndexSchema {
    /// The mapping's own version number.
    pub mapping_version: u64,
    /// The fields, as tantivy has them.
    pub schema: Schema,
    /// The document's properties, as the mapping has them.
    pub root: ObjectMapping,
    /// What every document has, whatever the mapping.
    pub core: CoreFields,
}

/// The fields that do not come from a mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct CoreFields {
    /// `_id`.
    pub id: Field,
    /// `_version`.
    pub version: Field,
    /// `_source`.
    pub source: Field,
}

impl CoreFields {
    fn add_to(builder: &mut SchemaBuilder) -> Self {
        Self {
            id: builder.add_text_field(ID, TextOptions::default().set_indexing_options(exact_terms())),
            version: builder.add_i64_field(VERSION, NumericOptions::default().set_fast()),
            source: builder.add_bytes_field(SOURCE, BytesOptions::default().set_stored()),
        }
    }

    /// Finds them in an index of whatever mapping; `None` when it lacks one, or has something else by that name.
    pub(super) fn find_in(schema: &Schema) -> Option<Self> {
        let find = |name, kind: Type| {
            let field = schema.get_field(name).ok()?;
            let entry = schema.get_field_entry(field);
            (entry.field_type().value_type() == kind).then_some((field, entry))
        };
        let (id, id_entry) = find(ID, Type::Str)?;
        let (version, version_entry) = find(VERSION, Type::I64)?;
        let (source, source_entry) = find(SOURCE, Type::Bytes)?;
        let is_usable = id_entry.is_indexed() && version_entry.is_fast() && source_entry.is_stored();
        is_usable.then_some(Self { id, version, source })
    }
}

impl IndexSchema {
    /// The schema of `collection`.
    pub(super) fn of(collection: Collection) -> Result<Self, StoreError> {
        let unfit = |error: &dyn std::fmt::Display| {
            StoreError::Unfit(format!("the mapping of {} does not suit the embedded store: {error}", collection.name()))
        };
        let template: Value = serde_json::from_str(mapping_text(collection)).map_err(|error| unfit(&error))?;
        Self::read(&template).map_err(|error| unfit(&error))
    }

    fn read(template: &Value) -> Result<Self, MappingError> {
        let mapping_version = template["version"].as_u64().ok_or(MappingError::Shape("{\"version\": number}"))?;
        let mut builder = Schema::builder();
        let core = CoreFields::add_to(&mut builder);
        let root = ObjectMapping::read_root(&template["template"]["mappings"], &mut builder)?;
        Ok(Self { mapping_version, schema: builder.build(), root, core })
    }

    /// The same, for an index that has its fields in another order, or fields besides; `None` when a field differs in
    /// more than its place. With `may_lack`, one may also be absent: its values are then kept in the source alone.
    pub(super) fn bound_to(mut self, found: &Schema, may_lack: bool) -> Option<Self> {
        if *found == self.schema {
            return Some(self);
        }
        self.core = CoreFields::find_in(found)?;
        let own = self.schema;
        self.root.rebind(&|field| {
            let entry = own.get_field_entry(field);
            match found.get_field(entry.name()) {
                Ok(other) => (found.get_field_entry(other) == entry).then_some(Some(other)),
                Err(_) => may_lack.then_some(None),
            }
        })?;
        self.schema = found.clone();
        Some(self)
    }

    /// The field at a dotted path.
    pub(super) fn field(&self, path: &str) -> Result<Field, StoreError> {
        self.schema.get_field(path).map_err(|_| StoreError::Unfit(format!("the mapping has no indexed field {path}")))
    }
}

/// The analyzers that the mappings name.
pub(super) fn tokenizers() -> TokenizerManager {
    // Tantivy's own `raw`, `whitespace`, and the `default` that it asks for whatever the field.
    let manager = TokenizerManager::default();
    manager.register("standard", StandardTokenizer);
    manager
}

const fn mapping_text(collection: Collection) -> &'static str {
    match collection {
        Collection::Videos => include_str!("../../../mappings/videos.json"),
        Collection::Creators => include_str!("../../../mappings/creators.json"),
        Collection::Snapshots => include_str!("../../../mappings/snapshots.json"),
        Collection::Checkpoints => include_str!("../../../mappings/checkpoints.json"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mapping_in_use_is_known() {
        for collection in Collection::ALL {
            let schema = IndexSchema::of(collection).expect("known types and parameters only");
            assert!(schema.schema.num_fields() > 10, "{}", collection.name());
        }
    }

    #[test]
    fn what_is_sorted_by_has_a_column() {
        let schema = IndexSchema::of(Collection::Videos).expect("known");
        for path in ["aweme_id", "stats.play", "publish_ts", "engagement.rate", "fetched_at", VERSION] {
            let field = schema.field(path).expect(path);
            assert!(schema.schema.get_field_entry(field).is_fast(), "{path}");
        }
    }
}
