//! Reads recorded pages and archive records, one after another, from a file that may be compressed, or cut by a kill.
//! What a response means is not looked at here. Replay, normalize and the simulator read through this.

use std::io::{self, BufRead};
use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::ArchiveError;
use super::input::{input_name, open_input};
use super::lines::{LineError, Lines, json_in_words};
use super::record::{refuse_damaged, refuse_newer};
use super::segment;
use crate::model::Endpoint;

/// What was answered.
#[derive(Debug, Clone)]
pub enum RecordedResponse {
    /// A JSON body, its text as recorded.
    Json(Box<RawValue>),
    /// A body that was no JSON.
    Text(String),
}

impl RecordedResponse {
    /// The body.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Json(json) => json.get(),
            Self::Text(text) => text,
        }
    }
}

/// One answer as it was recorded. A page that was made by hand has neither times nor status.
#[derive(Debug, Clone)]
pub struct RecordedPage {
    /// The line of the file, from 1.
    pub line: u64,
    /// The endpoint: as recorded, else told by which id is there.
    pub endpoint: Endpoint,
    /// The creator asked for.
    pub sec_user_id: Option<String>,
    /// The video asked for (detail).
    pub aweme_id: Option<String>,
    /// The cursor asked with.
    pub max_cursor: Option<String>,
    /// The id of the walk that asked: its start (ms, UTC).
    pub walk: Option<i64>,
    /// When the answer came (ms, UTC).
    pub fetched_at: Option<i64>,
    /// The key's position among the keys given, from 1.
    pub key: Option<usize>,
    /// HTTP status.
    pub status: Option<u16>,
    /// The region asked with.
    pub region: Option<String>,
    /// The page size asked with.
    pub page_size: Option<u8>,
    /// The store that the walk's checkpoint is in.
    pub store: Option<String>,
    /// The prefix of that store's indices.
    pub index_prefix: Option<String>,
    /// The body.
    pub response: RecordedResponse,
}

/// Why a line gave no page.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// The file broke off or is damaged; nothing after this line can be read.
    #[error("{file}, line {line}: cannot be read: {reason}")]
    Read {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What the operating system or the decompressor said.
        reason: io::Error,
    },
    /// The line is no recorded page; the lines after it are read.
    #[error("{file}, line {line}: no recorded page: {reason}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// The pages of one file, streaming: one line is in memory at a time.
pub struct RecordedPages {
    file: String,
    lines: Lines,
    /// Whether each line must be as it was written. Only in a segment under its own name: elsewhere a person, or `jq`,
    /// may have picked and changed lines on purpose.
    is_segment: bool,
}

impl RecordedPages {
    /// Opens a file (`-` is standard input).
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        Ok(Self::new(open_input(Some(path))?, input_name(Some(path))))
    }

    /// Reads from any reader; `file` names it in errors.
    #[must_use]
    pub fn new(reader: Box<dyn BufRead + Send>, file: String) -> Self {
        let is_segment = segment::is_named_so(Path::new(&file));
        Self { file, lines: Lines::new(reader), is_segment }
    }

    /// Whether the compressed file broke off, as a killed process leaves its last segment. What came before is whole.
    /// Known at the end.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.lines.is_cut()
    }

    /// The next line and its number (from 1), not looked at yet: [`RecordedPage::read`] does, perhaps on another
    /// thread.
    pub fn next_line(&mut self) -> Option<Result<(u64, &[u8]), RecordedError>> {
        match self.lines.next() {
            Ok(true) => match self.is_segment.then(|| refuse_damaged(self.lines.bytes())) {
                Some(Err(reason)) => Some(Err(self.bad_line(reason))),
                None | Some(Ok(())) => Some(Ok((self.lines.number(), self.lines.bytes()))),
            },
            Ok(false) => None,
            Err(LineError::TooLong) => Some(Err(self.bad_line(LineError::too_long_in_words()))),
            Err(LineError::Read(reason)) => {
                Some(Err(RecordedError::Read { file: self.file.clone(), line: self.lines.number(), reason }))
            }
        }
    }

    fn bad_line(&self, reason: String) -> RecordedError {
        RecordedError::Line { file: self.file.clone(), line: self.lines.number(), reason }
    }
}

impl Iterator for RecordedPages {
    type Item = Result<RecordedPage, RecordedError>;

    fn next(&mut self) -> Option<Self::Item> {
        let page = self.next_line()?.map(|(number, bytes)| RecordedPage::read(number, bytes));
        Some(page.and_then(|page| page.map_err(|reason| self.bad_line(reason))))
    }
}

#[derive(Deserialize)]
struct Line {
    format: Option<u64>,
    endpoint: Option<String>,
    sec_user_id: Option<String>,
    aweme_id: Option<String>,
    max_cursor: Option<Box<RawValue>>,
    walk: Option<i64>,
    fetched_at: Option<i64>,
    key: Option<usize>,
    status: Option<u16>,
    region: Option<String>,
    page_size: Option<u8>,
    store: Option<String>,
    index_prefix: Option<String>,
    #[serde(default, deserialize_with = "even_null")]
    response: Option<Box<RawValue>>,
    response_text: Option<String>,
}

/// The one thing that every form has.
#[derive(Deserialize)]
struct Version {
    format: Option<u64>,
}

/// A body may be the JSON text `null`, which is something else than no body.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

impl RecordedPage {
    /// Reads one line; `number` is its place in the file. The error says what is wrong with it.
    pub fn read(number: u64, bytes: &[u8]) -> Result<Self, String> {
        let line: Line = serde_json::from_slice(bytes).map_err(|error| {
            // A newer form may have other things in the same places.
            let format = serde_json::from_slice(bytes).ok().and_then(|Version { format }| format);
            format.map(refuse_newer).and_then(Result::err).unwrap_or_else(|| json_in_words(&error))
        })?;
        line.format.map_or(Ok(()), refuse_newer)?;
        let endpoint = match line.endpoint.as_deref() {
            Some("list") => Endpoint::List,
            Some("detail") => Endpoint::Detail,
            Some(other) => return Err(format!("unknown endpoint {other:?} (list or detail)")),
            None if line.sec_user_id.is_none() && line.aweme_id.is_some() => Endpoint::Detail,
            None => Endpoint::List,
        };
        let response = match (line.response, line.response_text) {
            (Some(json), _) => RecordedResponse::Json(json),
            (None, Some(text)) => RecordedResponse::Text(text),
            (None, None) => return Err("neither \"response\" nor \"response_text\" is there".to_owned()),
        };
        Ok(Self {
            line: number,
            endpoint,
            sec_user_id: line.sec_user_id,
            aweme_id: line.aweme_id,
            max_cursor: line.max_cursor.as_deref().map(cursor).transpose()?,
            walk: line.walk,
            fetched_at: line.fetched_at,
            key: line.key,
            status: line.status,
            region: line.region,
            page_size: line.page_size,
            store: line.store,
            index_prefix: line.index_prefix,
            response,
        })
    }
}

/// A cursor is opaque: a number's digits are taken as they stand.
fn cursor(json: &RawValue) -> Result<String, String> {
    let text = json.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text).map_err(|error| json_in_words(&error)),
        Some(b'0'..=b'9' | b'-') => Ok(text.to_owned()),
        _ => Err(format!("max_cursor is neither text nor a number: {text}")),
    }
}
