//! Flags of `viralmine status` and `viralmine doctor`: how far things are, and what is wrong.

use clap::{Args, ValueEnum};

use super::api::ApiArgs;

/// Flags of `status`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  viralmine status
  viralmine status --limit all --format json
  viralmine status --format ndjson | jq -r 'select(.last_error) | [.sec_user_id, .last_error] | @tsv'")]
pub struct StatusArgs {
    /// List at most so many creators under way, and as many failed ones
    #[arg(short = 'n', long, value_name = "N|all", default_value = "20", value_parser = super::ask::limit)]
    pub limit: usize,

    /// Form of the answer; ndjson: the checkpoint of every creator, one a line
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: StatusFormat,
}

/// How a status looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    #[value(help = None::<&str>)]
    Text,
    /// One JSON object.
    #[value(help = None::<&str>)]
    Json,
    /// Every checkpoint.
    #[value(help = None::<&str>)]
    Ndjson,
}

/// Flags of `doctor`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Looks at the settings, the data folder, the store and the API, and says what is wrong and what to do. Settings that a \
killed run with --bulk-settings left behind are put back. Each API key is asked for one post, which may be paid for: \
--free leaves that out. Exits with 1 when something does not work.

Examples:
  viralmine doctor
  viralmine doctor --free --store http://127.0.0.1:9200")]
pub struct DoctorArgs {
    /// Send nothing to the API
    #[arg(long)]
    pub free: bool,

    /// Form of the findings
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: super::backfill::ReportFormat,

    /// How the API is reached.
    #[command(flatten)]
    pub api: ApiArgs,
}
