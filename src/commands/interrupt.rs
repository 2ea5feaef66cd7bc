//! Ctrl-C and SIGTERM: the first one asks a run to stop and settle, the second one ends the process.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Interrupted};
use crate::output::log;
use crate::output::progress::clear_bars;

/// A token that the first Ctrl-C (or SIGTERM) cancels; it says so on stderr, unless quiet.
#[must_use]
pub fn stop_on_interrupt(quiet: bool) -> CancellationToken {
    let stop = CancellationToken::new();
    let Ok(mut interrupts) = Interrupts::listen() else { return stop };
    let cancelled = stop.clone();
    tokio::spawn(async move {
        interrupts.next().await;
        if !quiet {
            log::plain(
                "stopping: what is under way is being finished (Ctrl-C again ends at once; nothing acknowledged is lost)",
            );
        }
        cancelled.cancel();
        interrupts.next().await;
        end_now();
    });
    stop
}

/// What comes of a piece of work, unless the token is cancelled first: a server that does not answer must not hold up
/// who stops a run before it began.
///
/// # Errors
/// The work's own, or [`Interrupted`].
pub async fn unless_stopped<T, E: Into<anyhow::Error>>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    match stop.run_until_cancelled(work).await {
        Some(done) => done.map_err(Into::into),
        None => Err(Interrupted.into()),
    }
}

#[expect(clippy::exit, reason = "the person asked twice; every file and index survives a kill at any instant")]
fn end_now() {
    clear_bars();
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

/// Ctrl-C and SIGTERM, from the moment of listening on: one that comes before it is waited for is not missed.
#[derive(Debug)]
pub struct Interrupts {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Interrupts {
    /// Listens. Must be called inside a tokio runtime.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Listens. Must be called inside a tokio runtime.
    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
