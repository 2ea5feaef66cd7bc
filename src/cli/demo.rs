//! Flags of `viralmine demo`.

use clap::Args;

/// See it work: no key, no server.
///
/// Plays the API on loopback, backfills its creators into an embedded index in a folder of its own
/// (./viralmine-demo, or --data-dir, made afresh), then prints the top hashtags and the most played posts.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Creators to simulate
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub creators: u32,
}
