//! `viralmine normalize`: files or standard input in, normalized pages out, one a line.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use crate::archive::input::{input_name, open_input};
use crate::cli::normalize::NormalizeArgs;
use crate::jobs::normalize as job;
use crate::settings::UsageError;

/// Runs the command. A file that cannot be read, or a broken response, is named and the rest goes on.
pub async fn run(args: &NormalizeArgs) -> anyhow::Result<Exit> {
    let files = args.files.clone();
    for file in files.iter().filter(|file| *file != Path::new("-")) {
        std::fs::metadata(file).map_err(|error| UsageError(format!("cannot read {}: {error}", file.display())))?;
    }
    tokio::task::spawn_blocking(move || normalize(&files)).await?
}

fn normalize(files: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() { &standard_input[..] } else { files };
    let mut broken = 0_usize;
    for file in files {
        let path = (file != Path::new("-")).then_some(file.as_path());
        match open_input(path) {
            Ok(reader) => {
                job::run(&input_name(path), reader, &mut out, &mut |error| {
                    broken += 1;
                    tracing::error!("{error}");
                })?;
            }
            Err(error) => {
                broken += 1;
                tracing::error!("{error}");
            }
        }
    }
    out.flush()?;
    Ok(if broken == 0 { Exit::Done } else { Exit::Partial })
}
