//! What was typed. Flags only, every one optional where a default or another source exists; what they mean
//! together with the environment and the configuration file is decided in `settings`.

pub mod api;
pub mod ask;
pub mod backfill;
pub mod completions;
pub mod dead_letters;
pub mod demo;
pub mod export;
pub mod metrics;
pub mod normalize;
pub mod reindex;
pub mod replay;
pub mod report;
pub mod score;
pub mod setup;
pub mod simulate;
pub mod status;
pub mod store;
pub mod track;
pub mod verify;
pub mod video;
pub mod webhook;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use self::store::StoreArgs;

/// Pages creators out of a paid TikTok data API into Elasticsearch, or an embedded index, and finds what goes viral.
#[derive(Debug, Parser)]
#[command(name = "viralmine", version, max_term_width = 100, after_help = AFTER_HELP)]
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
  viralmine track --every 6h                           new posts and new counts of these creators
  viralmine search '#ootd summer' --sort engagement
  viralmine viral --since 30d --region US              what is unusual for its creator
  viralmine hashtags --sort growth --no-generic
  viralmine report                                     all of it on one page, report.html

Exit codes: 0 all done, 1 failed, 2 wrong use, 3 done in part, 4 budget used up, 130 interrupted. After 1, 4 and 130, \
the same command goes on where the run ended. Each flag of a setting is a key of viralmine.toml too; flags come first, then the \
environment, then the file.

`viralmine COMMAND --help` tells of a command's own flags.";

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// Where documents live.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Configuration file [default: ./viralmine.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,

    /// Only errors on stderr: no progress, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,

    /// Say more on stderr (-vv, -vvv: still more)
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// Colours in messages
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub color: When,

    /// Form of the messages on stderr
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = "Global options")]
    pub log_format: LogFormat,
}

/// Automatic, always or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where it makes sense.
    #[value(help = None::<&str>)]
    Auto,
    /// Always.
    #[value(help = None::<&str>)]
    Always,
    /// Never.
    #[value(help = None::<&str>)]
    Never,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[value(help = None::<&str>)]
    Text,
    /// One JSON object a line.
    #[value(help = None::<&str>)]
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See it work, with no key and no server: backfill from a simulated API, first answers
    Demo(demo::DemoArgs),
    /// Page through creators and index their posts; stop it and run it again at any time
    Backfill(backfill::BackfillArgs),
    /// Ask for single posts: new counts of those that are stored, or posts of creators that are not walked
    Video(video::VideoArgs),
    /// New posts and new counts of the creators that backfill has walked, once or each so long; keeps every count it
    /// saw
    Track(track::TrackArgs),
    /// Turn raw API answers into the provider's normalized model; touches no store
    Normalize(normalize::NormalizeArgs),
    /// Index the raw archive, or recorded pages, again; asks nothing of the API
    Replay(replay::ReplayArgs),
    /// Compare the archive with the store, post by post
    Verify(verify::VerifyArgs),
    /// Find posts by text, hashtags and filters
    Search(ask::SearchArgs),
    /// Write all posts that match to a file, however many: NDJSON or CSV
    Export(export::ExportArgs),
    /// Posts that went viral: unusual for their creator; or what is rising
    Viral(ask::ViralArgs),
    /// Hashtags: their posts, creators, plays, median plays, lift among viral posts, growth
    Hashtags(ask::HashtagsArgs),
    /// Words and pairs of words that viral posts speak of, the tags left out
    Keywords(ask::KeywordsArgs),
    /// Sounds: their posts, creators, plays, median plays, lift among viral posts, growth
    Sounds(ask::SoundsArgs),
    /// Your own categories of tags and words, side by side; each is a filter of every question, too
    Categories(ask::CategoriesArgs),
    /// Creators worth following: how often they hit, how they are usually played, where they go
    Creators(ask::CreatorsArgs),
    /// When posts do well: by weekday and hour, relative to their creators' own median
    Timing(ask::TimingArgs),
    /// All of it on one page: a self-contained HTML file, or the numbers behind it
    Report(report::ReportArgs),
    /// Compute all scores again: what is unusual for its creator, how engaging a post is
    Score(score::ScoreArgs),
    /// Every input and step of a post's scores
    Explain(score::ExplainArgs),
    /// Build the index anew from the old one and the archive, check it, and switch to it
    Reindex(reindex::ReindexArgs),
    /// What the store refused, and why; send it again
    DeadLetters(dead_letters::DeadLettersArgs),
    /// How far every creator has come, what failed, and what the data folder holds
    Status(status::StatusArgs),
    /// Make templates, indices and aliases; bring data views and a dashboard into Kibana
    Setup(setup::SetupArgs),
    /// What is wrong with settings, data folder, store and API, and what to do
    Doctor(status::DoctorArgs),
    /// Serve the provider's API on 127.0.0.1, with made-up or recorded posts: no key, no cost
    Simulate(simulate::SimulateArgs),
    /// Print what a shell needs to complete commands and flags
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write one for each command
    Man(completions::ManArgs),
}
