//! What all asking commands share: which posts, how many rows, in which form.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::words::QueryWords;
use crate::jobs::ask::period::{Moment, Since};
use crate::model::CreatorId;
use crate::model::text::fold;

/// Which posts a question is about, and the form of its answer.
#[derive(Debug, Clone, Args)]
pub struct AskArgs {
    /// What text and hashtags must hold.
    #[command(flatten)]
    pub query: QueryWords,
    /// Form of the answer; csv puts a ' before texts that a spreadsheet would run as a formula
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
    /// Which videos.
    #[command(flatten)]
    pub filters: FilterArgs,
}

/// How many rows.
#[derive(Debug, Clone, Copy, Args)]
pub struct LimitArgs {
    /// At most so many rows, or all of them
    #[arg(short = 'n', long, value_name = "N|all", default_value = "20", value_parser = limit)]
    pub limit: usize,
}

const CREATOR: &str = "Only posts of this creator: a handle, a uid or a sec_user_id";

/// What all videos of an answer must meet.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    /// Only posts with this hashtag, in any spelling (repeat it: with all of them)
    #[arg(long, value_name = "TAG", value_parser = hashtag)]
    pub hashtag: Vec<String>,
    /// Only posts of this creator.
    #[arg(long, value_name = "WHO", value_parser = creator, help = CREATOR)]
    pub creator: Option<String>,
    /// Only posts of this region, as stored: US, GB, JP, …
    #[arg(long, value_parser = region, value_name = "CODE")]
    pub region: Option<String>,
    /// Only posts of this category of the categories' file
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// File of categories: their tags and words [default: the sample, see `categories --sample`]
    #[arg(long, value_name = "FILE")]
    pub categories: Option<PathBuf>,
    /// Only posts since this day or time, or of a window (30d, 12h, 2w) that ends at --until, else at the newest fetch
    #[arg(long, value_name = "DATE|TIME|30d")]
    pub since: Option<Since>,
    /// Only posts up to the end of this day, or before this time
    #[arg(long, value_name = "DATE|TIME")]
    pub until: Option<Moment>,
    /// Only posts with at least so many plays
    #[arg(long, value_name = "N")]
    pub min_plays: Option<u64>,
    /// Only videos, or only photo posts
    #[arg(long, value_enum)]
    pub kind: Option<KindFilter>,
    /// Time zone in which dates are meant and shown: an IANA name, such as Asia/Tokyo
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = timezone)]
    pub timezone: TimeZone,
}

impl Default for FilterArgs {
    /// Every video, in UTC.
    fn default() -> Self {
        Self {
            hashtag: Vec::new(),
            creator: None,
            region: None,
            category: None,
            categories: None,
            since: None,
            until: None,
            min_plays: None,
            kind: None,
            timezone: TimeZone::UTC,
        }
    }
}

/// `--kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindFilter {
    /// Videos.
    #[value(help = None::<&str>)]
    Video,
    /// Photo posts.
    #[value(help = None::<&str>)]
    Photo,
}

/// `--format` of every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AnswerFormat {
    /// For reading.
    #[value(help = None::<&str>)]
    #[default]
    Table,
    /// One JSON value.
    #[value(help = None::<&str>)]
    Json,
    /// One JSON object a line.
    #[value(help = None::<&str>)]
    Ndjson,
    /// Comma-separated values with a header line.
    #[value(help = None::<&str>)]
    Csv,
}

pub(in crate::cli) fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        _ if text.eq_ignore_ascii_case("all") => Ok(usize::MAX),
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err("give a number from 1, or \"all\"".to_owned()),
    }
}

/// A tag, folded.
pub(super) fn hashtag(text: &str) -> Result<String, String> {
    let name = text.trim();
    let key = fold(name.strip_prefix(['#', '＃']).unwrap_or(name));
    if key.trim().is_empty() { Err("give a hashtag, with or without its #".to_owned()) } else { Ok(key) }
}

/// Regions are asked for, and so stored, in capitals.
#[expect(clippy::unnecessary_wraps, reason = "what clap takes as a parser")]
pub(super) fn region(text: &str) -> Result<String, String> {
    Ok(text.trim().to_uppercase())
}

pub(super) fn creator(text: &str) -> Result<String, String> {
    let name = text.trim();
    if let Ok(id) = CreatorId::parse(name) {
        return Ok(id.to_string());
    }
    // A profile's link without an id has the handle as a part of its path.
    let in_link = name.split(['/', '?']).find(|part| part.starts_with('@')).filter(|_| name.contains("://"));
    let name = in_link.unwrap_or(name);
    let name = name.strip_prefix('@').unwrap_or(name);
    if name.is_empty() || name.contains("://") {
        Err("give a handle, a uid or a sec_user_id, or a link that carries one".to_owned())
    } else {
        Ok(name.to_owned())
    }
}

fn timezone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|_| "give an IANA name, such as Europe/Berlin or UTC".to_owned())
}
