//! A ledger read back, one line in memory at a time. A torn line (a kill, a full disk) or what is none of ours is named
//! by file and line, and passed over.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::line::Line;
use crate::archive::ArchiveError;
use crate::archive::lines::{LineError, Lines, json_in_words};

/// Why a line says nothing.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Nothing after this line can be read.
    #[error("{}, line {line}: cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What the operating system said.
        reason: io::Error,
    },
    /// The line is no line of a ledger, or half of one; the lines after it are read.
    #[error("{}, line {line}: no whole line of a ledger, passed over: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// The lines of a ledger, in its order, each with the byte that it begins at.
pub struct LedgerReader {
    path: PathBuf,
    lines: Lines,
}

impl LedgerReader {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(|reason| ArchiveError::Read { path: path.to_owned(), reason })?;
        Ok(Self::of(Box::new(BufReader::with_capacity(1 << 18, file)), path))
    }

    /// Reads from any reader; `path` names it in errors.
    pub(in crate::archive) fn of(reader: Box<dyn BufRead + Send>, path: &Path) -> Self {
        Self { path: path.to_owned(), lines: Lines::new(reader) }
    }

    /// The line read last, as it stands in the file, without its end; of one that is too long only its beginning.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        self.lines.bytes()
    }
}

impl Iterator for LedgerReader {
    type Item = Result<(u64, Line), LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (path, read) = (self.path.clone(), self.lines.next());
        let line = self.lines.number();
        Some(match read {
            Ok(false) => return None,
            Ok(true) => line_of(self.lines.bytes())
                .map(|read| (self.lines.start(), read))
                .map_err(|reason| LedgerError::Line { path, line, reason }),
            Err(LineError::TooLong) => Err(LedgerError::Line { path, line, reason: LineError::too_long_in_words() }),
            Err(LineError::Read(reason)) => Err(LedgerError::Read { path, line, reason }),
        })
    }
}

fn line_of(bytes: &[u8]) -> Result<Line, String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|error| json_in_words(&error))?;
    if line.says_something() { Ok(line) } else { Err("it says nothing that is known here".to_owned()) }
}
