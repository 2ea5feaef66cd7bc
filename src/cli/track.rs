//! Flags of `viralmine track`.

use std::path::PathBuf;

use clap::Args;

use super::api::ApiArgs;
use super::backfill::ReportFormat;
use super::score::ScoringArgs;

/// Flags of `track`.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrackArgs {
    /// The creators.
    #[arg(
        value_name = "CREATOR",
        help = "Only these creators: each a sec_user_id, or a link that carries one [default: all that were walked]"
    )]
    pub creators: Vec<String>,

    /// File of creators, one a line (# comments); - is standard input
    #[arg(long = "creators", value_name = "FILE")]
    pub creators_file: Option<PathBuf>,

    /// Make a round each so long, from start to start, until it is stopped: 30m, 6h, 1d (a minute at least)
    #[arg(long, value_name = "DURATION", conflicts_with = "once")]
    pub every: Option<String>,

    /// Make one round and end, for cron and systemd timers; so it is without --every, too
    #[arg(long)]
    pub once: bool,

    /// Keep no raw answers (then nothing can be indexed again without paying for it again)
    #[arg(long)]
    pub no_archive: bool,

    /// End a round once the store has been away for so long [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// The scores.
    #[command(flatten)]
    pub scoring: ScoringArgs,

    /// Form of a round's report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,

    /// How the API is reached.
    #[command(flatten)]
    pub api: ApiArgs,
}

const EXAMPLES: &str = "\
Visits the creators that backfill has walked: new posts first, then the counts of young ones again, the hot ones more often. \
It stops where it meets what is stored, so most creators take one request. --budget is the budget of each round. Ctrl-C \
stops paging, indexes what was fetched and saves; the next round goes on from there. docs/tracking.md has the rules.

Examples:
  viralmine track --api-url https://api.example.com
  viralmine track --every 6h --budget 2000 --store http://127.0.0.1:9200
  viralmine track --once MS4wLjABAAAA8fKx… --format json";
