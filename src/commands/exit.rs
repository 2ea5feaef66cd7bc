//! How the process ends: decided here, at one place.

use std::process::ExitCode;

use crate::jobs::ask::AskError;
use crate::jobs::lease::LeaseError;
use crate::jobs::track::known::KnownError;
use crate::settings::UsageError;
use crate::simulator::SimulatorError;

/// The exit codes, as the documentation promises them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done,
    /// Failed; the message says what to do.
    Failed,
    /// Wrong use, found before any request.
    Usage,
    /// Done in part: some creators failed or some documents are dead letters.
    Partial,
    /// The budget is used up; the same command goes on.
    Budget,
    /// Interrupted, after draining.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Budget => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The run was stopped before its first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted before the store had answered; nothing was asked of the API")]
pub struct Interrupted;

/// The end that an error means.
#[must_use]
pub fn of_error(error: &anyhow::Error) -> Exit {
    let is_wrong_use = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<UsageError>()
            || cause.downcast_ref::<AskError>().is_some_and(AskError::is_wrong_use)
            || matches!(cause.downcast_ref(), Some(SimulatorError::Pages(_) | SimulatorError::Options(_)))
    };
    let is_interrupted = error.is::<Interrupted>()
        || matches!(error.downcast_ref(), Some(LeaseError::Stopped))
        || matches!(error.downcast_ref(), Some(KnownError::Stopped));
    if is_interrupted {
        Exit::Interrupted
    } else if error.chain().any(is_wrong_use) {
        Exit::Usage
    } else {
        Exit::Failed
    }
}

/// Whether the reader of our standard output went away.
#[must_use]
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        let plain = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        // It does not name the error of the writer as its source.
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        plain.or(json) == Some(std::io::ErrorKind::BrokenPipe)
    };
    error.chain().any(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn wrong_use_is_told_from_failure_under_any_context() {
        let usage = Err::<(), _>(UsageError::new("--x")).context("more").unwrap_err();
        assert_eq!(of_error(&usage), Exit::Usage);
        assert_eq!(of_error(&anyhow::anyhow!("disk full")), Exit::Failed);
        assert_eq!(of_error(&LeaseError::Stopped.into()), Exit::Interrupted, "Ctrl-C while another process writes");
        assert_eq!(of_error(&KnownError::Stopped.into()), Exit::Interrupted, "Ctrl-C while the store is away");
        assert_eq!(of_error(&SimulatorError::Options("no rate".into()).into()), Exit::Usage);
        assert_eq!(of_error(&SimulatorError::PortInUse(80).into()), Exit::Failed);
    }

    struct Closed;

    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&anyhow::Error::from(pipe).context("writing")));
        assert!(is_broken_pipe(&serde_json::to_writer(Closed, "more").unwrap_err().into()));
    }
}
