//! Flags of `viralmine video`.

use std::path::PathBuf;

use clap::Args;

use super::api::ApiArgs;
use super::backfill::ReportFormat;
use super::metrics::MetricsArgs;
use super::score::ScoringArgs;

/// Flags of `video`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct VideoArgs {
    /// The videos.
    #[arg(value_name = "ID", help = "Videos: each an id (15 to 20 digits), or a link that carries one")]
    pub videos: Vec<String>,

    /// File of videos, one a line (# comments); - is standard input
    #[arg(long = "videos", value_name = "FILE")]
    pub videos_file: Option<PathBuf>,

    /// End the run once the store has been away for so long [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// The scores.
    #[command(flatten)]
    pub scoring: ScoringArgs,

    /// Form of the run report on stdout
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
One request a video. What the answer carries (counts, text, author, sound) replaces what is stored; what only a \
creator's list has (region, hashtags of the platform, size) is kept. A video that is not stored yet is stored with \
what the answer has. Every video named is asked for again each time.

Examples:
  viralmine video 7528963259874125698
  viralmine video https://www.tiktok.com/@lily_fashion_us/video/7528963259874125698
  viralmine search --min-plays 1000000 --limit all --format ndjson | jq -r .aweme_id | viralmine video --videos -";
