//! The 62 shapes seen in real data, one test each, named by its number in `docs/shapes.md`, which says in
//! words what is decided. The JSON is written by hand after what was seen.

use serde_json::Value;
use viralmine::model::Skip;
use viralmine::normalize::{PageContext, documents, page};

/// Author and ids (9 to 17).
mod authors;
/// Envelopes, cursors, the order of a list (1 to 8), and items that are no posts (61, 62).
mod envelopes;
/// Where hashtags come from (46 to 60).
mod hashtags;
/// Video, photo, music and counts (31 to 45).
mod media;
/// Texts and times (18 to 30).
mod texts;

const DECISIONS: &str = include_str!("../../docs/shapes.md");

/// The normalized page, as printed.
fn printed(answer: &str) -> Value {
    serde_json::to_value(page(answer).unwrap()).unwrap()
}

/// The documents of an answer, and what was skipped.
fn made(answer: &str) -> (Vec<Value>, Vec<Skip>) {
    let context = PageContext { sec_user_id: "MS4wLjABAAAA", region: None, fetched_at: 1 };
    let page = documents(answer.as_bytes(), &context).unwrap();
    let read = |source: &std::ops::Range<usize>| serde_json::from_slice(&page.sources[source.clone()]).unwrap();
    (page.documents.iter().map(|head| read(&head.source)).collect(), page.skipped)
}

/// The document of a list's only post: `{"aweme_id":"1", FIELDS}`.
fn post(fields: &str) -> Value {
    let comma = if fields.is_empty() { "" } else { "," };
    let (mut documents, skipped) = made(&format!(r#"{{"aweme_list":[{{"aweme_id":"1"{comma}{fields}}}]}}"#));
    assert_eq!((documents.len(), skipped.len()), (1, 0), "{fields}");
    documents.remove(0)
}

#[test]
fn every_shape_has_a_decision_and_a_test() {
    let tests = [
        include_str!("shapes/authors.rs"),
        include_str!("shapes/envelopes.rs"),
        include_str!("shapes/hashtags.rs"),
        include_str!("shapes/media.rs"),
        include_str!("shapes/texts.rs"),
    ]
    .concat();
    for number in 1..=62 {
        let row = DECISIONS.lines().find(|line| line.starts_with(&format!("| {number} |")));
        let decision = row.and_then(|row| row.split('|').nth(3)).map(str::trim).unwrap_or_default();
        assert!(
            ["used", "defaulted", "skipped", "refused", "out of scope"].contains(&decision),
            "{number}: {decision:?}"
        );
        assert_eq!(tests.matches(&format!("fn shape_{number:02}_")).count(), 1, "{number}");
    }
}
