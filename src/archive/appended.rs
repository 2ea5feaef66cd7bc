//! A file of lines that only grows, each brought to the disk before anybody is told that it is there: dead letters and
//! events. What a kill or a full disk left of a line is closed, not continued. Blocking.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::ArchiveError;
use super::data_folder::make_folder;

/// A file, open for appending.
#[derive(Debug)]
pub(super) struct AppendedFile {
    path: PathBuf,
    file: Mutex<Tail>,
}

#[derive(Debug)]
struct Tail {
    file: File,
    /// A kill or a full disk may have left half a line, which the next one must not continue.
    is_torn: bool,
}

impl AppendedFile {
    /// Opens a file of a folder, making what is missing.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, ArchiveError> {
        make_folder(folder)?;
        let path = folder.join(name);
        let open = || -> io::Result<Tail> {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
            let is_torn = is_torn(&mut file)?;
            // The name, too, must outlive a power cut; systems that cannot open a folder do without.
            if let Ok(folder) = File::open(folder) {
                folder.sync_all()?;
            }
            Ok(Tail { file, is_torn })
        };
        match open() {
            Ok(file) => Ok(Self { path, file: Mutex::new(file) }),
            Err(reason) => Err(ArchiveError::Write { path, reason }),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines, and returns once they are on the disk: where they begin in the file (bytes). After an error
    /// none counts as written; appending them again is right.
    pub(super) fn append(&self, lines: &[u8]) -> Result<u64, ArchiveError> {
        let failed = |reason| ArchiveError::Write { path: self.path.clone(), reason };
        let mut tail = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let start = tail.append(lines).map_err(failed)?;
        // A file that was deleted takes lines as before, and vanishes with us.
        std::fs::metadata(&self.path).map_err(failed)?;
        Ok(start)
    }
}

impl Tail {
    fn append(&mut self, lines: &[u8]) -> io::Result<u64> {
        let end = self.file.metadata()?.len();
        if lines.is_empty() {
            return Ok(end);
        }
        let was_torn = std::mem::replace(&mut self.is_torn, true);
        if was_torn {
            self.file.write_all(b"\n")?;
        }
        self.file.write_all(lines)?;
        self.is_torn = false;
        self.file.sync_data()?;
        Ok(end + u64::from(was_torn))
    }
}

fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
