//! What was typed. Flags only, every one optional where a default or another source exists; what they mean
//! together with the environment and the configuration file is decided in `settings`.

pub mod api;
pub mod ask;
pub mod backfill;
pub mod demo;
pub mod normalize;
pub mod simulate;
pub mod store;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use self::store::StoreArgs;

/// Pages TikTok creators into Elasticsearch, or an embedded index, and finds what goes viral in it.
#[derive(Debug, Parser)]
#[command(name = "viralmine", version, about, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  viralmine demo                                       no key, no server: see it work
  viralmine backfill --creators creators.txt           into the embedded index in ./viralmine-data
  viralmine backfill --creators creators.txt --store http://127.0.0.1:9200
  viralmine search '#ootd summer' --sort engagement
  viralmine hashtags --since 2025-05-01 --limit 50

Exit codes: 0 all done, 1 failed, 2 wrong use, 3 done in part, 130 interrupted (run the same command to go on).";

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// Where documents live.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Configuration file; without it, ./viralmine.toml is read where it exists
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,

    /// Errors only on stderr: no progress, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,

    /// Say more on stderr (-vv: debug, -vvv: trace)
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// Colour and bars
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub color: When,

    /// How log lines on stderr look
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = "Global options")]
    pub log_format: LogFormat,
}

/// Automatic, always or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where it makes sense.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See it work: a simulated API, an embedded index, top hashtags and most played posts
    Demo(demo::DemoArgs),
    /// Page through creators and index their posts; stop it and run it again at any time
    Backfill(backfill::BackfillArgs),
    /// Turn raw API responses into the normalized model, one page a line; touches no store
    Normalize(normalize::NormalizeArgs),
    /// Find posts by text, hashtags and filters
    Search(ask::SearchArgs),
    /// Count hashtags: posts, creators, plays, median plays
    Hashtags(ask::HashtagsArgs),
    /// Serve the provider's API on loopback, from a seed or from recorded pages
    Simulate(simulate::SimulateArgs),
}
