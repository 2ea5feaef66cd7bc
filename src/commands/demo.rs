//! `viralmine demo`: the whole way, from a simulated API to answers, with no key and no server.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::backfill::{self, Resolved};
use super::exit::Exit;
use super::metrics::Served;
use super::out_file::OutFile;
use super::{interrupt, patience, report, stores};
use crate::archive::DataFolder;
use crate::cli::backfill::ReportFormat;
use crate::cli::demo::DemoArgs;
use crate::cli::report::ReportArgs;
use crate::cli::{GlobalArgs, LogFormat};
use crate::insight::groups::{GroupKind, GroupOrder};
use crate::jobs::ask;
use crate::jobs::ask::ranking::{Ranking, rank};
use crate::model::{Filters, Question, Scope, Secret, Sort};
use crate::output::progress::Look;
use crate::output::{self, table};
use crate::pipeline::Bounds;
use crate::report::page;
use crate::settings::UsageError;
use crate::settings::store::{StorePlace, StoreSettings};
use crate::simulator::{Simulator, SimulatorOptions};
use crate::source::{ApiSettings, ApiUrl};
use crate::throttle::clock::Clock;

const DEFAULT_FOLDER: &str = "viralmine-demo";

/// A file in the folder says that the demo made it, and so may empty it.
const MARK: &str = ".viralmine-demo";

/// Requests a second: more than a real key has, so that the demo is over soon.
const RATE: f64 = 20.0;

const KEY: &str = "demo-key";

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &DemoArgs) -> anyhow::Result<Exit> {
    if global.store.store.is_some() {
        return Err(UsageError::new(
            "the demo has an embedded index of its own, --store is not for it: name its folder with --data-dir",
        )
        .into());
    }
    let folder = global.store.data_dir.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER));
    make_afresh(&folder)?;
    let options = SimulatorOptions {
        creators: args.creators,
        rate: RATE,
        latency: Duration::from_millis(80),
        keys: vec![Secret::new(KEY)],
        ..SimulatorOptions::default()
    };
    let now = options.now;
    let simulator = Simulator::start(options).await?;
    let stderr = |line: String| output::log::plain(&line);
    if !global.quiet {
        stderr(format!(
            "Playing the API at {} with {} creators, at {RATE} requests a second (a real key has 3) …",
            simulator.url(),
            args.creators
        ));
    }
    let mut api = ApiSettings::new(ApiUrl::parse(&simulator.url())?, vec![Secret::new(KEY)]);
    api.rate = RATE;
    api.region = Some("US".into());
    let store = StoreSettings {
        place: StorePlace::Embedded(folder.clone()),
        data_dir: folder.clone(),
        prefix: "viralmine".into(),
    };
    let resolved = Resolved {
        creators: simulator.creators(),
        store: store.clone(),
        bounds: Bounds { region: api.region.clone(), ..Bounds::default() },
        api,
        patience: patience::of(Duration::from_mins(1)),
        archive: true,
        bulk_settings: false,
        scores: true,
        clock: Clock::starting_at(now),
        look: Look::of_this_process(global.quiet, global.log_format == LogFormat::Json),
        stop: interrupt::stop_on_interrupt(global.quiet),
        counters: Arc::default(),
        metrics: Served::nothing(),
    };
    let walked = backfill::walk(resolved).await?;
    let mut stdout = std::io::stdout();
    let written = walked.show(ReportFormat::Text);
    simulator.shutdown().await;
    let exit = backfill::end(walked, global.quiet);
    if exit == Exit::Done {
        written?;
        answer(&store, &folder, &mut stdout).await?;
    }
    Ok(exit)
}

async fn answer(store: &StoreSettings, path: &Path, out: &mut (impl Write + Send)) -> anyhow::Result<()> {
    let reader = stores::open_for_reading(store).await?;
    writeln!(out, "\nTop hashtags")?;
    let ranking = Ranking::new(GroupKind::Hashtag, GroupOrder::Posts, 10);
    let rows = rank(reader.as_ref(), &Scope::all(), &ranking).await?;
    output::groups::write_table(out, &rows, &ranking, table::width())?;
    writeln!(out, "\nViral posts: far above what their own creator is used to")?;
    let viral = Filters { only_viral: true, ..Filters::default() };
    let question = Question { filters: viral, sort: Sort::Z, limit: 10, ..Question::all() };
    let hits = ask::search(reader.as_ref(), &question).await?;
    if hits.videos.is_empty() {
        writeln!(out, "no post of so few creators stands out")?;
    } else {
        output::viral::write_table(out, &hits, table::width())?;
    }
    let folder = path.display();
    // As it was typed: behind `cargo run` there is no viralmine on the PATH yet.
    let program = std::env::args().next().unwrap_or_else(|| "viralmine".to_owned());
    writeln!(out, "\nTry next:")?;
    if let Some(id) = output::videos::first_id(&hits) {
        writeln!(out, "  {program} explain {id} --store {folder}")?;
    }
    writeln!(out, "  {program} hashtags --sort growth --no-generic --store {folder}")?;
    writeln!(out, "  {program} search '#fyp summer' --store {folder}")?;
    writeln!(out, "  {program} backfill --help          with your own key, into a folder or into Elasticsearch")?;
    let page = write_report(store, path).await?;
    writeln!(out, "\nAll of it on one page, for a browser: {}", page.display())?;
    Ok(())
}

/// The report of everything, as `report` makes it without flags.
async fn write_report(store: &StoreSettings, folder: &Path) -> anyhow::Result<PathBuf> {
    let target = OutFile::at("--data-dir", &folder.join("report.html"))?;
    let view = stores::open_view(store).await?;
    let args = ReportArgs::of_everything();
    let report = report::report(&view, &args, 0, &mut std::io::sink()).await?;
    target.write(&page(&report, &args.filters.timezone)).map(Path::to_owned)
}

/// Empties a folder that a demo made; refuses any other that is not empty.
fn make_afresh(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return make(folder),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            let text =
                format!("--data-dir {shown} is no folder, nor could one be made there: name another for the demo");
            return Err(UsageError(text).into());
        }
        Err(error) => {
            anyhow::bail!("--data-dir {shown} cannot be used for the demo ({error}): name another folder");
        }
    };
    if entries.next().is_some() {
        if !folder.join(MARK).is_file() {
            let text = format!("{shown} holds files that the demo did not make; name another folder with --data-dir");
            return Err(UsageError(text).into());
        }
        // Another demo may be at work in it.
        let _lock = DataFolder::lock(folder)?;
        empty(folder).with_context(|| format!("cannot empty {shown}, the folder of an earlier demo"))?;
    }
    make(folder)
}

/// The mark stays, so that the folder is the demo's own whenever this is cut short; so does the lock that is held.
fn empty(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == MARK || entry.file_name() == DataFolder::LOCK_FILE {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join(MARK), "made by viralmine demo, which may delete this folder\n"))
        .with_context(|| format!("--data-dir {} cannot be written", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("demo");
        make_afresh(&folder).unwrap();
        std::fs::write(folder.join("old"), "x").unwrap();
        make_afresh(&folder).unwrap();
        assert!(!folder.join("old").exists(), "its own folder is made afresh");
        let lock = DataFolder::lock(&folder).unwrap();
        std::fs::write(folder.join("new"), "x").unwrap();
        assert!(make_afresh(&folder).is_err() && folder.join("new").exists(), "a demo at work is left alone");
        drop(lock);
        std::fs::write(parent.path().join("thesis.txt"), "x").unwrap();
        let error = make_afresh(parent.path()).unwrap_err();
        assert!(error.is::<UsageError>() && parent.path().join("thesis.txt").exists());
    }
}
