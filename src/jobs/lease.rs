//! The store's lease, held while a job runs that writes under old versions: taken at its start, after a wait for
//! another holder, renewed in the background, given back on every way out that is not a kill (then it runs out by
//! itself).
//!
//! Who lost it (another process took it while the store could not be reached) writes nothing more: bulk requests go
//! through [`Lease::guard`], which asks again where the time is up, and refuses.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::tasks;
use crate::model::{Batch, Verdict};
use crate::pipeline::deliver::{Patience, patiently};
use crate::store::{BulkTarget, Leases, StoreError};

/// It lasts so long without being renewed: what is waited for after a kill.
const LASTS: Duration = Duration::from_secs(30);

/// Three tries before it runs out.
const RENEWED_EVERY: Duration = Duration::from_secs(10);

/// Longer than it lasts, so that what a killed process held is waited for.
const WAITED_FOR: Duration = Duration::from_secs(90);

const ASKED_EVERY: Duration = Duration::from_secs(2);

/// The end of a job must not hang on it: it runs out by itself.
const RELEASED_WITHIN: Duration = Duration::from_secs(5);

/// Why a job does not have the lease.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LeaseError {
    /// Another process has it, and keeps it.
    #[error(
        "another process writes under old versions (a replay, a reindex, a retry of dead letters or a score pass), and \
         only one may; it was waited for {} s: run the same command again once it has ended ({words})", WAITED_FOR.as_secs()
    )]
    Held {
        /// Who has it, and until when.
        words: String,
    },
    /// It was to stop while it waited.
    #[error("stopped while waiting for another process that writes under old versions")]
    Stopped,
    /// The store cannot give it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The right to write under old versions.
pub struct Lease {
    held: Arc<Held>,
    renewing: JoinHandle<()>,
}

struct Held {
    leases: Arc<dyn Leases>,
    holder: String,
    until: Mutex<Instant>,
}

impl Lease {
    /// Takes it for `job` (`replay`). Waits for another holder, but not for ever.
    pub async fn take(
        leases: Arc<dyn Leases>,
        job: &str,
        patience: Patience,
        stop: &CancellationToken,
    ) -> Result<Self, LeaseError> {
        // Random, since process ids repeat on other machines and in containers.
        let holder = format!("{job}, process {}, {:08x}", std::process::id(), rand::random::<u32>());
        let held = Arc::new(Held { leases, holder, until: Mutex::new(Instant::now()) });
        let taking = wait_for(&held, patience);
        tokio::select! {
            biased;
            () = stop.cancelled() => return Err(LeaseError::Stopped),
            taken = taking => taken?,
        }
        let renewing = tasks::beside(Arc::clone(&held).renew_for_ever());
        Ok(Self { held, renewing })
    }

    /// The same target, for as long as the lease is held.
    #[must_use]
    pub fn guard(&self, target: Arc<dyn BulkTarget>) -> Arc<dyn BulkTarget> {
        Arc::new(Guarded { target, held: Arc::clone(&self.held) })
    }

    /// Asks the store whether it is still held, and makes it last on: before a step that no later one can put right.
    /// [`StoreError::Busy`] when another process took it, though it did not seem to have run out (this machine slept,
    /// say).
    pub async fn assure(&self) -> Result<(), StoreError> {
        self.held.renew().await.map_err(lost)
    }

    /// Gives it back. A store that does not answer is not waited for.
    pub async fn release(mut self) {
        self.renewing.abort();
        // Waited for, since it holds the store: an embedded one is free for others once this has returned.
        let _ = (&mut self.renewing).await;
        let released = timeout(RELEASED_WITHIN, self.held.leases.release_lease(&self.held.holder)).await;
        let error = match released {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => "no answer".to_owned(),
        };
        tracing::warn!("the store's lease was not given back ({error}); it runs out by itself within two minutes");
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

async fn wait_for(held: &Held, patience: Patience) -> Result<(), LeaseError> {
    let started = Instant::now();
    let mut has_told = false;
    loop {
        match patiently(patience, || held.renew()).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Busy(words)) if started.elapsed() >= WAITED_FOR => return Err(LeaseError::Held { words }),
            Err(StoreError::Busy(words)) => {
                if !std::mem::replace(&mut has_told, true) {
                    tracing::warn!("waiting up to {} s for another process: {words}", WAITED_FOR.as_secs());
                }
                sleep(ASKED_EVERY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

impl Held {
    /// Makes it last on, counted from when it was asked for.
    async fn renew(&self) -> Result<(), StoreError> {
        let asked = Instant::now();
        self.leases.take_lease(&self.holder, LASTS).await?;
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = asked + LASTS;
        Ok(())
    }

    /// What goes wrong here matters only once the time is up, and then whoever writes finds it. But where another
    /// process has it, it is up now: on a machine that slept, less time seems to have passed than did.
    async fn renew_for_ever(self: Arc<Self>) {
        loop {
            sleep(RENEWED_EVERY).await;
            match self.renew().await {
                Ok(()) => {}
                Err(error @ StoreError::Busy(_)) => {
                    tracing::debug!(%error, "the store's lease was lost");
                    *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                }
                Err(error) => tracing::debug!(%error, "the store's lease was not renewed"),
            }
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Guarded {
    target: Arc<dyn BulkTarget>,
    held: Arc<Held>,
}

#[async_trait]
impl BulkTarget for Guarded {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        if self.held.is_over() {
            self.held.renew().await.map_err(lost)?;
        }
        self.target.bulk(batch).await
    }
}

fn lost(error: StoreError) -> StoreError {
    match error {
        StoreError::Busy(words) => StoreError::Busy(format!(
            "the store's lease ran out while the store could not be reached, or this machine slept, and another process \
             took it: {words}"
        )),
        other => other,
    }
}

#[cfg(test)]
mod tests;
