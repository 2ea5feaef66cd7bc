//! Flags of `viralmine export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ask::{FilterArgs, QueryWords};

/// Flags of `export`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine export [OPTIONS] --to FILE [QUERY]...",
    after_help = "\
Every post that matches, in no particular order, in bounded memory. ndjson: the documents as they are stored, one a line, for \
jq, DuckDB, pandas, or an index of your own (below). csv: the columns of `search --format csv`. The file is there once it is \
whole, and replaces one of that name. To index posts again in viralmine, replay the archive: it holds more than this does.

Examples:
  viralmine export --to posts.ndjson.zst
  viralmine export '#ootd' --since 30d --region US --to ootd.csv
  viralmine export --to - | jq -r .video_desc
  viralmine export --to - | jq -c '{index: {_id: .aweme_id}}, .' | split -l 2000 - bulk-"
)]
pub struct ExportArgs {
    /// File to write: .ndjson, .jsonl or .csv, with .gz or .zst behind it compressed; - is standard output
    #[arg(long, value_name = "FILE", required = true)]
    pub to: PathBuf,
    /// Form of the file [default: what its name ends in; ndjson for -]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ExportFormat>,
    /// What text and hashtags must hold.
    #[command(flatten)]
    pub query: QueryWords,
    /// Which posts.
    #[command(flatten)]
    pub filters: FilterArgs,
}

/// How an exported file looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The stored documents, one a line.
    #[value(help = None::<&str>)]
    Ndjson,
    /// Comma-separated values with a header line.
    #[value(help = None::<&str>)]
    Csv,
}
