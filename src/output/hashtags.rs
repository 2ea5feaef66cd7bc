//! The answer of `hashtags` as a table and as CSV.

use std::io::{self, Write};

use super::csv::{Cell, write_record};
use super::shown::{NOTHING, number, one_line};
use super::table::{Column, render};
use crate::insight::hashtags::HashtagRow;

const COLUMNS: [Column; 5] = [
    Column::flexible("hashtag"),
    Column::number("posts"),
    Column::number("creators"),
    Column::number("plays"),
    Column::number("median plays"),
];

/// The rows, and below them how many of `total` they are.
pub fn write_table(out: &mut dyn Write, rows: &[HashtagRow], total: usize, width: usize) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "no hashtag: no post that matches carries one");
    }
    let cells = rows.iter().map(|row| {
        vec![
            format!("#{}", one_line(&row.hashtag)),
            number(row.posts),
            number(row.creators),
            number(row.plays),
            row.median_plays.map_or_else(|| NOTHING.to_owned(), rounded),
        ]
    });
    out.write_all(render(&COLUMNS, cells.collect(), width).as_bytes())?;
    writeln!(out, "\nshowing {} of {} hashtags", number(rows.len() as u64), number(total as u64))
}

/// One line per hashtag.
pub fn write_csv(out: &mut dyn Write, rows: &[HashtagRow]) -> io::Result<()> {
    write_record(out, &["hashtag", "posts", "creators", "plays", "median_plays"].map(Cell::plain))?;
    for row in rows {
        let counts = [Cell::plain(row.posts), Cell::plain(row.creators), Cell::plain(row.plays)];
        let hashtag = Cell::Text(row.hashtag.clone());
        write_record(out, &[&[hashtag], &counts[..], &[Cell::maybe(row.median_plays)]].concat())?;
    }
    Ok(())
}

/// Half a play, between two middle posts, is shown as such.
fn rounded(median: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "plays, in u64's range")]
    let whole = number(median.trunc() as u64);
    if median.fract() == 0.0 { whole } else { format!("{whole}.5") }
}
