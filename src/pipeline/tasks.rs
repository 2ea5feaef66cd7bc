//! Every task and channel of a run is made here, and nowhere else.
//!
//! - the channel from the walks to the indexer, and the indexer's own task;
//! - the channel to the loader, its own task, and a task per bulk request under way, in its join set;
//! - a task per walk under way, in the schedule's join set;
//! - a task per bulk request and per save under way, in the indexer's join set;
//! - the archive's reader, on a blocking thread, and the channel from it to the walks that go on;
//! - other blocking work (normalizing, dead letters) on the runtime's blocking threads.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use super::load::{Loading, Portion};
use super::page::WalkStep;
use super::resume::records::{self, ArchivedPage, Wanted};
use super::walk::{Walk, Walked};
use super::{Fatal, Shared, index};
use crate::model::CreatorId;

/// Pages of the archive that may wait for their walks: each may have megabytes.
const WAITING_ARCHIVED_PAGES: usize = 2;

/// The channel, and the indexer at its end; it runs until every sender is gone.
pub(super) fn spawn_indexer(shared: &Arc<Shared>) -> (mpsc::Sender<WalkStep>, JoinHandle<Result<(), Fatal>>) {
    let (sender, steps) = mpsc::channel(shared.room.pages());
    (sender, tokio::spawn(index::run(Arc::clone(shared), steps)))
}

/// One walk, in the set of those under way.
pub(super) fn spawn_walk(walks: &mut JoinSet<(CreatorId, Walked)>, walk: Walk) {
    let creator = walk.creator().clone();
    walks.spawn(async move { (creator, walk.run().await) });
}

/// The archive's reader, and the channel that it hands pages on by; it ends when the receiver is gone.
pub(super) fn spawn_archive_reader(
    segments: Vec<PathBuf>,
    wanted: Wanted,
) -> (mpsc::Receiver<ArchivedPage>, JoinHandle<()>) {
    let (sender, pages) = mpsc::channel(WAITING_ARCHIVED_PAGES);
    (pages, tokio::task::spawn_blocking(move || records::read(&segments, &wanted, &sender)))
}

/// The channel of a load, and its task; it runs until every sender is gone. What waits is bounded by the load's room,
/// so the channel only hands over.
pub(super) fn spawn_loading(loading: Loading) -> (mpsc::Sender<Portion>, JoinHandle<Result<(), Fatal>>) {
    let (sender, portions) = mpsc::channel(1);
    (sender, tokio::spawn(loading.run(portions)))
}

/// Work that runs beside the indexer, or the loader, and comes back to it.
pub(super) fn spawn_beside<T: Send + 'static>(tasks: &mut JoinSet<T>, work: impl Future<Output = T> + Send + 'static) {
    tasks.spawn(work);
}

/// Work that would hold up an async thread.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fatal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Fatal::Internal(format!("blocking work ended early: {error}")))
}
