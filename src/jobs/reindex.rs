//! The next version of the videos' index, made of the old one and of the archive together; newest wins, and at equal
//! versions the archive does, so that a mended normalizer takes effect. The alias moves only when no id of the old
//! index is missing in the next one; the old one is kept until told.
//!
//! Runs may go on fetching meanwhile: what they write into the old version is brought along at the end, while writes
//! are held up for that moment. Killed at any point, the same command again finishes it.

mod copy;
pub mod report;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::copy::{Copied, Which, copy};
use self::report::ReindexReport;
use super::lease::{Lease, LeaseError};
use super::replay::{ArchiveLoad, Extent, ReplayError, ReplayOptions, load_archive};
use crate::archive::DeadLetters;
use crate::model::Counters;
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, patiently};
use crate::store::{BulkTarget, IndexVersions, Leases, Lookup, StoreError, VersionNames};
use crate::throttle::clock::Clock;

/// What a reindexing works with.
pub struct ReindexParts {
    /// The versions of the index.
    pub versions: Arc<dyn IndexVersions>,
    /// Where documents of the archive go that the next version refuses.
    pub letters: Arc<DeadLetters>,
    /// Where temporary files may lie; locked by this process.
    pub data_folder: PathBuf,
    /// The wall clock.
    pub clock: Clock,
    /// The counters of what the archive gives.
    pub counters: Arc<Counters>,
    /// Cancelled by Ctrl-C: the alias stays where it is, and the same command goes on.
    pub stop: CancellationToken,
}

/// How a reindexing came out.
#[derive(Debug)]
pub struct Reindex {
    /// Its counts.
    pub report: ReindexReport,
    /// Whether it was stopped from outside (Ctrl-C).
    pub interrupted: bool,
    /// Why the alias was not moved, if so.
    pub fatal: Option<ReindexError>,
}

/// Why the alias stays where it is. The old index is whole, and in use as before.
#[derive(Debug, thiserror::Error)]
pub enum ReindexError {
    /// The store, or a file.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// Somebody else writes under old versions.
    #[error(transparent)]
    Lease(LeaseError),
    /// Documents of the old index would not be in the next one.
    #[error(
        "{count} documents of {old} are missing in {next}, which does not take them; the first is {id} ({reason}): the \
         alias stays on {old}"
    )]
    Missing {
        /// The old index.
        old: String,
        /// The next one.
        next: String,
        /// How many.
        count: u64,
        /// One of them.
        id: String,
        /// Why the next index does not take it.
        reason: String,
    },
}

impl From<StoreError> for ReindexError {
    fn from(error: StoreError) -> Self {
        Self::Fatal(error.into())
    }
}

impl From<ReplayError> for ReindexError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Fatal(fatal) => Self::Fatal(fatal),
            ReplayError::Lease(error) => Self::Lease(error),
        }
    }
}

/// Reindexes. With no inputs, the next version is made of the old one alone.
pub async fn run(parts: ReindexParts, options: ReplayOptions) -> Reindex {
    let started = Instant::now();
    let (counters, files) = (Arc::clone(&parts.counters), options.inputs.len());
    let mut report = ReindexReport::default();
    let leases = Arc::clone(&parts.versions) as Arc<dyn Leases>;
    let ended = match Lease::take(leases, "reindex", options.limits.patience, &parts.stop).await {
        Ok(lease) => {
            let ended = under_lease(&parts, options, &lease, &mut report).await;
            lease.release().await;
            ended
        }
        Err(LeaseError::Stopped) => Ok(Extent::Part),
        Err(error) => Err(ReindexError::Lease(error)),
    };
    report.take_in(files, &counters, started.elapsed());
    let interrupted = matches!(ended, Ok(Extent::Part));
    Reindex { report, interrupted, fatal: ended.err() }
}

async fn under_lease(
    parts: &ReindexParts,
    options: ReplayOptions,
    lease: &Lease,
    report: &mut ReindexReport,
) -> Result<Extent, ReindexError> {
    let patience = options.limits.patience;
    let versions = parts.versions.as_ref();
    let names = patiently(patience, || versions.begin()).await?;
    (report.old, report.next) = (names.old.clone(), names.next.clone());
    tracing::info!("{} is filled from {} and the archive", names.next, names.old);
    // One that was killed may have left it so; runs need not wait for the long part.
    patiently(patience, || versions.freeze_old(false)).await?;
    let filled = fill(parts, options, lease, &names, report).await;
    if !matches!(filled, Ok(Extent::Whole)) {
        let_writes_in(versions, lease, &names, patience).await;
    }
    filled
}

/// Whatever went wrong, runs may write on where they were. Not so when another process reindexes by now: what they
/// would write behind its last look would be missing in its next version.
async fn let_writes_in(versions: &dyn IndexVersions, lease: &Lease, names: &VersionNames, patience: Patience) {
    let let_in = || async {
        lease.assure().await?;
        versions.freeze_old(false).await
    };
    let Err(error) = patiently(patience, let_in).await else { return };
    if !matches!(error, StoreError::Busy(_)) {
        tracing::warn!(
            "writes into {} are still held up ({error}): `viralmine reindex` again lets them go on, or \
             `viralmine doctor` says how",
            names.old
        );
    }
}

async fn fill(
    parts: &ReindexParts,
    options: ReplayOptions,
    lease: &Lease,
    names: &VersionNames,
    report: &mut ReindexReport,
) -> Result<Extent, ReindexError> {
    let (limits, versions) = (options.limits, parts.versions.as_ref());
    let target = lease.guard(Arc::clone(&parts.versions) as Arc<dyn BulkTarget>);
    let copying = |which| copy(Arc::clone(&parts.versions), Arc::clone(&target), which, limits, &parts.stop);
    let is_stopped = || parts.stop.is_cancelled();

    report.copied = copying(Which::All).await?.taken;
    if is_stopped() {
        return Ok(Extent::Part);
    }
    if !options.inputs.is_empty() {
        let archive = ArchiveLoad {
            target: Arc::clone(&target),
            lookup: Arc::clone(&parts.versions) as Arc<dyn Lookup>,
            letters: Arc::clone(&parts.letters),
            data_folder: parts.data_folder.clone(),
            clock: parts.clock.clone(),
            counters: Arc::clone(&parts.counters),
            stop: parts.stop.clone(),
        };
        if load_archive(archive, options).await? == Extent::Part {
            return Ok(Extent::Part);
        }
    }
    // What runs wrote meanwhile: most of it now, so that they are held up for the rest only.
    report.brought_along = copying(Which::Lacking).await?.taken;
    if is_stopped() {
        return Ok(Extent::Part);
    }
    patiently(limits.patience, || versions.freeze_old(true)).await?;
    report.brought_along += copying(Which::Lacking).await?.taken;
    patiently(limits.patience, || versions.commit_next()).await?;
    let checked = copying(Which::Lacking).await?;
    if is_stopped() {
        return Ok(Extent::Part);
    }
    report.checked = checked.read;
    missing(checked, names)?;
    // Another process that took the lease meanwhile lets writes in again, which were not looked at.
    patiently(limits.patience, || lease.assure()).await?;
    patiently(limits.patience, || versions.switch()).await?;
    report.switched = true;
    Ok(Extent::Whole)
}

/// After everything was brought over, what still had to be sent is what the next index does not take.
fn missing(checked: Copied, names: &VersionNames) -> Result<(), ReindexError> {
    if checked.sent == 0 {
        return Ok(());
    }
    let (id, reason) = checked.first_refused.unwrap_or_else(|| ("unknown".into(), "it was written meanwhile".into()));
    let (old, next) = (names.old.clone(), names.next.clone());
    Err(ReindexError::Missing { old, next, count: checked.sent, id, reason })
}
