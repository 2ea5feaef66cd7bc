//! From an asking command as it was typed to its answer on stdout: opens the store, lays the configuration file under
//! the flags, and says when an answer would need scores that are not there.

use std::io::{self, Write};
use std::sync::Arc;

use super::{categories, creators, hashtags, keywords, notes, search, sounds, stores, timing, viral};
use crate::cli::ask::{
    CategoriesArgs, CreatorsArgs, FilterArgs, HashtagsArgs, KeywordsArgs, SearchArgs, SoundsArgs, TimingArgs, ViralArgs,
};
use crate::cli::{GlobalArgs, When};
use crate::jobs::score::standing;
use crate::model::Corpus;
use crate::output::{log, status};
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::store::{StoreReader, StoreView};

const NO_SCORES: &str = "there are no scores yet, which this answer is made of: run `viralmine score`";

/// Answers `search`.
pub(super) async fn search(global: &GlobalArgs, mut args: SearchArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = search::needs_scores(&args);
    args.is_coloured = match global.color {
        When::Always => true,
        When::Auto => log::takes_colours(&io::stdout()),
        When::Never => false,
    };
    let reader = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?.reader;
    search::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Answers `viral`.
pub(super) async fn viral(global: &GlobalArgs, mut args: ViralArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = true;
    let Opened { reader, corpus } = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?;
    viral::run(reader.as_ref(), corpus.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Answers `hashtags`.
pub(super) async fn hashtags(global: &GlobalArgs, mut args: HashtagsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = hashtags::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?.reader;
    hashtags::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Answers `keywords`.
pub(super) async fn keywords(global: &GlobalArgs, mut args: KeywordsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = keywords::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?.reader;
    keywords::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Answers `sounds`.
pub(super) async fn sounds(global: &GlobalArgs, mut args: SoundsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = sounds::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?.reader;
    sounds::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Answers `categories`, or prints the sample of their file.
pub(super) async fn categories(global: &GlobalArgs, mut args: CategoriesArgs) -> anyhow::Result<()> {
    if args.sample {
        return categories::print_sample(&mut io::stdout());
    }
    let mut notes = notes(global);
    let needs_scores = categories::needs_scores(&args);
    let reader = open(global, &mut args.groups.ask.filters, needs_scores, &mut notes).await?.reader;
    categories::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Answers `creators`.
pub(super) async fn creators(global: &GlobalArgs, mut args: CreatorsArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = true;
    if args.tiers.is_none() {
        args.tiers = ConfigFile::load(global.config.as_deref())?.tiers;
    }
    let reader = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?.reader;
    creators::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// Answers `timing`.
pub(super) async fn timing(global: &GlobalArgs, mut args: TimingArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let needs_scores = true;
    let reader = open(global, &mut args.ask.filters, needs_scores, &mut notes).await?.reader;
    timing::run(reader.as_ref(), &args, &mut io::stdout(), &mut notes).await
}

/// A store that is asked.
pub(super) struct Opened {
    pub(super) reader: Arc<dyn StoreReader>,
    /// What the last score pass recorded, where the answer is made of scores and there was one.
    corpus: Option<Corpus>,
}

/// Opens the store; a file of categories that was not typed is the configuration's.
pub(super) async fn open(
    global: &GlobalArgs,
    filters: &mut FilterArgs,
    needs_scores: bool,
    notes: &mut dyn Write,
) -> anyhow::Result<Opened> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    if filters.categories.is_none() {
        filters.categories.clone_from(&file.categories);
    }
    let view = stores::open_view(&settings).await?;
    let corpus = if needs_scores { scores_of(view.as_ref(), notes).await? } else { None };
    Ok(Opened { reader: view, corpus })
}

/// What the last score pass recorded; says on `notes` when there was none, or the store holds something else by now.
/// Where that cannot be read, the question itself tells what is wrong.
async fn scores_of(view: &dyn StoreView, notes: &mut dyn Write) -> anyhow::Result<Option<Corpus>> {
    let Ok((standing, corpus)) = standing::now(view).await else { return Ok(None) };
    if !standing.behind {
        return Ok(corpus);
    }
    match standing.scored_at {
        None if !standing.unfinished => writeln!(notes, "{NO_SCORES}")?,
        _ => writeln!(notes, "the scores are {}", status::scores(&standing))?,
    }
    Ok(None)
}
