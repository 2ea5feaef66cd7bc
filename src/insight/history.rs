//! Posts and their plays over time, by the days, weeks, months, quarters or years of a calendar in a time zone.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::Serialize;

use crate::model::TimeSlot;

/// More bars than this cannot be told apart on a page.
const MOST_BARS: usize = 62;

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A day.
    Day,
    /// A week, from Monday on.
    Week,
    /// A month.
    Month,
    /// Three months, from January, April, July or October on.
    Quarter,
    /// A year.
    Year,
}

/// Posts that were posted in one unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// Its first day.
    pub start: Date,
    /// Posts.
    pub posts: u64,
    /// Their plays, added up.
    pub plays: u64,
}

/// Posts over time: bars without gaps, from the first post to the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct History {
    /// How long each bar is: the shortest unit of which 62 are enough.
    pub unit: Unit,
    /// The bars, by time; none without posts.
    pub bars: Vec<Bar>,
}

impl History {
    /// Lays slots on the calendar of a time zone. They must not be longer than `timing::slot_seconds`.
    #[must_use]
    pub fn of(slots: &[TimeSlot], timezone: &TimeZone) -> Self {
        let days: Vec<(Date, TimeSlot)> =
            slots.iter().filter_map(|slot| Some((day_of(slot.start, timezone)?, *slot))).collect();
        let Some((first, last)) = days.first().zip(days.last()).map(|(first, last)| (first.0, last.0)) else {
            return Self { unit: Unit::Day, bars: Vec::new() };
        };
        let units = [Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];
        let fits = |unit: &Unit| unit.starts(first, last).nth(MOST_BARS).is_none();
        let unit = units.into_iter().find(fits).unwrap_or(Unit::Year);
        let mut bars: Vec<Bar> = unit.starts(first, last).map(|start| Bar { start, posts: 0, plays: 0 }).collect();
        for (date, slot) in days {
            let position = bars.partition_point(|bar| bar.start <= date);
            let Some(bar) = position.checked_sub(1).and_then(|position| bars.get_mut(position)) else { continue };
            bar.posts += slot.posts;
            bar.plays = bar.plays.saturating_add(slot.plays);
        }
        Self { unit, bars }
    }
}

/// The day of a second (UTC) in a time zone; `None` outside the years that can be computed with.
#[must_use]
pub fn day_of(second: i64, timezone: &TimeZone) -> Option<Date> {
    Some(Timestamp::from_second(second).ok()?.to_zoned(timezone.clone()).date())
}

impl Unit {
    /// In words: "day".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The first days of all units from that of one day to that of another.
    fn starts(self, first: Date, last: Date) -> impl Iterator<Item = Date> {
        let next = move |start: &Date| start.checked_add(self.length()).ok();
        std::iter::successors(Some(self.start(first)), next).take_while(move |start| *start <= last)
    }

    fn start(self, day: Date) -> Date {
        let first_of = |month: i8| Date::new(day.year(), month, 1).unwrap_or(day);
        match self {
            Self::Day => day,
            Self::Week => {
                let days = day.weekday().to_monday_zero_offset();
                day.checked_sub(i64::from(days).days()).unwrap_or(day)
            }
            Self::Month => day.first_of_month(),
            Self::Quarter => first_of((day.month() - 1) / 3 * 3 + 1),
            Self::Year => first_of(1),
        }
    }

    fn length(self) -> Span {
        match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Quarter => 3.months(),
            Self::Year => 1.year(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slot(time: &str, plays: u64) -> TimeSlot {
        TimeSlot { start: time.parse::<Timestamp>().unwrap().as_second(), posts: 1, plays }
    }

    fn history(slots: &[TimeSlot], timezone: &str) -> (Unit, Vec<String>) {
        let history = History::of(slots, &TimeZone::get(timezone).unwrap());
        let shown = |bar: &Bar| format!("{} {} {}", bar.start, bar.posts, bar.plays);
        (history.unit, history.bars.iter().map(shown).collect())
    }

    #[test]
    fn days_are_those_of_the_zone_and_none_is_left_out() {
        let slots = [slot("2025-06-17T23:00:00Z", 5), slot("2025-06-18T01:00:00Z", 7), slot("2025-06-20T12:00:00Z", 1)];
        let utc = ["2025-06-17 1 5", "2025-06-18 1 7", "2025-06-19 0 0", "2025-06-20 1 1"].map(str::to_owned);
        assert_eq!(history(&slots, "UTC"), (Unit::Day, utc.to_vec()));
        let berlin = ["2025-06-18 2 12", "2025-06-19 0 0", "2025-06-20 1 1"].map(str::to_owned);
        assert_eq!(history(&slots, "Europe/Berlin"), (Unit::Day, berlin.to_vec()));
        assert_eq!(history(&[], "UTC"), (Unit::Day, Vec::new()));
    }

    #[test]
    fn the_unit_grows_with_the_span() {
        let of = |last: &str| history(&[slot("2020-02-05T00:00:00Z", 1), slot(last, 1)], "UTC");
        for (last, unit, first_bar) in [
            ("2020-04-06T00:00:00Z", Unit::Day, "2020-02-05 1 1"),
            ("2020-04-07T00:00:00Z", Unit::Week, "2020-02-03 1 1"),
            ("2022-01-01T00:00:00Z", Unit::Month, "2020-02-01 1 1"),
            ("2026-01-01T00:00:00Z", Unit::Quarter, "2020-01-01 1 1"),
            ("2040-01-01T00:00:00Z", Unit::Year, "2020-01-01 1 1"),
        ] {
            let (found, bars) = of(last);
            assert_eq!((found, bars[0].as_str()), (unit, first_bar), "{last}");
            assert!(bars.len() <= MOST_BARS, "{last}: {}", bars.len());
        }
    }

    proptest! {
        #[test]
        fn every_post_is_in_a_bar(mut hours in prop::collection::vec(263_000_i64..1_130_000, 1..40)) {
            hours.sort_unstable();
            hours.dedup();
            let slots: Vec<TimeSlot> =
                hours.iter().map(|hour| TimeSlot { start: hour * 3_600, posts: 2, plays: 3 }).collect();
            let history = History::of(&slots, &TimeZone::get("America/New_York").unwrap());
            prop_assert_eq!(history.bars.iter().map(|bar| bar.posts).sum::<u64>(), 2 * slots.len() as u64);
            prop_assert_eq!(history.bars.iter().map(|bar| bar.plays).sum::<u64>(), 3 * slots.len() as u64);
            prop_assert!(history.bars.is_sorted_by(|one, other| one.start < other.start));
        }
    }
}
