//! Cuts an input into its JSON texts, one in memory at a time, and finds the next one after a broken one.
//!
//! Only objects and lists are texts. After a broken one, the next line that starts with `{` or `[` is tried:
//! the line after the broken text's first, so that a record cut short costs no other record.

use std::io::{self, Read};

use serde::de::IgnoredAny;

/// The largest JSON text that is taken (bytes): 64 MiB. It bounds the memory of a run.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// Bytes asked of the input at a time.
const READ_BYTES: usize = 256 << 10;

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    pub(super) line: u64,
    /// From 0.
    pub(super) byte: u64,
}

/// What stands next in the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A whole JSON text.
    Text(Place, &'a [u8]),
    /// Something else, and what is wrong with it. The input goes on after it.
    Broken(Place, String),
    /// Nothing.
    End,
}

/// The JSON texts of an input.
pub(super) struct JsonTexts<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` starts, and its place in the input.
    start: usize,
    place: Place,
    ended: bool,
    /// Bytes that were looked at again after broken texts.
    seen_again: usize,
    /// The largest text taken (bytes).
    limit: usize,
}

enum Attempt {
    Whole(usize),
    CutOff,
    /// At the end, what is wrong may be that the rest is still to come.
    Wrong {
        lines_before: usize,
        reason: String,
        is_at_end: bool,
    },
}

impl<R: Read> JsonTexts<R> {
    /// Takes no text larger than `limit` (bytes).
    pub(super) fn with_limit(reader: R, limit: usize) -> Self {
        let place = Place { line: 1, byte: 0 };
        Self { reader, buffer: Vec::new(), start: 0, place, ended: false, seen_again: 0, limit }
    }

    /// The next text. The input's own failure ends it, reported as a broken part.
    pub(super) fn next(&mut self) -> Next<'_> {
        let place_before = self.place;
        match self.find() {
            Ok(Found::Text(place, length)) => {
                let text = self.start..self.start + length;
                self.skip(length);
                Next::Text(place, &self.buffer[text])
            }
            Ok(Found::Broken(place, reason)) => Next::Broken(place, reason),
            Ok(Found::End) => Next::End,
            Err(error) => {
                self.ended = true;
                self.start = self.buffer.len();
                Next::Broken(place_before, format!("cannot be read further: {error}"))
            }
        }
    }

    fn find(&mut self) -> io::Result<Found> {
        if !self.skip_blanks()? {
            return Ok(Found::End);
        }
        let place = self.place;
        if !starts_text(self.unread()) {
            self.go_to_next_start()?;
            return Ok(Found::Broken(place, "no JSON object or list starts here".to_owned()));
        }
        loop {
            // Not further than a text may reach, so that what is found does not depend on how the input comes.
            let looked_at = &self.unread()[..self.unread().len().min(self.limit + 1)];
            match attempt(looked_at) {
                Attempt::Whole(length) if length <= self.limit => return Ok(Found::Text(place, length)),
                Attempt::Wrong { lines_before, reason, is_at_end }
                    if !is_at_end || (self.ended && looked_at.len() <= self.limit) =>
                {
                    self.leave_broken(lines_before)?;
                    let line = place.line + lines_before as u64;
                    return Ok(Found::Broken(place, format!("broken JSON: {reason} (at line {line})")));
                }
                _ if looked_at.len() > self.limit => {
                    self.skip(self.limit);
                    self.go_to_next_start()?;
                    return Ok(Found::Broken(place, format!("the JSON text is larger than {} bytes", self.limit)));
                }
                _ if self.ended => {
                    let lines = count_lines(self.unread());
                    self.leave_broken(lines)?;
                    return Ok(Found::Broken(place, "the JSON text is cut off by the end of the input".to_owned()));
                }
                // Twice as much each time, so that a long text is looked at twice on the whole.
                _ => self.fill((self.unread().len() * 2).max(READ_BYTES).min(self.limit + 1))?,
            }
        }
    }

    /// Goes from the start of a broken text to the next start after its first line; or, when hostile input
    /// has made us look at too much again, after the line of the error.
    fn leave_broken(&mut self, lines_before_error: usize) -> io::Result<()> {
        let error_line = line_start(self.unread(), lines_before_error);
        self.seen_again = self.seen_again.saturating_add(error_line);
        if self.seen_again > 4 * self.limit {
            self.skip(error_line);
        }
        self.go_to_next_start()
    }

    /// Goes to the next line whose first byte starts a text, or to the end.
    fn go_to_next_start(&mut self) -> io::Result<()> {
        loop {
            let Some(newline) = self.unread().iter().position(|&byte| byte == b'\n') else {
                self.skip(self.unread().len());
                self.fill(1)?;
                if self.unread().is_empty() {
                    return Ok(());
                }
                continue;
            };
            self.skip(newline + 1);
            if self.unread().is_empty() {
                self.fill(1)?;
            }
            if self.unread().is_empty() || starts_text(self.unread()) {
                return Ok(());
            }
        }
    }

    /// False at the end of the input.
    fn skip_blanks(&mut self) -> io::Result<bool> {
        const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
        if self.place.byte == 0 {
            self.fill(BYTE_ORDER_MARK.len())?;
            if self.unread().starts_with(BYTE_ORDER_MARK) {
                self.skip(BYTE_ORDER_MARK.len());
            }
        }
        loop {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            if let Some(blanks) = self.unread().iter().position(|byte| !blank(byte)) {
                self.skip(blanks);
                return Ok(true);
            }
            self.skip(self.unread().len());
            self.fill(1)?;
            if self.unread().is_empty() {
                return Ok(false);
            }
        }
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn skip(&mut self, bytes: usize) {
        self.place.line += count_lines(&self.unread()[..bytes]) as u64;
        self.place.byte += bytes as u64;
        self.start += bytes;
    }

    /// Reads until `wanted` bytes are unread, or to the end.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        if self.ended || self.unread().len() >= wanted {
            return Ok(());
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        while !self.ended && self.buffer.len() < wanted {
            let filled = self.buffer.len();
            self.buffer.resize(filled + READ_BYTES.min(self.limit + 1), 0);
            let read = loop {
                match self.reader.read(&mut self.buffer[filled..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => break result,
                }
            };
            self.buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        Ok(())
    }
}

enum Found {
    Text(Place, usize),
    Broken(Place, String),
    End,
}

/// Looks for a whole text at the start of `bytes`. Neither recursion nor a copy: nothing is kept of it.
fn attempt(bytes: &[u8]) -> Attempt {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(IgnoredAny)) => Attempt::Whole(values.byte_offset()),
        Some(Err(error)) if !error.is_eof() => {
            let words = error.to_string();
            let reason = words.split(" at line ").next().unwrap_or_default().to_owned();
            let lines_before = error.line().saturating_sub(1);
            // Of a number that ends in "1." or "-" it says "invalid number", not that the text is cut off.
            let is_at_end = line_start(bytes, lines_before) + error.column() >= bytes.len();
            Attempt::Wrong { lines_before, reason, is_at_end }
        }
        Some(Err(_)) | None => Attempt::CutOff,
    }
}

fn starts_text(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(b'{' | b'['))
}

#[expect(clippy::naive_bytecount, reason = "the compiler vectorizes it; not worth a crate")]
fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

/// Where the line after `lines_before` newlines starts.
fn line_start(bytes: &[u8], lines_before: usize) -> usize {
    let newlines = bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'\n');
    lines_before.checked_sub(1).and_then(|last| newlines.map(|(at, _)| at + 1).nth(last)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
