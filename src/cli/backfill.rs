//! Flags of `viralmine backfill`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::api::ApiArgs;
use super::metrics::MetricsArgs;
use super::score::ScoringArgs;
use crate::jobs::ask::period::Since;

/// Flags of `backfill`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that stands for itself")]
#[command(after_help = EXAMPLES)]
pub struct BackfillArgs {
    /// The creators.
    #[arg(value_name = "CREATOR", help = "Creators: each a sec_user_id (MS4wLjABAAAA…), or a link that carries one")]
    pub creators: Vec<String>,

    /// File of creators, one a line (# comments); - is standard input
    #[arg(long = "creators", value_name = "FILE")]
    pub creators_file: Option<PathBuf>,

    /// End a creator's walk once a whole page is older than this day or time (UTC), or window up to now
    #[arg(long, value_name = "DATE|TIME|30d")]
    pub since: Option<Since>,

    /// At most so many pages per creator
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_pages: Option<u64>,

    /// Walk finished creators again, from their newest post: new posts and new counts
    #[arg(long)]
    pub refresh: bool,

    /// Ask again for creators that the API refused
    #[arg(long)]
    pub retry_failed: bool,

    /// Keep no raw answers (then nothing can be indexed again without paying for it again)
    #[arg(long)]
    pub no_archive: bool,

    /// End the run once the store has been away for so long [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// Write faster into an Elasticsearch of your own: its index has no refresh and no replicas during the run (what
    /// they were is put back at the end, also after a kill: by the next run, or by doctor)
    #[arg(long)]
    pub bulk_settings: bool,

    /// The scores.
    #[command(flatten)]
    pub scoring: ScoringArgs,

    /// Say what the run would cost (requests, time, disk) and fetch nothing; needs neither API nor key
    #[arg(long)]
    pub plan: bool,

    /// What a request costs, in any currency: the plan says the money, too
    #[arg(long, value_name = "PRICE", requires = "plan")]
    pub price_per_request: Option<f64>,

    /// Form of the run report (or plan) on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,

    /// Where the run shows how it fares.
    #[command(flatten)]
    pub metrics: MetricsArgs,

    /// How the API is reached.
    #[command(flatten)]
    pub api: ApiArgs,
}

const EXAMPLES: &str = "\
Creators that are not finished go on where they were, finished ones are skipped. Ctrl-C stops paging, \
indexes what was fetched and saves; the same command goes on from there.

Examples:
  viralmine backfill --api-url https://api.example.com --creators creators.txt
  viralmine backfill MS4wLjABAAAA8fKx… --since 30d --store http://127.0.0.1:9200
  grep -v done list.txt | viralmine backfill --creators - --format json";

/// How a run report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[value(help = None::<&str>)]
    Text,
    /// One JSON object.
    #[value(help = None::<&str>)]
    Json,
}
