//! One round of tracking: everything is opened for it alone, so that other commands have their turn between two rounds.

use std::sync::Arc;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::archive::{DataFolder, DeadLetters, RawArchive};
use crate::cli::backfill::ReportFormat;
use crate::commands::backfill::limits;
use crate::commands::bulk_settings::BulkSettings;
use crate::commands::digest::Digests;
use crate::commands::exit::Exit;
use crate::commands::interrupt;
use crate::commands::metrics::Served;
use crate::commands::scoring::{Scored, Scoring};
use crate::commands::stores;
use crate::jobs::digest::Digest;
use crate::jobs::track::known::KnownError;
use crate::jobs::track::report::TrackReport;
use crate::jobs::track::{self as job, Track, TrackOptions, TrackParts};
use crate::metrics::Stage;
use crate::model::{Collection, Counters, CreatorId, Recorder, WithoutRecord};
use crate::notify::WebhookSettings;
use crate::output::progress::{Look, Progress, Quota};
use crate::output::{digest, log, track as shown};
use crate::pipeline::deliver::Patience;
use crate::pipeline::{Archived, Fatal, Parts};
use crate::settings::store::{StorePlace, StoreSettings};
use crate::source::{ApiClient, ApiSettings, SourceError};
use crate::store::StoreError;
use crate::throttle::clock::Clock;

/// What rounds are made of, once everything is resolved.
pub(super) struct Round {
    /// Only these; empty: all that are known.
    pub(super) named: Vec<CreatorId>,
    pub(super) api: ApiSettings,
    pub(super) store: StoreSettings,
    /// Where what changed is sent.
    pub(super) webhook: Option<WebhookSettings>,
    pub(super) patience: Patience,
    pub(super) archive: bool,
    /// Whether a round ends with a score pass.
    pub(super) scores: bool,
    pub(super) clock: Clock,
    /// Each round's counters in turn.
    pub(super) metrics: Served,
    pub(super) look: Look,
    /// Whether another one follows.
    pub(super) repeats: bool,
    /// Ctrl-C.
    pub(super) stop: CancellationToken,
}

/// How a round came out.
pub(super) struct Made {
    track: Track,
    /// Who goes on with what is left, in words.
    goes_on: &'static str,
    scored: Scored,
    /// `false` when the settings of the index could not be put back; that was told.
    settings_restored: bool,
    digests: Digests,
    /// What changed; `None` when that cannot be told, which was.
    digest: Option<Digest>,
    /// What was shown is written down in it.
    _data_folder: DataFolder,
}

/// A round's report as JSON: one object.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    report: &'a TrackReport,
    #[serde(flatten)]
    digest: Option<&'a Digest>,
}

/// No round can come to anything any more: every key was refused, or the API is not the one that was meant.
#[derive(Debug, thiserror::Error)]
#[error("the round ended early: {}", with_advice(.0, "run the same command again to go on"))]
struct ForGood(Fatal);

/// Most errors say themselves how to go on.
fn with_advice(fatal: &Fatal, advice: &str) -> String {
    let words = fatal.to_string();
    if words.contains("run the same command again") { words } else { format!("{words}; {advice}") }
}

/// Whether no later round can do better.
pub(super) fn is_for_good(error: &anyhow::Error) -> bool {
    error.is::<ForGood>()
}

impl Round {
    /// Opens everything, visits, scores, and closes the bars.
    pub(super) async fn make(&self) -> anyhow::Result<Made> {
        let (settings, stop) = (&self.store, &self.stop);
        interrupt::unless_stopped(stop, refuse_where_nobody_is_known(settings)).await?;
        let data_folder = DataFolder::lock(&settings.data_dir)?;
        let dead_letters = Arc::new(DeadLetters::open(data_folder.path())?);
        let recorder: Arc<dyn Recorder> = if self.archive {
            Arc::new(RawArchive::create(data_folder.path(), &settings.name(), &settings.prefix)?)
        } else {
            Arc::new(WithoutRecord)
        };
        let (store, leases) = interrupt::unless_stopped(stop, stores::open_for_fetching(settings)).await?;
        let bulk_settings = BulkSettings::begin(&store, false, stop).await?;
        let view = stores::open_view(settings).await?;
        let (clock, webhook) = (&self.clock, self.webhook.clone());
        let digests = Digests::open(data_folder.path(), settings, webhook, clock, self.patience, stop.clone())?;
        interrupt::unless_stopped(stop, digests.begin()).await?;
        let counters = Arc::new(Counters::default());
        self.metrics.watch(Stage::Creators, &counters);
        // The round cancels its own when it cannot go on; the pass behind it ends by Ctrl-C alone. A client of its own,
        // too: it sends nothing in its first second, so the quota is kept from round to round.
        let round_stop = stop.child_token();
        let api = self.api.clone();
        let options = self.options();
        let quota = Quota { per_second: api.rate * api.keys.len() as f64, subjects: "creators" };
        let source = ApiClient::new(api, recorder, Arc::clone(&counters), self.clock.clone(), round_stop.clone())?;
        let progress = Progress::start(self.look, Arc::clone(&counters), quota);
        let run = Parts {
            source: Arc::new(source),
            store: Arc::clone(&store),
            dead_letters,
            archived: Some(self.archived()),
            clock: self.clock.clone(),
            counters,
            stop: round_stop,
        };
        let parts = TrackParts { run, view, observer: digests.observer(&store) };
        let made = job::run(parts, options).await;
        progress.finish();
        let track = match made {
            Ok(track) => track,
            Err(error) => {
                bulk_settings.end().await;
                return Err(match error {
                    KnownError::Nobody => nobody_is_known(settings),
                    error => error.into(),
                });
            }
        };
        let scoring = Scoring {
            settings,
            store,
            leases,
            data_folder: data_folder.path().to_owned(),
            clock: self.clock.clone(),
            patience: self.patience,
            look: self.look,
            stop: stop.clone(),
            metrics: &self.metrics,
        };
        let is_well = track.fatal.is_none() && !track.interrupted;
        let has_stored = track.report.documents.stored > 0;
        let scored = Scored::when(self.scores && is_well, has_stored, scoring).await;
        let settings_restored = bulk_settings.end().await;
        // A store that ended the round is not asked any more.
        let goes_on = self.goes_on();
        let digest = digests.round(is_well.then_some(&track.known)).await;
        let digest =
            digest.inspect_err(|error| tracing::error!("what changed cannot be told: {error:#}; {goes_on}")).ok();
        Ok(Made { track, goes_on, scored, settings_restored, digests, digest, _data_folder: data_folder })
    }

    fn goes_on(&self) -> &'static str {
        if self.repeats { "the next round goes on" } else { "the next run goes on" }
    }

    fn options(&self) -> TrackOptions {
        let page_size = usize::from(self.api.page_size);
        TrackOptions {
            named: self.named.clone(),
            region: self.api.region.clone(),
            budget: self.api.budget,
            page_size,
            limits: limits(page_size, self.patience),
        }
    }

    /// Also without an archive of its own: an earlier run may have kept one.
    fn archived(&self) -> Archived {
        Archived {
            data_folder: self.store.data_dir.clone(),
            store: self.store.name(),
            index_prefix: self.store.prefix.clone(),
            page_size: self.api.page_size,
        }
    }
}

/// Before anything is made: a folder or a prefix that was mistyped is told, and stays unmade. Whatever else is wrong
/// with the store is told by who opens it.
async fn refuse_where_nobody_is_known(settings: &StoreSettings) -> anyhow::Result<()> {
    let found = match stores::open_view(settings).await {
        Ok(view) => view.count(Collection::Checkpoints).await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match found {
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Missing(_))) => Err(nobody_is_known(settings)),
        _ => Ok(()),
    }
}

/// Names where they were looked for.
fn nobody_is_known(settings: &StoreSettings) -> anyhow::Error {
    let place = match &settings.place {
        StorePlace::Embedded(folder) => format!("the folder {}", folder.display()),
        StorePlace::Elastic(_) => settings.name(),
    };
    let words = format!("in {place}, under the index prefix {} (--store, --data-dir, --index-prefix)", settings.prefix);
    anyhow::Error::from(KnownError::Nobody).context(words)
}

impl Made {
    /// Writes what changed, and the report; and notes that it was shown.
    pub(super) async fn show(&self, format: ReportFormat) -> anyhow::Result<()> {
        let digest = self.digest.as_ref();
        let changes = digest.map(|digest| format!("{}\n", digest::text(digest))).unwrap_or_default();
        let report = Shown { report: &self.track.report, digest };
        self.scored.show(&format!("{changes}{}", shown::text(&self.track, self.goes_on)), &report, format)?;
        match digest {
            Some(digest) => self.digests.shown(digest).await,
            None => Ok(()),
        }
    }

    /// Says on stderr what is left to do, and how a process ends that made this round alone.
    ///
    /// # Errors
    /// No later round can do better.
    pub(super) fn end(self, quiet: bool) -> anyhow::Result<Exit> {
        let has_written = self.track.report.documents.stored > 0;
        let (mut exit, fatal) = end_of_round(self.track, self.goes_on, quiet);
        if self.digest.as_ref().is_some_and(|digest| digest.interrupted) && exit != Exit::Failed {
            if !quiet {
                log::plain("interrupted before all that changed was looked for; it is told the next time");
            }
            exit = Exit::Interrupted;
        }
        if !self.settings_restored || self.digest.is_none() {
            exit = Exit::Failed;
        }
        let exit = self.scored.end(exit, has_written, quiet);
        let exit = end_of_digest(exit, self.digest.as_ref(), quiet);
        fatal.map_or(Ok(exit), |fatal| Err(ForGood(fatal).into()))
    }
}

/// How a round ends whose delivery may have been interrupted; a failure, and an interruption that was told, stand.
fn end_of_digest(exit: Exit, digest: Option<&Digest>, quiet: bool) -> Exit {
    let delivery = digest.and_then(|digest| digest.webhook.as_ref());
    let is_told = matches!(exit, Exit::Failed | Exit::Interrupted);
    if is_told || !delivery.is_some_and(|delivery| delivery.interrupted) {
        return exit;
    }
    if !quiet {
        log::plain(
            "interrupted while sending to the webhook, all that was fetched is indexed; what waits is sent the next time",
        );
    }
    Exit::Interrupted
}

/// How a round ended, and why none can follow it, if so.
fn end_of_round(track: Track, goes_on: &str, quiet: bool) -> (Exit, Option<Fatal>) {
    let (report, say) = (&track.report, |words: &str| {
        if !quiet {
            log::plain(words);
        }
    });
    match track.fatal {
        Some(fatal @ Fatal::Source(SourceError::NoKeyLeft { .. } | SourceError::Settings(_))) => {
            return (Exit::Failed, Some(fatal));
        }
        Some(fatal) => {
            tracing::error!(
                "the round ended early: {}",
                with_advice(&fatal, &format!("{goes_on} (or the same command)"))
            );
            return (Exit::Failed, None);
        }
        None => {}
    }
    if track.interrupted {
        say(&format!("interrupted, all that was fetched is indexed; {goes_on} (or the same command)"));
        return (Exit::Interrupted, None);
    }
    if track.budget_used {
        say(&format!("the budget is used up, all that was fetched is indexed; {goes_on} (or the same command)"));
        return (Exit::Budget, None);
    }
    let is_whole = report.creators.failed.is_empty() && report.documents.dead == 0;
    (if is_whole { Exit::Done } else { Exit::Partial }, None)
}
