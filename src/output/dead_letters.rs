//! Dead letters, for people and for programs: a list without the documents, and the report of a retry.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::report::elapsed;
use super::shown::{NOTHING, cut, number, one_line, time};
use super::table::{Column, render};
use crate::archive::DeadLetter;
use crate::jobs::dead_letters::RetryReport;

const COLUMNS: [Column; 5] = [
    Column::text("id"),
    Column::text("creator"),
    Column::text("given up (UTC)"),
    Column::number("tries"),
    Column::flexible("reason"),
];

/// A letter without its document.
#[derive(Debug, Clone, Serialize)]
pub struct LetterRow {
    /// The document's `_id`.
    pub id: String,
    /// The creator whose page it came in.
    pub sec_user_id: Option<String>,
    /// The cursor of that page.
    pub max_cursor: Option<String>,
    /// The document's version (ms, UTC).
    pub fetched_at: i64,
    /// When it was given up (ms, UTC).
    pub at: i64,
    /// How often it was sent.
    pub attempts: u32,
    /// The store's words.
    pub reason: String,
}

impl From<DeadLetter> for LetterRow {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter { reason, attempts, at, id, sec_user_id, max_cursor, fetched_at, document: _ } = letter;
        Self { id, sec_user_id, max_cursor, fetched_at, at, attempts, reason }
    }
}

/// The list as a table; `width` in columns.
#[must_use]
pub fn table(rows: &[LetterRow], width: usize) -> String {
    let cells = |row: &LetterRow| {
        vec![
            one_line(&row.id),
            // The reason needs the room; `show` and the other forms have it whole.
            row.sec_user_id.as_deref().map_or_else(|| NOTHING.to_owned(), |creator| cut(&one_line(creator), 24)),
            time(row.at.div_euclid(1000), &TimeZone::UTC, "%Y-%m-%d %H:%M").unwrap_or_else(|| NOTHING.to_owned()),
            number(u64::from(row.attempts)),
            one_line(&row.reason),
        ]
    };
    render(&COLUMNS, rows.iter().map(cells).collect(), width)
}

/// The report of a retry.
#[must_use]
pub fn retried(report: &RetryReport) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "letters  {} read: {} stored, {} in the store already, {} refused again, {} left as they were",
        number(report.read),
        number(report.stored),
        number(report.superseded),
        number(report.refused),
        number(report.left)
    );
    if report.unreadable > 0 {
        let _ = writeln!(text, "broken   {} lines are no whole letters; they stay", number(report.unreadable));
    }
    let _ = writeln!(text, "time     {}", elapsed(Duration::from_millis(report.elapsed_ms)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_a_line_whatever_its_reason_holds() {
        let row = LetterRow {
            id: "7".into(),
            sec_user_id: None,
            max_cursor: None,
            fetched_at: 0,
            at: 1_750_377_600_000,
            attempts: 3,
            reason: "strict\n\u{1b}[2J".into(),
        };
        let text = table(&[row], 100);
        assert!(text.contains("2025-06-20 00:00") && !text.contains('\u{1b}'), "{text}");
        assert_eq!(text.lines().count(), 3);
    }
}
