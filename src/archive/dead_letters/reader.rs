//! Dead letters read back, one line in memory at a time. A torn line (a kill, a full disk) or what is no dead letter is
//! named by file and line, and passed over. `replay`, `verify` and the `dead-letters` commands read through this.

use std::fs::File;
#[cfg(any(test, fuzzing))]
use std::io::BufRead;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::DeadLetter;
use crate::archive::ArchiveError;
use crate::archive::lines::{LineError, Lines, json_in_words};

/// A dead letter and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLetter {
    /// The line of the file, from 1.
    pub line: u64,
    /// The letter.
    pub letter: DeadLetter,
}

/// Why a line gave no dead letter.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
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
    /// The line is longer than any letter, and only its beginning is in memory; the lines after it are read.
    #[error("{}, line {line}: {}: take that line out of the file", path.display(), LineError::too_long_in_words())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
    },
    /// The line is no dead letter, or half of one; the lines after it are read.
    #[error("{}, line {line}: no whole dead letter, passed over: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// The letters of one file, in its order.
pub struct DeadLetterReader {
    path: PathBuf,
    /// `None` when there is no file, and so no letter.
    lines: Option<Lines>,
}

impl DeadLetterReader {
    /// Opens a file of dead letters; one that is not there holds none.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let lines = match File::open(path) {
            Ok(file) => Some(Lines::new(Box::new(BufReader::with_capacity(1 << 18, file)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(reason) => return Err(ArchiveError::Read { path: path.to_owned(), reason }),
        };
        Ok(Self { path: path.to_owned(), lines })
    }

    /// Reads from any reader; `path` names it in errors.
    #[cfg(any(test, fuzzing))]
    pub(in crate::archive) fn of(reader: Box<dyn BufRead + Send>, path: PathBuf) -> Self {
        Self { path, lines: Some(Lines::new(reader)) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line read last, as it stands in the file, without its end; also of one that gave no letter. Of one that is
    /// too long only its beginning.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        self.lines.as_ref().map(Lines::bytes).unwrap_or_default()
    }
}

impl Iterator for DeadLetterReader {
    type Item = Result<ReadLetter, LetterError>;

    fn next(&mut self) -> Option<Self::Item> {
        let lines = self.lines.as_mut()?;
        let bad = |line, reason| LetterError::Line { path: self.path.clone(), line, reason };
        Some(match lines.next() {
            Ok(false) => return None,
            Ok(true) => {
                let line = lines.number();
                letter(lines.bytes()).map(|letter| ReadLetter { line, letter }).map_err(|reason| bad(line, reason))
            }
            Err(LineError::TooLong) => Err(LetterError::TooLong { path: self.path.clone(), line: lines.number() }),
            Err(LineError::Read(reason)) => {
                Err(LetterError::Read { path: self.path.clone(), line: lines.number(), reason })
            }
        })
    }
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    attempts: u32,
    at: i64,
    id: String,
    sec_user_id: Option<String>,
    max_cursor: Option<String>,
    fetched_at: i64,
    document: Option<Box<RawValue>>,
    document_text: Option<String>,
}

fn letter(bytes: &[u8]) -> Result<DeadLetter, String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|error| json_in_words(&error))?;
    let document = match (line.document, line.document_text) {
        (Some(json), _) => Bytes::copy_from_slice(json.get().as_bytes()),
        (None, Some(text)) => Bytes::from(text),
        (None, None) => return Err("neither \"document\" nor \"document_text\" is there".to_owned()),
    };
    Ok(DeadLetter {
        reason: line.reason,
        attempts: line.attempts,
        at: line.at,
        id: line.id,
        sec_user_id: line.sec_user_id,
        max_cursor: line.max_cursor,
        fetched_at: line.fetched_at,
        document,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::archive::DeadLetters;

    fn letter(id: &str, document: &'static [u8]) -> DeadLetter {
        DeadLetter {
            reason: "strict_dynamic_mapping: \"x\"".to_owned(),
            attempts: 2,
            at: 5,
            id: id.to_owned(),
            sec_user_id: (id != "2").then(|| "MS4w".to_owned()),
            max_cursor: (id != "2").then(|| "0".to_owned()),
            fetched_at: 4,
            document: Bytes::from_static(document),
        }
    }

    #[test]
    fn letters_are_read_back_and_torn_lines_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = DeadLetters::path_in(folder.path());
        assert_eq!(DeadLetterReader::open(&path).unwrap().count(), 0, "no file, no letter");
        let written = [letter("1", b"{\"a\":1.50,\"b\":[ ]}"), letter("2", b"no \"json\""), letter("3", b"{}")];
        DeadLetters::open(folder.path()).unwrap().append(&written[..2]).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}\n{}\n[1]\n{}", &whole[..40], &whole[..60])).unwrap();
        DeadLetters::open(folder.path()).unwrap().append(&written[2..]).unwrap();

        let mut reader = DeadLetterReader::open(&path).unwrap();
        let mut read = Vec::new();
        let mut faults = Vec::new();
        while let Some(next) = reader.next() {
            match next {
                Ok(found) => read.push((found.line, found.letter)),
                Err(error) => faults.push((error.to_string(), reader.raw().len())),
            }
        }
        assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 7]);
        assert!(read.iter().map(|(_, letter)| letter).eq(&written));
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].0.contains("dead-letters.ndjson, line 4: no whole dead letter"), "{faults:?}");
        assert_eq!(faults[0].1, 40);
    }
}
