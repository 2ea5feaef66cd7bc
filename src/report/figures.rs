//! Numbers and dates as a person reads them: short on the page, exact where one points.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What stands where there is no value.
pub(super) const NOTHING: &str = "–";

const UNITS: [(f64, &str); 4] = [(1e3, "K"), (1e6, "M"), (1e9, "B"), (1e12, "T")];

/// 1,234,567.
pub(super) fn exact(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A figure that need not be whole: half a play, between two middle posts, is shown as such.
pub(super) fn exact_figure(value: f64) -> String {
    let whole = exact(whole(value));
    if value.fract() == 0.0 { whole } else { format!("{whole}.5") }
}

/// 1.2M; below ten thousand, every digit.
pub(super) fn short(value: f64) -> String {
    if value < 9_999.5 {
        return exact(whole(value.round()));
    }
    for (unit, name) in UNITS {
        let scaled = value / unit;
        // What rounds to 1000 is one of the next unit.
        if scaled < 999.5 {
            return if scaled < 99.95 { format!("{scaled:.1}{name}") } else { format!("{scaled:.0}{name}") };
        }
    }
    format!("{:.0}T", value / 1e12)
}

/// The same of a round value: 30M, 2.5K.
pub(super) fn round(value: f64) -> String {
    short(value).replace(".0", "")
}

/// 1.2M of a whole number.
pub(super) fn short_count(value: u64) -> String {
    short(value as f64)
}

/// A share of one: 12.3%.
pub(super) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| NOTHING.to_owned(), |share| format!("{:.1}%", share * 100.0))
}

/// A factor: 3.4×.
pub(super) fn times(value: Option<f64>) -> String {
    match value {
        None => NOTHING.to_owned(),
        Some(value) if value < 100.0 => format!("{value:.1}×"),
        Some(value) => format!("{}×", short(value)),
    }
}

/// A figure of a few digits.
pub(super) fn figure(value: Option<f64>) -> String {
    match value {
        None => NOTHING.to_owned(),
        Some(value) if value < 100.0 => format!("{value:.2}"),
        Some(value) => short(value),
    }
}

/// One post, 2 posts.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", exact(count)) }
}

/// A second (UTC) as a minute of a time zone; `None` outside the years that can be computed with.
pub(super) fn minute(seconds: i64, timezone: &TimeZone) -> Option<String> {
    shown_as(seconds, timezone, "%Y-%m-%d %H:%M")
}

/// The same in a format of `strftime`.
pub(super) fn shown_as(seconds: i64, timezone: &TimeZone, format: &str) -> Option<String> {
    let zoned = Timestamp::from_second(seconds).ok()?.to_zoned(timezone.clone());
    Some(zoned.strftime(format).to_string())
}

/// Without what is behind the point; cut to what a count can be.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, which is meant")]
fn whole(value: f64) -> u64 {
    value.trunc() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn large_numbers_are_short_and_round_to_the_next_unit() {
        let cases = [
            (0, "0"),
            (9_999, "9,999"),
            (10_000, "10.0K"),
            (99_949, "99.9K"),
            (99_960, "100K"),
            (999_499, "999K"),
            (999_500, "1.0M"),
            (1_234_567, "1.2M"),
            (123_456_789, "123M"),
            (999_600_000, "1.0B"),
            (12_000_000_000_000_000, "12000T"),
        ];
        for (value, shown) in cases {
            assert_eq!(short_count(value), shown, "{value}");
        }
        assert_eq!([round(30e6), round(2.5e6), round(25_000.0), round(500.0)], ["30M", "2.5M", "25K", "500"]);
        assert_eq!([exact(999), exact(1_000), exact(1_234_567)], ["999", "1,000", "1,234,567"]);
        assert_eq!([exact_figure(1_500.0), exact_figure(1_500.5)], ["1,500", "1,500.5"]);
    }

    #[test]
    fn figures_have_as_many_digits_as_they_mean() {
        assert_eq!([None, Some(0.0834), Some(1.0)].map(percent), ["–", "8.3%", "100.0%"]);
        assert_eq!([None, Some(3.44), Some(123.4)].map(times), ["–", "3.4×", "123×"]);
        assert_eq!([None, Some(-0.131), Some(123_456.0)].map(figure), ["–", "-0.13", "123K"]);
        assert_eq!([counted(1, "post", "posts"), counted(2_000, "post", "posts")], ["1 post", "2,000 posts"]);
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(minute(1_750_212_365, &berlin).as_deref(), Some("2025-06-18 04:06"));
        assert_eq!(shown_as(1_750_212_365, &berlin, "%b %-d").as_deref(), Some("Jun 18"));
        assert_eq!(minute(i64::MAX, &berlin), None);
    }

    proptest! {
        #[test]
        fn nothing_shown_is_long(value in any::<u64>()) {
            prop_assert!(short_count(value).len() <= 9, "{}", short_count(value));
        }
    }
}
