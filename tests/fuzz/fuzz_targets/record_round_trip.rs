//! Any answer as the archive writes it, and read back, also out of a damaged segment.
//!
//! Asserted besides that nothing panics: an answer is one line; every field comes back as it was; the body comes back
//! byte for byte, but for line breaks between the tokens of JSON (blanks after) and bytes that are no UTF-8 (U+FFFD). A
//! segment with a damaged byte gives the answer as it was, or an error, and never another answer, as long as the field
//! of its checksum is there.
#![no_main]

use std::cell::RefCell;
use std::io::Cursor;

use arbitrary::Arbitrary;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use viralmine::archive::fuzzing::{pages_of_segment, record_line};
use viralmine::archive::{RecordedPage, RecordedPages, RecordedResponse};
use viralmine::model::{Answer, Endpoint};
use zstd::bulk::Compressor;

#[derive(Debug, Arbitrary)]
struct Input {
    is_detail: bool,
    subject: String,
    max_cursor: Option<String>,
    walk: Option<i64>,
    region: Option<String>,
    page_size: Option<u8>,
    fetched_at: i64,
    key: usize,
    status: u16,
    store: String,
    prefix: String,
    body: Vec<u8>,
    damaged_at: usize,
    damage: u8,
}

fuzz_target!(|input: Input| {
    let endpoint = if input.is_detail { Endpoint::Detail } else { Endpoint::List };
    let answer = Answer {
        endpoint,
        subject: input.subject.clone(),
        max_cursor: input.max_cursor.clone(),
        walk: input.walk,
        region: input.region.clone(),
        page_size: input.page_size,
        fetched_at: input.fetched_at,
        key: input.key,
        status: input.status,
        body: Bytes::from(input.body.clone()),
    };
    let written = record_line(&answer, &input.store, &input.prefix);
    assert_eq!(written.iter().position(|&byte| byte == b'\n'), Some(written.len() - 1), "one line");
    let segment = compressed(&written);
    let read: Vec<_> = RecordedPages::new(Box::new(Cursor::new(written)), "input".to_owned()).collect();
    let [Ok(page)] = &read[..] else { panic!("{read:?}") };
    assert_eq!(page.endpoint, endpoint);
    let subject = if input.is_detail { &page.aweme_id } else { &page.sec_user_id };
    assert_eq!(subject.as_ref(), Some(&input.subject));
    assert_eq!((&page.max_cursor, &page.region), (&input.max_cursor, &input.region));
    assert_eq!((page.walk, page.page_size), (input.walk, input.page_size));
    assert_eq!((page.fetched_at, page.key, page.status), (Some(input.fetched_at), Some(input.key), Some(input.status)));
    assert_eq!((page.store.as_ref(), page.index_prefix.as_ref()), (Some(&input.store), Some(&input.prefix)));
    survives_damage(segment, &input, page);
    let received = String::from_utf8_lossy(&input.body);
    match &page.response {
        RecordedResponse::Text(text) => assert_eq!(*text, received),
        RecordedResponse::Json(json) => {
            // The blanks around a JSON text are no part of it.
            let blanks = [' ', '\t', '\n', '\r'];
            assert_eq!(json.get(), received.trim_matches(blanks).replace(['\n', '\r'], " "));
        }
    }
});

fn survives_damage(mut segment: Vec<u8>, input: &Input, page: &RecordedPage) {
    let at = input.damaged_at % segment.len();
    segment[at] ^= input.damage;
    // A checksum that was damaged away with the rest is no checksum that does not fit: such a line counts as made by
    // hand.
    if !String::from_utf8_lossy(&zstd::decode_all(&segment[..]).unwrap_or_default()).contains(",\"crc32\":\"") {
        return;
    }
    // Damage to its first bytes makes it a plain file of nonsense.
    for again in pages_of_segment(segment).expect("only a disk could fail").flatten() {
        assert_eq!(again.response.text(), page.response.text(), "another body");
        assert_eq!(
            (again.endpoint, &again.sec_user_id, &again.aweme_id, &again.max_cursor, again.fetched_at),
            (page.endpoint, &page.sec_user_id, &page.aweme_id, &page.max_cursor, page.fetched_at)
        );
    }
}

fn compressed(line: &[u8]) -> Vec<u8> {
    thread_local! {
        // Making one takes longer than all the rest.
        static COMPRESSOR: RefCell<Compressor<'static>> = RefCell::new(Compressor::new(3).expect("memory takes it"));
    }
    COMPRESSOR.with_borrow_mut(|compressor| compressor.compress(line)).expect("memory takes it")
}
