//! Dead letters: the documents that a store refused for their own sake, with the reason and where they came from.
//! Appended and brought to the disk before the checkpoint may pass them; `reader` reads them back, `rewrite` takes
//! some out. Blocking: call through
//! `spawn_blocking`.

pub mod reader;
pub mod rewrite;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::ArchiveError;
use super::appended::AppendedFile;
use super::record::on_one_line;

/// The file's name in the data folder.
pub(super) const FILE: &str = "dead-letters.ndjson";

/// One refused document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The store's words.
    pub reason: String,
    /// How often the document was sent.
    pub attempts: u32,
    /// When it was given up (ms, UTC).
    pub at: i64,
    /// The document's `_id`.
    pub id: String,
    /// The creator whose page it came in; `None` for a detail.
    pub sec_user_id: Option<String>,
    /// The cursor of that page.
    pub max_cursor: Option<String>,
    /// The document's version (ms, UTC).
    pub fetched_at: i64,
    /// The document's JSON, as it was sent.
    pub document: Bytes,
}

/// The file of dead letters of a data folder, open for appending.
#[derive(Debug)]
pub struct DeadLetters(AppendedFile);

impl DeadLetters {
    /// Opens `DATA_DIR/dead-letters.ndjson`, making it when it is missing.
    pub fn open(data_folder: &Path) -> Result<Self, ArchiveError> {
        AppendedFile::open(data_folder, FILE).map(Self)
    }

    /// Where the dead letters of a data folder are, if there are any.
    #[must_use]
    pub fn path_in(data_folder: &Path) -> PathBuf {
        data_folder.join(FILE)
    }

    /// Where they are.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Appends the letters, a line each, and returns once they are on the disk. After an error none counts as written;
    /// appending them again is right.
    pub fn append(&self, letters: &[DeadLetter]) -> Result<(), ArchiveError> {
        let failed = |reason| ArchiveError::Write { path: self.path().to_owned(), reason };
        let lines = lines(letters).map_err(|error| failed(error.into()))?;
        self.0.append(&lines).map(drop)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    reason: &'a str,
    attempts: u32,
    at: i64,
    id: &'a str,
    sec_user_id: Option<&'a str>,
    max_cursor: Option<&'a str>,
    fetched_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a RawValue>,
    /// In place of `document`, for what is no JSON; the normalizer makes none such.
    #[serde(skip_serializing_if = "Option::is_none")]
    document_text: Option<&'a str>,
}

pub(super) fn lines(letters: &[DeadLetter]) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for letter in letters {
        let text = String::from_utf8_lossy(&letter.document);
        let one_line = on_one_line(&text);
        let document: Option<&RawValue> = serde_json::from_str(&one_line).ok();
        let line = Line {
            reason: &letter.reason,
            attempts: letter.attempts,
            at: letter.at,
            id: &letter.id,
            sec_user_id: letter.sec_user_id.as_deref(),
            max_cursor: letter.max_cursor.as_deref(),
            fetched_at: letter.fetched_at,
            document,
            document_text: document.is_none().then_some(&text),
        };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn letter(id: &str) -> DeadLetter {
        DeadLetter {
            reason: "mapper_parsing: \"x\"".to_owned(),
            attempts: 1,
            at: 5,
            id: id.to_owned(),
            sec_user_id: Some("MS4w".to_owned()),
            max_cursor: Some("0".to_owned()),
            fetched_at: 4,
            document: Bytes::from_static(b"{\"a\":1.50}"),
        }
    }

    #[test]
    fn letters_are_lines_and_a_torn_one_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let read = || fs::read_to_string(folder.path().join(FILE)).unwrap();
        DeadLetters::open(folder.path()).unwrap().append(&[letter("1")]).unwrap();
        let first = read();
        assert_eq!(
            first,
            concat!(
                r#"{"reason":"mapper_parsing: \"x\"","attempts":1,"at":5,"id":"1","sec_user_id":"MS4w","#,
                r#""max_cursor":"0","fetched_at":4,"document":{"a":1.50}}"#,
                "\n"
            )
        );
        fs::write(folder.path().join(FILE), format!("{first}{{\"reason\":")).unwrap();
        let letters = DeadLetters::open(folder.path()).unwrap();
        letters.append(&[]).unwrap();
        letters.append(&[letter("2"), letter("3")]).unwrap();
        let text = read();
        let ids: Vec<_> = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).collect();
        assert_eq!(ids.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true, true]);
    }
}
