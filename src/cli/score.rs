//! Flags of `viralmine score` and `viralmine explain`: computing scores, and showing how one comes about.

use clap::Args;

use super::backfill::ReportFormat;
use super::metrics::MetricsArgs;

/// Flags of `score`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Runs that fetch or replay score by themselves at their end; this is for after one that was stopped, or that ran with \
--no-scores. Every post is compared with its creator's others, and a document is rewritten only where a score differs. \
Stopped or killed, the same command goes on. docs/scores.md has the formulas.

Examples:
  viralmine score
  viralmine score --store http://127.0.0.1:9200 --format json")]
pub struct ScoreArgs {
    /// End the pass once the store has been away for so long [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// Where the run shows how it fares.
    #[command(flatten)]
    pub metrics: MetricsArgs,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// Flags of `explain`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Shows the post's counts, the creator's other posts, each step to engagement, z, multiple and plays per hour, and whether \
what is stored is what comes out.

Examples:
  viralmine explain 7528963259874125698
  viralmine explain 7528963259874125698 --format json")]
pub struct ExplainArgs {
    /// The post
    #[arg(value_name = "VIDEO_ID", help = "The post: an id (15 to 20 digits), or a link that carries one")]
    pub video: String,

    /// Form of the explanation
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}

/// A flag of the commands that score at their end.
#[derive(Debug, Clone, Copy, Args)]
pub struct ScoringArgs {
    /// Compute no scores at the end (`viralmine score` does later)
    #[arg(long)]
    pub no_scores: bool,
}
