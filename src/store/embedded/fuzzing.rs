//! A door for the fuzz targets and property tests to the reader of documents; built for them alone. No index.

use std::sync::OnceLock;

use super::document;
use super::schema::IndexSchema;
use crate::model::Collection;

/// Whether the store would index a document, or why not.
///
/// # Panics
/// When a mapping of ours cannot be read, which would be a finding.
pub fn accepts(collection: Collection, id: &str, version: i64, source: &[u8]) -> Result<(), String> {
    static SCHEMAS: OnceLock<Vec<(Collection, IndexSchema)>> = OnceLock::new();
    let read = |collection| IndexSchema::of(collection).unwrap_or_else(|error| panic!("{error}"));
    let schemas = SCHEMAS.get_or_init(|| Collection::ALL.map(|collection| (collection, read(collection))).into());
    let (_, schema) = schemas.iter().find(|(known, _)| *known == collection).ok_or("no such collection")?;
    document::read(schema, id, version, source).map(drop)
}
