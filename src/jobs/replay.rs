//! Archives and recorded pages indexed again, with no request to the API: after a change of the normalizer or a
//! mapping, into a new store, or after dead letters were seen to. Newest wins, in whatever order records are read, so
//! that it may be stopped, and repeated, at any time.
//!
//! Documents go to the store as they are read, but for ids that have details: those wait in a spool until all of their
//! records are known, and are written once (`held`, `merge`).

mod held;
mod merge;
pub mod report;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::held::Held;
use self::report::ReplayReport;
use super::lease::{Lease, LeaseError};
use super::reading::details::DetailedIds;
use super::reading::inputs::Input;
use super::reading::{ReadPage, Reading};
use super::tasks;
use crate::archive::{ArchiveError, DeadLetters};
use crate::model::Counters;
use crate::pipeline::Fatal;
use crate::pipeline::deliver::patiently;
use crate::pipeline::load::{LoadDocument, LoadLimits, LoadParts, Loader};
use crate::pipeline::refused::KeepRefused;
use crate::store::{BulkTarget, Leases, Lookup, StoreWriter};
use crate::throttle::clock::Clock;

/// What a replay works with.
pub struct ReplayParts {
    /// Where documents go; prepared.
    pub store: Arc<dyn StoreWriter>,
    /// The same store's lease.
    pub leases: Arc<dyn Leases>,
    /// Where refused documents go.
    pub letters: Arc<DeadLetters>,
    /// Where temporary files may lie; locked by this process.
    pub data_folder: PathBuf,
    /// The wall clock.
    pub clock: Clock,
    /// The replay's counters.
    pub counters: Arc<Counters>,
    /// Cancelled by Ctrl-C, or by the replay itself when it cannot go on: what was read is indexed, no more is read.
    pub stop: CancellationToken,
}

/// What is replayed, and how.
pub struct ReplayOptions {
    /// The files.
    pub inputs: Vec<Input>,
    /// The time (ms, UTC) of records that have none of their own.
    pub fetched_at: Option<i64>,
    /// Threads that normalize.
    pub threads: usize,
    /// Sizes and patience.
    pub limits: LoadLimits,
}

/// How a replay came out.
#[derive(Debug)]
pub struct Replay {
    /// Its counts.
    pub report: ReplayReport,
    /// Whether it was stopped from outside (Ctrl-C) with something left to do, and ended well.
    pub interrupted: bool,
    /// Why it could not go on, if so.
    pub fatal: Option<ReplayError>,
}

/// Why a replay cannot go on. Made again, it does all of it again, and changes nothing of what is there.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store, or a file.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// Somebody else writes.
    #[error(transparent)]
    Lease(LeaseError),
}

impl From<ArchiveError> for ReplayError {
    fn from(error: ArchiveError) -> Self {
        Self::Fatal(Fatal::Archive(error))
    }
}

/// Whether everything was read and indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Part,
}

/// Replays. Returns when everything read is settled and durable, or cannot be.
pub async fn run(parts: ReplayParts, options: ReplayOptions) -> Replay {
    let started = Instant::now();
    let (counters, files) = (Arc::clone(&parts.counters), options.inputs.len());
    let taken = Lease::take(Arc::clone(&parts.leases), "replay", options.limits.patience, &parts.stop).await;
    let ended = match taken {
        Ok(lease) => {
            let ended = under_lease(parts, options, &lease).await;
            lease.release().await;
            ended
        }
        Err(LeaseError::Stopped) => Ok(Extent::Part),
        Err(error) => Err(ReplayError::Lease(error)),
    };
    let interrupted = matches!(ended, Ok(Extent::Part));
    Replay { report: ReplayReport::of(files, &counters, started.elapsed()), interrupted, fatal: ended.err() }
}

async fn under_lease(parts: ReplayParts, options: ReplayOptions, lease: &Lease) -> Result<Extent, ReplayError> {
    let ReplayParts { store, letters, data_folder, clock, counters, stop, .. } = parts;
    let patience = options.limits.patience;
    let target = lease.guard(Arc::clone(&store) as Arc<dyn BulkTarget>);
    let lookup = Arc::clone(&store) as Arc<dyn Lookup>;
    let load = ArchiveLoad { target, lookup, letters, data_folder, clock, counters, stop };
    let extent = load_archive(load, options).await?;
    patiently(patience, || store.commit()).await.map_err(Fatal::from)?;
    Ok(extent)
}

/// What an archive is loaded with, under the lease: by a replay into the store, by a reindexing into its next version.
pub(super) struct ArchiveLoad {
    /// Where documents go.
    pub(super) target: Arc<dyn BulkTarget>,
    /// The same, to look what is there already.
    pub(super) lookup: Arc<dyn Lookup>,
    /// Where refused documents go.
    pub(super) letters: Arc<DeadLetters>,
    /// Where temporary files may lie; locked by this process.
    pub(super) data_folder: PathBuf,
    /// The wall clock.
    pub(super) clock: Clock,
    /// The counters of what is read and loaded.
    pub(super) counters: Arc<Counters>,
    /// Ends the reading; what was read is loaded.
    pub(super) stop: CancellationToken,
}

/// Reads it all and loads it. What it is durable by is the caller's.
pub(super) async fn load_archive(load: ArchiveLoad, options: ReplayOptions) -> Result<Extent, ReplayError> {
    let ArchiveLoad { target, lookup, letters, data_folder, clock, counters, stop } = load;
    let ReplayOptions { inputs, fetched_at, threads, limits } = options;
    let now_ms = clock.now_ms();
    let verdicts = Arc::new(tasks::blocking(move || KeepRefused::new(letters, clock)).await??);
    let load = LoadParts { target, verdicts, counters: Arc::clone(&counters), stop: stop.clone() };
    let loader = Loader::start(load, limits);

    let (sender, pages) = tasks::to_the_loader();
    let (counted, stopped) = (Arc::clone(&counters), stop.clone());
    let first = First { now_ms, data_folder, inputs, fetched_at, threads, counters: counted, stop: stopped };
    let reading = tasks::start_blocking(move || first.read(&sender));
    let pushed = push_all(&loader, pages).await;
    let held = tasks::joined(reading).await;
    let merged = match (pushed, held) {
        (true, Ok(Ok(Some(held)))) => {
            merge::load_all(held, lookup.as_ref(), &loader, limits.patience, &counters, &stop).await
        }
        (_, Ok(Ok(_))) => Ok(Extent::Part),
        (_, Ok(Err(error))) => Err(error.into()),
        (_, Err(error)) => Err(error.into()),
    };
    // Why the load ended says more than what failed because of it.
    loader.finish().await?;
    merged
}

/// Whether the loader took everything.
async fn push_all(loader: &Loader, mut pages: mpsc::Receiver<Vec<LoadDocument>>) -> bool {
    while let Some(documents) = pages.recv().await {
        if loader.push(documents).await.is_err() {
            return false;
        }
    }
    true
}

/// Clocks of machines differ a little (ms).
const CLOCKS_APART: i64 = 10 * 60 * 1000;

/// Records from the future: they win over all that is fetched until then. Told once.
struct Ahead {
    /// Later than now (ms, UTC).
    from: i64,
    is_told: AtomicBool,
}

impl Ahead {
    fn warned(&self, page: ReadPage, inputs: &[Input]) -> ReadPage {
        let (time, has_own_time) = (page.documents.fetched_at, page.documents.has_own_time);
        if has_own_time && time > self.from && !self.is_told.swap(true, Ordering::Relaxed) {
            let file = inputs.get(page.input).map(|input| input.name.as_str()).unwrap_or_default();
            tracing::warn!(
                "{file}, line {}: fetched_at {time} lies in the future (others may, too): until then, nothing that is \
                 fetched replaces its documents; was the clock wrong?",
                page.line
            );
        }
        page
    }
}

/// Reading it all, on threads of their own.
struct First {
    now_ms: i64,
    data_folder: PathBuf,
    inputs: Vec<Input>,
    fetched_at: Option<i64>,
    threads: usize,
    counters: Arc<Counters>,
    stop: CancellationToken,
}

impl First {
    /// Sends the documents that can be indexed at once, and returns the others; `None` when it was stopped.
    fn read(mut self, sender: &mpsc::Sender<Vec<LoadDocument>>) -> Result<Option<Held>, ArchiveError> {
        let held = Held::create(&self.data_folder)?;
        for (number, input) in self.inputs.iter_mut().enumerate() {
            input.keep_pipe(held.folder(), number)?;
        }
        self.counters.bytes_to_read.set(self.inputs.iter().map(|input| input.bytes).sum());
        let reading = Reading {
            inputs: &self.inputs,
            fetched_at: self.fetched_at,
            threads: self.threads,
            counters: &self.counters,
            stop: &self.stop,
        };
        let details = DetailedIds::find(&reading);
        let (held, failure) = (Mutex::new(held), Mutex::new(None));
        let ahead = Ahead { from: self.now_ms.saturating_add(CLOCKS_APART), is_told: AtomicBool::new(false) };
        let is_whole =
            reading.run(&|page| match take(ahead.warned(page, &self.inputs), &details, &held, &self.counters) {
                Ok(documents) if documents.is_empty() => ControlFlow::Continue(()),
                Ok(documents) => match sender.blocking_send(documents) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_loader_ended) => ControlFlow::Break(()),
                },
                Err(error) => {
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    ControlFlow::Break(())
                }
            });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(is_whole.then(|| held.into_inner().unwrap_or_else(PoisonError::into_inner))),
        }
    }
}

/// The documents of a page that can be indexed at once; the others are held.
fn take(
    page: ReadPage,
    details: &DetailedIds,
    held: &Mutex<Held>,
    counters: &Counters,
) -> Result<Vec<LoadDocument>, ArchiveError> {
    let documents = page.documents;
    counters.documents_fetched.add(documents.page.documents.len() as u64);
    let sources = Bytes::from(documents.page.sources);
    let mut ready = Vec::with_capacity(documents.page.documents.len());
    for head in documents.page.documents {
        let source = sources.slice(head.source);
        // Of records whose time was given from outside, many have the same: which one wins is decided here, since no
        // version can.
        if documents.page.is_detail || !documents.has_own_time || details.contains(&head.id) {
            let place = held::Place { input: page.input, line: page.line, origin: Arc::clone(&documents.origin) };
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            held.add(&head.id, documents.fetched_at, documents.page.is_detail, &place, &source)?;
        } else {
            let (version, origin) = (documents.fetched_at, Arc::clone(&documents.origin));
            ready.push(LoadDocument { id: head.id, version, source, origin });
        }
    }
    Ok(ready)
}
