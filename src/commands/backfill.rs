//! `viralmine backfill`: everything that can be wrong is found first, then the job runs, then the report.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Interrupted};
use super::{interrupt, stores};
use crate::archive::{DataFolder, DeadLetters, RawArchive};
use crate::cli::backfill::{BackfillArgs, ReportFormat};
use crate::cli::{GlobalArgs, LogFormat};
use crate::jobs::ask::period::Since;
use crate::jobs::backfill::{self as job, Backfill};
use crate::model::{Counters, CreatorId, Recorder, WithoutRecord};
use crate::output::progress::{Look, Progress, Quota};
use crate::output::{log, report};
use crate::pipeline::deliver::Patience;
use crate::pipeline::index::BulkLimits;
use crate::pipeline::room::RoomLimits;
use crate::pipeline::{Bounds, Limits, Parts};
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{UsageError, api, creators, duration, environment};
use crate::source::{ApiClient, ApiSettings};
use crate::throttle::clock::Clock;
use crate::throttle::retry::RetryPolicy;

const GO_ON: &str = "run the same command again";

pub(super) const GIVE_UP_AFTER: Duration = Duration::from_mins(10);

/// What a backfill is made of, once everything is resolved.
pub(super) struct Resolved {
    pub(super) creators: Vec<CreatorId>,
    pub(super) store: StoreSettings,
    pub(super) api: ApiSettings,
    pub(super) bounds: Bounds,
    pub(super) give_up_after: Duration,
    pub(super) archive: bool,
    pub(super) clock: Clock,
    pub(super) look: Look,
    pub(super) stop: CancellationToken,
}

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &BackfillArgs) -> anyhow::Result<Exit> {
    let resolved = resolve(global, args)?;
    let backfill = walk(resolved).await?;
    let shown = show(&backfill, args.format);
    // Nobody there to read the report does not change how the run came out.
    let exit = end(backfill, global.quiet);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(exit),
    }
}

fn show(backfill: &Backfill, format: ReportFormat) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match format {
        ReportFormat::Text => stdout.write_all(report::backfill(backfill).as_bytes())?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut stdout, &backfill.report)?;
            writeln!(stdout)?;
        }
    }
    stdout.flush()
}

fn resolve(global: &GlobalArgs, args: &BackfillArgs) -> anyhow::Result<Resolved> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let creators = creators::read(&args.creators, args.creators_file.as_deref())?;
    let api = api::resolve(&args.api, &file)?;
    let store = StoreSettings::resolve(&global.store, &file)?;
    let give_up_after = args.give_up_after.as_ref().or(file.give_up_after.as_ref());
    let give_up_after = give_up_after.map_or(Ok(GIVE_UP_AFTER), |text| duration("--give-up-after", text))?;
    let bounds = bounds(args, api.region.clone(), &clock)?;
    let look = Look::of_this_process(global.quiet, global.log_format == LogFormat::Json);
    let (archive, stop) = (!args.no_archive, interrupt::stop_on_interrupt(global.quiet));
    Ok(Resolved { creators, store, api, bounds, give_up_after, archive, clock, look, stop })
}

/// How far the run goes that was typed.
pub(super) fn bounds(args: &BackfillArgs, region: Option<String>, clock: &Clock) -> Result<Bounds, UsageError> {
    let since = args.since.as_ref().map(|since| since_when(since, clock)).transpose()?;
    let BackfillArgs { max_pages, refresh, retry_failed, .. } = *args;
    Ok(Bounds { since, max_pages, refresh, retry_failed, region })
}

/// A run that fetches counts a window back from now: there may be nothing stored yet.
fn since_when(since: &Since, clock: &Clock) -> Result<i64, UsageError> {
    let start = match since {
        Since::Moment(moment) => moment.start(&TimeZone::UTC),
        Since::Window(seconds) => clock.now().as_second().checked_sub(*seconds),
    };
    start.ok_or_else(|| UsageError::new("--since lies outside the years that can be computed with"))
}

/// Opens everything, walks, and closes the bars.
pub(super) async fn walk(resolved: Resolved) -> anyhow::Result<Backfill> {
    let Resolved { creators, store: store_settings, api, bounds, give_up_after, archive, clock, look, stop } = resolved;
    let data_folder = DataFolder::lock(&store_settings.data_dir)?;
    let dead_letters = Arc::new(DeadLetters::open(data_folder.path())?);
    let recorder: Arc<dyn Recorder> = if archive {
        Arc::new(RawArchive::create(data_folder.path(), &store_settings.name(), &store_settings.prefix)?)
    } else {
        Arc::new(WithoutRecord)
    };
    // A server that does not answer must not hold up who stops the run before it began.
    let store = tokio::select! {
        () = stop.cancelled() => return Err(Interrupted.into()),
        opened = stores::open_for_writing(&store_settings) => opened?,
    };
    let counters = Arc::new(Counters::default());
    let quota = Quota { per_second: api.rate * api.keys.len() as f64, subjects: "creators" };
    let limits = limits(usize::from(api.page_size), give_up_after);
    let source = ApiClient::new(api, recorder, Arc::clone(&counters), clock.clone(), stop.clone())?;
    let progress = Progress::start(look, Arc::clone(&counters), quota);
    let parts = Parts { source: Arc::new(source), store, dead_letters, clock, counters, stop };
    let backfill = job::run(parts, creators, bounds, limits).await;
    progress.finish();
    Ok(backfill)
}

/// The sizes of a run. A live run never saturates a store, so they are chosen for well-filled requests, for what a
/// small machine can hold, and for how many pages may be paid for and not be stored yet: 7,000 documents are 200
/// full pages.
fn limits(page_size: usize, give_up_after: Duration) -> Limits {
    Limits {
        room: RoomLimits { documents: 7_000, bytes: 32 << 20, page_size },
        bulk: BulkLimits { bytes: 5 << 20, documents: 1_000, age: Duration::from_secs(1), in_flight: 3 },
        patience: Patience { retry: RetryPolicy::STORE, give_up_after },
    }
}

/// Says on stderr what is left to do, and how the process ends.
pub(super) fn end(backfill: Backfill, quiet: bool) -> Exit {
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
    if report.creators.failed.is_empty() && report.documents.dead == 0 { Exit::Done } else { Exit::Partial }
}
