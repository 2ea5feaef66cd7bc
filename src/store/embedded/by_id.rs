//! Documents by id from a store that is only looked at: as of its newest commit, beside a writer in any process.

use std::path::Path;

use tantivy::ReloadPolicy;

use super::committed::Committed;
use super::schema::IndexSchema;
use super::{folder, trouble};
use crate::model::Collection;
use crate::store::{StoreError, StoredDocument};

/// The documents of a collection in the data folder `dir`, in the order of `ids`; `None` where there is none. Makes
/// nothing and takes no lock. Blocks. [`StoreError::Missing`] when nothing was indexed there yet.
pub fn documents_by_id(
    dir: &Path,
    prefix: &str,
    collection: Collection,
    ids: &[String],
) -> Result<Vec<Option<StoredDocument>>, StoreError> {
    let folder = folder::of(dir, prefix, collection)?;
    let schema = IndexSchema::of(collection)?;
    let index = folder::open_existing(&folder, &schema)?;
    trouble::guard_opening(&folder, || {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let committed = Committed::load(&reader)?;
        ids.iter().map(|id| committed.document(&schema, id)).collect()
    })
}
