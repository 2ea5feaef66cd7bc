//! Any bytes as one line of recorded pages or of the raw archive.
//!
//! Asserted besides that nothing panics: a line gives one page or one error with the line's number and the file's name;
//! a JSON body is a part of the line as it stands; and the page, written again as the archive writes it, is read back
//! as the same page.
#![no_main]

use std::io::Cursor;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use viralmine::archive::fuzzing::record_line;
use viralmine::archive::{RecordedPage, RecordedPages, RecordedResponse};
use viralmine::model::{Answer, Endpoint};

fuzz_target!(|data: &[u8]| {
    let data: Vec<u8> = data.iter().copied().filter(|&byte| byte != b'\n').collect();
    let is_blank = data.iter().all(u8::is_ascii_whitespace);
    let mut read: Vec<_> = pages(data.clone()).collect();
    assert_eq!(read.len(), usize::from(!is_blank), "a line is one page or one error");
    let page = match read.pop() {
        Some(Ok(page)) => page,
        Some(Err(error)) => return assert!(error.to_string().starts_with("input, line 1: "), "{error}"),
        None => return,
    };
    assert_eq!(page.line, 1);
    if let RecordedResponse::Json(json) = &page.response {
        let (line, json) = (String::from_utf8_lossy(&data), json.get());
        assert!(line.contains(json), "{json} is no part of {line}");
        serde_json::from_str::<&RawValue>(json).expect("a JSON body is JSON");
    }
    is_read_back(&page);
});

fn is_read_back(page: &RecordedPage) {
    let subject = match page.endpoint {
        Endpoint::List => &page.sec_user_id,
        Endpoint::Detail => &page.aweme_id,
    };
    let answer = Answer {
        endpoint: page.endpoint,
        subject: subject.clone().unwrap_or_default(),
        max_cursor: page.max_cursor.clone(),
        walk: page.walk,
        region: page.region.clone(),
        page_size: page.page_size,
        fetched_at: page.fetched_at.unwrap_or_default(),
        key: page.key.unwrap_or_default(),
        status: page.status.unwrap_or_default(),
        body: Bytes::copy_from_slice(page.response.text().as_bytes()),
    };
    let written = record_line(&answer, "store", "prefix");
    let again: Vec<_> = pages(written).collect();
    let [Ok(again)] = &again[..] else { panic!("{again:?} from {page:?}") };
    assert_eq!((again.endpoint, &again.max_cursor, again.walk), (page.endpoint, &page.max_cursor, page.walk));
    assert_eq!((&again.region, again.page_size), (&page.region, page.page_size));
    assert_eq!(again.response.text(), as_recorded(page.response.text()));
}

/// JSON stands in a record without the blanks around it, its line breaks as blanks; any other text as it is.
fn as_recorded(body: &str) -> String {
    match serde_json::from_str::<&RawValue>(body) {
        Ok(json) => json.get().replace(['\n', '\r'], " "),
        Err(_) => body.to_owned(),
    }
}

fn pages(file: Vec<u8>) -> RecordedPages {
    RecordedPages::new(Box::new(Cursor::new(file)), "input".to_owned())
}
