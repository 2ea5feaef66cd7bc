//! Flags of `viralmine demo`.

use clap::Args;

/// Flags of `demo`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Plays the API on 127.0.0.1, backfills its creators into an embedded index, then prints the top hashtags and what \
went viral. All of it is in a folder of its own (./viralmine-demo, or --data-dir), which each demo makes afresh; a \
folder that holds anything else is refused.")]
pub struct DemoArgs {
    /// Creators to simulate
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub creators: u32,
}
