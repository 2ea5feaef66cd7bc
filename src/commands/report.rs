//! `report`: flags → all questions of a report → a page, or the numbers behind it, in a file that is whole or not there.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::question::{Asked, asked, growth_windows, uncut_windows};
use super::{notes, stores};
use crate::archive::FolderSummary;
use crate::cli::GlobalArgs;
use crate::cli::ask::FilterArgs;
use crate::cli::report::{PageFormat, ReportArgs};
use crate::jobs::report::{About, Report, ReportQuestion, gather};
use crate::report::page;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{UsageError, categories};
use crate::store::{StoreReader, StoreView};

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
    let target = match (&args.out, args.format) {
        (Some(out), _) if out.as_os_str() != "-" => Some(Target::open(out)?),
        (None, PageFormat::Html) => Some(Target::open(Path::new(DEFAULT_OUT))?),
        _ => None,
    };
    let view = stores::open_view(&settings).await?;
    let summary = FolderSummary::of(&settings.data_dir)?;
    let report = report(&view, &args, summary.dead_letters, notes.as_mut()).await?;
    let text = match args.format {
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

/// A file that is to be replaced as a whole, by way of a draft beside it.
pub(super) struct Target {
    path: PathBuf,
    draft: PathBuf,
}

impl Target {
    /// Looks whether a file can be written there; leaves nothing behind.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let wrong = |words: String| UsageError(format!("--out {shown}: {words}"));
        let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
            return Err(wrong("that is a folder; name a file in it".to_owned()).into());
        };
        // A device or a pipe would be replaced by a file of that name.
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(wrong("that is no file; name one, or - for standard output".to_owned()).into());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(wrong(format!("there is no folder {}; make it first", folder.display())).into());
        }
        let mut draft = OsString::from(".");
        draft.push(name);
        draft.push(format!(".{}.draft", std::process::id()));
        let draft = folder.join(draft);
        let tried = File::create(&draft).and_then(|_| fs::remove_file(&draft));
        tried.with_context(|| format!("cannot write to {}", folder.display()))?;
        Ok(Self { path: path.to_owned(), draft })
    }

    /// Puts the text where the file is to be, in place of what was there.
    pub(super) fn write(&self, text: &str) -> anyhow::Result<&Path> {
        let written = File::create(&self.draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&self.draft, &self.path)
        });
        if written.is_err() {
            // What is there of it is of no use, and may be what fills the disk.
            let _ = fs::remove_file(&self.draft);
        }
        written.with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        use std::os::unix::net::UnixListener;

        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        for path in [socket.as_path(), folder.path()] {
            assert!(Target::open(path).err().unwrap().is::<UsageError>(), "{}", path.display());
        }
    }

    #[test]
    fn a_report_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        fs::write(&path, "before").unwrap();
        let entries = || fs::read_dir(folder.path()).unwrap().count();
        let target = Target::open(&path).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), entries()), ("before", 1), "only looked at");
        assert_eq!(target.write("after").unwrap(), path);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), entries()), ("after", 1), "no draft is left");
        for (wrong, words) in
            [(folder.path().join("no/report.html"), "there is no folder"), (folder.path().to_owned(), "a folder")]
        {
            let error = Target::open(&wrong).err().unwrap();
            assert!(error.is::<UsageError>() && error.to_string().contains(words), "{error}");
        }
    }
}
