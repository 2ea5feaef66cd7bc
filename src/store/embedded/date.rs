//! The date formats that the mappings use, read to milliseconds since 1970 (UTC).
//!
//! Only these; another one is an unknown parameter of a mapping. `strict_date_optional_time` is read by jiff's ISO 8601
//! parser, which takes some texts more than Elasticsearch does; the normalizer writes none of them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// One format of a mapping's `format` list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateFormat {
    /// `yyyy-MM-dd HH:mm:ss`, in UTC.
    Plain,
    /// `strict_date_optional_time`: ISO 8601, UTC where no offset is given.
    Iso,
    /// `epoch_millis`.
    Millis,
    /// `epoch_second`.
    Seconds,
}

impl DateFormat {
    /// Elasticsearch's own default.
    pub(super) const DEFAULT: &'static str = "strict_date_optional_time||epoch_millis";

    /// Reads a list like `yyyy-MM-dd HH:mm:ss||epoch_millis`; `None` when it names an unknown format.
    pub(super) fn read_list(text: &str) -> Option<Vec<Self>> {
        let read = |name: &str| match name {
            "yyyy-MM-dd HH:mm:ss" => Some(Self::Plain),
            "strict_date_optional_time" => Some(Self::Iso),
            "epoch_millis" => Some(Self::Millis),
            "epoch_second" => Some(Self::Seconds),
            _ => None,
        };
        text.split("||").map(read).collect()
    }

    /// Reads a date's text (of a number: its digits); `None` when it is not of this format.
    pub(super) fn read(self, text: &str) -> Option<i64> {
        match self {
            Self::Plain if text.len() == 19 => utc(DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?),
            Self::Plain => None,
            Self::Iso => read_iso(text),
            Self::Millis => text.parse().ok(),
            Self::Seconds => text.parse::<i64>().ok()?.checked_mul(1000),
        }
    }
}

fn read_iso(text: &str) -> Option<i64> {
    let instant = || text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    let date_and_time = || utc(text.parse::<DateTime>().ok()?);
    let date = || utc(text.parse::<Date>().ok()?.at(0, 0, 0, 0));
    instant().or_else(date_and_time).or_else(date)
}

fn utc(date_time: DateTime) -> Option<i64> {
    date_time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_reads_its_own_texts() {
        let read = |list: &str, text: &str| {
            DateFormat::read_list(list).expect("known").into_iter().find_map(|format| format.read(text))
        };
        let publish_time = "yyyy-MM-dd HH:mm:ss||strict_date_optional_time||epoch_millis";
        let moment = Some(1_750_212_365_000);
        assert_eq!(read(publish_time, "2025-06-18 02:06:05"), moment);
        assert_eq!(read(publish_time, "2025-06-18T02:06:05Z"), moment);
        assert_eq!(read(publish_time, "2025-06-18T04:06:05+02:00"), moment);
        assert_eq!(read(publish_time, "1750212365000"), moment);
        assert_eq!(read("epoch_second", "1750212365"), moment);
        assert_eq!(read(publish_time, "2025-06-18"), Some(1_750_204_800_000));
        assert_eq!(read("epoch_millis", "2025-06-18"), None);
        for wrong in ["", "today", "2025-13-01", "2025-06-18 25:00:00"] {
            assert_eq!(read(publish_time, wrong), None, "{wrong}");
        }
        assert_eq!(DateFormat::read_list("basic_date"), None);
    }
}
