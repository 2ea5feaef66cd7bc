//! The lines of a file that strangers may have written: one in memory at a time, none without bound, and a compressed
//! file up to where it is cut. `recorded`, `dead_letters` and `events` read through this.

use std::io::{self, BufRead};

use serde_json::error::Category;

/// No line that this program wrote is nearly as long; a longer one is no line of ours, and would fill the memory
/// (bytes).
const LONGEST_LINE: usize = 128 * 1024 * 1024;

/// Why there is no line.
#[derive(Debug)]
pub(super) enum LineError {
    /// The file broke off or is damaged; nothing more can be read.
    Read(io::Error),
    /// It is too long, and was passed over.
    TooLong,
}

impl LineError {
    pub(super) fn too_long_in_words() -> String {
        format!("longer than {LONGEST_LINE} bytes")
    }
}

/// What is wrong with a line, without a place in it that reads like a line of the file.
pub(super) fn json_in_words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let words = message.strip_suffix(&place).unwrap_or(&message);
    match error.classify() {
        Category::Data => words.to_owned(),
        Category::Eof => "its JSON is cut off".to_owned(),
        Category::Io | Category::Syntax => format!("it is no JSON ({words}, column {})", error.column()),
    }
}

/// The lines of one file.
pub(super) struct Lines {
    reader: Box<dyn BufRead + Send>,
    number: u64,
    /// Bytes of the lines before the next one, and before the one read last.
    end: u64,
    start: u64,
    buffer: Vec<u8>,
    has_ended: bool,
    is_cut: bool,
}

impl Lines {
    pub(super) fn new(reader: Box<dyn BufRead + Send>) -> Self {
        Self { reader, number: 0, end: 0, start: 0, buffer: Vec::new(), has_ended: false, is_cut: false }
    }

    /// The number of the line read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Where the line read last begins in the file (bytes, unpacked).
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// The line read last, without its end.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// Whether the compressed file broke off. Known at the end.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Reads the next line that is not blank; `false` at the end of the file.
    pub(super) fn next(&mut self) -> Result<bool, LineError> {
        while !self.has_ended {
            if !self.read()? {
                return Ok(false);
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read(&mut self) -> Result<bool, LineError> {
        self.buffer.clear();
        self.number += 1;
        self.start = self.end;
        let mut is_too_long = false;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    // Half a line at a cut was never acknowledged to anybody.
                    (self.is_cut, self.has_ended) = (true, true);
                    return Ok(false);
                }
                Err(reason) => {
                    self.has_ended = true;
                    return Err(LineError::Read(reason));
                }
            };
            let line_end = memchr::memchr(b'\n', available);
            let part = &available[..line_end.unwrap_or(available.len())];
            is_too_long |= self.buffer.len() + part.len() > LONGEST_LINE;
            if !is_too_long {
                self.buffer.extend_from_slice(part);
            }
            let is_at_end = available.is_empty();
            let consumed = line_end.map_or(available.len(), |end| end + 1);
            self.reader.consume(consumed);
            self.end += consumed as u64;
            if is_at_end || line_end.is_some() {
                self.has_ended = is_at_end;
                return if is_too_long { Err(LineError::TooLong) } else { Ok(!is_at_end || !self.buffer.is_empty()) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_names_no_line_of_its_own() {
        let words = |text: &str| json_in_words(&serde_json::from_str::<Vec<u8>>(text).unwrap_err());
        assert_eq!(words("garbage"), "it is no JSON (expected value, column 1)");
        assert_eq!(words("[1,"), "its JSON is cut off");
        assert_eq!(words("{}"), "invalid type: map, expected a sequence");
    }
}
