//! Ctrl-C and SIGTERM: the first one asks a run to stop and settle, the second one ends the process.

use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use crate::output::log;
use crate::output::progress::clear_bars;

/// A token that the first Ctrl-C (or SIGTERM) cancels; it says so on stderr, unless quiet.
#[must_use]
pub fn stop_on_interrupt(quiet: bool) -> CancellationToken {
    let stop = CancellationToken::new();
    let cancelled = stop.clone();
    tokio::spawn(async move {
        if !interrupted().await {
            return;
        }
        if !quiet {
            log::plain(
                "stopping: what was fetched is being indexed (Ctrl-C again ends at once; nothing acknowledged is lost)",
            );
        }
        cancelled.cancel();
        if interrupted().await {
            end_now();
        }
    });
    stop
}

#[expect(clippy::exit, reason = "the person asked twice; every file and index survives a kill at any instant")]
fn end_now() {
    clear_bars();
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

/// Waits for Ctrl-C or SIGTERM; false when signals cannot be had.
pub async fn interrupted() -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return tokio::signal::ctrl_c().await.is_ok() };
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed.is_ok(),
            received = terminate.recv() => received.is_some(),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.is_ok()
    }
}
