//! Opens the store that the settings name: for writing, for questions, or for one of the jobs that need more of it.

use std::path::Path;
use std::sync::Arc;

use crate::cli::GlobalArgs;
use crate::model::Collection;
use crate::settings::UsageError;
use crate::settings::file::ConfigFile;
use crate::settings::store::{StorePlace, StoreSettings};
use crate::store::elastic::{ElasticSettings, ElasticStore, ElasticVersions};
use crate::store::embedded::{EmbeddedExaminer, EmbeddedReader, EmbeddedVersions, EmbeddedWriter};
use crate::store::{
    Examine, IndexVersions, Leases, Lookup, StoreContents, StoreError, StoreReader, StoreView, StoreWriter,
    StoredDocument,
};

/// Opens the store for a run that writes, and makes or checks its indices.
pub async fn open_for_writing(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreWriter>> {
    let store: Arc<dyn StoreWriter> = match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedWriter::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    };
    store.prepare().await?;
    Ok(store)
}

/// Opens the store for a run that fetches, as [`open_for_writing`] does. Checkpoints whose videos are gone would make
/// such a run believe that everything is there: that is refused.
///
/// The lease is for the score pass behind the run; fetching needs none.
pub async fn open_for_fetching(settings: &StoreSettings) -> anyhow::Result<(Arc<dyn StoreWriter>, Arc<dyn Leases>)> {
    refuse_lone_checkpoints(settings).await?;
    open_with_leases(settings).await
}

/// Somebody deleted the videos' index by hand, and left the checkpoints. The embedded store refuses that by itself.
async fn refuse_lone_checkpoints(settings: &StoreSettings) -> anyhow::Result<()> {
    let StorePlace::Elastic(elastic) = &settings.place else { return Ok(()) };
    let store = connect(elastic)?;
    let (Err(StoreError::Missing(_)), Ok(creators)) =
        (store.count(Collection::Videos).await, store.count(Collection::Checkpoints).await)
    else {
        // Whatever else is wrong is told by who opens it.
        return Ok(());
    };
    let prefix = &settings.prefix;
    anyhow::ensure!(
        creators == 0,
        "the index of the videos, {prefix}-videos, is gone, but the checkpoints of {creators} creators are there: run \
         `viralmine replay` to index the archive again at no cost, or delete {prefix}-checkpoints too, to fetch everything \
         again"
    );
    Ok(())
}

/// Opens the store for questions.
pub async fn open_for_reading(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreReader>> {
    Ok(open_view(settings).await?)
}

/// Opens the store for a run that writes under old versions: the writer, and the lease that such a run takes first.
pub async fn open_with_leases(settings: &StoreSettings) -> anyhow::Result<(Arc<dyn StoreWriter>, Arc<dyn Leases>)> {
    let (writer, leases): (Arc<dyn StoreWriter>, Arc<dyn Leases>) = match &settings.place {
        StorePlace::Embedded(folder) => {
            let store = Arc::new(embedded(folder, &settings.prefix, EmbeddedWriter::open).await?);
            (store.clone(), store)
        }
        StorePlace::Elastic(elastic) => {
            let store = Arc::new(connect(elastic)?);
            (store.clone(), store)
        }
    };
    writer.prepare().await?;
    Ok((writer, leases))
}

/// Opens the store to read everything in it.
pub async fn open_view(settings: &StoreSettings) -> anyhow::Result<Arc<dyn StoreView>> {
    Ok(match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedReader::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    })
}

/// Opens the versions of the videos' index, to reindex. The videos' index may be of an older mapping.
pub async fn open_versions(settings: &StoreSettings) -> anyhow::Result<Arc<dyn IndexVersions>> {
    Ok(match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(embedded(folder, &settings.prefix, EmbeddedVersions::open).await?),
        StorePlace::Elastic(elastic) => Arc::new(ElasticVersions::open(connect(elastic)?).await?),
    })
}

/// Opens the store to look at it; nothing is asked of it yet.
pub fn open_examine(settings: &StoreSettings) -> anyhow::Result<Arc<dyn Examine>> {
    Ok(match &settings.place {
        StorePlace::Embedded(folder) => Arc::new(EmbeddedExaminer::new(folder, &settings.prefix)),
        StorePlace::Elastic(elastic) => Arc::new(connect(elastic)?),
    })
}

/// Opens a server only to put back settings that a killed run left turned off: nothing is made, nothing checked. `None`
/// for an embedded store, which has none such.
pub fn connect_for_repair(settings: &StoreSettings) -> anyhow::Result<Option<Arc<dyn StoreWriter>>> {
    Ok(match &settings.place {
        StorePlace::Embedded(_) => None,
        StorePlace::Elastic(elastic) => Some(Arc::new(connect(elastic)?)),
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
        StorePlace::Embedded(folder) => match embedded(folder, &settings.prefix, EmbeddedReader::open).await {
            Ok(reader) => reader.get(collection, ids).await,
            Err(error) => Err(error),
        },
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
    let opened = tokio::task::spawn_blocking(move || open(&folder, &prefix)).await;
    opened.map_err(|error| StoreError::Broken(error.to_string()))?
}

/// Nothing is sent yet: what is wrong here is a setting.
fn connect(settings: &ElasticSettings) -> Result<ElasticStore, UsageError> {
    ElasticStore::connect(settings.clone()).map_err(|error| UsageError(error.to_string()))
}
