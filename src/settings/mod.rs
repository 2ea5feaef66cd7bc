//! What was typed, what the environment says and what the file says, resolved once: flag > environment > file >
//! default. No `Option` is left where a default exists; what is wrong is found here, before any request.

pub mod api;
pub mod creators;
pub mod environment;
pub mod file;
mod listed;
pub mod store;
pub mod videos;

use std::time::Duration;

use jiff::SignedDuration;

/// Wrong use: exit code 2. The text names the flag, variable or file at fault and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl UsageError {
    /// An error in the user's words.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Reads a duration like `20ms`, `6h` or `10m`; `name` is the flag or key at fault.
pub fn duration(name: &str, text: &str) -> Result<Duration, UsageError> {
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| UsageError(format!("{name}: {text:?} is no duration; write 20ms, 30s, 10m or 6h")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("--x", "20ms"), Ok(Duration::from_millis(20)));
        assert_eq!(duration("--x", "10m"), Ok(Duration::from_mins(10)));
        for wrong in ["", "10", "-5s", "soon"] {
            assert!(duration("--x", wrong).unwrap_err().0.starts_with("--x:"), "{wrong}");
        }
    }
}
