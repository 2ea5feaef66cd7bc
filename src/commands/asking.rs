//! From an asking command as it was typed to its answer on stdout: opens the store, lays the configuration file under the
//! flags, and says when an answer would need scores that are not there.

use std::io::{self, Write};
use std::sync::Arc;

use super::{categories, creators, hashtags, keywords, notes, search, sounds, stores, timing, viral};
use crate::cli::ask::{
    CategoriesArgs, CreatorsArgs, FilterArgs, HashtagsArgs, KeywordsArgs, SearchArgs, SoundsArgs, TimingArgs, ViralArgs,
};
use crate::cli::{Command, GlobalArgs, When};
use crate::model::{CORPUS_ID, Collection};
use crate::output::log;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::store::StoreReader;

const NO_SCORES: &str = "there are no scores yet, which this answer is made of: run `viralmine score`";

/// Answers any of the asking commands; `None` for another one.
pub(super) async fn run(global: &GlobalArgs, command: &Command) -> Option<anyhow::Result<()>> {
    Some(match command {
        Command::Search(args) => search_in(global, args.clone()).await,
        Command::Viral(args) => viral_in(global, args.clone()).await,
        Command::Hashtags(args) => hashtags_in(global, args.clone()).await,
        Command::Keywords(args) => keywords_in(global, args.clone()).await,
        Command::Sounds(args) => sounds_in(global, args.clone()).await,
        Command::Categories(args) if args.sample => categories::print_sample(&mut io::stdout()),
        Command::Categories(args) => categories_in(global, args.clone()).await,
        Command::Creators(args) => creators_in(global, args.clone()).await,
        Command::Timing(args) => timing_in(global, args.clone()).await,
        _ => return None,
    })
}

async fn search_in(global: &GlobalArgs, mut args: SearchArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = search::needs_scores(&args);
    args.is_coloured = match global.color {
        When::Always => true,
        When::Auto => log::takes_colours(&io::stdout()),
        When::Never => false,
    };
    let reader = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?;
    search::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

async fn viral_in(global: &GlobalArgs, mut args: ViralArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = true;
    let reader = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?;
    viral::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

async fn hashtags_in(global: &GlobalArgs, mut args: HashtagsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = hashtags::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?;
    hashtags::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

async fn keywords_in(global: &GlobalArgs, mut args: KeywordsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = keywords::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?;
    keywords::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

async fn sounds_in(global: &GlobalArgs, mut args: SoundsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = sounds::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?;
    sounds::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

async fn categories_in(global: &GlobalArgs, mut args: CategoriesArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = categories::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?;
    categories::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

async fn creators_in(global: &GlobalArgs, mut args: CreatorsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = true;
    if args.tiers.is_none() {
        args.tiers = ConfigFile::load(global.config.as_deref())?.tiers;
    }
    let reader = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?;
    creators::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

async fn timing_in(global: &GlobalArgs, mut args: TimingArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = true;
    let reader = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?;
    timing::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Opens the store; a file of categories that was not typed is the configuration's.
async fn open(
    global: &GlobalArgs,
    filters: &mut FilterArgs,
    needs_scores: bool,
    notes: &mut dyn Write,
) -> anyhow::Result<Arc<dyn StoreReader>> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    if filters.categories.is_none() {
        filters.categories.clone_from(&file.categories);
    }
    let reader = stores::open_for_reading(&settings).await?;
    if needs_scores && !has_scores(&settings).await {
        writeln!(notes, "{NO_SCORES}")?;
    }
    Ok(reader)
}

/// Whether a score pass ever ended. Where that cannot be read, the question itself tells what is wrong.
async fn has_scores(settings: &StoreSettings) -> bool {
    let found = stores::look_up(settings, Collection::Creators, &[CORPUS_ID.to_owned()]).await;
    !matches!(found.as_ref().map(|found| found.as_deref()), Ok(None | Some([None])))
}
