//! The dead-letter file made anew without the letters that are done: written beside it, brought to the disk, and put in
//! its place at once. Killed at any instant, the file is the old one or the new one. Only for who holds the data folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{DeadLetter, DeadLetters, lines};
use crate::archive::ArchiveError;

/// A new content in the making. Dropped unfinished, it leaves the file as it was.
#[derive(Debug)]
pub struct DeadLetterRewrite {
    path: PathBuf,
    draft: PathBuf,
    writer: Option<BufWriter<File>>,
}

impl DeadLetterRewrite {
    /// Begins with an empty draft, over whatever a killed process left of one.
    pub fn begin(data_folder: &Path) -> Result<Self, ArchiveError> {
        let path = DeadLetters::path_in(data_folder);
        let draft = path.with_extension("ndjson.new");
        match File::create(&draft) {
            Ok(file) => Ok(Self { path, draft, writer: Some(BufWriter::with_capacity(1 << 18, file)) }),
            Err(reason) => Err(ArchiveError::Write { path: draft, reason }),
        }
    }

    /// Keeps a line as it stands in the file (without its end), also one that is no letter: a person may read it.
    pub fn keep(&mut self, raw: &[u8]) -> Result<(), ArchiveError> {
        self.write(raw)?;
        self.write(b"\n")
    }

    /// Writes a letter that says something new.
    pub fn write_letter(&mut self, letter: &DeadLetter) -> Result<(), ArchiveError> {
        let line = lines(std::slice::from_ref(letter)).map_err(|error| self.failed(error.into()))?;
        self.write(&line)
    }

    /// Brings the draft to the disk and puts it in the file's place.
    pub fn finish(mut self) -> Result<(), ArchiveError> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let replace = || -> io::Result<()> {
            writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&self.draft, &self.path)?;
            // The new name, too, must outlive a power cut; systems that cannot open a folder do without.
            match self.path.parent().map(File::open) {
                Some(Ok(folder)) => folder.sync_all(),
                _ => Ok(()),
            }
        };
        let replaced = replace();
        replaced.map_err(|reason| self.failed(reason))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let written = self.writer.as_mut().map_or(Ok(()), |writer| writer.write_all(bytes));
        written.map_err(|reason| self.failed(reason))
    }

    fn failed(&self, reason: io::Error) -> ArchiveError {
        ArchiveError::Write { path: self.draft.clone(), reason }
    }
}

impl Drop for DeadLetterRewrite {
    fn drop(&mut self) {
        if self.writer.take().is_some()
            && let Err(error) = fs::remove_file(&self.draft)
        {
            tracing::debug!(path = %self.draft.display(), %error, "a draft of the dead letters stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_finished_draft_takes_the_files_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = DeadLetters::path_in(folder.path());
        fs::write(&path, "{\"a\":1}\n{\"torn").unwrap();
        let mut given_up = DeadLetterRewrite::begin(folder.path()).unwrap();
        given_up.keep(b"x").unwrap();
        drop(given_up);
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"torn");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut rewrite = DeadLetterRewrite::begin(folder.path()).unwrap();
        rewrite.keep(b"{\"torn").unwrap();
        rewrite.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"torn\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
