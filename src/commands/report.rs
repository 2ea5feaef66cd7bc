//! `report`: flags → all questions of a report → a page, or the numbers behind it, in a file that is whole or not
//! there.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::out_file::OutFile;
use super::question::{Asked, asked, growth_windows, uncut_windows};
use super::{notes, stores};
use crate::archive::FolderSummary;
use crate::cli::GlobalArgs;
use crate::cli::ask::FilterArgs;
use crate::cli::report::{PageFormat, ReportArgs};
use crate::jobs::report::{About, Report, ReportQuestion, gather};
use crate::report::page;
use crate::settings::categories;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::store::{StoreReader, StoreView};

const FLAG: &str = "--out";

const DEFAULT_OUT: &str = "report.html";

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &ReportArgs) -> anyhow::Result<()> {
    let mut notes = notes(global);
    let mut args = args.clone();
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    if args.filters.categories.is_none() {
        args.filters.categories = file.categories;
    }
    // A place that cannot be written to is found before the store is asked.
    let target = match (&args.out, args.page_format()) {
        (Some(out), _) if out.as_os_str() != "-" => Some(OutFile::at(FLAG, out)?),
        (None, PageFormat::Html) => Some(OutFile::at(FLAG, Path::new(DEFAULT_OUT))?),
        _ => None,
    };
    let view = stores::open_view(&settings).await?;
    let summary = FolderSummary::of(&settings.data_dir)?;
    let report = report(&view, &args, summary.dead_letters, notes.as_mut()).await?;
    let text = match args.page_format() {
        PageFormat::Html => page(&report, &args.filters.timezone),
        PageFormat::Json => json(&report)?,
    };
    let Some(target) = target else {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        return Ok(stdout.flush()?);
    };
    let path = target.write(&text)?;
    writeln!(notes, "the report is in {}", path.display())?;
    Ok(())
}

/// The numbers of a report, as the flags ask for them; says on `notes` where windows end.
pub async fn report(
    view: &Arc<dyn StoreView>,
    args: &ReportArgs,
    dead_letters: u64,
    notes: &mut dyn Write,
) -> anyhow::Result<Report> {
    let reader: &dyn StoreReader = view.as_ref();
    let filters = &args.filters;
    let categories = categories::load(filters.categories.as_deref())?;
    let asked = asked(reader, &args.query, filters, notes).await?;
    let windows = growth_windows(reader, &asked, args.window, false, &filters.timezone, notes).await?;
    let whole_windows = match windows {
        None => uncut_windows(reader, &asked, args.window).await?,
        _ => windows.clone(),
    };
    let about = about(&args.query.0.join(" "), filters, &asked);
    let timezone = filters.timezone.clone();
    let question =
        ReportQuestion { scope: asked.scope, about, windows, whole_windows, categories, timezone, dead_letters };
    Ok(Box::pin(gather(view, &question)).await?)
}

/// One object, and a newline.
fn json(report: &Report) -> anyhow::Result<String> {
    Ok(serde_json::to_string(report)? + "\n")
}

fn about(query: &str, typed: &FilterArgs, asked: &Asked) -> About {
    let filters = &asked.scope.filters;
    About {
        query: query.trim().to_owned(),
        hashtags: filters.hashtags.clone(),
        creator: filters.creator.clone(),
        region: filters.region.clone(),
        category: typed.category.clone(),
        since: filters.since,
        until: filters.until,
        min_plays: filters.min_plays,
        kind: filters.kind.map(crate::model::Kind::name),
        timezone: typed.timezone.iana_name().unwrap_or("UTC").to_owned(),
    }
}
