//! Opens the store that the settings name, for writing or for reading.

use std::sync::Arc;

use crate::settings::store::{StorePlace, StoreSettings};
use crate::store::elastic::ElasticStore;
use crate::store::embedded::{EmbeddedReader, EmbeddedWriter};
use crate::store::{StoreError, StoreReader, StoreWriter};

/// Opens the store for a run that writes, and makes or checks its indices.
pub async fn open_for_writing(settings: &StoreSettings) -> Result<Arc<dyn StoreWriter>, StoreError> {
    let store: Arc<dyn StoreWriter> = match &settings.place {
        StorePlace::Embedded(folder) => {
            let (folder, prefix) = (folder.clone(), settings.prefix.clone());
            let opened = tokio::task::spawn_blocking(move || EmbeddedWriter::open(&folder, &prefix)).await;
            Arc::new(opened.map_err(|error| StoreError::Broken(error.to_string()))??)
        }
        StorePlace::Elastic(elastic) => Arc::new(ElasticStore::connect(elastic.as_ref().clone())?),
    };
    store.prepare().await?;
    Ok(store)
}

/// Opens the store for questions.
pub async fn open_for_reading(settings: &StoreSettings) -> Result<Arc<dyn StoreReader>, StoreError> {
    Ok(match &settings.place {
        StorePlace::Embedded(folder) => {
            let (folder, prefix) = (folder.clone(), settings.prefix.clone());
            let opened = tokio::task::spawn_blocking(move || EmbeddedReader::open(&folder, &prefix)).await;
            Arc::new(opened.map_err(|error| StoreError::Broken(error.to_string()))??)
        }
        StorePlace::Elastic(elastic) => Arc::new(ElasticStore::connect(elastic.as_ref().clone())?),
    })
}
