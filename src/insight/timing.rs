//! When posts do well: by weekday and hour of a time zone, relative to their creators' own median.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::engagement::to_four_digits;
use crate::model::Slot;

/// One hour of the week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HourRow {
    /// The day, in English.
    pub weekday: &'static str,
    /// The hour that it starts, 0 to 23.
    pub hour: u8,
    /// Judged posts with plays.
    pub posts: u64,
    /// Their typical plays, as a multiple of their creators' median: exp of the mean of ln(multiple), so that one post
    /// with a thousandfold does not speak for the hour. `None` without posts.
    pub typical_multiple: Option<f64>,
    /// Share of viral posts; `None` without posts.
    pub viral_share: Option<f64>,
}

/// The days of a week, from Monday on.
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Hours of a week.
const HOURS: usize = 7 * 24;

/// `virality.log_multiple` has four decimals, so that their sum is a whole number of these, in whatever order it was
/// summed.
const LOG_UNIT: f64 = 1e4;

/// Short videos are not older (2010): no post's own time is looked for before it.
const OLDEST: i64 = 1_262_304_000;

/// The rules of time zones are not known further (2040).
const NEWEST: i64 = 2_208_988_800;

/// All hours of the week, from Monday 0:00 on. Slots must not be longer than [`slot_seconds`].
#[must_use]
pub fn by_hour(slots: &[Slot], timezone: &TimeZone) -> Vec<HourRow> {
    let mut hours = [(0_u64, 0_u64, 0.0_f64); HOURS];
    for slot in slots {
        let Ok(start) = Timestamp::from_second(slot.start) else { continue };
        let local = start.to_zoned(timezone.clone());
        let day = local.weekday().to_monday_zero_offset();
        let Some(hour) = usize::try_from(i32::from(day) * 24 + i32::from(local.hour())).ok() else { continue };
        hours[hour].0 += slot.posts;
        hours[hour].1 += slot.viral;
        hours[hour].2 += (slot.log_multiple * LOG_UNIT).round();
    }
    let row = |(position, &(posts, viral, log_sum)): (usize, &(u64, u64, f64))| {
        let of_posts = |value: f64| (posts > 0).then(|| value / posts as f64);
        HourRow {
            weekday: WEEKDAYS[position / 24],
            #[expect(clippy::cast_possible_truncation, reason = "below 24")]
            hour: (position % 24) as u8,
            posts,
            typical_multiple: of_posts(log_sum / LOG_UNIT).map(|mean| to_four_digits(mean.exp())),
            viral_share: of_posts(viral as f64).map(to_four_digits),
        }
    };
    hours.iter().enumerate().map(row).collect()
}

/// The longest slots (seconds) of which each lies within one hour of the time zone, whatever its offset was in a period
/// (seconds since 1970, UTC): an hour for most, half of it for India, a quarter for Nepal.
#[must_use]
pub fn slot_seconds(timezone: &TimeZone, since: Option<i64>, until: Option<i64>) -> u32 {
    const LENGTHS: [u32; 6] = [3_600, 1_800, 900, 300, 60, 1];
    let since = since.unwrap_or(OLDEST).clamp(OLDEST, NEWEST);
    let until = until.unwrap_or(NEWEST).clamp(since, NEWEST);
    let Ok(start) = Timestamp::from_second(since) else { return 1 };
    let changes = timezone.following(start).take_while(|change| change.timestamp().as_second() < until);
    let offsets: Vec<i32> =
        changes.map(|change| change.offset().seconds()).chain([timezone.to_offset(start).seconds()]).collect();
    let fits = |length: &u32| offsets.iter().all(|offset| offset.unsigned_abs().is_multiple_of(*length));
    LENGTHS.into_iter().find(fits).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn slot(time: &str, posts: u64, viral: u64, log_multiple: f64) -> Slot {
        Slot { start: time.parse::<Timestamp>().unwrap().as_second(), posts, viral, log_multiple }
    }

    fn filled(slots: &[Slot], timezone: &str) -> Vec<HourRow> {
        let rows = by_hour(slots, &zone(timezone));
        assert_eq!(rows.len(), HOURS);
        rows.into_iter().filter(|row| row.posts > 0).collect()
    }

    #[test]
    fn slots_are_laid_on_the_hours_of_the_zone() {
        // 2025-06-18 is a Wednesday.
        let slots = [slot("2025-06-18T02:00:00Z", 2, 1, 2.0 * 2_f64.ln()), slot("2025-06-11T02:00:00Z", 2, 0, 0.0)];
        let expected =
            HourRow { weekday: "Wednesday", hour: 2, posts: 4, typical_multiple: Some(1.414), viral_share: Some(0.25) };
        assert_eq!(filled(&slots, "UTC"), [expected]);
        let expected = HourRow { weekday: "Tuesday", hour: 22, ..expected };
        assert_eq!(filled(&slots, "America/New_York"), [expected]);
        let empty = by_hour(&[], &TimeZone::UTC);
        assert!(empty.iter().all(|row| row.typical_multiple.is_none() && row.viral_share.is_none()));
        assert_eq!(
            (empty[0].weekday, empty[0].hour, empty[HOURS - 1].weekday, empty[HOURS - 1].hour),
            ("Monday", 0, "Sunday", 23)
        );
    }

    #[test]
    fn summer_time_moves_the_hour() {
        // 20:00 in Berlin, in winter and in summer; both Sundays.
        let slots = [slot("2025-01-05T19:00:00Z", 1, 0, 0.0), slot("2025-07-06T18:00:00Z", 1, 0, 0.0)];
        let rows = filled(&slots, "Europe/Berlin");
        assert_eq!((rows.len(), rows[0].hour, rows[0].posts), (1, 20, 2));
        // The hour that there is twice, when summer time ends.
        let slots = [slot("2025-10-26T00:00:00Z", 1, 0, 0.0), slot("2025-10-26T01:00:00Z", 1, 0, 0.0)];
        let rows = filled(&slots, "Europe/Berlin");
        assert_eq!((rows.len(), rows[0].hour, rows[0].posts), (1, 2, 2));
    }

    #[test]
    fn slots_are_as_long_as_the_offsets_allow() {
        let of = |name: &str| slot_seconds(&zone(name), None, None);
        let zones =
            ["UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"];
        assert_eq!(zones.map(of), [3_600, 3_600, 1_800, 900, 1_800, 900]);
        // Caracas was at -4:30 until May 2016.
        let caracas = |since: &str| {
            slot_seconds(&zone("America/Caracas"), Some(since.parse::<Timestamp>().unwrap().as_second()), None)
        };
        assert_eq!([caracas("2016-01-01T00:00:00Z"), caracas("2017-01-01T00:00:00Z")], [1_800, 3_600]);
        assert_eq!(slot_seconds(&zone("Asia/Kolkata"), Some(i64::MIN), Some(i64::MAX)), 1_800);
    }
}
