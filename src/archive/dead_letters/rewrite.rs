//! The dead-letter file made anew without the letters that are done, by way of a draft. Only for who holds the data
//! folder.

use std::path::Path;

use super::{DeadLetter, DeadLetters, lines};
use crate::archive::ArchiveError;
use crate::archive::draft::Draft;

/// A new content in the making. Dropped unfinished, it leaves the file as it was.
#[derive(Debug)]
pub struct DeadLetterRewrite(Draft);

impl DeadLetterRewrite {
    /// Begins with an empty draft, over whatever a killed process left of one.
    pub fn begin(data_folder: &Path) -> Result<Self, ArchiveError> {
        Draft::begin(&DeadLetters::path_in(data_folder)).map(Self)
    }

    /// Keeps a line as it stands in the file (without its end), also one that is no letter: a person may read it.
    pub fn keep(&mut self, raw: &[u8]) -> Result<(), ArchiveError> {
        self.0.write(raw)?;
        self.0.write(b"\n")
    }

    /// Writes a letter that says something new.
    pub fn write_letter(&mut self, letter: &DeadLetter) -> Result<(), ArchiveError> {
        let line = lines(std::slice::from_ref(letter)).map_err(|error| self.0.failed(error.into()))?;
        self.0.write(&line)
    }

    /// Brings the draft to the disk and puts it in the file's place.
    pub fn finish(self) -> Result<(), ArchiveError> {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
