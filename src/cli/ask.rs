//! The flags of the commands that ask: `search`, `hashtags`, and the filters they share.
//!
//! Values that can be judged alone are read here, so that a bad one ends with exit code 2 before any request.

mod words;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use crate::jobs::ask::period::{Moment, Since};
use crate::model::CreatorId;
use crate::model::text::fold;

pub use words::QueryWords;

/// Flags of `search`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine search [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine search summer dress             both words, anywhere in text or hashtags
  viralmine search '\"summer dress\" -sale'   the phrase, without \"sale\"
  viralmine search '#ootd' --since 30d      by hashtag; the window ends at the newest fetch stored
  viralmine search 'bag*' --sort date --format csv > bags.csv
  viralmine search --creator lily_fashion_us --limit all --format ndjson"
)]
pub struct SearchArgs {
    /// What text and hashtags must hold.
    #[command(flatten)]
    pub query: QueryWords,
    /// Order, highest or newest first; score: how well the text matches, as each store judges it
    #[arg(long, value_enum, default_value_t)]
    pub sort: SearchSort,
    /// At most so many posts, or all of them
    #[arg(short = 'n', long, value_name = "N|all", default_value = "20", value_parser = limit)]
    pub limit: usize,
    /// Form of the answer; csv puts a ' before texts that a spreadsheet would run as a formula
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
    /// Which videos.
    #[command(flatten)]
    pub filters: FilterArgs,
}

/// Flags of `hashtags`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  viralmine hashtags                            the tags with most posts
  viralmine hashtags --sort median --since 30d  what did well lately
  viralmine hashtags --hashtag ootd --limit all --format csv > with-ootd.csv")]
pub struct HashtagsArgs {
    /// Order, highest first; median: of the plays of a tag's posts, withheld ones left out
    #[arg(long, value_enum, default_value_t)]
    pub sort: HashtagsSort,
    /// At most so many hashtags, or all of them
    #[arg(short = 'n', long, value_name = "N|all", default_value = "20", value_parser = limit)]
    pub limit: usize,
    /// Form of the answer; csv puts a ' before texts that a spreadsheet would run as a formula
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
    /// Which videos are counted.
    #[command(flatten)]
    pub filters: FilterArgs,
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

/// `--sort` of `search`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SearchSort {
    /// Most plays first.
    #[value(help = None::<&str>)]
    #[default]
    Plays,
    /// Best match first.
    #[value(help = None::<&str>)]
    Score,
    /// Newest first.
    #[value(help = None::<&str>)]
    Date,
    /// Highest engagement rate first.
    #[value(help = None::<&str>)]
    Engagement,
}

/// `--sort` of `hashtags`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum HashtagsSort {
    /// Most posts first.
    #[value(help = None::<&str>)]
    #[default]
    Posts,
    /// Most plays in all first.
    #[value(help = None::<&str>)]
    Plays,
    /// Highest median of plays first.
    #[value(help = None::<&str>)]
    Median,
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

pub(super) fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        _ if text.eq_ignore_ascii_case("all") => Ok(usize::MAX),
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err("give a number from 1, or \"all\"".to_owned()),
    }
}

fn hashtag(text: &str) -> Result<String, String> {
    let name = text.trim();
    let key = fold(name.strip_prefix(['#', '＃']).unwrap_or(name));
    if key.trim().is_empty() { Err("give a hashtag, with or without its #".to_owned()) } else { Ok(key) }
}

/// Regions are asked for, and so stored, in capitals.
#[expect(clippy::unnecessary_wraps, reason = "what clap takes as a parser")]
fn region(text: &str) -> Result<String, String> {
    Ok(text.trim().to_uppercase())
}

fn creator(text: &str) -> Result<String, String> {
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

#[cfg(test)]
mod tests;
