//! A collection's tantivy schema, derived from the same `mappings/*.json` that Elasticsearch gets.
//!
//! Besides the mapped fields a document has `_id` (a term), `_version` (a column) and `_source` (its bytes). Used by
//! `folder` (does an index fit?), `document` (writing) and `query` (asking).

use serde_json::Value;
use tantivy::schema::{BytesOptions, Field, NumericOptions, Schema, TextOptions};
use tantivy::tokenizer::TokenizerManager;

use super::analyzer::StandardTokenizer;
use super::mapping::{MappingError, ObjectMapping, exact_terms};
use crate::model::Collection;
use crate::store::StoreError;

/// The column of external versions.
pub(super) const VERSION: &str = "_version";

/// What a collection's index holds.
#[derive(Debug)]
pub(super) struct IndexSchema {
    /// The mapping's own version number.
    pub mapping_version: u64,
    /// The fields, as tantivy has them.
    pub schema: Schema,
    /// The document's properties, as the mapping has them.
    pub root: ObjectMapping,
    /// `_id`.
    pub id: Field,
    /// `_version`.
    pub version: Field,
    /// `_source`.
    pub source: Field,
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
        let id = builder.add_text_field("_id", TextOptions::default().set_indexing_options(exact_terms()));
        let version = builder.add_i64_field(VERSION, NumericOptions::default().set_fast());
        let source = builder.add_bytes_field("_source", BytesOptions::default().set_stored());
        let root = ObjectMapping::read_root(&template["template"]["mappings"], &mut builder)?;
        Ok(Self { mapping_version, schema: builder.build(), root, id, version, source })
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
