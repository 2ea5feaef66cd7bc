//! A file of lines made anew: written beside the old one, brought to the disk, and put in its place at once. Killed at
//! any instant, the file is the old one or the new one. Only for who holds the data folder. Blocking.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ArchiveError;

/// A new content in the making. Dropped unfinished, it leaves the file as it was.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    beside: PathBuf,
    writer: Option<BufWriter<File>>,
}

impl Draft {
    /// Begins with an empty draft, over whatever a killed process left of one.
    pub(super) fn begin(path: &Path) -> Result<Self, ArchiveError> {
        let beside = path.with_extension("ndjson.new");
        match File::create(&beside) {
            Ok(file) => {
                Ok(Self { path: path.to_owned(), beside, writer: Some(BufWriter::with_capacity(1 << 18, file)) })
            }
            Err(reason) => Err(ArchiveError::Write { path: beside, reason }),
        }
    }

    /// Adds bytes: whole lines, in the end.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let written = self.writer.as_mut().map_or(Ok(()), |writer| writer.write_all(bytes));
        written.map_err(|reason| self.failed(reason))
    }

    /// Brings the draft to the disk and puts it in the file's place.
    pub(super) fn finish(mut self) -> Result<(), ArchiveError> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let replace = || -> io::Result<()> {
            writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&self.beside, &self.path)?;
            // The new name, too, must outlive a power cut; systems that cannot open a folder do without.
            match self.path.parent().map(File::open) {
                Some(Ok(folder)) => folder.sync_all(),
                _ => Ok(()),
            }
        };
        let replaced = replace();
        replaced.map_err(|reason| self.failed(reason))
    }

    /// The error of a write that failed.
    pub(super) fn failed(&self, reason: io::Error) -> ArchiveError {
        ArchiveError::Write { path: self.beside.clone(), reason }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.writer.take().is_some()
            && let Err(error) = fs::remove_file(&self.beside)
        {
            tracing::debug!(path = %self.beside.display(), %error, "a draft stays behind");
        }
    }
}
