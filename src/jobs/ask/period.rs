//! From typed times (`--since`, `--until`) to the seconds that a question asks with.
//!
//! A date is a whole day in the time zone of the question. A window (`30d`) ends at `--until`, else at the newest
//! `fetched_at` stored, never at the clock, so that the same data give the same answer on every day.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use crate::model::Windows;
use crate::store::StoreReader;

use super::AskError;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// A point in time, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A day: its start for "since", its end for "until".
    Date(civil::Date),
    /// A date and time of day of the question's time zone.
    Local(civil::DateTime),
    /// A time with an offset (RFC 3339).
    Instant(Timestamp),
}

/// Where a period starts, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// At a point in time.
    Moment(Moment),
    /// So many seconds before the period's end.
    Window(i64),
}

/// Why times cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// No start of a period.
    #[error("give a date (2025-06-18), an RFC 3339 time (2025-06-18T10:00:00Z) or a window (30d, 12h, 2w)")]
    Since,
    /// No point in time.
    #[error("give a date (2025-06-18) or an RFC 3339 time (2025-06-18T10:00:00Z)")]
    Moment,
    /// A time too far from ours.
    #[error("{0} lies outside the years that can be computed with (-9999 to 9999)")]
    Range(&'static str),
    /// Nothing can match.
    #[error("--since does not lie before --until, so that no post can match: move one of them")]
    Empty,
    /// Growth cannot be told.
    #[error(
        "--since leaves out posts of the window before, which growth compares with: move it back to two windows before the \
         end, or give a shorter --window"
    )]
    CutWindow,
    /// No length of a window.
    #[error("give a length, such as 7d, 12h or 2w")]
    Window,
}

/// A period, resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Period {
    /// Posted at or after (seconds since 1970, UTC).
    pub since: Option<i64>,
    /// Posted before (seconds since 1970, UTC).
    pub until: Option<i64>,
    /// Where a window ends; `None` when no window was asked for, or nothing is stored.
    pub window_end: Option<WindowEnd>,
}

/// Where a window ends, and why there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowEnd {
    /// At `--until` (seconds since 1970, UTC).
    Until(i64),
    /// At the newest `fetched_at` stored (ms since 1970, UTC).
    NewestFetch(i64),
}

impl Period {
    /// Resolves typed times; asks the store for its newest `fetched_at` only where a window needs it.
    pub async fn resolve(
        reader: &dyn StoreReader,
        since: Option<&Since>,
        until: Option<&Moment>,
        timezone: &TimeZone,
    ) -> Result<Self, AskError> {
        let needs_newest = matches!(since, Some(Since::Window(_))) && until.is_none();
        let newest = if needs_newest { reader.newest_fetched_at().await? } else { None };
        Ok(Self::between(since, until, newest, timezone)?)
    }

    fn between(
        since: Option<&Since>,
        until: Option<&Moment>,
        newest_fetched_at: Option<i64>,
        timezone: &TimeZone,
    ) -> Result<Self, PeriodError> {
        let until = until.map(|until| until.end(timezone).ok_or(PeriodError::Range("--until"))).transpose()?;
        let out_of_range = PeriodError::Range("--since");
        let period = match (since, until, newest_fetched_at) {
            (None, until, _) => Self { until, ..Self::default() },
            (Some(Since::Moment(since)), until, _) => {
                Self { since: Some(since.start(timezone).ok_or(out_of_range)?), until, window_end: None }
            }
            (Some(Since::Window(length)), Some(until), _) => Self {
                since: Some(until.checked_sub(*length).ok_or(out_of_range)?),
                until: Some(until),
                window_end: Some(WindowEnd::Until(until)),
            },
            (Some(Since::Window(length)), None, Some(newest)) => Self {
                since: Some(ceil_seconds(newest).checked_sub(*length).ok_or(out_of_range)?),
                // A post of the very second of the fetch is still inside.
                until: Some(newest.div_euclid(1000) + 1),
                window_end: Some(WindowEnd::NewestFetch(newest)),
            },
            // Nothing is stored, so that any period answers alike.
            (Some(Since::Window(_)), None, None) => Self::default(),
        };
        match (period.since, period.until) {
            (Some(since), Some(until)) if since >= until => Err(PeriodError::Empty),
            _ => Ok(period),
        }
    }
}

/// The two windows of growth, of `length` seconds each, and where the later one ends: with the period, else at the
/// newest `fetched_at`. `None` when nothing is stored. The period must not begin behind the start of the earlier one.
pub async fn windows(
    reader: &dyn StoreReader,
    period: &Period,
    length: i64,
) -> Result<Option<(Windows, WindowEnd)>, AskError> {
    let newest = match (period.window_end, period.until) {
        (Some(WindowEnd::NewestFetch(newest)), _) => Some(newest),
        (_, None) => reader.newest_fetched_at().await?,
        (_, Some(_)) => None,
    };
    let (end, why) = match (newest, period.until) {
        (Some(newest), _) => (newest.div_euclid(1000) + 1, WindowEnd::NewestFetch(newest)),
        (None, Some(until)) => (until, WindowEnd::Until(until)),
        (None, None) => return Ok(None),
    };
    let out_of_range = || PeriodError::Range("--window");
    let middle = end.checked_sub(length).ok_or_else(out_of_range)?;
    let start = middle.checked_sub(length).ok_or_else(out_of_range)?;
    if period.since.is_some_and(|since| since > start) {
        return Err(PeriodError::CutWindow.into());
    }
    Ok(Some((Windows { recent: middle..end, earlier: start..middle }, why)))
}

/// Reads the length of a window (seconds).
pub fn window_length(text: &str) -> Result<i64, PeriodError> {
    parse_window(text.trim()).ok_or(PeriodError::Window)
}

impl Moment {
    /// Its first second since 1970 (UTC), for a date that of its day in `timezone`; `None` outside the years that can
    /// be computed with.
    #[must_use]
    pub fn start(&self, timezone: &TimeZone) -> Option<i64> {
        let start = match self {
            Self::Date(date) => date.to_zoned(timezone.clone()).ok()?.timestamp(),
            Self::Local(local) => timezone.to_timestamp(*local).ok()?,
            Self::Instant(instant) => *instant,
        };
        Some(ceil_seconds(start.as_millisecond()))
    }

    fn end(&self, timezone: &TimeZone) -> Option<i64> {
        match self {
            Self::Date(date) => Self::Date(date.tomorrow().ok()?).start(timezone),
            _ => self.start(timezone),
        }
    }
}

impl FromStr for Moment {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let text = text.trim();
        // Without this, jiff takes the date of any longer text, and "20250618", which may be a number of seconds.
        let has_dashes = text.len() >= 10 && text.is_ascii() && &text[4..5] == "-" && &text[7..8] == "-";
        if !has_dashes {
            return Err(PeriodError::Moment);
        }
        if text.len() == 10 {
            return text.parse().map(Self::Date).map_err(|_| PeriodError::Moment);
        }
        let instant = text.parse().map(Self::Instant);
        instant.or_else(|_| text.parse().map(Self::Local)).map_err(|_| PeriodError::Moment)
    }
}

impl FromStr for Since {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let window = parse_window(text.trim()).map(Self::Window);
        window.map_or_else(|| text.parse().map(Self::Moment).map_err(|_| PeriodError::Since), Ok)
    }
}

fn parse_window(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'h' | 'H' => DAY_SECONDS / 24,
        'd' | 'D' => DAY_SECONDS,
        'w' | 'W' => 7 * DAY_SECONDS,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let count: i64 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    count.checked_mul(unit).filter(|&seconds| seconds > 0)
}

/// Posts carry whole seconds: the first one at or after a time.
fn ceil_seconds(milliseconds: i64) -> i64 {
    -(-milliseconds).div_euclid(1000)
}

#[cfg(test)]
mod tests;
