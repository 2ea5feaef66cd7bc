//! `viralmine video`: everything that can be wrong is found first, then single posts are asked for, then the report.

use std::io;
use std::sync::Arc;

use anyhow::Context;

use super::bulk_settings::BulkSettings;
use super::exit::Exit;
use super::metrics::Served;
use super::scoring::{Scored, Scoring};
use super::{interrupt, patience, stores};
use crate::archive::{DataFolder, DeadLetters, RawArchive};
use crate::cli::video::VideoArgs;
use crate::cli::{GlobalArgs, LogFormat};
use crate::jobs::video::{self as job, VideoParts, Videos};
use crate::metrics::Stage;
use crate::model::Counters;
use crate::output::progress::{Look, Progress, Quota};
use crate::output::{self, log};
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{api, environment, videos};
use crate::source::ApiClient;

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &VideoArgs) -> anyhow::Result<Exit> {
    let (run, scored) = fetch(global, args).await?;
    let shown = scored.show(&output::video::text(&run.report), &run.report, args.format);
    // Nobody there to read the report does not change how the run came out.
    let exit = scored.end(end(&run, global.quiet), run.report.documents.stored > 0, global.quiet);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(exit),
    }
}

async fn fetch(global: &GlobalArgs, args: &VideoArgs) -> anyhow::Result<(Videos, Scored)> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let videos = videos::read(&args.videos, args.videos_file.as_deref())?;
    let api = api::resolve(&args.api, &file)?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let patience = patience::resolve(args.give_up_after.as_ref(), &file)?;
    let look = Look::of_this_process(global.quiet, global.log_format == LogFormat::Json);
    let counters = Arc::new(Counters::default());
    let metrics = Served::start(args.metrics, "video", Stage::Videos, &counters, global.quiet).await?;
    let stop = interrupt::stop_on_interrupt(global.quiet);

    let data_folder = DataFolder::lock(&settings.data_dir)?;
    let dead_letters = Arc::new(DeadLetters::open(data_folder.path())?);
    let archive = Arc::new(RawArchive::create(data_folder.path(), &settings.name(), &settings.prefix)?);
    let (store, leases) = interrupt::unless_stopped(&stop, stores::open_for_fetching(&settings)).await?;
    // The run cancels its own when it cannot go on; the pass behind it ends by Ctrl-C alone.
    let run_stop = stop.child_token();
    let quota = Quota { per_second: api.rate * api.keys.len() as f64, subjects: "videos" };
    let client = ApiClient::new(api, archive, Arc::clone(&counters), clock.clone(), run_stop.clone())?;
    // It writes, so it puts back what a killed run may have left.
    let bulk_settings = BulkSettings::begin(&store, false, &stop).await?;
    let progress = Progress::start(look, Arc::clone(&counters), quota);
    let parts = VideoParts {
        client,
        store: Arc::clone(&store),
        dead_letters,
        clock: clock.clone(),
        counters,
        stop: run_stop,
        patience,
    };
    let run = job::run(parts, videos).await;
    progress.finish();
    let data_folder = data_folder.path().to_owned();
    let scoring =
        Scoring { settings: &settings, store, leases, data_folder, clock, patience, look, stop, metrics: &metrics };
    let is_well = run.fatal.is_none() && !run.interrupted;
    let has_stored = run.report.documents.stored > 0;
    let scored = Scored::when(is_well && !args.scoring.no_scores, has_stored, scoring).await;
    bulk_settings.end().await;
    Ok((run, scored))
}

/// Says on stderr what is left to do, and how the process ends. The same command would ask for all of them again.
fn end(run: &Videos, quiet: bool) -> Exit {
    let left = match run.report.videos.left.len() {
        1 => "1 video is left".to_owned(),
        left => format!("{left} videos are left"),
    };
    let next = "name them in the next run (--format json lists them under videos.left)";
    if let Some(fatal) = &run.fatal {
        let words = fatal.to_string();
        let paid = match run.report.documents.unsettled {
            0 => String::new(),
            paid => {
                format!("; {paid} of them were answered: `viralmine replay` indexes these from the archive, unpaid")
            }
        };
        tracing::error!("the run ended early: {words}; {left}, {next}{paid}");
        return Exit::Failed;
    }
    if let Some(budget) = run.budget_used {
        tracing::warn!("the budget of {budget} requests is used up, {left}; {next}");
        return Exit::Budget;
    }
    if run.interrupted {
        if !quiet {
            log::plain(&format!("interrupted, all that was fetched is indexed, {left}; {next}"));
        }
        return Exit::Interrupted;
    }
    if run.report.videos.failed.is_empty() { Exit::Done } else { Exit::Partial }
}
