//! `viralmine export`: where to and in which form is settled first, then every post that matches is written as it
//! comes.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use bytes::Bytes;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::asking;
use super::exit::Exit;
use super::out_file::{OutFile, not_written};
use super::question::asked;
use super::{interrupt, notes};
use crate::cli::GlobalArgs;
use crate::cli::export::{ExportArgs, ExportFormat};
use crate::model::{Question, size_in_words};
use crate::output::draft::Compression;
use crate::output::export::{Export, Exported, Form, Target};
use crate::output::log;
use crate::output::shown::number;
use crate::settings::UsageError;
use crate::store::StoreReader;

/// Runs the command.
pub(super) async fn run(global: &GlobalArgs, args: ExportArgs) -> anyhow::Result<Exit> {
    let ExportArgs { to, format, query, mut filters } = args;
    let is_stdout = to.as_os_str() == "-";
    let (format, compression) = format_of(&to, format)?;
    let file = if is_stdout { None } else { Some(OutFile::at("--to", &to)?) };
    let form = match format {
        ExportFormat::Ndjson => Form::Ndjson,
        ExportFormat::Csv => Form::Csv(filters.timezone.clone()),
    };
    let mut notes = notes(global);
    let needs_scores = false;
    let reader = asking::open(global, &mut filters, needs_scores, &mut notes).await?.reader;
    let scope = asked(reader.as_ref(), &query, &filters, &mut notes).await?.scope;
    let question = Question { query: scope.query, filters: scope.filters, ..Question::all() };
    let name = file.as_ref().map_or_else(|| "standard output".to_owned(), |file| file.path().display().to_string());
    let target = match file {
        None => Target::stdout(),
        Some(file) => Target::File(file.begin(compression)?),
    };
    // What it says of itself is for runs that finish what they began.
    let stop = interrupt::stop_on_interrupt(true);
    let exported = tokio::select! {
        biased;
        () = stop.cancelled() => None,
        exported = write(reader.as_ref(), &question, target, form, &stop) => match exported {
            // The store's errors have advice of their own.
            Err(error) if !is_stdout && error.is::<io::Error>() => return Err(error.context(not_written(&to))),
            Err(error) if !is_stdout => return Err(error.context(format!("{name} is not written"))),
            exported => exported?,
        }
    };
    if let Some(exported) = exported {
        tell(global, exported, &name);
        return Ok(Exit::Done);
    }
    if !global.quiet {
        let state = if is_stdout { "cut short" } else { "not written" };
        log::plain(&format!("interrupted, {name} is {state}; run the same command again"));
    }
    Ok(Exit::Interrupted)
}

/// What the name's ending says, unless it was typed; standard output, which has no name, gets the documents as they
/// are.
fn format_of(to: &Path, typed: Option<ExportFormat>) -> Result<(ExportFormat, Compression), UsageError> {
    let shown = to.display();
    let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (compression, name) = Compression::of_name(&name);
    let of_name = match Path::new(name).extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase).as_deref() {
        Some("ndjson" | "jsonl") => Some(ExportFormat::Ndjson),
        Some("csv") => Some(ExportFormat::Csv),
        _ if to.as_os_str() == "-" => Some(ExportFormat::Ndjson),
        _ => None,
    };
    let format = typed.or(of_name).ok_or_else(|| {
        UsageError(format!("--to {shown}: say --format ndjson or csv, or end the name in .ndjson, .jsonl or .csv"))
    })?;
    Ok((format, compression))
}

/// `None` when it was stopped.
async fn write(
    reader: &dyn StoreReader,
    question: &Question,
    target: Target,
    form: Form,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Exported>> {
    let mut export = Export::begin(target, form)?;
    let mut written: io::Result<()> = Ok(());
    // Looked at here, too: documents may come without a pause.
    let mut each = |document: Bytes| {
        written = export.write(&document);
        written.is_ok() && !stop.is_cancelled()
    };
    reader.documents(question, &mut each).await?;
    written?;
    if stop.is_cancelled() { Ok(None) } else { Ok(Some(export.finish()?)) }
}

/// On stderr: the posts may have gone to standard output.
fn tell(global: &GlobalArgs, exported: Exported, to: &str) {
    if global.quiet {
        return;
    }
    let Exported { documents, bytes } = exported;
    let posts = if documents == 1 { "post" } else { "posts" };
    let text = format!("{} {posts}, {}, written to {to}", number(documents), size_in_words(bytes));
    log::told(&text, &text, &json!({ "documents": documents, "bytes": bytes, "to": to }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_form_unless_it_is_typed() {
        let of = |name: &str, typed| format_of(Path::new(name), typed).ok();
        assert_eq!(of("a/posts.ndjson", None), Some((ExportFormat::Ndjson, Compression::None)));
        assert_eq!(of("posts.JSONL.gz", None), Some((ExportFormat::Ndjson, Compression::Gzip)));
        assert_eq!(of("posts.csv.zst", None), Some((ExportFormat::Csv, Compression::Zstd)));
        assert_eq!(of("posts.ndjson", Some(ExportFormat::Csv)), Some((ExportFormat::Csv, Compression::None)));
        assert_eq!(of("-", Some(ExportFormat::Csv)), Some((ExportFormat::Csv, Compression::None)));
        assert_eq!(of("-", None), Some((ExportFormat::Ndjson, Compression::None)));
        for name in ["posts", "posts.txt", "posts.gz", ".csv"] {
            assert_eq!(of(name, None), None, "{name}");
        }
    }
}
