//! Any bytes as an answer, made into documents: the way of every paid page.
//!
//! Asserted besides that nothing panics: each document is one line of JSON with its own id, version and the ids of its
//! context; the embedded store takes it, so that its mapping (strict) does; no id stands twice on a page; documents and
//! skipped items add up to the items received; the same bytes make the same documents; and no document is larger than
//! a bound in terms of the answer, so that a small answer cannot fill the memory.
#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use viralmine::model::{Collection, DocumentPage};
use viralmine::normalize::{PageContext, documents};
use viralmine::store::embedded::fuzzing::accepts;
use viralmine::wire::page;

const LIST: PageContext<'_> =
    PageContext { sec_user_id: "MS4wLjABAAAA8fKxxxxxxx", region: Some("US"), fetched_at: 1_757_000_000_000 };
const DETAIL: PageContext<'_> = PageContext { sec_user_id: "", region: None, fetched_at: 0 };

/// One character of a caption may unfold to eighteen of two bytes (U+FDFA), and stands in four fields, one of which
/// (`words`) holds each word up to three times.
const GROWTH: usize = 64;
const LARGEST_OF_NOTHING: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let text = page::text(data);
    let items = page::value(&text).and_then(page::read).map(|page| page.items.len());
    for context in [LIST, DETAIL] {
        let made = documents(data, &context);
        assert_eq!(made.as_ref().map(|made| made.documents.len() + made.skipped.len()), items.as_ref().copied());
        if let Ok(made) = made {
            assert_eq!(made.received(), items.as_ref().map_or(0, |&items| items as u64));
            check(&made, &context, data.len());
            assert_eq!(documents(data, &context).as_ref(), Ok(&made), "the same bytes, another page");
        }
    }
});

fn check(made: &DocumentPage, context: &PageContext<'_>, input_bytes: usize) {
    let mut ids = HashSet::new();
    let mut end_of_last = 0;
    for head in &made.documents {
        assert!(ids.insert(&head.id), "{:?} stands twice", head.id);
        assert_eq!(head.source.start, end_of_last, "documents lie one after another");
        end_of_last = head.source.end;
        let source = &made.sources[head.source.clone()];
        assert!(source.len() <= LARGEST_OF_NOTHING + GROWTH * input_bytes, "{} of {input_bytes}", source.len());
        assert!(!source.contains(&b'\n'), "a document is one line of a bulk request");
        let document: Value = serde_json::from_slice(source).expect("a document is JSON");
        assert_eq!(document["aweme_id"].as_str(), Some(head.id.as_str()));
        assert_eq!(document["fetched_at"].as_i64(), Some(context.fetched_at));
        assert_eq!(document["publish_ts"].as_i64(), head.publish_ts);
        assert_eq!(document["sec_user_id"].as_str().unwrap_or_default(), context.sec_user_id);
        assert_eq!(
            document["hashtags"].as_array().map(Vec::len),
            document["hashtag_keys"].as_array().map(Vec::len),
            "tags and keys go by position"
        );
        let words: Vec<&str> = document["words"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(words.len() <= 200 && words.iter().collect::<HashSet<_>>().len() == words.len(), "{words:?}");
        if let Err(reason) = accepts(Collection::Videos, &head.id, context.fetched_at, source) {
            panic!("the store refuses a document of ours: {reason}");
        }
    }
    assert_eq!(end_of_last, made.sources.len());
    assert!(made.skipped.is_sorted_by_key(|skip| skip.position));
}
