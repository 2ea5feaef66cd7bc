//! `viralmine reindex`: what can be wrong is found first, then the job runs, then the report.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::Context;
use serde_json::json;

use super::exit::Exit;
use super::metrics::Served;
use super::replay::find_inputs;
use super::scoring::{Scored, Scoring};
use super::{interrupt, patience, stores};
use crate::archive::{DataFolder, DeadLetters, segments};
use crate::cli::backfill::ReportFormat;
use crate::cli::reindex::ReindexArgs;
use crate::cli::{GlobalArgs, LogFormat};
use crate::jobs::lease::Lease;
use crate::jobs::reading::inputs::Input;
use crate::jobs::reading::usual_threads;
use crate::jobs::reindex::{self as job, Reindex, ReindexParts};
use crate::jobs::replay::ReplayOptions;
use crate::metrics::Stage;
use crate::model::Counters;
use crate::output::log;
use crate::output::progress::{Look, Progress};
use crate::output::reindex::text;
use crate::pipeline::load::LoadLimits;
use crate::settings::environment;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::store::Leases;

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &ReindexArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let patience = patience::resolve(args.give_up_after.as_ref(), &file)?;
    let inputs = if args.drop_old { Vec::new() } else { inputs(args, &settings)? };
    let counters = Arc::new(Counters::default());
    let metrics = Served::start(args.metrics, "reindex", Stage::Load, &counters, global.quiet).await?;
    let stop = interrupt::stop_on_interrupt(global.quiet);
    let data_folder = DataFolder::lock(&settings.data_dir)?;
    let versions = interrupt::unless_stopped(&stop, stores::open_versions(&settings)).await?;
    if args.drop_old {
        let lease =
            Lease::take(Arc::clone(&versions) as Arc<dyn Leases>, "reindex --drop-old", patience, &stop).await?;
        let dropped = versions.drop_old().await;
        lease.release().await;
        show_dropped(&dropped?, args.format)?;
        return Ok(Exit::Done);
    }
    let look = Look::of_this_process(global.quiet, global.log_format == LogFormat::Json);
    let progress = Progress::of_reading(look, Arc::clone(&counters));
    let parts = ReindexParts {
        versions,
        letters: Arc::new(DeadLetters::open(data_folder.path())?),
        data_folder: data_folder.path().to_owned(),
        clock: clock.clone(),
        counters,
        // A load that cannot go on cancels its own.
        stop: stop.child_token(),
    };
    let limits = LoadLimits::saturating(patience);
    let options = ReplayOptions { inputs, fetched_at: None, threads: usual_threads(), limits };
    let reindex = job::run(parts, options).await;
    progress.finish();
    let switched = reindex.fatal.is_none() && reindex.report.switched;
    // What was made of the archive has no scores yet. The old version's writer was given back with the job's parts.
    let scored = if switched && !args.scoring.no_scores {
        let (store, leases) = stores::open_with_leases(&settings).await?;
        let data_folder = data_folder.path().to_owned();
        let scoring =
            Scoring { settings: &settings, store, leases, data_folder, clock, patience, look, stop, metrics: &metrics };
        Scored::when(true, true, scoring).await
    } else {
        Scored::left_out()
    };
    let shown = scored.show(&text(&reindex.report), &reindex.report, args.format);
    // Nobody there to read the report does not change how it came out.
    let exit = scored.end(end(reindex, global.quiet), switched, global.quiet);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(exit),
    }
}

/// A data folder without an archive is no hindrance: the old version alone is copied, and that is said.
fn inputs(args: &ReindexArgs, settings: &StoreSettings) -> anyhow::Result<Vec<Input>> {
    let has_none = args.archives.is_empty() && segments(&settings.data_dir)?.is_empty();
    if has_none && !args.old_index_only {
        tracing::warn!("{} holds no archive: the old version alone is copied", settings.data_dir.display());
    }
    if has_none || args.old_index_only { Ok(Vec::new()) } else { find_inputs(&args.archives, &settings.data_dir) }
}

fn show_dropped(dropped: &[String], format: ReportFormat) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match format {
        ReportFormat::Json => writeln!(stdout, "{}", json!({ "dropped": dropped }))?,
        ReportFormat::Text if dropped.is_empty() => writeln!(stdout, "there is no older version to delete")?,
        ReportFormat::Text => dropped.iter().try_for_each(|name| writeln!(stdout, "deleted    {name}"))?,
    }
    stdout.flush()
}

fn end(reindex: Reindex, quiet: bool) -> Exit {
    if let Some(fatal) = reindex.fatal {
        let words = fatal.to_string();
        // Most errors say themselves what to do first.
        let next = if words.contains("run `viralmine") { "" } else { "; then run the same command again to go on" };
        tracing::error!("the reindexing ended early: {words}; nothing is lost{next}");
        return Exit::Failed;
    }
    if reindex.interrupted {
        if !quiet {
            log::plain("interrupted, the old version is in use as before; run the same command again to go on");
        }
        return Exit::Interrupted;
    }
    let archive = reindex.report.archive;
    if archive.is_none_or(|archive| archive.records.refused == 0 && archive.documents.dead == 0) {
        Exit::Done
    } else {
        Exit::Partial
    }
}
