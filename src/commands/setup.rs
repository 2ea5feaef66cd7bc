//! `viralmine setup`: makes what the store lacks, imports Kibana's objects, and says what was made and what was there.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::exit::Exit;
use super::out_file::OutFile;
use super::stores;
use crate::cli::GlobalArgs;
use crate::cli::backfill::ReportFormat;
use crate::cli::setup::SetupArgs;
use crate::jobs::setup::{CollectionReport, Fate, KibanaReport, compared, import};
use crate::kibana::{self, Kibana};
use crate::output::setup as shown;
use crate::settings::file::ConfigFile;
use crate::settings::store::{StorePlace, StoreSettings};
use crate::settings::{UsageError, kibana as kibana_settings};

/// The JSON form.
#[derive(Serialize)]
struct SetupObject<'a> {
    store: &'a str,
    index_prefix: &'a str,
    collections: &'a [CollectionReport],
    /// Null when none was named, and when it took nothing at all.
    kibana: Option<&'a KibanaReport>,
}

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &SetupArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    if let Some(path) = &args.kibana_export {
        write_objects(path, &kibana::ndjson(&settings.prefix))?;
        return Ok(Exit::Done);
    }
    let kibana = args.kibana.as_ref().map(|url| connect(url, &settings, &file)).transpose()?;
    // Asked before anything is made: a wrong address is told first.
    let kibana = match kibana {
        Some(kibana) => Some((kibana.version().await?, kibana)),
        None => None,
    };
    let collections = prepare(&settings).await?;
    let imported = match kibana {
        Some((version, kibana)) => Some(import(&kibana, version, &settings.prefix).await),
        None => None,
    };
    // What was made is told, whatever Kibana said.
    show(&settings, &collections, imported.as_ref().and_then(|imported| imported.as_ref().ok()), args.format)?;
    Ok(end(&collections, imported.transpose()?.as_ref()))
}

fn connect(url: &str, settings: &StoreSettings, file: &ConfigFile) -> anyhow::Result<Kibana> {
    let StorePlace::Elastic(elastic) = &settings.place else {
        let words = "--kibana shows what is in an Elasticsearch, and the store is an embedded index: name the server with \
                     --store http://host:9200 (the embedded store is shown by `viralmine report`)";
        return Err(UsageError::new(words).into());
    };
    let resolved = kibana_settings::resolve(url, elastic, file)?;
    Ok(Kibana::connect(resolved).map_err(|error| UsageError(error.to_string()))?)
}

/// Makes what is missing; says what there was before, and what there is.
async fn prepare(settings: &StoreSettings) -> anyhow::Result<Vec<CollectionReport>> {
    let examine = stores::open_examine(settings)?;
    let before = examine.indices().await?;
    let store = stores::open_for_writing(settings).await?;
    store.commit().await?;
    drop(store);
    let makes_late = matches!(settings.place, StorePlace::Embedded(_));
    Ok(compared(&before, examine.indices().await?, makes_late))
}

fn write_objects(path: &Path, objects: &str) -> anyhow::Result<()> {
    if path == Path::new("-") {
        let mut stdout = io::stdout().lock();
        stdout.write_all(objects.as_bytes())?;
        return Ok(stdout.flush()?);
    }
    OutFile::at("--kibana-export", path)?.write(objects)?;
    Ok(())
}

fn show(
    settings: &StoreSettings,
    collections: &[CollectionReport],
    kibana: Option<&KibanaReport>,
    format: ReportFormat,
) -> io::Result<()> {
    let store = match &settings.place {
        StorePlace::Embedded(folder) => folder.display().to_string(),
        StorePlace::Elastic(_) => settings.name(),
    };
    let mut stdout = io::stdout().lock();
    match format {
        ReportFormat::Text => {
            stdout.write_all(shown::collections(&store, collections).as_bytes())?;
            stdout.write_all(kibana.map(shown::kibana).unwrap_or_default().as_bytes())?;
        }
        ReportFormat::Json => {
            let object = SetupObject { store: &store, index_prefix: &settings.prefix, collections, kibana };
            serde_json::to_writer(&mut stdout, &object)?;
            writeln!(stdout)?;
        }
    }
    stdout.flush()
}

fn end(collections: &[CollectionReport], kibana: Option<&KibanaReport>) -> Exit {
    let refused = kibana.map_or(0, |kibana| kibana.imported.failed.len());
    if refused > 0 {
        tracing::error!("Kibana refused {refused} of its objects; each is named in the report, with what to do");
        return Exit::Partial;
    }
    let is_missing = |collection: &CollectionReport| collection.fate == Fate::Missing;
    if collections.iter().any(is_missing) { Exit::Partial } else { Exit::Done }
}
