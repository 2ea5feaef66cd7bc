//! Videos as a table and as CSV, read from their stored documents.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::csv::{Cell, write_record};
use super::shown::{NOTHING, cut, marked, number, one_line, percentage, styled, time};
use super::table::{Column, render};
use crate::model::{Hits, Kind, Marks, post_link};
use crate::normalize::hashtags::standing_in;

/// The text stands last: whatever its script does to the line, the columns before it stay in place.
const COLUMNS: [Column; 7] = [
    Column::number("plays"),
    Column::number("likes"),
    Column::number("engagement"),
    Column::text("posted"),
    Column::text("creator"),
    Column::text("id"),
    Column::flexible("text"),
];

const CSV_COLUMNS: [&str; 20] = [
    "aweme_id",
    "publish_time",
    "kind",
    "region",
    "creator",
    "sec_user_id",
    "plays",
    "likes",
    "comments",
    "shares",
    "collects",
    "engagement_rate",
    "hashtags",
    "text",
    "link",
    "z",
    "multiple",
    "plays_per_hour",
    "growth",
    "growth_hours",
];

/// Handles have at most 24 characters.
const CREATOR_WIDTH: usize = 25;
const ID_WIDTH: usize = 20;

/// The part of a stored video that is shown; a post known only by its detail has less of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Post {
    pub(super) aweme_id: String,
    sec_user_id: Option<String>,
    region: Option<String>,
    kind: Option<String>,
    pub(super) video_desc: Option<String>,
    publish_ts: Option<i64>,
    pub(super) author_info: Author,
    pub(super) stats: Stats,
    hashtags: Vec<String>,
    pub(super) engagement: Engagement,
    pub(super) virality: Virality,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Author {
    pub(super) unique_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stats {
    pub(super) play: u64,
    like: u64,
    comment: u64,
    share: u64,
    collect: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Engagement {
    rate: Option<f64>,
    /// Absent before the first score pass.
    pub(super) smoothed: Option<f64>,
}

/// Absent before the first score pass.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Virality {
    pub(super) multiple: Option<f64>,
    pub(super) z: Option<f64>,
    pub(super) plays_per_hour: Option<f64>,
    pub(super) growth: Option<f64>,
    growth_hours: Option<f64>,
}

/// The videos, and below them how many match in all. Of a text that has to be cut, the piece is shown that holds a
/// match, and matches are bold and underlined if the output takes colours.
pub fn write_table(
    out: &mut dyn Write,
    hits: &Hits,
    (marks, is_coloured): (&Marks, bool),
    timezone: &TimeZone,
    width: usize,
) -> io::Result<()> {
    if hits.videos.is_empty() {
        return writeln!(out, "no video matches");
    }
    let rows: Vec<Vec<String>> =
        posts(hits).map(|post| Ok(table_row(&post?, marks, timezone))).collect::<io::Result<_>>()?;
    let shown = number(rows.len() as u64);
    out.write_all(styled(&render(&COLUMNS, rows, width), is_coloured).as_bytes())?;
    let zone = timezone.iana_name().unwrap_or("UTC");
    writeln!(out, "\nshowing {shown} of {} videos; times in {zone}", number(hits.total))
}

/// One line per video.
pub fn write_csv(out: &mut dyn Write, hits: &Hits, timezone: &TimeZone) -> io::Result<()> {
    write_csv_header(out)?;
    hits.videos.iter().try_for_each(|document| write_csv_line(out, document, timezone))
}

/// The names of the columns.
pub fn write_csv_header(out: &mut dyn Write) -> io::Result<()> {
    write_record(out, &CSV_COLUMNS.map(Cell::plain))
}

/// The line of one stored document.
pub fn write_csv_line(out: &mut dyn Write, document: &[u8], timezone: &TimeZone) -> io::Result<()> {
    write_record(out, &csv_row(serde_json::from_slice(document)?, timezone))
}

/// The id of the first one.
#[must_use]
pub fn first_id(hits: &Hits) -> Option<String> {
    posts(hits).next()?.ok().map(|post| post.aweme_id)
}

/// Whether the first one lacks growth: in an order by growth, none has any.
#[must_use]
pub fn has_no_growth(hits: &Hits) -> bool {
    posts(hits).next().is_some_and(|post| post.is_ok_and(|post| post.virality.growth.is_none()))
}

pub(super) fn posts(hits: &Hits) -> impl Iterator<Item = io::Result<Post>> {
    hits.videos.iter().map(|document| Ok(serde_json::from_slice(document)?))
}

fn table_row(post: &Post, marks: &Marks, timezone: &TimeZone) -> Vec<String> {
    let posted = post.publish_ts.and_then(|seconds| time(seconds, timezone, "%Y-%m-%d %H:%M"));
    let creator = one_line(&post.author_info.unique_id);
    let text = one_line(post.video_desc.as_deref().unwrap_or_default());
    let found = marks.find(&text, &standing_in(&text, &post.hashtags));
    vec![
        if post.stats.play == 0 { NOTHING.to_owned() } else { number(post.stats.play) },
        number(post.stats.like),
        percentage(post.engagement.rate),
        posted.unwrap_or_else(|| NOTHING.to_owned()),
        if creator.is_empty() { NOTHING.to_owned() } else { cut(&format!("@{creator}"), CREATOR_WIDTH) },
        cut(&one_line(&post.aweme_id), ID_WIDTH),
        marked(&text, &found),
    ]
}

fn csv_row(post: Post, timezone: &TimeZone) -> Vec<Cell> {
    let text = |text: Option<String>| Cell::Text(text.unwrap_or_default());
    let link = Cell::Plain(link(&post));
    let hashtags: Vec<String> = post.hashtags.iter().map(|hashtag| format!("#{hashtag}")).collect();
    vec![
        Cell::Text(post.aweme_id),
        Cell::maybe(post.publish_ts.and_then(|seconds| time(seconds, timezone, "%Y-%m-%d %H:%M:%S"))),
        text(post.kind),
        text(post.region),
        Cell::Text(post.author_info.unique_id),
        text(post.sec_user_id),
        Cell::plain(post.stats.play),
        Cell::plain(post.stats.like),
        Cell::plain(post.stats.comment),
        Cell::plain(post.stats.share),
        Cell::plain(post.stats.collect),
        Cell::maybe(post.engagement.rate),
        Cell::Text(hashtags.join(" ")),
        text(post.video_desc),
        link,
        Cell::maybe(post.virality.z),
        Cell::maybe(post.virality.multiple),
        Cell::maybe(post.virality.plays_per_hour),
        Cell::maybe(post.virality.growth),
        Cell::maybe(post.virality.growth_hours),
    ]
}

/// TikTok's address of a post; empty when it has none.
pub(super) fn link(post: &Post) -> String {
    let kind = if post.kind.as_deref() == Some(Kind::Photo.name()) { Kind::Photo } else { Kind::Video };
    post_link(&post.author_info.unique_id, &post.aweme_id, kind).unwrap_or_default()
}
