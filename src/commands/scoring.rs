//! The score pass behind a run that wrote: with the run's own writer, when the run ended well; what is said when not.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::metrics::Served;
use super::stores;
use crate::cli::backfill::ReportFormat;
use crate::jobs::lease::LeaseError;
use crate::jobs::score::report::ScoreReport;
use crate::jobs::score::{self as job, Score, ScoreError, ScoreParts, standing};
use crate::metrics::Stage;
use crate::model::Counters;
use crate::output::progress::{Look, Progress};
use crate::output::{log, score as shown};
use crate::pipeline::deliver::Patience;
use crate::pipeline::load::LoadLimits;
use crate::settings::store::StoreSettings;
use crate::store::{Leases, StoreWriter};
use crate::throttle::clock::Clock;

/// What a pass needs of the command that makes it.
pub(super) struct Scoring<'a> {
    pub(super) settings: &'a StoreSettings,
    pub(super) store: Arc<dyn StoreWriter>,
    pub(super) leases: Arc<dyn Leases>,
    /// Locked by this process.
    pub(super) data_folder: PathBuf,
    pub(super) clock: Clock,
    pub(super) patience: Patience,
    pub(super) look: Look,
    /// Ctrl-C; not a token that a run cancels by itself.
    pub(super) stop: CancellationToken,
    /// Shows how the pass fares, too.
    pub(super) metrics: &'a Served,
}

impl Scoring<'_> {
    /// Whether a pass would find something to do. Where that cannot be told, it will tell what is wrong.
    async fn is_due(&self) -> bool {
        let standing = async {
            let view = stores::open_view(self.settings).await?;
            anyhow::Ok(standing::now(view.as_ref()).await?.0)
        };
        standing.await.map_or(true, |standing| standing.behind)
    }

    /// Makes the pass, with a bar.
    pub(super) async fn run(self) -> anyhow::Result<Score> {
        let view = stores::open_view(self.settings).await?;
        let counters = Arc::new(Counters::default());
        self.metrics.watch(Stage::Score, &counters);
        let progress = Progress::of_scoring(self.look, Arc::clone(&counters));
        let parts = ScoreParts {
            store: self.store,
            leases: self.leases,
            view,
            data_folder: self.data_folder,
            clock: self.clock,
            counters,
            stop: self.stop,
        };
        let score = job::run(parts, LoadLimits::saturating(self.patience)).await;
        progress.finish();
        Ok(score)
    }
}

/// What became of the scores behind a run: a pass that was made, or begun; `None` when it was not wanted, or the run
/// did not come so far.
pub(super) struct Scored(Option<anyhow::Result<Score>>);

impl Scored {
    /// Makes the pass when it is wanted; behind a run that stored nothing, only where an earlier one left the scores
    /// behind.
    pub(super) async fn when(wanted: bool, has_stored: bool, scoring: Scoring<'_>) -> Self {
        if wanted && (has_stored || scoring.is_due().await) {
            Self(Some(scoring.run().await))
        } else {
            Self::left_out()
        }
    }

    /// No pass.
    pub(super) fn left_out() -> Self {
        Self(None)
    }

    fn report(&self) -> Option<&ScoreReport> {
        match &self.0 {
            Some(Ok(score)) if score.fatal.is_none() && !score.interrupted => Some(&score.report),
            _ => None,
        }
    }

    /// Writes a run's report, and what the pass did behind it: as text a line more, as JSON one more key, null when
    /// there is no whole pass to tell of.
    pub(super) fn show(&self, text: &str, report: &impl Serialize, format: ReportFormat) -> io::Result<()> {
        #[derive(Serialize)]
        struct Both<'a, Report> {
            #[serde(flatten)]
            report: &'a Report,
            scores: Option<&'a ScoreReport>,
        }
        let mut stdout = io::stdout().lock();
        match format {
            ReportFormat::Text => {
                stdout.write_all(text.as_bytes())?;
                if let Some(scores) = self.report() {
                    stdout.write_all(shown::line(scores).as_bytes())?;
                }
            }
            ReportFormat::Json => {
                serde_json::to_writer(&mut stdout, &Both { report, scores: self.report() })?;
                writeln!(stdout)?;
            }
        }
        stdout.flush()
    }

    /// How the process ends whose run ended with `exit`, told on stderr. `has_written`: whether scores may be behind
    /// now.
    pub(super) fn end(self, exit: Exit, has_written: bool, quiet: bool) -> Exit {
        match self.0 {
            None => {
                if has_written && !quiet {
                    log::plain("the scores are behind what is stored: `viralmine score` computes them");
                }
                exit
            }
            Some(Ok(Score { fatal: None, interrupted: false, report })) => match exit {
                Exit::Done if report.refused.count > 0 => Exit::Partial,
                exit => exit,
            },
            Some(Ok(Score { fatal: None, .. })) => {
                if !quiet {
                    log::plain(
                        "interrupted while scoring; all data are stored, and `viralmine score` computes the rest",
                    );
                }
                Exit::Interrupted
            }
            // The run itself is done, and fetching needs no lease.
            Some(Ok(Score { fatal: Some(ScoreError::Lease(LeaseError::Held { .. })), .. })) => {
                tracing::warn!(
                    "the scores are behind what is stored, since another process writes under old versions (a score pass, a \
                     replay, a reindex): once it has ended, `viralmine score` computes them"
                );
                exit
            }
            Some(Ok(Score { fatal: Some(error), .. })) => failed(&error),
            Some(Err(error)) => failed(&format!("{error:#}")),
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Exit {
    tracing::error!(
        "all data are stored, but the scores could not be computed: {error}; `viralmine score` computes them, without a \
         request to the API"
    );
    Exit::Failed
}
