//! Flags of `viralmine verify`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags of `verify`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Every post of the archive is looked up in the store by its id. Exit code 3 when one is missing there, is older there than \
in the archive, or is a dead letter. Nothing is changed; `viralmine replay` closes gaps.

Examples:
  viralmine verify
  viralmine verify --store http://127.0.0.1:9200 --format json
  viralmine verify --format ndjson > gaps.ndjson       every gap, one a line")]
pub struct VerifyArgs {
    /// What is read.
    #[arg(
        value_name = "ARCHIVE",
        help = "Archive segments, files of recorded pages, folders of them or data folders; - is standard input [default: \
                the archive of the data folder]"
    )]
    pub archives: Vec<PathBuf>,

    /// When the pages were fetched that do not say it themselves, as replay was told
    #[arg(long, value_name = "TIME")]
    pub fetched_at: Option<String>,

    /// Form of the result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: VerifyFormat,
}

/// How the result looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For people: counts and the first gaps.
    #[value(help = None::<&str>)]
    Text,
    /// One JSON object: counts and the first gaps.
    #[value(help = None::<&str>)]
    Json,
    /// Every gap, one a line.
    #[value(help = None::<&str>)]
    Ndjson,
}
