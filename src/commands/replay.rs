//! `viralmine replay`: what can be wrong is found first, then the job runs, then the report.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::bulk_settings::BulkSettings;
use super::exit::Exit;
use super::metrics::Served;
use super::scoring::{Scored, Scoring};
use super::{interrupt, patience, stores};
use crate::archive::{DataFolder, DeadLetters};
use crate::cli::replay::ReplayArgs;
use crate::cli::{GlobalArgs, LogFormat};
use crate::jobs::reading::inputs::{self, Input, InputError};
use crate::jobs::reading::usual_threads;
use crate::jobs::replay::{self as job, Replay, ReplayOptions, ReplayParts};
use crate::metrics::Stage;
use crate::model::Counters;
use crate::output::log;
use crate::output::progress::{Look, Progress};
use crate::output::replay::text;
use crate::pipeline::load::LoadLimits;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{UsageError, environment, moment_ms};

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &ReplayArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let fetched_at = args.fetched_at.as_deref().map(|text| moment_ms("--fetched-at", text)).transpose()?;
    let patience = patience::resolve(args.give_up_after.as_ref(), &file)?;
    let inputs = find_inputs(&args.archives, &settings.data_dir)?;
    if fetched_at.is_some_and(|moment| moment > clock.now_ms()) {
        tracing::warn!("--fetched-at lies in the future: until then, nothing that is fetched replaces these documents");
    }
    let counters = Arc::new(Counters::default());
    let metrics = Served::start(args.metrics, "replay", Stage::Load, &counters, global.quiet).await?;
    let stop = interrupt::stop_on_interrupt(global.quiet);
    let data_folder = DataFolder::lock(&settings.data_dir)?;
    let letters = Arc::new(DeadLetters::open(data_folder.path())?);
    let (store, leases) = interrupt::unless_stopped(&stop, stores::open_with_leases(&settings)).await?;
    // It writes, so it puts back what a killed run may have left.
    let bulk_settings = BulkSettings::begin(&store, false, &stop).await?;
    let look = Look::of_this_process(global.quiet, global.log_format == LogFormat::Json);
    let progress = Progress::of_reading(look, Arc::clone(&counters));
    let parts = ReplayParts {
        store: Arc::clone(&store),
        leases: Arc::clone(&leases),
        letters,
        data_folder: data_folder.path().to_owned(),
        clock: clock.clone(),
        counters,
        // A replay that cannot go on cancels its own.
        stop: stop.child_token(),
    };
    let limits = LoadLimits::saturating(patience);
    let replay = job::run(parts, ReplayOptions { inputs, fetched_at, threads: usual_threads(), limits }).await;
    progress.finish();
    let data_folder = data_folder.path().to_owned();
    let scoring =
        Scoring { settings: &settings, store, leases, data_folder, clock, patience, look, stop, metrics: &metrics };
    let is_well = replay.fatal.is_none() && !replay.interrupted;
    let scored = Scored::when(is_well && !args.scoring.no_scores, replay.report.documents.stored > 0, scoring).await;
    bulk_settings.end().await;
    let shown = scored.show(&text(&replay.report), &replay.report, args.format);
    // Nobody there to read the report does not change how the replay came out.
    let has_written = replay.report.documents.stored > 0;
    let exit = scored.end(end(replay, global.quiet), has_written, global.quiet);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(exit),
    }
}

/// What is to be read; nothing to read is wrong use.
pub(super) fn find_inputs(named: &[PathBuf], data_folder: &Path) -> anyhow::Result<Vec<Input>> {
    inputs::find(named, data_folder).map_err(|error| match error {
        InputError::Archive(error) => error.into(),
        wrong => UsageError(wrong.to_string()).into(),
    })
}

fn end(replay: Replay, quiet: bool) -> Exit {
    const GO_ON: &str = "run the same command again";
    if let Some(fatal) = replay.fatal {
        let words = fatal.to_string();
        let next = if words.contains(GO_ON) { String::new() } else { format!("; {GO_ON}: nothing is stored twice") };
        tracing::error!("the replay ended early: {words}{next}");
        return Exit::Failed;
    }
    if replay.interrupted {
        if !quiet {
            log::plain(&format!("interrupted, all that was read is indexed; {GO_ON} to index the rest, too"));
        }
        return Exit::Interrupted;
    }
    let report = &replay.report;
    if report.documents.dead > 0 {
        tracing::error!(
            "the store refused {} documents, which are dead letters: `viralmine dead-letters list` says why",
            report.documents.dead
        );
    }
    if report.records.refused == 0 && report.documents.dead == 0 { Exit::Done } else { Exit::Partial }
}
