//! `viralmine score`: all scores again, where they differ from what is stored.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::Context;

use super::bulk_settings::BulkSettings;
use super::exit::Exit;
use super::metrics::Served;
use super::scoring::Scoring;
use super::{interrupt, patience, stores};
use crate::archive::DataFolder;
use crate::cli::backfill::ReportFormat;
use crate::cli::score::ScoreArgs;
use crate::cli::{GlobalArgs, LogFormat};
use crate::jobs::score::Score;
use crate::metrics::Stage;
use crate::output::log;
use crate::output::progress::Look;
use crate::output::score::text;
use crate::settings::environment;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;

const GO_ON: &str = "run the same command again";

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &ScoreArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let patience = patience::resolve(args.give_up_after.as_ref(), &file)?;
    // The pass has counters of its own, once it begins.
    let metrics = Served::start(args.metrics, "score", Stage::Score, &Arc::default(), global.quiet).await?;
    // Nothing is made where nothing was stored: a mistyped folder is told.
    drop(stores::open_view(&settings).await?);
    let stop = interrupt::stop_on_interrupt(global.quiet);
    let data_folder = DataFolder::lock(&settings.data_dir)?;
    let (store, leases) = interrupt::unless_stopped(&stop, stores::open_with_leases(&settings)).await?;
    // It writes, so it puts back what a killed run may have left.
    let bulk_settings = BulkSettings::begin(&store, false, &stop).await?;
    let look = Look::of_this_process(global.quiet, global.log_format == LogFormat::Json);
    let data_folder_path = data_folder.path().to_owned();
    let scoring = Scoring {
        settings: &settings,
        store,
        leases,
        data_folder: data_folder_path,
        clock,
        patience,
        look,
        stop,
        metrics: &metrics,
    };
    let made = scoring.run().await;
    bulk_settings.end().await;
    let made = made?;
    let shown = show(&made, args.format);
    // Nobody there to read the report does not change how the pass came out.
    let exit = end(&made, global.quiet);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(exit),
    }
}

fn show(score: &Score, format: ReportFormat) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match format {
        ReportFormat::Text => stdout.write_all(text(&score.report).as_bytes())?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut stdout, &score.report)?;
            writeln!(stdout)?;
        }
    }
    stdout.flush()
}

fn end(score: &Score, quiet: bool) -> Exit {
    if let Some(fatal) = &score.fatal {
        let words = fatal.to_string();
        let next = if words.contains(GO_ON) { String::new() } else { format!("; {GO_ON} to go on") };
        tracing::error!("the pass ended early: {words}{next}");
        return Exit::Failed;
    }
    if score.interrupted {
        if !quiet {
            log::plain(&format!("interrupted, the scores are behind; {GO_ON} to go on"));
        }
        return Exit::Interrupted;
    }
    if score.report.refused.count > 0 { Exit::Partial } else { Exit::Done }
}
