//! Every task, thread and channel of the jobs that need workers is made here, and nowhere else. (A run's are made in
//! `pipeline::tasks`.)
//!
//! - a task that renews the store's lease;
//! - blocking work on the runtime's blocking threads, and there the threads of a reading: some read and decompress a
//!   file each, others normalize what they read.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::pipeline::Fatal;
use crate::store::{ScanSender, ScannedDocument};

/// A task that runs until it is aborted.
pub(super) fn beside(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

/// Work that would hold up an async thread.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fatal> {
    joined(start_blocking(work)).await
}

/// The same, running beside the caller until it is [`joined`].
pub(super) fn start_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    tokio::task::spawn_blocking(work)
}

/// Waits for work that was started.
pub(super) async fn joined<T>(started: JoinHandle<T>) -> Result<T, Fatal> {
    started.await.map_err(|error| Fatal::Internal(format!("blocking work ended early: {error}")))
}

/// Runs each work on a thread of its own, and returns when all have ended.
pub(super) fn in_threads<'a>(works: Vec<Box<dyn FnOnce() + Send + 'a>>) {
    thread::scope(|scope| {
        for work in works {
            scope.spawn(work);
        }
    });
}

/// The channel from the threads that read to those that normalize.
pub(super) fn between_threads<T>(waiting: usize) -> (SyncSender<T>, Receiver<T>) {
    sync_channel(waiting)
}

/// The channel from the threads of a reading to the task that loads.
pub(super) fn to_the_loader<T>() -> (mpsc::Sender<T>, mpsc::Receiver<T>) {
    // The loader bounds what waits; this only hands over.
    mpsc::channel(2)
}

/// The channel from a scan of a store to who takes the documents.
pub(super) fn from_a_scan() -> (ScanSender, mpsc::Receiver<Vec<ScannedDocument>>) {
    mpsc::channel(2)
}
