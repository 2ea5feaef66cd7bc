//! `viralmine status`: how far every creator has come, and what lies in the data folder. Beside a run, too.

use std::io::{self, Write};

use anyhow::Context;
use serde::Serialize;

use super::stores;
use crate::archive::FolderSummary;
use crate::cli::GlobalArgs;
use crate::cli::status::{StatusArgs, StatusFormat};
use crate::jobs::status::{self as job, Status};
use crate::output::{status as shown, table};
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;

/// The JSON form.
#[derive(Serialize)]
struct StatusObject<'a> {
    store: &'a str,
    index_prefix: &'a str,
    #[serde(flatten)]
    status: &'a Status,
    data_folder: &'a FolderSummary,
}

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &StatusArgs) -> anyhow::Result<()> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let contents = stores::open_view(&settings).await?;
    let mut lines = Ok(());
    let status = {
        let mut stdout = io::stdout();
        let is_list = args.format == StatusFormat::Ndjson;
        let mut each = |checkpoint: &crate::model::Checkpoint| {
            if is_list && lines.is_ok() {
                lines = serde_json::to_writer(&mut stdout, checkpoint)
                    .map_err(io::Error::from)
                    .and_then(|()| stdout.write_all(b"\n"));
            }
        };
        job::run(contents, args.limit, &mut each).await.context("the store cannot be read")?
    };
    lines?;
    let summary = FolderSummary::of(&settings.data_dir)?;
    let mut stdout = io::stdout().lock();
    match args.format {
        StatusFormat::Ndjson => {}
        StatusFormat::Json => {
            let (store, index_prefix) = (settings.name(), settings.prefix.as_str());
            let object = StatusObject { store: &store, index_prefix, status: &status, data_folder: &summary };
            serde_json::to_writer(&mut stdout, &object)?;
            writeln!(stdout)?;
        }
        StatusFormat::Text => {
            let text = shown::text(&status, &settings.name(), &settings.data_dir, &summary, table::width());
            stdout.write_all(text.as_bytes())?;
        }
    }
    Ok(stdout.flush()?)
}
