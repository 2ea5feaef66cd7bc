//! Opens the store that the settings name, for writing or for reading.

use std::path::Path;
use std::sync::Arc;

use crate::cli::GlobalArgs;
use crate::model::Collection;
use crate::settings::UsageError;
use crate::settings::file::ConfigFile;
use crate::settings::store::{StorePlace, StoreSettings};
use crate::store::elastic::{ElasticSettings, ElasticStore};
use crate::store::embedded::{EmbeddedReader, EmbeddedWriter, documents_by_id};
use crate::store::{StoreError, StoreReader, StoreWriter, StoredDocument};

/// Opens the store for a run that writes, and makes or checks its indices.
pub async fn open_for_writing(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreWriter>> {
    let store: Arc<dyn StoreWriter> = match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedWriter::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    };
    store.prepare().await?;
    Ok(store)
}

/// Opens the store for questions.
pub async fn open_for_reading(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreReader>> {
    Ok(match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedReader::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    })
}

/// Documents by id, in the order of `ids`, from a store that is only looked at: nothing is made there, and no lock is
/// taken. `None` when there is no store yet.
pub async fn look_up(
    settings: &StoreSettings,
    collection: Collection,
    ids: &[String],
) -> anyhow::Result<Option<Vec<Option<StoredDocument>>>> {
    let found = match &settings.place {
        StorePlace::Elastic(elastic) => connect(elastic)?.get(collection, ids).await,
        StorePlace::Embedded(folder) => {
            let (folder, prefix, ids) = (folder.clone(), settings.prefix.clone(), ids.to_vec());
            let look = move || documents_by_id(&folder, &prefix, collection, &ids);
            off_the_async_threads(look).await
        }
    };
    match found {
        Err(StoreError::Missing(_)) => Ok(None),
        found => Ok(Some(found?)),
    }
}

/// Opens the store that was typed, for questions.
pub async fn reader_of(global: &GlobalArgs) -> anyhow::Result<Arc<dyn StoreReader>> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    open_for_reading(&settings).await
}

/// Opens one side of an embedded store, off the async threads.
async fn embedded<T: Send + 'static>(
    folder: &Path,
    prefix: &str,
    open: fn(&Path, &str) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let (folder, prefix) = (folder.to_owned(), prefix.to_owned());
    off_the_async_threads(move || open(&folder, &prefix)).await
}

async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Broken(error.to_string()))?
}

/// Nothing is sent yet: what is wrong here is a setting.
fn connect(settings: &ElasticSettings) -> Result<ElasticStore, UsageError> {
    ElasticStore::connect(settings.clone()).map_err(|error| UsageError(error.to_string()))
}
