//! Any bytes as the input of `viralmine normalize`, coming in pieces of any size.
//!
//! Asserted besides that nothing panics: it ends; what is told of goes forward through the input (bytes, lines, and a
//! place is within it); every page written is one line of JSON and is counted; nothing depends on the pieces; with a
//! small limit on a text, none larger than it gets through, and the rest of the input still does.
#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use viralmine::jobs::normalize::{MAX_TEXT_BYTES, NormalizeError, NormalizeReport, run_within};

const SMALL_LIMIT: usize = 64;

fuzz_target!(|data: &[u8]| {
    let whole = normalized(data, data.len().max(1), MAX_TEXT_BYTES);
    check(data, &whole);
    // In two pieces: each read makes room for a quarter of a megabyte.
    assert_eq!(normalized(data, data.len() / 2 + 1, MAX_TEXT_BYTES), whole, "it depends on how the input comes");
    let limited = normalized(data, data.len().max(1), SMALL_LIMIT);
    check(data, &limited);
    assert_eq!(normalized(data, 7, SMALL_LIMIT), limited, "it depends on how the input comes, within a limit");
});

type Outcome = (NormalizeReport, Vec<u8>, Vec<NormalizeError>);

fn normalized(data: &[u8], step: usize, limit: usize) -> Outcome {
    let mut written = Vec::new();
    let mut errors = Vec::new();
    let report = run_within(limit, "input", Pieces { data, step }, &mut written, &mut |error| errors.push(error))
        .expect("memory takes every page");
    (report, written, errors)
}

fn check(data: &[u8], (report, written, errors): &Outcome) {
    assert_eq!(report.errors, errors.len() as u64);
    assert!(report.pages + report.errors <= data.len() as u64, "each took at least a byte");
    let lines: Vec<&[u8]> = written.split_inclusive(|&byte| byte == b'\n').collect();
    assert_eq!(report.pages, lines.len() as u64);
    let pages: Vec<Value> = lines.iter().map(|line| serde_json::from_slice(line).expect("a page is JSON")).collect();
    let videos: usize = pages.iter().map(|page| page["video_list"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(report.videos, videos as u64);
    assert!(errors.is_sorted_by(|one, next| one.byte < next.byte && one.line <= next.line), "{errors:?}");
    for error in errors {
        let at = usize::try_from(error.byte).expect("a place in memory");
        let line = 1 + data[..at].iter().filter(|&&byte| byte == b'\n').count() as u64;
        assert_eq!(error.line, line, "{error}");
    }
}

struct Pieces<'a> {
    data: &'a [u8],
    step: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.step.min(self.data.len()).min(buffer.len());
        let (piece, rest) = self.data.split_at(length);
        buffer[..length].copy_from_slice(piece);
        self.data = rest;
        Ok(length)
    }
}
