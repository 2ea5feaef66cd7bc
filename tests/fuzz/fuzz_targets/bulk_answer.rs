//! Any bytes as Elasticsearch's answer to a bulk request, to `_mget`, to a search, or as its refusal.
//!
//! A first line may tell how many documents were sent, or which status it is. Asserted besides that nothing panics:
//! there is one verdict for each document, or none at all; a document comes for each id; a source is JSON as it stands
//! in the answer; reasons and errors are short, and free of the API key, should the server echo it.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use viralmine::model::Verdict;
use viralmine::store::StoreError;
use viralmine::store::elastic::fuzzing::Answers;

/// It stands in the dictionary and in a seed.
const KEY: &str = "tk_live_0123456789";
/// The longest piece of the server's words, the address, and what to do about it.
const LONGEST: usize = 1000;

static ANSWERS: LazyLock<Answers> = LazyLock::new(|| Answers::with_api_key(KEY).expect("the settings are right"));

fuzz_target!(|data: &[u8]| {
    let (number, answer) = head(data);
    let documents = usize::from(number);
    if let Some(verdicts) = checked(ANSWERS.verdicts(answer, documents)) {
        assert_eq!(verdicts.len(), documents);
        for verdict in &verdicts {
            if let Verdict::Again(reason) | Verdict::Refused(reason) = verdict {
                assert!(reason.chars().count() < LONGEST, "{reason}");
            }
        }
    }
    if let Some(found) = checked(ANSWERS.documents(answer, documents)) {
        assert_eq!(found.len(), documents);
        found.iter().flatten().for_each(|document| check_source(&document.source, answer));
    }
    if let Some(hits) = checked(ANSWERS.hits(&Bytes::copy_from_slice(answer))) {
        hits.videos.iter().for_each(|source| check_source(source, answer));
    }
    checked::<()>(Err(ANSWERS.refusal(number, answer)));
});

fn head(data: &[u8]) -> (u16, &[u8]) {
    let end = data.iter().position(|&byte| byte == b'\n');
    let number = end.and_then(|end| std::str::from_utf8(&data[..end]).ok()?.parse().ok());
    number.zip(end).map_or((1, data), |(number, end)| (number, &data[end + 1..]))
}

fn checked<T>(outcome: Result<T, StoreError>) -> Option<T> {
    let error = outcome.map_err(|error| error.to_string());
    if let Err(error) = &error {
        assert!(error.chars().count() < LONGEST, "{error}");
        assert!(!error.contains(KEY), "the key stands in {error}");
    }
    error.ok()
}

fn check_source(source: &Bytes, answer: &[u8]) {
    serde_json::from_slice::<&RawValue>(source).expect("a source is JSON");
    assert!(answer.windows(source.len()).any(|part| part == source), "a source as it stands");
}
