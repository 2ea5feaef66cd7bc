//! `viralmine explain`: one post's scores, step by step.

use std::io::{self, Write};

use super::exit::Exit;
use super::stores;
use crate::cli::GlobalArgs;
use crate::cli::backfill::ReportFormat;
use crate::cli::score::ExplainArgs;
use crate::jobs::explain;
use crate::model::VideoId;
use crate::output::explain::text;
use crate::settings::UsageError;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let video = VideoId::parse(&args.video).map_err(|error| UsageError(error.to_string()))?;
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let view = stores::open_view(&settings).await?;
    let explained = explain::explain(view.as_ref(), &video).await?;
    let mut stdout = io::stdout().lock();
    match args.format {
        ReportFormat::Text => stdout.write_all(text(&explained).as_bytes())?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut stdout, &explained)?;
            writeln!(stdout)?;
        }
    }
    stdout.flush()?;
    Ok(Exit::Done)
}
