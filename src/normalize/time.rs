//! When a post was made: the shapes of `create_time` into seconds, and seconds into the model's text.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Seconds (UTC) that a post can have: the years 2000 to 2099. 0 and the like are unreadable, never 1970.
const SANE: std::ops::Range<i64> = 946_684_800..4_102_444_800;
/// Numbers from here on are milliseconds: as seconds they would lie past the year 5138.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// Reads seconds, milliseconds (told by their size), RFC 3339, or `yyyy-MM-dd[ HH:mm:ss]`, taken as UTC.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let seconds = match text.parse::<i64>() {
        Ok(number) => from_number(number),
        Err(_) => from_fraction(text).or_else(|| from_date(text))?,
    };
    SANE.contains(&seconds).then_some(seconds)
}

fn from_number(number: i64) -> i64 {
    if number >= FIRST_MILLISECONDS { number / 1000 } else { number }
}

/// 1739470683.0: a double holds seconds and milliseconds exactly.
fn from_fraction(text: &str) -> Option<i64> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and is then out of range")]
    Some(from_number(number as i64))
}

fn from_date(text: &str) -> Option<i64> {
    let instant = text.parse::<Timestamp>().ok();
    instant
        .or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))
        .map(Timestamp::as_second)
}

/// `yyyy-MM-dd HH:mm:ss`, UTC.
pub(super) fn written(seconds: i64) -> String {
    let at = TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).unwrap_or_default());
    format!("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", at.year(), at.month(), at.day(), at.hour(), at.minute(), at.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_a_time_is_read() {
        let cases = [
            ("1739470683", Some(1_739_470_683)),
            ("1739470683.0", Some(1_739_470_683)),
            ("1739470683000", Some(1_739_470_683)),
            (" 1569608224 ", Some(1_569_608_224)),
            ("2026-03-24T04:25:45.000Z", Some(1_774_326_345)),
            ("2026-03-24T12:25:45+08:00", Some(1_774_326_345)),
            ("2025-05-19 15:45:53", Some(1_747_669_553)),
            ("2025-05-19T15:45:53", Some(1_747_669_553)),
            ("2025-05-19", Some(1_747_612_800)),
            ("0", None),
            ("-1739470683", None),
            ("9223372036854775807", None),
            ("1e300", None),
            ("nan", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(written(1_750_212_365), "2025-06-18 02:06:05");
        assert_eq!(written(1_750_198_652), "2025-06-17 22:17:32");
    }
}
