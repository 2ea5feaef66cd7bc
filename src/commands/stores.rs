//! Opens the store that the settings name, for writing or for reading.

use std::path::Path;
use std::sync::Arc;

use crate::cli::GlobalArgs;
use crate::settings::UsageError;
use crate::settings::file::ConfigFile;
use crate::settings::store::{StorePlace, StoreSettings};
use crate::store::elastic::{ElasticSettings, ElasticStore};
use crate::store::embedded::{EmbeddedReader, EmbeddedWriter};
use crate::store::{Leases, StoreContents, StoreError, StoreReader, StoreWriter};

/// Opens the store for a run that writes, and makes or checks its indices.
pub async fn open_for_writing(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreWriter>> {
    let store: Arc<dyn StoreWriter> = match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedWriter::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    };
    store.prepare().await?;
    Ok(store)
}

/// A store for writing under old versions.
pub struct Rewriting {
    /// Where documents go.
    pub writer: Arc<dyn StoreWriter>,
    /// The right to.
    pub leases: Arc<dyn Leases>,
}

/// Opens the store for a job that writes under old versions, and makes or checks its indices.
pub async fn open_for_rewriting(settings: &StoreSettings) -> anyhow::Result<Rewriting> {
    let rewriting = match &settings.place {
        StorePlace::Embedded(folder) => {
            let store = Arc::new(embedded(folder, &settings.prefix, EmbeddedWriter::open).await?);
            Rewriting { writer: Arc::clone(&store) as Arc<dyn StoreWriter>, leases: store }
        }
        StorePlace::Elastic(elastic) => {
            let store = Arc::new(connect(elastic)?);
            Rewriting { writer: Arc::clone(&store) as Arc<dyn StoreWriter>, leases: store }
        }
    };
    rewriting.writer.prepare().await?;
    Ok(rewriting)
}

/// Opens what is stored, to be read as it is.
pub async fn open_contents(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreContents>> {
    Ok(match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedReader::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    })
}

/// Opens the store for questions.
pub async fn open_for_reading(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreReader>> {
    Ok(match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedReader::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    })
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
    let opened = tokio::task::spawn_blocking(move || open(&folder, &prefix)).await;
    opened.map_err(|error| StoreError::Broken(error.to_string()))?
}

/// Nothing is sent yet: what is wrong here is a setting.
fn connect(settings: &ElasticSettings) -> Result<ElasticStore, UsageError> {
    ElasticStore::connect(settings.clone()).map_err(|error| UsageError(error.to_string()))
}
