//! Typed times, and the seconds they become.

use super::*;

const NEWEST: i64 = 1_750_212_365_250; // 2025-06-18T02:06:05.250Z

fn seconds(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

fn between(since: &str, until: &str, timezone: &str) -> Result<Period, PeriodError> {
    let since = (!since.is_empty()).then(|| since.parse::<Since>().unwrap());
    let until = (!until.is_empty()).then(|| until.parse::<Moment>().unwrap());
    Period::between(since.as_ref(), until.as_ref(), Some(NEWEST), &TimeZone::get(timezone).unwrap())
}

#[test]
fn a_date_is_a_whole_day_of_the_time_zone() {
    let period = between("2025-03-30", "2025-03-30", "Europe/Berlin").unwrap();
    assert_eq!(period.since, Some(seconds("2025-03-29T23:00:00Z")));
    assert_eq!(period.until, Some(seconds("2025-03-30T22:00:00Z"))); // A day of 23 hours.
}

#[test]
fn times_are_taken_as_they_are() {
    let period = between("2025-06-18T10:00:00+02:00", "2025-06-18T12:00", "Asia/Tokyo");
    assert_eq!(period, Err(PeriodError::Empty)); // 08:00 UTC to 03:00 UTC.
    let period = between("2025-06-18T10:00:00.5Z", "2025-06-18T12:00", "UTC").unwrap();
    assert_eq!(period.since, Some(seconds("2025-06-18T10:00:01Z")));
    assert_eq!(period.until, Some(seconds("2025-06-18T12:00:00Z")));
}

#[test]
fn a_window_ends_at_until_or_at_the_newest_fetch() {
    let period = between("2w", "2025-06-17", "UTC").unwrap();
    assert_eq!(period.since, Some(seconds("2025-06-04T00:00:00Z")));
    assert_eq!(period.window_end, Some(WindowEnd::Until(seconds("2025-06-18T00:00:00Z"))));

    let period = between("30d", "", "UTC").unwrap();
    assert_eq!(period.since, Some(seconds("2025-05-19T02:06:06Z")));
    assert_eq!(period.until, Some(seconds("2025-06-18T02:06:06Z")));
    assert_eq!(period.window_end, Some(WindowEnd::NewestFetch(NEWEST)));

    let empty_store = Period::between(Some(&Since::Window(1)), None, None, &TimeZone::UTC);
    assert_eq!(empty_store, Ok(Period::default()));
}

#[test]
fn what_is_no_time_is_refused() {
    let long = "9".repeat(30) + "d";
    for text in
        ["", "d", "0d", "-3d", "30", "30m", "june", "2025", "20250618", "2025-6-18", "2025-13-01", "２d", "٣d", &long]
    {
        assert_eq!(text.parse::<Since>(), Err(PeriodError::Since), "{text}");
    }
    assert_eq!("30d".parse::<Moment>(), Err(PeriodError::Moment));
    assert_eq!(between("", "9999-12-31", "UTC"), Err(PeriodError::Range("--until")));
    assert_eq!(
        between("9000000000000w", "2025-06-17", "UTC").map(|period| period.until),
        Ok(Some(seconds("2025-06-18T00:00:00Z")))
    );
}
