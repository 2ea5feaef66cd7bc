//! Flags of `viralmine reindex`.

use std::path::PathBuf;

use clap::Args;

use super::backfill::ReportFormat;
use super::metrics::MetricsArgs;
use super::score::ScoringArgs;

/// Flags of `reindex`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The next version (PREFIX-videos-000002 behind 000001) is filled from the old one and from the archive; where both have a \
post in the same version, the archive's counts, so that a better normalizer takes effect. Runs may go on meanwhile. \
Only when every post of the old version is in the next one, the alias moves; the old version is kept until told. Stopped \
or killed, the same command goes on.

Examples:
  viralmine reindex
  viralmine reindex --old-index-only
  viralmine reindex --drop-old               delete the versions that are no longer in use")]
pub struct ReindexArgs {
    /// Archives to read: segments, folders, recorded pages [default: the data folder's archive]
    #[arg(value_name = "ARCHIVE")]
    pub archives: Vec<PathBuf>,

    /// Read no archive: copy the old version alone
    #[arg(long, conflicts_with = "archives")]
    pub old_index_only: bool,

    /// Delete older versions that nothing points to, and do nothing else
    #[arg(long, conflicts_with_all = ["archives", "old_index_only"])]
    pub drop_old: bool,

    /// End once the store has been away for so long [default: 10m]
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
