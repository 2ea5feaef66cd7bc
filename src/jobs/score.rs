//! The score pass: every post is compared with its creator's others, and what is stored is made to say so. It reads the
//! whole corpus once, in bounded memory, and writes only what differs, each document whole and under its own version.
//!
//! ```text
//! gather   all videos ──► a spool by creator, and what is taken of the whole corpus; all snapshots ──► times of growth
//! part     one part of the creators at a time ──► scores, rows, and which of them are not what is stored
//! write    rows of creators; videos read again, changed and indexed
//! ```
//!
//! The corpus's record (`standing` reads it) is written last, when all else is durable: a pass that was killed or
//! stopped left none, and the next one finishes its work. What is fetched meanwhile wins, and is scored by the next
//! pass.

mod gather;
mod part;
pub mod report;
mod snapshots;
pub mod standing;
pub mod stored;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::gather::Gathered;
use self::report::ScoreReport;
use self::write::Writing;
use super::lease::{Lease, LeaseError};
use super::replay::Extent;
use super::tasks;
use crate::archive::ArchiveError;
use crate::insight::rounding::to_two_digits;
use crate::model::{Collection, Corpus, Counters};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::patiently;
use crate::pipeline::load::LoadLimits;
use crate::store::{BulkTarget, Leases, StoreError, StoreView, StoreWriter};
use crate::throttle::clock::Clock;

/// What a pass works with.
pub struct ScoreParts {
    /// Where scores go; prepared.
    pub store: Arc<dyn StoreWriter>,
    /// The same store's lease.
    pub leases: Arc<dyn Leases>,
    /// The same store, as it is read.
    pub view: Arc<dyn StoreView>,
    /// Where temporary files may lie; locked by this process.
    pub data_folder: PathBuf,
    /// The wall clock.
    pub clock: Clock,
    /// The pass's own counters: of videos read and scored, and of documents rewritten.
    pub counters: Arc<Counters>,
    /// Cancelled by Ctrl-C: what is under way is written, no more is begun.
    pub stop: CancellationToken,
}

/// How a pass came out.
#[derive(Debug)]
pub struct Score {
    /// Its counts.
    pub report: ScoreReport,
    /// Whether it was stopped from outside (Ctrl-C): scores are behind until a pass comes to its end.
    pub interrupted: bool,
    /// Why it could not go on, if so.
    pub fatal: Option<ScoreError>,
}

/// Why a pass cannot go on. Made again, it finishes what this one began.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// The store, or a file.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// Somebody else writes under old versions.
    #[error(transparent)]
    Lease(LeaseError),
}

impl From<StoreError> for ScoreError {
    fn from(error: StoreError) -> Self {
        Self::Fatal(error.into())
    }
}

impl From<ArchiveError> for ScoreError {
    fn from(error: ArchiveError) -> Self {
        Self::Fatal(Fatal::Archive(error))
    }
}

/// Scores everything that is stored. Returns when all is durable, or cannot be.
pub async fn run(parts: ScoreParts, limits: LoadLimits) -> Score {
    let started = Instant::now();
    let mut report = ScoreReport::default();
    let taken = Lease::take(Arc::clone(&parts.leases), "score", limits.patience, &parts.stop).await;
    let ended = match taken {
        Ok(lease) => {
            let ended = under_lease(&parts, limits, &lease, &mut report).await;
            lease.release().await;
            ended
        }
        Err(LeaseError::Stopped) => Ok(Extent::Part),
        Err(error) => Err(ScoreError::Lease(error)),
    };
    report.rewritten = parts.counters.documents_stored.get();
    report.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Score { report, interrupted: matches!(ended, Ok(Extent::Part)), fatal: ended.err() }
}

async fn under_lease(
    parts: &ScoreParts,
    limits: LoadLimits,
    lease: &Lease,
    report: &mut ScoreReport,
) -> Result<Extent, ScoreError> {
    let (patience, counters) = (limits.patience, &parts.counters);
    // What was answered becomes findable, so that it is read.
    patiently(patience, || parts.store.commit()).await?;
    counters.videos_to_score.set(patiently(patience, || parts.view.count(Collection::Videos)).await?);
    let gathered = gather::gather(parts, patience).await?;
    let Some(Gathered { spool, fit, unreadable, snapshots }) = gathered else { return Ok(Extent::Part) };
    let spool = Arc::new(spool);
    let read = Arc::clone(&spool);
    let fit = tasks::blocking(move || part::add_creators(&read, fit)).await??;

    let before = unless_broken(standing::recorded(parts.view.as_ref()).await)?.flatten();
    // Rising, whatever the clock says: it is the record's version.
    let scored_at = parts.clock.now_ms().max(before.as_ref().map_or(0, |corpus| corpus.scored_at));
    let mut corpus = fit.finish(scored_at);
    report.refused = unreadable;
    (report.snapshots, report.snapshots_unreadable) = (snapshots.read, snapshots.unreadable);

    let target = lease.guard(Arc::clone(&parts.store) as Arc<dyn BulkTarget>);
    // Killed from here on, the pass has left scores of two corpora beside each other.
    write::record(target.as_ref(), &Corpus { scored_at, unfinished: true, ..before.unwrap_or_default() }, patience)
        .await?;
    let writing = Writing::start(parts, Arc::clone(&target), limits);
    let written = write_all(parts, &writing, &spool, &mut corpus, report).await;
    report.globals = Some(corpus.clone());
    // Why the load ended says more than what failed because of it.
    report.refused.append(writing.finish().await?);
    corpus.left = report.refused.count;
    if written? == Extent::Part {
        return Ok(Extent::Part);
    }
    patiently(patience, || parts.store.commit()).await?;
    write::record(target.as_ref(), &corpus, patience).await?;
    patiently(patience, || parts.store.commit()).await?;
    Ok(Extent::Whole)
}

/// Creators that cannot be read any more are made anew of the videos, which is what a pass does.
fn unless_broken<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Broken(words)) => {
            tracing::warn!("creators are made anew of the videos: {words}");
            Ok(None)
        }
        read => read.map(Some),
    }
}

async fn write_all(
    parts: &ScoreParts,
    writing: &Writing<'_>,
    spool: &Arc<super::spool::FilledSpool>,
    corpus: &mut Corpus,
    report: &mut ScoreReport,
) -> Result<Extent, ScoreError> {
    report.videos = corpus.videos;
    let mut viral_by_chance = 0.0;
    for number in 0..spool.parts() {
        if parts.stop.is_cancelled() {
            return Ok(Extent::Part);
        }
        let (spool, used) = (Arc::clone(spool), corpus.clone());
        let part = tasks::blocking(move || part::score(&spool, number, &used)).await??;
        report.judged += part.judged;
        report.viral += part.viral;
        viral_by_chance += part.viral_by_chance;
        report.creators += part.creators.len() as u64;
        report.creators_written += writing.creators(part.creators).await?;
        parts.counters.videos_scored.add(part.videos);
        match writing.videos(part.changed, &parts.stop).await? {
            (Extent::Whole, newer) => report.newer += newer,
            (Extent::Part, _) => return Ok(Extent::Part),
        }
    }
    (corpus.judged, corpus.viral) = (report.judged, report.viral);
    corpus.viral_by_chance = to_two_digits(viral_by_chance);
    Ok(Extent::Whole)
}
