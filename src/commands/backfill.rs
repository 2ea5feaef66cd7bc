//! `viralmine backfill`: everything that can be wrong is found first, then the job runs, then the report.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::bulk_settings::BulkSettings;
use super::exit::Exit;
use super::metrics::Served;
use super::scoring::{Scored, Scoring};
use super::{interrupt, patience, stores};
use crate::archive::{DataFolder, DeadLetters, RawArchive};
use crate::cli::backfill::{BackfillArgs, ReportFormat};
use crate::cli::{GlobalArgs, LogFormat};
use crate::jobs::ask::period::Since;
use crate::jobs::backfill::{self as job, Backfill};
use crate::metrics::Stage;
use crate::model::{Counters, CreatorId, Recorder, WithoutRecord};
use crate::output::progress::{Look, Progress, Quota};
use crate::output::{log, report};
use crate::pipeline::deliver::Patience;
use crate::pipeline::index::BulkLimits;
use crate::pipeline::room::RoomLimits;
use crate::pipeline::{Archived, Bounds, Limits, Parts};
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{UsageError, api, creators, environment};
use crate::source::{ApiClient, ApiSettings};
use crate::throttle::clock::Clock;

const GO_ON: &str = "run the same command again";

/// What a backfill is made of, once everything is resolved.
pub(super) struct Resolved {
    pub(super) creators: Vec<CreatorId>,
    pub(super) store: StoreSettings,
    pub(super) api: ApiSettings,
    pub(super) bounds: Bounds,
    pub(super) patience: Patience,
    pub(super) archive: bool,
    pub(super) bulk_settings: bool,
    /// Whether the run ends with a score pass.
    pub(super) scores: bool,
    pub(super) clock: Clock,
    pub(super) look: Look,
    pub(super) stop: CancellationToken,
    /// What the run counts; the bars and the metrics show it.
    pub(super) counters: Arc<Counters>,
    pub(super) metrics: Served,
}

/// How a run came out.
pub(super) struct Walked {
    pub(super) backfill: Backfill,
    /// `false` when the settings of the index could not be put back; that was told.
    pub(super) settings_restored: bool,
    /// The pass behind it.
    pub(super) scored: Scored,
}

impl Walked {
    /// Writes the report.
    pub(super) fn show(&self, format: ReportFormat) -> io::Result<()> {
        self.scored.show(&report::backfill(&self.backfill), &self.backfill.report, format)
    }
}

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &BackfillArgs) -> anyhow::Result<Exit> {
    let resolved = resolve(global, args).await?;
    let walked = walk(resolved).await?;
    let shown = walked.show(args.format);
    // Nobody there to read the report does not change how the run came out.
    let exit = end(walked, global.quiet);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(exit),
    }
}

async fn resolve(global: &GlobalArgs, args: &BackfillArgs) -> anyhow::Result<Resolved> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let creators = creators::read(&args.creators, args.creators_file.as_deref())?;
    let api = api::resolve(&args.api, &file)?;
    let store = StoreSettings::resolve(&global.store, &file)?;
    let patience = patience::resolve(args.give_up_after.as_ref(), &file)?;
    let bounds = bounds(args, api.region.clone(), &clock)?;
    let look = Look::of_this_process(global.quiet, global.log_format == LogFormat::Json);
    let (archive, bulk_settings, scores) = (!args.no_archive, args.bulk_settings, !args.scoring.no_scores);
    let counters = Arc::new(Counters::default());
    let metrics = Served::start(args.metrics, "backfill", Stage::Creators, &counters, global.quiet).await?;
    let stop = interrupt::stop_on_interrupt(global.quiet);
    Ok(Resolved {
        creators,
        store,
        api,
        bounds,
        patience,
        archive,
        bulk_settings,
        scores,
        clock,
        look,
        stop,
        counters,
        metrics,
    })
}

/// How far the run goes that was typed.
pub(super) fn bounds(args: &BackfillArgs, region: Option<String>, clock: &Clock) -> Result<Bounds, UsageError> {
    let since = args.since.as_ref().map(|since| since_when(since, clock)).transpose()?;
    let BackfillArgs { max_pages, refresh, retry_failed, .. } = *args;
    Ok(Bounds { since, max_pages, refresh, retry_failed, region, as_begun: false })
}

/// A run that fetches counts a window back from now: there may be nothing stored yet.
fn since_when(since: &Since, clock: &Clock) -> Result<i64, UsageError> {
    let start = match since {
        Since::Moment(moment) => moment.start(&TimeZone::UTC),
        Since::Window(seconds) => clock.now().as_second().checked_sub(*seconds),
    };
    start.ok_or_else(|| UsageError::new("--since lies outside the years that can be computed with"))
}

/// Opens everything, walks, scores, and closes the bars.
pub(super) async fn walk(resolved: Resolved) -> anyhow::Result<Walked> {
    let Resolved { creators, store: store_settings, api, bounds, patience, clock, look, stop, .. } = resolved;
    let (counters, metrics) = (resolved.counters, resolved.metrics);
    let data_folder = DataFolder::lock(&store_settings.data_dir)?;
    let dead_letters = Arc::new(DeadLetters::open(data_folder.path())?);
    let recorder: Arc<dyn Recorder> = if resolved.archive {
        Arc::new(RawArchive::create(data_folder.path(), &store_settings.name(), &store_settings.prefix)?)
    } else {
        Arc::new(WithoutRecord)
    };
    let (store, leases) = interrupt::unless_stopped(&stop, stores::open_for_fetching(&store_settings)).await?;
    let quota = Quota { per_second: api.rate * api.keys.len() as f64, subjects: "creators" };
    let limits = limits(usize::from(api.page_size), patience);
    // Also without an archive of its own: an earlier run may have kept one.
    let archived = Archived {
        data_folder: data_folder.path().to_owned(),
        store: store_settings.name(),
        index_prefix: store_settings.prefix.clone(),
        page_size: api.page_size,
    };
    // The run cancels its own when it cannot go on, or may ask no more; the pass behind it ends by Ctrl-C alone.
    let run_stop = stop.child_token();
    let source = ApiClient::new(api, recorder, Arc::clone(&counters), clock.clone(), run_stop.clone())?;
    let settings = BulkSettings::begin(&store, resolved.bulk_settings, &stop).await?;
    let progress = Progress::start(look, Arc::clone(&counters), quota);
    let source = Arc::new(source);
    let parts = Parts {
        source,
        store: Arc::clone(&store),
        dead_letters,
        archived: Some(archived),
        clock: clock.clone(),
        counters,
        stop: run_stop,
    };
    let backfill = job::run(parts, creators, bounds, limits).await;
    progress.finish();
    let (settings_of_store, data_folder) = (&store_settings, data_folder.path().to_owned());
    let scoring = Scoring {
        settings: settings_of_store,
        store,
        leases,
        data_folder,
        clock,
        patience,
        look,
        stop,
        metrics: &metrics,
    };
    let is_well = backfill.fatal.is_none() && !backfill.interrupted;
    // Before the settings are put back: it writes much, too.
    let has_stored = backfill.report.documents.stored > 0;
    let scored = Scored::when(resolved.scores && is_well, has_stored, scoring).await;
    Ok(Walked { backfill, settings_restored: settings.end().await, scored })
}

/// The sizes of a run. A live run never saturates a store, so they are chosen for well-filled requests, for what a
/// small machine can hold, and for how many pages may be paid for and not be stored yet: 7,000 documents are 200
/// full pages.
pub(super) fn limits(page_size: usize, patience: Patience) -> Limits {
    Limits {
        room: RoomLimits { documents: 7_000, bytes: 32 << 20, page_size },
        bulk: BulkLimits { bytes: 5 << 20, documents: 1_000, age: Duration::from_secs(1), in_flight: 3 },
        patience,
    }
}

/// Says on stderr what is left to do, and how the process ends.
pub(super) fn end(walked: Walked, quiet: bool) -> Exit {
    let Walked { backfill, settings_restored, scored } = walked;
    let has_written = backfill.report.documents.stored > 0;
    let exit = end_of_run(backfill, settings_restored, quiet);
    scored.end(exit, has_written, quiet)
}

fn end_of_run(backfill: Backfill, settings_restored: bool, quiet: bool) -> Exit {
    let report = &backfill.report;
    if let Some(fatal) = backfill.fatal {
        let words = fatal.to_string();
        // Most errors say themselves how to go on.
        let next = if words.contains(GO_ON) { String::new() } else { format!("; {GO_ON} to go on") };
        tracing::error!("the run ended early: {words}{next}");
        return Exit::Failed;
    }
    if backfill.interrupted {
        if !quiet {
            log::plain(&format!("interrupted, all that was fetched is indexed; {GO_ON} to go on"));
        }
        return Exit::Interrupted;
    }
    if backfill.budget_used {
        if !quiet {
            log::plain(&format!("the budget is used up, all that was fetched is indexed; {GO_ON} to go on"));
        }
        return Exit::Budget;
    }
    if !settings_restored {
        return Exit::Failed;
    }
    if report.creators.failed.is_empty() && report.documents.dead == 0 { Exit::Done } else { Exit::Partial }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::backfill::{
        BackfillReport, CreatorsReport, DocumentsReport, FailedCreator, ItemsReport, RequestsReport,
    };
    use crate::pipeline::Fatal;

    /// A run that ended well, with nothing left to do.
    fn done() -> Walked {
        let report = BackfillReport {
            creators: CreatorsReport { done: 2, failed: Vec::new() },
            requests: RequestsReport { sent: 0, ok: 0, rate_limited: 0, failed: 0 },
            keys: Vec::new(),
            pages: 0,
            pages_from_archive: 0,
            items: ItemsReport { received: 0, skipped: 0 },
            documents: DocumentsReport { fetched: 0, stored: 0, new: 0, superseded: 0, dead: 0, unsettled: 0 },
            requests_per_new_video: None,
            quota_used: 0.0,
            elapsed_ms: 1,
        };
        let backfill = Backfill {
            report,
            warnings: Vec::new(),
            done_before: 0,
            left: 0,
            interrupted: false,
            budget_used: false,
            fatal: None,
        };
        Walked { backfill, settings_restored: true, scored: Scored::left_out() }
    }

    #[test]
    fn what_is_left_to_do_decides_how_the_process_ends() {
        let exit = |change: fn(&mut Walked)| {
            let mut walked = done();
            change(&mut walked);
            end(walked, true)
        };
        let fail = |walked: &mut Walked| {
            let failed = FailedCreator { sec_user_id: "MS4w".into(), error: "gone".into() };
            walked.backfill.report.creators.failed.push(failed);
        };
        assert_eq!(exit(|_| {}), Exit::Done);
        assert_eq!(exit(fail), Exit::Partial);
        assert_eq!(exit(|walked| walked.backfill.report.documents.dead = 1), Exit::Partial);
        assert_eq!(exit(|walked| walked.backfill.budget_used = true), Exit::Budget);
        assert_eq!(exit(|walked| walked.backfill.interrupted = true), Exit::Interrupted);
        assert_eq!(exit(|walked| walked.settings_restored = false), Exit::Failed);
        let mut walked = done();
        fail(&mut walked);
        walked.backfill.budget_used = true;
        assert_eq!(end(walked, true), Exit::Budget, "what is left to do comes before what failed");
        let fatal = |walked: &mut Walked| walked.backfill.fatal = Some(Fatal::Internal("x".into()));
        assert_eq!(exit(fatal), Exit::Failed);
    }
}
