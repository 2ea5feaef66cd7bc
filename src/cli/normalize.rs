//! Flags of `viralmine normalize`.

use std::path::PathBuf;

use clap::Args;

/// Flags of `normalize`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Reads list and detail answers, bare lists and recorded pages: one JSON text after another, or a file each; gzip and \
zstd are unpacked. Writes one page a line on stdout. A broken answer is named on stderr with its place, and the rest \
goes on (exit code 3).

Examples:
  viralmine normalize answer.json
  viralmine normalize viralmine-data/archive/*.zst > pages.ndjson
  curl … | viralmine normalize | jq '.video_list[0]'")]
pub struct NormalizeArgs {
    /// Files to read; none, or -, is standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
