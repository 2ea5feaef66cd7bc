//! One file per command: flags → job → output. The only rooms below are `main` and the terminal.

mod asking;
pub mod backfill;
mod bulk_settings;
pub mod categories;
mod completions;
pub mod creators;
pub mod dead_letters;
pub mod demo;
pub mod digest;
pub mod doctor;
pub mod exit;
mod explain;
mod export;
mod groups;
pub mod hashtags;
pub mod interrupt;
pub mod keywords;
mod metrics;
pub mod normalize;
mod out_file;
mod patience;
mod plan;
mod question;
pub mod reindex;
pub mod replay;
pub mod report;
mod score;
mod scoring;
pub mod search;
mod setup;
pub mod simulate;
pub mod sounds;
pub mod status;
pub mod stores;
pub mod timing;
pub mod track;
mod typed;
pub mod verify;
mod video;
pub mod viral;

use std::io;

use crate::cli::{Cli, Command, GlobalArgs, LogFormat, When};
use crate::output::log::{self, Verbosity};
use crate::settings::file::ConfigFile;
use exit::Exit;
pub use typed::not_understood;

/// Runs what was typed and says how the process ends. Every error is printed here, once.
pub async fn run(cli: Cli) -> Exit {
    let global = &cli.global;
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, more) => Verbosity::Verbose(more),
    };
    let look = match (global.log_format, global.color) {
        (LogFormat::Json, _) => log::Look::Json,
        (LogFormat::Text, When::Always) => log::Look::Coloured,
        (LogFormat::Text, When::Auto) if log::takes_colours(&io::stderr()) => log::Look::Coloured,
        (LogFormat::Text, When::Auto | When::Never) => log::Look::Plain,
    };
    log::start(verbosity, look);
    run_command(&cli.command, global).await.unwrap_or_else(|error| {
        if exit::is_broken_pipe(&error) {
            // Whoever read our output (`head`) has enough.
            return Exit::Done;
        }
        // Errors of files come with a context that says whose they are; one that stands alone is of our own standard
        // output. (`anyhow`'s own `is` would look through a context.)
        let outermost: &(dyn std::error::Error + 'static) = error.as_ref();
        let error = if outermost.is::<io::Error>() { error.context("the output cannot be written") } else { error };
        tracing::error!("{error:#}");
        exit::of_error(&error)
    })
}

async fn run_command(command: &Command, global: &GlobalArgs) -> anyhow::Result<Exit> {
    if let Some(named) = &global.config {
        // These need no setting, but whoever names a file wants to know that it is wrong.
        if matches!(
            command,
            Command::Demo(_) | Command::Normalize(_) | Command::Simulate(_) | Command::Completions(_) | Command::Man(_)
        ) {
            ConfigFile::load(Some(named))?;
        }
    }
    match command {
        Command::Demo(args) => demo::run(global, args).await,
        Command::Backfill(args) if args.plan => plan::run(global, args).await,
        Command::Backfill(args) => backfill::run(global, args).await,
        Command::Video(args) => video::run(global, args).await,
        Command::Track(args) => track::run(global, args).await,
        Command::Normalize(args) => normalize::run(args).await,
        Command::Replay(args) => replay::run(global, args).await,
        Command::Verify(args) => verify::run(global, args).await,
        Command::Search(args) => asking::search(global, args.clone()).await.map(|()| Exit::Done),
        Command::Export(args) => export::run(global, args.clone()).await,
        Command::Viral(args) => asking::viral(global, args.clone()).await.map(|()| Exit::Done),
        Command::Hashtags(args) => asking::hashtags(global, args.clone()).await.map(|()| Exit::Done),
        Command::Keywords(args) => asking::keywords(global, args.clone()).await.map(|()| Exit::Done),
        Command::Sounds(args) => asking::sounds(global, args.clone()).await.map(|()| Exit::Done),
        Command::Categories(args) => asking::categories(global, args.clone()).await.map(|()| Exit::Done),
        Command::Creators(args) => asking::creators(global, args.clone()).await.map(|()| Exit::Done),
        Command::Timing(args) => asking::timing(global, args.clone()).await.map(|()| Exit::Done),
        Command::Report(args) => report::run(global, args).await.map(|()| Exit::Done),
        Command::Score(args) => score::run(global, args).await,
        Command::Explain(args) => explain::run(global, args).await,
        Command::Reindex(args) => reindex::run(global, args).await,
        Command::DeadLetters(args) => dead_letters::run(global, args).await,
        Command::Status(args) => status::run(global, args).await.map(|()| Exit::Done),
        Command::Setup(args) => setup::run(global, args).await,
        Command::Doctor(args) => doctor::run(global, args).await,
        Command::Simulate(args) => simulate::run(args.clone()).await.map(|()| Exit::Done),
        Command::Completions(args) => completions::print(args).map(|()| Exit::Done),
        Command::Man(args) => completions::man(args).map(|()| Exit::Done),
    }
}

/// Where remarks go that belong to no answer.
fn notes(global: &GlobalArgs) -> Box<dyn io::Write> {
    if global.quiet { Box::new(io::sink()) } else { Box::new(log::Lines::default()) }
}
