//! What was typed, what the environment says and what the file says, resolved once: flag > environment > file >
//! default. No `Option` is left where a default exists; what is wrong is found here, before any request.

pub mod api;
pub mod creators;
pub mod environment;
pub mod file;
pub mod store;

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::throttle::clock::Clock;

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

/// Reads a moment for a run that fetches: a date (its start, UTC), an RFC 3339 time, or a window like `30d`,
/// which ends now. Seconds since 1970, UTC.
pub fn moment(name: &str, text: &str, clock: &Clock) -> Result<i64, UsageError> {
    let text = text.trim();
    let date = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp());
    let window = || text.parse::<Span>().ok().filter(|span| span.is_positive())
        .and_then(|span| clock.now().to_zoned(TimeZone::UTC).checked_sub(span).ok())
        .map(|start| start.timestamp());
    let moment = text.parse::<Timestamp>().ok().or_else(date).or_else(window);
    moment.map(Timestamp::as_second).ok_or_else(|| {
        UsageError(format!("{name}: {text:?} is no date; write 2025-05-01, 2025-05-01T12:00:00Z, or 30d"))
    })
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

    #[test]
    fn moments_are_dates_times_and_windows_that_end_now() {
        let clock = Clock::starting_at("2025-06-20T00:00:00Z".parse().unwrap());
        let at = |text: &str| moment("--since", text, &clock).map(|seconds| Timestamp::from_second(seconds).unwrap().to_string());
        assert_eq!(at("2025-05-01").unwrap(), "2025-05-01T00:00:00Z");
        assert_eq!(at("2025-05-01T10:00:00+02:00").unwrap(), "2025-05-01T08:00:00Z");
        assert_eq!(&at("30d").unwrap()[..10], "2025-05-21");
        for wrong in ["", "yesterday", "-3d", "2025-13-01"] {
            assert!(at(wrong).unwrap_err().0.starts_with("--since:"), "{wrong}");
        }
    }
}
