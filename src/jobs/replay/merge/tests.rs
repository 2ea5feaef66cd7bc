//! What the store knows besides the records: laid in where it belongs, and erased by nothing.

use serde_json::{Value, json};

use super::*;
use crate::normalize::{PageContext, documents};
use crate::pipeline::load::Origin;

const CREATOR: &str = "MS4wLjABAAAA8fKxxxxxxx";

fn document(answer: &Value, sec_user_id: &str, fetched_at: i64) -> Vec<u8> {
    let context = PageContext { sec_user_id, region: None, fetched_at };
    let page = documents(answer.to_string().as_bytes(), &context).unwrap();
    page.sources[page.documents[0].source.clone()].to_vec()
}

fn list(fetched_at: i64, plays: u64, uid: &str) -> Vec<u8> {
    let post =
        json!({ "aweme_id": "75", "desc": "a", "author": { "uid": uid }, "statistics": { "play_count": plays } });
    document(&json!({ "data": { "aweme_list": [post] } }), CREATOR, fetched_at)
}

fn detail(fetched_at: i64, plays: u64) -> Vec<u8> {
    let post = json!({ "aweme_id": "75", "statistics": { "play_count": plays } });
    document(&json!({ "data": { "aweme_detail": post } }), "", fetched_at)
}

fn named(fetched_at: i64, nickname: &str) -> Vec<u8> {
    let post = json!({ "aweme_id": "75", "author": { "nickname": nickname } });
    document(&json!({ "data": { "aweme_detail": post } }), "", fetched_at)
}

fn known(lists: &[(i64, Vec<u8>)], details: &[(i64, Vec<u8>)]) -> Known {
    let folder = tempfile::tempdir().unwrap();
    let mut held = Held::create(folder.path()).unwrap();
    let records = lists.iter().map(|one| (one, false)).chain(details.iter().map(|one| (one, true)));
    for (line, ((version, source), is_detail)) in (1..).zip(records) {
        let place = super::super::held::Place { input: 0, line, origin: Arc::new(Origin::default()) };
        held.add("75", *version, is_detail, &place, source).unwrap();
    }
    let mut groups = held.finish().unwrap();
    let mut parts = std::iter::from_fn(|| groups.next()).flat_map(Result::unwrap);
    parts.next().unwrap().1
}

/// Version, plays, uid and nickname of what is written.
fn written(known: Known, stored: Option<(i64, Vec<u8>)>) -> (i64, Value, Value, Value) {
    let stored = stored.map(|(version, source)| StoredDocument { version, source: source.into() });
    let document = known.into_document("75".to_owned(), stored.as_ref()).unwrap();
    let value: Value = serde_json::from_slice(&document.source).unwrap();
    assert_eq!(value["fetched_at"], document.version);
    let field = |pointer: &str| value.pointer(pointer).cloned().unwrap_or_default();
    (document.version, field("/stats/play"), field("/author_info/uid"), field("/author_info/nickname"))
}

#[test]
fn a_newer_list_of_another_machine_is_what_details_are_laid_over() {
    let records = || known(&[(1, list(1, 10, "1"))], &[(3, detail(3, 30))]);
    assert_eq!(written(records(), None), (3, json!(30), json!("1"), json!("")));
    assert_eq!(written(records(), Some((2, list(2, 20, "2")))), (3, json!(30), json!("2"), json!("")));
}

#[test]
fn a_detail_of_another_machine_stays_between_those_of_the_archive() {
    let records = known(&[(1, list(1, 10, "1"))], &[(2, detail(2, 20)), (5, detail(5, 50))]);
    assert_eq!(written(records, Some((3, named(3, "Lily")))), (5, json!(50), json!("1"), json!("Lily")));
}

#[test]
fn what_the_archive_made_is_made_again() {
    // As an older normalizer had it, under the time of a record.
    let records = known(&[(1, list(1, 10, "1"))], &[(3, detail(3, 30))]);
    assert_eq!(written(records, Some((3, list(3, 31, "wrong")))), (3, json!(30), json!("1"), json!("")));
}

#[test]
fn details_alone_are_laid_over_what_is_stored() {
    let details = || known(&[], &[(3, detail(3, 30))]);
    assert_eq!(written(details(), Some((1, list(1, 10, "1")))), (3, json!(30), json!("1"), json!("")));
    assert_eq!(written(details(), Some((3, list(3, 31, "1")))), (3, json!(30), json!("1"), json!("")));
    // What is newer is not asked: the store keeps it.
    assert_eq!(written(details(), Some((4, list(4, 40, "1")))), (3, json!(30), Value::Null, Value::Null));
}

#[test]
fn what_is_stored_and_no_document_of_ours_is_written_again() {
    let details = known(&[], &[(3, detail(3, 30))]);
    assert_eq!(written(details, Some((1, b"[]".to_vec()))), (3, json!(30), Value::Null, Value::Null));
}

#[test]
fn lists_alone_ask_nothing_of_the_store() {
    let lists = known(&[(2, list(2, 20, "2")), (1, list(1, 10, "1"))], &[]);
    assert!(!lists.has_later_details());
    assert!(!known(&[(2, list(2, 20, "2"))], &[(1, detail(1, 10))]).has_later_details());
    assert_eq!(written(lists, None), (2, json!(20), json!("2"), json!("")));
}
