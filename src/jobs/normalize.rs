//! Raw answers in, one normalized page per line out; no store is touched.
//!
//! Takes one JSON text after another: list and detail answers, bare lists, recorded pages and archive
//! records, one a line or pretty-printed. What is broken is reported with its place, and the rest goes on.
//! Decompression is the caller's, and so is where errors are shown.

mod texts;

use std::borrow::Cow;
use std::io::{self, Read, Write};

use serde_json::value::RawValue;

use crate::archive;
use crate::model::NormalizedPage;
use crate::normalize;
use crate::wire::lenient::{self, Fields};
use crate::wire::page::{self, PageError};
use texts::{JsonTexts, Next};

pub use texts::MAX_TEXT_BYTES;

/// What became of one input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NormalizeReport {
    /// Pages written, one per line.
    pub pages: u64,
    /// Posts in them.
    pub videos: u64,
    /// Items that are no posts, or stand twice on their page.
    pub skipped: u64,
    /// Broken texts and failed answers; each was reported.
    pub errors: u64,
}

/// A part of the input that became no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{input}, line {line} (byte {byte}): {reason}")]
pub struct NormalizeError {
    /// The input's name, as given.
    pub input: String,
    /// The line where the part starts, from 1.
    pub line: u64,
    /// The byte where it starts, from 0.
    pub byte: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Normalizes one input. Memory is bounded by [`MAX_TEXT_BYTES`], whatever the input's size. An input that
/// cannot be read further is reported to `on_error` like a broken text; `Err` means that `writer` failed.
pub fn run(
    input_name: &str,
    reader: impl Read,
    writer: &mut impl Write,
    on_error: &mut dyn FnMut(NormalizeError),
) -> Result<NormalizeReport, io::Error> {
    run_within(MAX_TEXT_BYTES, input_name, reader, writer, on_error)
}

/// [`run`] with another limit on one text (bytes).
#[doc(hidden)]
pub fn run_within(
    limit: usize,
    input_name: &str,
    reader: impl Read,
    writer: &mut impl Write,
    on_error: &mut dyn FnMut(NormalizeError),
) -> Result<NormalizeReport, io::Error> {
    let mut texts = JsonTexts::with_limit(reader, limit);
    let mut report = NormalizeReport::default();
    let mut line = Vec::new();
    loop {
        let (place, outcome) = match texts.next() {
            Next::End => return Ok(report),
            Next::Broken(place, reason) => (place, Err(reason)),
            Next::Text(place, bytes) => (place, write_page(bytes, &mut line)),
        };
        match outcome {
            Ok(written) => {
                writer.write_all(&line)?;
                report.pages += 1;
                report.videos += written.videos;
                report.skipped += written.skipped;
            }
            Err(reason) => {
                report.errors += 1;
                on_error(NormalizeError { input: input_name.to_owned(), line: place.line, byte: place.byte, reason });
            }
        }
    }
}

struct Written {
    videos: u64,
    skipped: u64,
}

/// Writes the page of one JSON text, and a newline, over `line`.
fn write_page(bytes: &[u8], line: &mut Vec<u8>) -> Result<Written, String> {
    let text = page::text(bytes);
    let answer = page::value(&text).map_err(|error| error.to_string())?;
    let record = lenient::object::<Record>(answer).unwrap_or_default();
    if record.response.is_some() || record.response_text.is_some() {
        record.format.map_or(Ok(()), archive::refuse_newer)?;
    }
    let written = match (record.response, &record.response_text) {
        (Some(response), _) => normalize::page_of(response).map(|page| append(&page, line)),
        (None, Some(response)) => normalize::page(response).map(|page| append(&page, line)),
        (None, None) => normalize::page_of(answer).map(|page| append(&page, line)),
    };
    let serialized = written.map_err(|error: PageError| error.to_string())?;
    serialized.map_err(|error| format!("the page cannot be written as JSON: {error}"))
}

fn append(page: &NormalizedPage<'_>, line: &mut Vec<u8>) -> Result<Written, serde_json::Error> {
    line.clear();
    serde_json::to_writer(&mut *line, page)?;
    line.push(b'\n');
    Ok(Written { videos: page.video_list.len() as u64, skipped: page.skipped.len() as u64 })
}

/// What makes a recorded page or an archive record of an object.
#[derive(Default)]
struct Record<'a> {
    format: Option<u64>,
    response: Option<&'a RawValue>,
    response_text: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> for Record<'a> {
    fn field(&mut self, key: &[u8], value: &'a RawValue) {
        match key {
            b"format" => self.format = lenient::count(value),
            b"response" if value.get() != "null" => self.response = Some(value),
            b"response_text" => lenient::keep(&mut self.response_text, lenient::text(value)),
            _ => {}
        }
    }
}
