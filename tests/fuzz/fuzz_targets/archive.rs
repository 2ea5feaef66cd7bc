//! Any bytes as a file of recorded pages: plain, gzip or zstd as its first bytes say, whole, cut or damaged.
//!
//! A first byte `z` or `g` has the rest compressed, `Z` or `G` compressed, then cut and damaged where the last bytes
//! say; anything else is the file as it is. Asserted besides that nothing panics: reading ends; lines go forward; at
//! most one page or error a line; a compressed file reads like the plain one; one that is cut gives whole pages from
//! its start, then says that it is cut; nothing follows an error of reading.
#![no_main]

use std::cell::RefCell;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use viralmine::archive::fuzzing::pages_of_file;
use viralmine::archive::{RecordedError, RecordedPage};
use zstd::bulk::Compressor;

fuzz_target!(|data: &[u8]| match data.split_first() {
    Some((b'z', plain)) => reads_like_plain(zstd_of(plain), plain),
    Some((b'g', plain)) => reads_like_plain(gzip_of(plain), plain),
    Some((b'Z', rest)) if rest.len() > 4 => survives_damage(zstd_of, rest),
    Some((b'G', rest)) if rest.len() > 4 => survives_damage(gzip_of, rest),
    _ => {
        read(data.to_vec());
    }
});

type Line = Result<(u64, String), (u64, bool)>;

/// What stands in the file: pages by line and body, errors by line and whether they end the reading.
fn read(file: Vec<u8>) -> (Vec<Line>, bool) {
    let mut pages = pages_of_file(file).expect("only a disk could fail");
    let lines: Vec<Line> = pages.by_ref().map(|page| page.map(shown).map_err(|error| place(&error))).collect();
    assert!(pages.next().is_none(), "it goes on behind its end");
    let number = |line: &Line| line.as_ref().map_or_else(|error| error.0, |page| page.0);
    assert!(lines.is_sorted_by(|one, next| number(one) < number(next)), "{lines:?}");
    let broken = lines.iter().position(|line| matches!(line, Err((_, true))));
    assert!(broken.is_none_or(|at| at + 1 == lines.len() && !pages.is_cut()), "{lines:?}");
    (lines, pages.is_cut())
}

fn shown(page: RecordedPage) -> (u64, String) {
    (page.line, page.response.text().to_owned())
}

fn place(error: &RecordedError) -> (u64, bool) {
    match error {
        RecordedError::Read { line, .. } => (*line, true),
        RecordedError::Line { line, .. } => (*line, false),
    }
}

fn reads_like_plain(compressed: Vec<u8>, plain: &[u8]) {
    // What looks compressed is not plain, whatever it is.
    let looks_compressed = plain.starts_with(&[0x1f, 0x8b]) || plain.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    let (lines, is_cut) = read(compressed);
    assert!(!is_cut);
    if !looks_compressed {
        assert_eq!(lines, read(plain.to_vec()).0);
    }
}

fn survives_damage(compressed: fn(&[u8]) -> Vec<u8>, data: &[u8]) {
    let (plain, choice) = data.split_at(data.len() - 4);
    let mut file = compressed(plain);
    let at = |choice: &[u8]| usize::from(u16::from_le_bytes([choice[0], choice[1]]));
    let whole = file.len();
    file.truncate(whole - at(&choice[..2]) % whole);
    let is_cut = file.len() < whole;
    if choice[3] != 0 {
        let damaged = usize::from(choice[2]) % file.len();
        file[damaged] ^= choice[3];
        read(file);
        return;
    }
    // Below four bytes the file does not say yet what it is.
    let says_what_it_is = file.len() >= 4;
    let (lines, says_it_is_cut) = read(file);
    if says_what_it_is {
        let all = read(compressed(plain)).0;
        assert!(all.starts_with(&lines), "{lines:?} is no beginning of {all:?}");
        assert!(is_cut == says_it_is_cut, "{is_cut} {says_it_is_cut}");
    }
}

fn zstd_of(plain: &[u8]) -> Vec<u8> {
    thread_local! {
        // Making one takes longer than all the rest.
        static COMPRESSOR: RefCell<Compressor<'static>> = RefCell::new(Compressor::new(1).expect("memory takes it"));
    }
    COMPRESSOR.with_borrow_mut(|compressor| compressor.compress(plain)).expect("memory takes it")
}

fn gzip_of(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory takes it")
}
