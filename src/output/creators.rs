//! The answer of `creators` as rows of data, as a table and as CSV.

use std::io::{self, Write};

use serde::Serialize;

use super::csv::{Cell, write_record};
use super::shown::{NOTHING, cut, figure, median, number, one_line, percentage};
use super::table::{Column, render};
use crate::insight::groups::Figure;
use crate::insight::tiers::Tiers;
use crate::model::CreatorRow;

const COLUMNS: [Column; 11] = [
    Column::text("creator"),
    Column::text("tier"),
    Column::number("videos"),
    Column::number("median plays"),
    Column::number("hit rate"),
    Column::number("viral"),
    Column::number("posts/week"),
    Column::number("engagement"),
    Column::number("trend"),
    Column::number("growth/day"),
    Column::flexible("name"),
];

/// Where growth stands; left out where nobody has any.
const GROWTH: usize = 9;

const CREATOR_WIDTH: usize = 25;

/// A creator as JSON has it.
#[derive(Debug, Clone, Serialize)]
pub struct Shown<'a> {
    sec_user_id: &'a str,
    unique_id: &'a str,
    videos: u64,
    median_plays: Option<Figure>,
    hit_rate: Option<f64>,
    posts_per_week: Option<f64>,
    engagement: Option<f64>,
    trend: Option<f64>,
    tier: Option<&'a str>,
    judged: u64,
    viral: u64,
    nickname: &'a str,
    uid: &'a str,
    region: Option<&'a str>,
    is_verified: bool,
    newest_publish_ts: Option<i64>,
    growth: Option<f64>,
}

impl<'a> Shown<'a> {
    /// A row, with its tier.
    #[must_use]
    pub fn of(row: &'a CreatorRow, tiers: &'a Tiers) -> Self {
        Self {
            sec_user_id: &row.sec_user_id,
            unique_id: &row.unique_id,
            videos: row.videos,
            median_plays: row.median_plays.map(Figure),
            hit_rate: row.hit_rate,
            posts_per_week: row.posts_per_week,
            engagement: row.engagement,
            trend: row.trend,
            tier: tiers.of(row.median_plays),
            judged: row.judged,
            viral: row.viral,
            nickname: &row.nickname,
            uid: &row.uid,
            region: row.region.as_deref(),
            is_verified: row.is_verified,
            newest_publish_ts: row.newest_publish_ts,
            growth: row.growth,
        }
    }
}

/// The rows, and below them how many creators match in all.
pub fn write_table(out: &mut dyn Write, rows: &[Shown<'_>], total: u64, width: usize) -> io::Result<()> {
    let cells = |row: &Shown<'_>| {
        let handle = one_line(row.unique_id);
        let name = if handle.is_empty() { one_line(row.sec_user_id) } else { format!("@{handle}") };
        vec![
            cut(&name, CREATOR_WIDTH),
            row.tier.map_or_else(|| NOTHING.to_owned(), one_line),
            number(row.videos),
            row.median_plays.map_or_else(|| NOTHING.to_owned(), |plays| median(plays.0)),
            percentage(row.hit_rate),
            number(row.viral),
            figure(row.posts_per_week),
            percentage(row.engagement),
            figure(row.trend),
            percentage(row.growth),
            one_line(row.nickname),
        ]
    };
    let mut columns = COLUMNS.to_vec();
    let mut lines: Vec<Vec<String>> = rows.iter().map(cells).collect();
    if rows.iter().all(|row| row.growth.is_none()) {
        columns.remove(GROWTH);
        for line in &mut lines {
            line.remove(GROWTH);
        }
    }
    out.write_all(render(&columns, lines, width).as_bytes())?;
    writeln!(out, "\nshowing {} of {} creators", number(rows.len() as u64), number(total))
}

/// One line per creator.
pub fn write_csv(out: &mut dyn Write, rows: &[Shown<'_>]) -> io::Result<()> {
    let names = [
        "sec_user_id",
        "unique_id",
        "videos",
        "median_plays",
        "hit_rate",
        "posts_per_week",
        "engagement",
        "trend",
        "tier",
        "judged",
        "viral",
        "nickname",
        "uid",
        "region",
        "is_verified",
        "growth",
    ];
    write_record(out, &names.map(Cell::plain))?;
    for row in rows {
        let text = |text: &str| Cell::Text(text.to_owned());
        let mut cells = vec![text(row.sec_user_id), text(row.unique_id), Cell::plain(row.videos)];
        cells.push(Cell::maybe(row.median_plays.map(|plays| plays.0)));
        cells.extend([row.hit_rate, row.posts_per_week, row.engagement, row.trend].map(Cell::maybe));
        cells.extend([text(row.tier.unwrap_or_default()), Cell::plain(row.judged), Cell::plain(row.viral)]);
        cells.extend([text(row.nickname), text(row.uid), text(row.region.unwrap_or_default())]);
        cells.extend([Cell::plain(row.is_verified), Cell::maybe(row.growth)]);
        write_record(out, &cells)?;
    }
    Ok(())
}
