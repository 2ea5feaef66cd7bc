//! Flags of `viralmine replay`.

use std::path::PathBuf;

use clap::Args;

use super::backfill::ReportFormat;
use super::metrics::MetricsArgs;
use super::score::ScoringArgs;

/// Flags of `replay`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Sends no request to the API and needs no key. Of each post the newest version stays, whatever the order, so a replay may \
be stopped and repeated at any time. A record that cannot be used is named on stderr, and the rest goes on (exit code 3).

Examples:
  viralmine replay                                     the archive of ./viralmine-data, into the index there
  viralmine replay --store http://127.0.0.1:9200       the same archive into Elasticsearch
  viralmine replay pages.ndjson.gz --fetched-at 2025-06-20T08:00:00Z")]
pub struct ReplayArgs {
    /// What is read.
    #[arg(
        value_name = "ARCHIVE",
        help = "Archive segments, files of recorded pages, folders of them or data folders; - is standard input [default: \
                the archive of the data folder]"
    )]
    pub archives: Vec<PathBuf>,

    /// When the pages were fetched that do not say it themselves: a time, a day (UTC), or milliseconds since 1970
    #[arg(long, value_name = "TIME")]
    pub fetched_at: Option<String>,

    /// End the replay once the store has been away for so long [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// The scores.
    #[command(flatten)]
    pub scoring: ScoringArgs,

    /// Where the run shows how it fares.
    #[command(flatten)]
    pub metrics: MetricsArgs,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}
