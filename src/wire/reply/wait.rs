//! How long the server asks to wait: in its words ("wait 15s"), or in its `Retry-After` header.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;

/// No wait is longer: beyond a day it is a mistake or an expired contract, and a person should look.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Behind these a duration is meant as the wait, even among other durations.
const WAIT_WORDS: [&str; 5] = ["wait", "after", "again", "等待", "重试"];

/// The wait named in a message: "wait 15s", "retry after 15 seconds", "15秒后重试", "wait 1m 30s", "wait 15".
pub(super) fn in_words(words: &str) -> Option<Duration> {
    let words = words.to_lowercase();
    let behind = || WAIT_WORDS.iter().filter_map(|word| words.split_once(word)).map(|(_, behind)| behind);
    let seconds = behind()
        .find_map(first_duration)
        .or_else(|| first_duration(&words))
        .or_else(|| behind().find_map(|text| numbers(text).next().map(|(number, _)| number)))?;
    bounded(seconds)
}

/// The wait of a `Retry-After` header: seconds, or a date counted from the answer's own `Date`.
#[must_use]
pub fn in_header(retry_after: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let value = retry_after?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return bounded(seconds);
    }
    let parser = DateTimeParser::new();
    let until = parser.parse_timestamp(value).ok()?;
    let now = parser.parse_timestamp(date?.trim()).ok()?;
    // A date that has passed means: at once.
    bounded(until.duration_since(now).as_secs_f64().max(0.0))
}

fn bounded(seconds: f64) -> Option<Duration> {
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT))
}

/// The first number with a unit, and the numbers with units that follow it directly (1m30s), in seconds.
fn first_duration(text: &str) -> Option<f64> {
    let (first, mut rest) = numbers(text).find_map(|(number, rest)| with_unit(number, rest))?;
    let mut seconds = first;
    while let Some((more, behind)) =
        leading_number(rest.trim_start()).and_then(|(number, behind)| with_unit(number, behind))
    {
        seconds += more;
        rest = behind;
    }
    Some(seconds)
}

/// Every number that is no part of a word, with the text behind it.
fn numbers(text: &str) -> impl Iterator<Item = (f64, &str)> {
    let starts_a_number = move |position: usize| {
        let before = text[..position].chars().next_back();
        !before.is_some_and(|character| character.is_ascii_alphanumeric() || "_.-".contains(character))
    };
    text.char_indices()
        .filter(move |&(position, character)| character.is_ascii_digit() && starts_a_number(position))
        .filter_map(move |(position, _)| leading_number(&text[position..]))
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.').parse().ok()?;
    Some((number, &text[end..]))
}

/// The number in seconds and the text behind its unit; `None` when no unit of time follows.
fn with_unit(number: f64, behind: &str) -> Option<(f64, &str)> {
    const LATIN: [(&[&str], f64); 4] = [
        (&["s", "sec", "secs", "second", "seconds"], 1.0),
        (&["ms", "msec", "millisecond", "milliseconds"], 0.001),
        (&["m", "min", "mins", "minute", "minutes"], 60.0),
        (&["h", "hr", "hrs", "hour", "hours"], 3600.0),
    ];
    const CHINESE: [(&str, f64); 4] = [("毫秒", 0.001), ("秒", 1.0), ("分", 60.0), ("小时", 3600.0)];
    let behind = behind.trim_start();
    if let Some((unit, seconds)) = CHINESE.iter().find(|(unit, _)| behind.starts_with(unit)) {
        return Some((number * seconds, behind[unit.len()..].trim_start_matches('钟')));
    }
    let end = behind.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(behind.len());
    let (_, seconds) = LATIN.iter().find(|(units, _)| units.contains(&&behind[..end]))?;
    Some((number * seconds, &behind[end..]))
}
