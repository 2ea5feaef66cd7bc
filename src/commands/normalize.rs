//! `viralmine normalize`: files or standard input in, normalized pages out, one a line.

use std::io::{self, BufWriter, Read, Write};
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
        let unreadable = |reason: String| UsageError(format!("cannot read {}: {reason}", file.display()));
        if std::fs::metadata(file).map_err(|error| unreadable(error.to_string()))?.is_dir() {
            return Err(unreadable("it is a folder; name its files".to_owned()).into());
        }
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
                job::run(&input_name(path), UpToTheCut { input: input_name(path), reader }, &mut out, &mut |error| {
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

/// A compressed file up to where it is cut: a killed run leaves its last archive segment so, whole records in front.
struct UpToTheCut<R> {
    input: String,
    reader: R,
}

impl<R: Read> Read for UpToTheCut<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                tracing::warn!("{} is cut, as a killed run leaves it; what stands before the cut was read", self.input);
                Ok(0)
            }
            read => read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_file_ends_where_it_is_cut() {
        let whole = zstd::encode_all(&b"{}\n{}\n".repeat(1_000)[..], 0).unwrap();
        let cut = &whole[..whole.len() - 2];
        let reader = zstd::stream::read::Decoder::new(cut).unwrap();
        let mut text = Vec::new();
        UpToTheCut { input: "x.zst".to_owned(), reader }.read_to_end(&mut text).unwrap();
        assert!(b"{}\n{}\n".repeat(1_000).starts_with(&text));
    }
}
