//! A list's document and a detail's, made of two answers, laid over each other: `normalize::merge`.
//!
//! The input is two answers with a line `--` between them. Asserted besides that nothing panics: the whole is one line
//! of JSON that the embedded store takes, under the newer time; what the detail does not carry stands as it stood; what
//! it carries replaces; tags and keys go together; merging again changes nothing; what is no document is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use viralmine::model::Collection;
use viralmine::normalize::merge::with_detail;
use viralmine::normalize::{PageContext, documents};
use viralmine::store::embedded::fuzzing::accepts;

/// Computed from what both carry, or not for a detail to say.
const NOT_PLAIN: [&str; 10] = [
    "hashtags",
    "hashtag_keys",
    "hashtag_spellings",
    "words",
    "search_text",
    "engagement",
    "kind",
    "sec_user_id",
    "region",
    "fetched_at",
];

fuzz_target!(|data: &[u8]| {
    let separator = b"\n--\n";
    let at = data.windows(separator.len()).position(|part| part == separator).unwrap_or(data.len());
    let (list, detail) = (&data[..at], data.get(at + separator.len()..).unwrap_or_default());
    if let Ok(whole) = with_detail(list, detail) {
        serde_json::from_slice::<Map<String, Value>>(&whole).expect("any two objects make one");
    }
    let of_list = made(list, "MS4wLjABAAAA8fKxxxxxxx", 2);
    let Some(older) = of_list.first() else { return };
    // Newer, and older than the list.
    for fetched_at in [3, 1] {
        for newer in made(detail, "", fetched_at) {
            merges(older, &same_video(&newer, older), fetched_at);
        }
    }
});

fn made(answer: &[u8], sec_user_id: &str, fetched_at: i64) -> Vec<Vec<u8>> {
    let region = (!sec_user_id.is_empty()).then_some("US");
    let page = documents(answer, &PageContext { sec_user_id, region, fetched_at }).unwrap_or_default();
    page.documents.iter().map(|head| page.sources[head.source.clone()].to_vec()).collect()
}

fn read(document: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(document).expect("a document is an object")
}

fn same_video(document: &[u8], other: &[u8]) -> Vec<u8> {
    let mut fields = read(document);
    fields["aweme_id"] = read(other)["aweme_id"].clone();
    serde_json::to_vec(&fields).expect("it was JSON")
}

fn merges(older: &[u8], detail: &[u8], fetched_at: i64) {
    let whole = with_detail(older, detail).expect("both are documents of one video");
    assert!(!whole.contains(&b'\n'), "one line");
    assert_eq!(with_detail(&whole, detail).as_ref(), Ok(&whole), "merging again changes it");
    let (older, detail, merged) = (read(older), read(detail), read(&whole));
    let id = merged["aweme_id"].as_str().expect("an id");
    accepts(Collection::Videos, id, 3, &whole).unwrap_or_else(|reason| panic!("refused: {reason}"));
    assert_eq!(merged["fetched_at"], Value::from(fetched_at.max(2)));
    for (key, value) in &older {
        assert!(merged.contains_key(key), "{key} is erased");
        if !detail.contains_key(key) && !NOT_PLAIN.contains(&key.as_str()) {
            assert_eq!(&merged[key], value, "{key} was not for the detail to change");
        }
        if let (Value::Object(before), Value::Object(after)) = (value, &merged[key])
            && !NOT_PLAIN.contains(&key.as_str())
        {
            let said = |inner: &String| detail.get(key).is_some_and(|object| object.get(inner).is_some());
            assert!(before.iter().all(|(inner, value)| said(inner) || after[inner] == *value), "{key}");
        }
    }
    for (key, value) in detail.iter().filter(|(key, _)| !NOT_PLAIN.contains(&key.as_str())) {
        match (value, &merged[key]) {
            (Value::Object(said), Value::Object(after)) => {
                assert!(said.iter().all(|(inner, value)| after[inner] == *value))
            }
            (said, after) => assert_eq!(said, after, "{key} is what the detail says"),
        }
    }
    let count = |name: &str| merged.get(name).and_then(Value::as_array).map(Vec::len);
    assert_eq!(count("hashtags"), count("hashtag_keys"), "tags and keys go by position");
}
