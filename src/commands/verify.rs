//! `viralmine verify`: archive against store, and what to do about gaps.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::exit::Exit;
use super::replay::find_inputs;
use super::{interrupt, patience, stores};
use crate::archive::DataFolder;
use crate::cli::verify::{VerifyArgs, VerifyFormat};
use crate::cli::{GlobalArgs, LogFormat};
use crate::jobs::reading::usual_threads;
use crate::jobs::verify::report::{IdsReport, VerifyReport};
use crate::jobs::verify::{self as job, VerifyError, VerifyOptions, VerifyParts};
use crate::model::Counters;
use crate::output::log;
use crate::output::progress::{Look, Progress};
use crate::output::verify::{summary, write_text};
use crate::settings::file::ConfigFile;
use crate::settings::moment_ms;
use crate::settings::store::StoreSettings;

/// Nothing waits to be written: a store that stays away is soon given up.
const GIVE_UP_AFTER: Duration = Duration::from_mins(1);

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &VerifyArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let fetched_at = args.fetched_at.as_deref().map(|text| moment_ms("--fetched-at", text)).transpose()?;
    let inputs = find_inputs(&args.archives, &settings.data_dir)?;
    let stop = interrupt::stop_on_interrupt(global.quiet);
    let contents = interrupt::unless_stopped(&stop, stores::open_view(&settings)).await?;
    if let Some(process) = DataFolder::in_use_by(&settings.data_dir) {
        let process = process.map(|id| format!(" (process {id})")).unwrap_or_default();
        tracing::warn!(
            "another viralmine{process} writes here now: pages that it has under way may be shown as missing or older"
        );
    }
    // Comparing must not make a data folder where there is none.
    let has_folder = settings.data_dir.is_dir();
    let spool_folder = if has_folder { settings.data_dir.clone() } else { std::env::temp_dir().join("viralmine") };
    let counters = Arc::new(Counters::default());
    let look = Look::of_this_process(global.quiet, global.log_format == LogFormat::Json);
    let progress = Progress::of_reading(look, Arc::clone(&counters));
    let data_folder = settings.data_dir;
    let parts = VerifyParts { contents, data_folder, spool_folder, counters, stop };
    let patience = patience::of(GIVE_UP_AFTER);
    let options = VerifyOptions { inputs, fetched_at, threads: usual_threads(), patience };
    let mut stdout = BufWriter::new(io::stdout().lock());
    let verified = job::run(parts, options, |gap| match args.format {
        VerifyFormat::Text | VerifyFormat::Json => Ok(()),
        VerifyFormat::Ndjson => {
            serde_json::to_writer(&mut stdout, gap)?;
            writeln!(stdout)
        }
    });
    let verified = verified.await;
    progress.finish();
    let report = match verified {
        Err(VerifyError::Stopped) => {
            if !global.quiet {
                log::plain("interrupted before everything was compared; run the same command again");
            }
            return Ok(Exit::Interrupted);
        }
        // Whoever read the gaps (`head`) has enough; and there was one.
        Err(VerifyError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Partial),
        Err(VerifyError::Output(error)) => return Err(error).context("the gaps cannot be written"),
        verified => verified?,
    };
    let shown = show(&mut stdout, &report, args.format, global.quiet);
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the result cannot be written"),
        _ => Ok(end(&report)),
    }
}

fn show(out: &mut impl Write, report: &VerifyReport, format: VerifyFormat, quiet: bool) -> io::Result<()> {
    match format {
        VerifyFormat::Text => write_text(out, report)?,
        VerifyFormat::Json => {
            serde_json::to_writer(&mut *out, report)?;
            writeln!(out)?;
        }
        VerifyFormat::Ndjson if quiet => {}
        VerifyFormat::Ndjson => log::plain(summary(report).trim_end()),
    }
    out.flush()
}

/// Says on stderr what to do, and how the process ends.
fn end(report: &VerifyReport) -> Exit {
    let IdsReport { missing, older, dead, .. } = report.ids;
    if missing + older > 0 {
        tracing::error!(
            "the store lacks {} posts of the archive, or their newest version: `viralmine replay`, given the same archives, \
             brings them, with no request to the API",
            missing + older
        );
    }
    if dead > 0 {
        tracing::error!(
            "the store refused {dead} posts: `viralmine dead-letters list` says why; once that is mended, `viralmine \
             dead-letters retry` brings them"
        );
    }
    if report.records.refused > 0 {
        tracing::error!(
            "{} records, or what follows them in a damaged file, could not be compared: see the errors above",
            report.records.refused
        );
    }
    if report.ids.gaps() == 0 && report.records.refused == 0 { Exit::Done } else { Exit::Partial }
}
