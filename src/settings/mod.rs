//! What was typed, what the environment says and what the file says, resolved once: flag > environment > file >
//! default. No `Option` is left where a default exists; what is wrong is found here, before any request.

pub mod api;
pub mod categories;
pub mod creators;
mod credentials;
pub mod environment;
pub mod file;
pub mod kibana;
mod listed;
pub mod store;
pub mod videos;
pub mod webhook;

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

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

/// Reads a duration like `20ms`, `6h`, `10m` or `1d`; `name` is the flag or key at fault.
pub fn duration(name: &str, text: &str) -> Result<Duration, UsageError> {
    let days = || text.trim().strip_suffix('d')?.trim_end().parse::<u32>().ok();
    let of_days = || Some(Duration::from_hours(u64::from(days()?) * 24));
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .or_else(of_days)
        .ok_or_else(|| UsageError(format!("{name}: {text:?} is no duration; write 20ms, 30s, 10m, 6h or 1d")))
}

/// Reads a moment as milliseconds since 1970 (UTC): an RFC 3339 time, a day's start, or the milliseconds themselves;
/// `name` is the flag at fault.
pub fn moment_ms(name: &str, text: &str) -> Result<i64, UsageError> {
    let text = text.trim();
    let time = || text.parse::<Timestamp>().ok();
    // Not a date with a time of day, which would need a zone.
    let day = || Some(Date::strptime("%Y-%m-%d", text).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let of_digits = || text.parse::<i64>().ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time().or_else(day).or_else(of_digits).map(Timestamp::as_millisecond).filter(|ms| *ms > 0).ok_or_else(|| {
        UsageError(format!(
            "{name}: {text:?} is no time after 1970; write 2025-06-18T02:06:05Z, 2025-06-18, or milliseconds since 1970"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_times_days_or_milliseconds() {
        for text in ["2025-06-20T00:00:00Z", "2025-06-20", "1750377600000", "2025-06-20T02:00:00+02:00"] {
            assert_eq!(moment_ms("--x", text), Ok(1_750_377_600_000), "{text}");
        }
        for wrong in ["", "yesterday", "0", "-5", "1969-01-01", "2025-06-20T00:00:00", "9999999999999999999"] {
            assert!(moment_ms("--x", wrong).unwrap_err().0.starts_with("--x:"), "{wrong}");
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("--x", "20ms"), Ok(Duration::from_millis(20)));
        assert_eq!(duration("--x", "10m"), Ok(Duration::from_mins(10)));
        assert_eq!(duration("--x", "1d"), Ok(Duration::from_hours(24)));
        for wrong in ["", "10", "-5s", "-1d", "d", "soon"] {
            assert!(duration("--x", wrong).unwrap_err().0.starts_with("--x:"), "{wrong}");
        }
    }
}
