//! Flags of `viralmine report`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::ask::{FilterArgs, QueryWords};
use crate::jobs::ask::period::window_length;
use crate::output::draft::Compression;

/// Flags of `report`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine report [OPTIONS] [QUERY]...",
    after_help = "\
The page is one file that needs nothing else: it can be sent, printed, and opened on a phone. It loads nothing from \
anywhere; pictures of posts are links.

Examples:
  viralmine report                              everything stored, into report.html
  viralmine report --since 30d --region US --out us.html
  viralmine report '#ootd' --category dresses --timezone America/New_York
  viralmine report --format json > report.json  the numbers behind the page"
)]
pub struct ReportArgs {
    /// Where to write it; - for standard output [default: report.html; standard output for json]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The page, or the numbers behind it [default: html; json where --out ends in .json]
    #[arg(long, value_enum)]
    pub format: Option<PageFormat>,
    /// Length of the windows of growth; the later one ends at --until, else at the newest fetch
    #[arg(long, value_name = "7d", default_value = "7d", value_parser = window_length)]
    pub window: i64,
    /// What text and hashtags must hold.
    #[command(flatten)]
    pub query: QueryWords,
    /// Which posts.
    #[command(flatten)]
    pub filters: FilterArgs,
}

impl ReportArgs {
    /// What was typed, or what the name of the file says.
    #[must_use]
    pub fn page_format(&self) -> PageFormat {
        let is_json = |out: &PathBuf| {
            let name = out.file_name().unwrap_or_default().to_string_lossy();
            let (_, name) = Compression::of_name(&name);
            Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
        };
        self.format.unwrap_or_else(|| match &self.out {
            Some(out) if is_json(out) => PageFormat::Json,
            _ => PageFormat::Html,
        })
    }

    /// As they are when nothing is typed.
    #[must_use]
    pub fn of_everything() -> Self {
        Self {
            out: None,
            format: None,
            window: 7 * 24 * 60 * 60,
            query: QueryWords::default(),
            filters: FilterArgs::default(),
        }
    }
}

/// `--format` of `report`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// One HTML file.
    #[value(help = None::<&str>)]
    Html,
    /// One JSON object.
    #[value(help = None::<&str>)]
    Json,
}
