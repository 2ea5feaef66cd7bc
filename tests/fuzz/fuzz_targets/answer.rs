//! Any bytes as an answer of the API, judged.
//!
//! Asserted besides that nothing panics: the server's words are one line, short, and free of the key however the body
//! echoes it; the judgement follows from its input alone; no wait is longer than a day; a success is one that the
//! reader of pages agrees with, unless it finds the server's refusal deeper inside.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use viralmine::model::Endpoint;
use viralmine::wire::page::{self, PageError};
use viralmine::wire::reply::{Judgement, LONGEST_WORDS, Reply, judge};

/// It stands in the dictionary and in a seed.
const KEY: &str = "tk_live_0123456789";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A first line like `429 detail 15` (status, endpoint, `Retry-After`), then the body. Without such a line, all is
/// body.
struct Input<'a> {
    status: u16,
    endpoint: Endpoint,
    retry_after: Option<&'a str>,
    body: &'a [u8],
}

impl<'a> Input<'a> {
    fn read(data: &'a [u8]) -> Self {
        let whole = Self { status: 200, endpoint: Endpoint::List, retry_after: None, body: data };
        let Some(end) = data.iter().position(|&byte| byte == b'\n') else { return whole };
        let Ok(head) = std::str::from_utf8(&data[..end]) else { return whole };
        let mut parts = head.splitn(3, ' ');
        let Some(status) = parts.next().and_then(|status| status.parse().ok()) else { return whole };
        let endpoint = if parts.next() == Some("detail") { Endpoint::Detail } else { Endpoint::List };
        Self { status, endpoint, retry_after: parts.next(), body: &data[end + 1..] }
    }
}

fuzz_target!(|data: &[u8]| {
    let input = Input::read(data);
    let reply = Reply {
        status: input.status,
        retry_after: input.retry_after,
        date: Some("Tue, 02 Sep 2025 10:00:00 GMT"),
        endpoint: input.endpoint,
        body: input.body,
        hide: KEY,
    };
    let judgement = judge(&reply);
    assert_eq!(judgement, judge(&reply), "the same answer was judged differently");
    let (words, wait) = told(&judgement);
    assert!(!words.contains(KEY), "the key stands in {words:?}");
    assert!(!words.chars().any(char::is_control), "more than a line: {words:?}");
    // The reason of a failure puts the status and the code before the words.
    assert!(words.chars().count() <= LONGEST_WORDS + 64, "too long: {words:?}");
    assert!(wait.is_none_or(|wait| wait <= DAY), "{wait:?}");
    if judgement == Judgement::Success {
        success_can_be_read(&input);
    }
});

fn told(judgement: &Judgement) -> (&str, Option<Duration>) {
    match judgement {
        Judgement::Success => ("", None),
        Judgement::RateLimited { wait, words } => (words, *wait),
        Judgement::KeyRefused { words }
        | Judgement::CursorRefused { words }
        | Judgement::CreatorRefused { words }
        | Judgement::VideoRefused { words }
        | Judgement::RequestRefused { words } => (words, None),
        Judgement::WithoutContent { reason } => (reason, None),
        Judgement::Transient { reason, wait } => (reason, *wait),
    }
}

fn success_can_be_read(input: &Input<'_>) {
    let text = page::text(input.body);
    let answer = page::value(&text).expect("a success is JSON");
    match page::read(answer) {
        Ok(page) => {
            assert!(page.is_detail == (input.endpoint == Endpoint::Detail) || both_are_there(&text), "{text:?}")
        }
        Err(PageError::Refused { .. }) => {}
        Err(error) => panic!("judged a success, but {error}: {text:?}"),
    }
}

/// An answer that carries a list and a detail is read as a list.
fn both_are_there(text: &str) -> bool {
    text.contains("aweme_detail") || text.contains('\\')
}
