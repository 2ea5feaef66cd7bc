//! Flags of `viralmine normalize`.

use std::path::PathBuf;

use clap::Args;

/// Turn raw API responses into the normalized model, one page a line on stdout.
///
/// Reads list and detail responses, bare lists and recorded pages: one JSON text after another, or a file each
/// (.ndjson, .gz, .zst too). A broken response is named on stderr and the rest goes on (exit code 3).
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  viralmine normalize response.json\n  zcat pages.ndjson.gz | viralmine normalize | jq .video_list[0]"
)]
pub struct NormalizeArgs {
    /// Files to read; none, or -, is standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}
