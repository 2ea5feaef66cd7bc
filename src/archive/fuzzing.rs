//! Doors for the fuzz targets and property tests to what is private here; built for them alone. No disk.

use std::io::{self, Cursor};

use super::dead_letters::reader::DeadLetterReader;
use super::dead_letters::{self, DeadLetter};
use super::events::reader::LedgerReader;
use super::recorded::RecordedPages;
use super::{input, record};
use crate::model::Answer;

/// The line that the archive writes of an answer.
///
/// # Panics
/// When the answer cannot be written, which would be a finding.
#[must_use]
pub fn record_line(answer: &Answer, store: &str, index_prefix: &str) -> Vec<u8> {
    record::line(answer, store, index_prefix).unwrap_or_else(|error| panic!("{answer:?}: {error}"))
}

/// The lines that stand in the file of dead letters for these.
///
/// # Panics
/// When one cannot be written, which would be a finding.
#[must_use]
pub fn letter_lines(letters: &[DeadLetter]) -> Vec<u8> {
    dead_letters::lines(letters).unwrap_or_else(|error| panic!("{letters:?}: {error}"))
}

/// The dead letters of a file with these bytes.
#[must_use]
pub fn letters_of_file(bytes: Vec<u8>) -> DeadLetterReader {
    DeadLetterReader::of(Box::new(Cursor::new(bytes)), "input".into())
}

/// The lines of a ledger of events with these bytes.
#[must_use]
pub fn ledger_of_file(bytes: Vec<u8>) -> LedgerReader {
    LedgerReader::of(Box::new(Cursor::new(bytes)), "input".as_ref())
}

/// The pages of a file with these bytes, compressed or not. Fails only when its compression is refused at once.
pub fn pages_of_file(bytes: Vec<u8>) -> io::Result<RecordedPages> {
    Ok(RecordedPages::new(input::decompressed(Cursor::new(bytes))?, "input".to_owned()))
}

/// The same of a segment of the archive: each line must be as it was written.
pub fn pages_of_segment(bytes: Vec<u8>) -> io::Result<RecordedPages> {
    let name = "archive/20250902-1757000000000-1.ndjson.zst";
    Ok(RecordedPages::new(input::decompressed(Cursor::new(bytes))?, name.to_owned()))
}
