//! The answer of `timing`: the hours of a week, a column for each day.

use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::csv::{Cell, write_record};
use super::shown::number;
use super::table::{Column, render};
use crate::insight::timing::{HourRow, WEEKDAYS};

/// An hour with fewer posts says little: it is shown between brackets.
const FEW: u64 = 10;

/// A line for each hour: what posts of it typically have of their creator's median, and how many there are.
pub fn write_table(out: &mut dyn Write, rows: &[HourRow], timezone: &TimeZone, width: usize) -> io::Result<()> {
    let mut columns = vec![Column::number("hour")];
    columns.extend(WEEKDAYS.map(Column::number));
    let cell = |row: &HourRow| match row.typical_multiple {
        None => String::new(),
        Some(multiple) if row.posts < FEW => format!("({multiple:.2}) {:>5}", number(row.posts)),
        Some(multiple) => format!("{multiple:.2}  {:>5}", number(row.posts)),
    };
    let lines = (0..24_u8).map(|hour| {
        let of_hour = rows.iter().filter(|row| row.hour == hour).map(cell);
        std::iter::once(format!("{hour:02}:00")).chain(of_hour).collect()
    });
    out.write_all(render(&columns, lines.collect(), width).as_bytes())?;
    let (zone, posts) = (timezone.iana_name().unwrap_or("UTC"), number(rows.iter().map(|row| row.posts).sum()));
    writeln!(
        out,
        "\ntypical multiple of the creators' own median plays, and posts (few: between brackets); {posts} posts; times in {zone}"
    )
}

/// One line per hour of the week.
pub fn write_csv(out: &mut dyn Write, rows: &[HourRow]) -> io::Result<()> {
    write_record(out, &["weekday", "hour", "posts", "typical_multiple", "viral_share"].map(Cell::plain))?;
    for row in rows {
        let mut cells = vec![Cell::plain(row.weekday), Cell::plain(row.hour), Cell::plain(row.posts)];
        cells.extend([row.typical_multiple, row.viral_share].map(Cell::maybe));
        write_record(out, &cells)?;
    }
    Ok(())
}
