//! The writing side: hands commands to the one thread that writes, and waits for its answers without blocking.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::engine::{Command, CommitLimits, Durable, Engine};
use super::place::Place;
use crate::model::{Batch, Collection, Verdict};
use crate::store::{BulkTarget, Leases, Lookup, StoreError, StoreWriter, StoredDocument};

/// Commands that may wait for the thread. Small, as each bulk holds its bytes: past it, callers wait.
const WAITING_COMMANDS: usize = 4;

/// Writes an embedded store. One per folder, in all processes.
///
/// Dropping it commits what was answered, waits for merges and releases the folder, and blocks its thread meanwhile:
/// call [`StoreWriter::commit`] first to have the wait in an `await`.
#[derive(Debug)]
pub struct EmbeddedWriter {
    folder: PathBuf,
    durable: Arc<Durable>,
    /// `None` only while being dropped.
    commands: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedWriter {
    /// Opens the store in the data folder `dir`, or makes it, and takes its lock. Blocks for some files' opening.
    ///
    /// [`StoreError::Busy`] while another process writes there, [`StoreError::Unfit`] for an index of another version,
    /// [`StoreError::Broken`] for a damaged index or a folder that cannot be written.
    pub fn open(dir: &Path, prefix: &str) -> Result<Self, StoreError> {
        Self::open_with_limits(dir, prefix, CommitLimits::default())
    }

    /// The same, with other commit limits than the default.
    pub fn open_with_limits(dir: &Path, prefix: &str, limits: CommitLimits) -> Result<Self, StoreError> {
        let place = Place::of(dir, prefix)?;
        let engine = Engine::open(&place, limits)?;
        let durable = engine.durable();
        let (commands, received) = mpsc::channel(WAITING_COMMANDS);
        let thread = std::thread::Builder::new().name("embedded-writer".to_owned()).spawn(|| engine.run(received));
        let thread =
            thread.map_err(|error| StoreError::Broken(format!("the writer's thread cannot start: {error}")))?;
        Ok(Self { folder: place.root().to_owned(), durable, commands: Some(commands), thread: Some(thread) })
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Command,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let commands = self.commands.as_ref().ok_or_else(|| self.ended())?;
        commands.send(command(reply)).await.map_err(|_| self.ended())?;
        answer.await.map_err(|_| self.ended())?
    }

    fn ended(&self) -> StoreError {
        let folder = self.folder.display();
        StoreError::Broken(format!("the thread that writes to {folder} ended; run the same command again"))
    }
}

impl Drop for EmbeddedWriter {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was printed by the thread itself, and every call since was answered with an error.
            let _ = thread.join();
        }
    }
}

#[async_trait]
impl BulkTarget for EmbeddedWriter {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        self.ask(|reply| Command::Bulk(batch.clone(), reply)).await
    }
}

/// Its lock on the folder is the lease: nobody else writes there at all.
#[async_trait]
impl Leases for EmbeddedWriter {
    async fn take_lease(&self, _holder: &str, _lasts: Duration) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release_lease(&self, _holder: &str) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl Lookup for EmbeddedWriter {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.ask(|reply| Command::Get(collection, ids.to_vec(), reply)).await
    }
}

#[async_trait]
impl StoreWriter for EmbeddedWriter {
    /// Opening did it all; this finds a thread that ended.
    async fn prepare(&self) -> Result<(), StoreError> {
        self.commit().await
    }

    /// A commit: nothing less is durable.
    async fn sync(&self) -> Result<(), StoreError> {
        self.commit().await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.ask(Command::Commit).await
    }

    fn durable_after_failure(&self) -> Option<u64> {
        self.durable.after_failure()
    }
}
