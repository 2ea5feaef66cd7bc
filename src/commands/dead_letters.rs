//! `viralmine dead-letters`: what the store refused, why, and once more.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};

use super::bulk_settings::BulkSettings;
use super::exit::Exit;
use super::{interrupt, patience, stores};
use crate::archive::{DataFolder, DeadLetterReader, DeadLetters, LetterError};
use crate::cli::GlobalArgs;
use crate::cli::backfill::ReportFormat;
use crate::cli::dead_letters::{DeadLettersAction, DeadLettersArgs, ListArgs, ListFormat, RetryArgs};
use crate::jobs::dead_letters::{Retry, RetryParts, RetryReport, retry};
use crate::jobs::lease::Lease;
use crate::output::dead_letters::{LetterRow, retried, table};
use crate::output::json::{write_array, write_lines};
use crate::output::table::width;
use crate::settings::environment;
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::store::BulkTarget;

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &DeadLettersArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    match &args.action {
        DeadLettersAction::List(args) => list(&settings.data_dir, args),
        DeadLettersAction::Show(args) => show(&settings.data_dir, &args.id),
        DeadLettersAction::Retry(args) => send_again(global, &file, &settings, args).await,
    }
}

/// Lines that are no letters are named on stderr; they stay where they are.
fn list(data_dir: &Path, args: &ListArgs) -> anyhow::Result<Exit> {
    let path = DeadLetters::path_in(data_dir);
    let mut rows: Vec<LetterRow> = Vec::new();
    let mut more = 0_u64;
    let mut stdout = io::stdout().lock();
    for read in DeadLetterReader::open(&path)? {
        match read {
            Err(error @ LetterError::Read { .. }) => return Err(error.into()),
            Err(error) => tracing::warn!("{error}"),
            Ok(_) if rows.len() >= args.limit => more += 1,
            Ok(read) => rows.push(read.letter.into()),
        }
        // A long list goes out as it is read.
        if args.format == ListFormat::Ndjson && args.limit == usize::MAX {
            write_lines(&mut stdout, &std::mem::take(&mut rows))?;
        }
    }
    match args.format {
        ListFormat::Table if rows.is_empty() => writeln!(stdout, "no dead letters in {}", path.display())?,
        ListFormat::Table => stdout.write_all(table(&rows, width()).as_bytes())?,
        ListFormat::Json => write_array(&mut stdout, &rows)?,
        ListFormat::Ndjson => write_lines(&mut stdout, &rows)?,
    }
    stdout.flush()?;
    if more > 0 {
        crate::output::log::plain(&format!("{more} more are not shown (--limit all)"));
    }
    Ok(Exit::Done)
}

fn show(data_dir: &Path, id: &str) -> anyhow::Result<Exit> {
    let path = DeadLetters::path_in(data_dir);
    let mut reader = DeadLetterReader::open(&path)?;
    let mut stdout = io::stdout().lock();
    let mut found = false;
    while let Some(read) = reader.next() {
        match read {
            Err(error @ LetterError::Read { .. }) => return Err(error.into()),
            Err(error) => tracing::warn!("{error}"),
            Ok(read) if read.letter.id == id => {
                stdout.write_all(reader.raw())?;
                writeln!(stdout)?;
                found = true;
            }
            Ok(_) => {}
        }
    }
    stdout.flush()?;
    if !found {
        bail!("no dead letter in {} has the id {id:?}: `viralmine dead-letters list` shows their ids", path.display());
    }
    Ok(Exit::Done)
}

async fn send_again(
    global: &GlobalArgs,
    file: &ConfigFile,
    settings: &StoreSettings,
    args: &RetryArgs,
) -> anyhow::Result<Exit> {
    let clock = environment::clock()?;
    let patience = patience::resolve(args.give_up_after.as_ref(), file)?;
    if DeadLetterReader::open(&DeadLetters::path_in(&settings.data_dir))?.next().is_none() {
        // Without a store, which need not be there.
        let nothing =
            Retry { report: RetryReport::default(), unknown: args.ids.clone(), first_refused: None, fatal: None };
        report(&nothing, args.format)?;
        return Ok(end(nothing, false));
    }
    let data_folder = DataFolder::lock(&settings.data_dir)?;
    let stop = interrupt::stop_on_interrupt(global.quiet);
    let (store, leases) = interrupt::unless_stopped(&stop, stores::open_with_leases(settings)).await?;
    // It writes, so it puts back what a killed run may have left.
    let bulk_settings = BulkSettings::begin(&store, false, &stop).await?;
    let lease = Lease::take(leases, "dead-letters retry", patience, &stop).await?;
    let parts = RetryParts {
        data_folder: data_folder.path().to_owned(),
        target: lease.guard(Arc::clone(&store) as Arc<dyn BulkTarget>),
        store,
        clock,
        stop: stop.clone(),
        patience,
    };
    let retried = retry(parts, args.ids.clone()).await;
    lease.release().await;
    bulk_settings.end().await;
    let retried = retried.context("the dead-letter file is as it was")?;
    let shown = report(&retried, args.format);
    if retried.report.stored > 0 && !global.quiet {
        crate::output::log::plain("the scores are behind what is stored: `viralmine score` computes them");
    }
    // Nobody there to read the report does not change how the retry came out.
    let exit = end(retried, stop.is_cancelled());
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(exit),
    }
}

fn report(retry: &Retry, format: ReportFormat) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match format {
        ReportFormat::Text => stdout.write_all(retried(&retry.report).as_bytes())?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut stdout, &retry.report)?;
            writeln!(stdout)?;
        }
    }
    stdout.flush()
}

fn end(retry: Retry, interrupted: bool) -> Exit {
    for id in &retry.unknown {
        tracing::warn!("{id} is no dead letter: `viralmine dead-letters list` shows their ids");
    }
    if let Some((id, reason)) = &retry.first_refused {
        tracing::error!(
            "the store refused letters again ({} of them); the first: {id} ({reason}); mend that, then retry",
            retry.report.refused
        );
    }
    if let Some(fatal) = retry.fatal {
        tracing::error!("the retry ended early: {fatal}; letters that were not settled are still in the file");
        return Exit::Failed;
    }
    if interrupted && retry.report.left > 0 {
        return Exit::Interrupted;
    }
    if retry.report.refused > 0 || !retry.unknown.is_empty() { Exit::Partial } else { Exit::Done }
}
