//! Flags of `viralmine backfill`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::api::ApiArgs;
use crate::jobs::ask::period::Since;

/// Page through creators and index their posts.
///
/// Unfinished creators go on at their cursor, finished ones are skipped. Ctrl-C stops paging, settles what was
/// fetched and saves; the same command goes on from there.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct BackfillArgs {
    /// Creators: `sec_user_ids`, or links that carry one
    #[arg(value_name = "CREATOR")]
    pub creators: Vec<String>,

    /// File of creators, one a line (# comments); - is standard input
    #[arg(long = "creators", value_name = "FILE")]
    pub creators_file: Option<PathBuf>,

    /// Stop a creator behind a whole page of posts older than this day or time (UTC), or than a window up to now (30d)
    #[arg(long, value_name = "DATE|TIME|30d")]
    pub since: Option<Since>,

    /// Pages per creator at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_pages: Option<u64>,

    /// Walk finished creators again, from their newest post
    #[arg(long)]
    pub refresh: bool,

    /// Ask again for creators that the API refused
    #[arg(long)]
    pub retry_failed: bool,

    /// Keep no raw answers
    #[arg(long)]
    pub no_archive: bool,

    /// End the run when the store stays away for so long [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// How the run report on stdout looks
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,

    /// How the API is reached.
    #[command(flatten)]
    pub api: ApiArgs,
}

const EXAMPLES: &str = "\
Examples:
  viralmine backfill --api-url https://api.example.com --creators creators.txt
  viralmine backfill MS4wLjABAAAA8fKx… --since 30d --store http://127.0.0.1:9200
  grep -v done list.txt | viralmine backfill --creators - --format json";

/// How a run report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}
