//! The logic of chains, over records as they stand in an archive: which are taken, from any checkpoint, in any mixture.

use std::io::{BufReader, Cursor};

use proptest::prelude::*;
use serde_json::json;

use super::records::continues;
use super::*;
use crate::archive::{RecordedPage, RecordedPages};

const WALK: i64 = 1_000;

fn creator(number: usize) -> CreatorId {
    CreatorId::parse(&format!("MS4wLjABAAAAcreator{number:04}")).unwrap()
}

fn cursor(page: usize) -> String {
    if page == 0 { Checkpoint::FIRST_CURSOR.to_owned() } else { format!("c{page}") }
}

fn archived() -> Archived {
    Archived { data_folder: PathBuf::new(), store: "embedded".into(), index_prefix: "viralmine".into(), page_size: 35 }
}

/// A checkpoint behind so many pages of the walk, which came at the moments 1010, 1020, ….
fn behind(creator: &CreatorId, pages: usize) -> Checkpoint {
    Checkpoint {
        cursor: cursor(pages),
        pages: pages as u64,
        fetched_at: if pages == 0 { 0 } else { came_at(pages - 1) },
        ..Checkpoint::new(creator, WALK)
    }
}

fn came_at(page: usize) -> i64 {
    WALK + 10 * (i64::try_from(page).unwrap() + 1)
}

/// The record of a page, as a run of ours writes it; its one post says which page it was.
fn record(creator: &CreatorId, page: usize) -> serde_json::Value {
    let data = json!({"has_more": true, "max_cursor": cursor(page + 1), "aweme_list": []});
    json!({
        "format": 1, "endpoint": "list", "sec_user_id": creator.as_str(), "max_cursor": cursor(page), "walk": WALK,
        "fetched_at": came_at(page), "key": 1, "status": 200, "region": "US", "page_size": 35, "store": "embedded",
        "index_prefix": "viralmine", "response": {"code": 0, "data": data},
    })
}

fn with(mut record: serde_json::Value, field: &str, value: serde_json::Value) -> serde_json::Value {
    record[field] = value;
    record
}

fn read_back(records: &[serde_json::Value]) -> Vec<RecordedPage> {
    let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
    let text = lines.join("\n");
    let pages = RecordedPages::new(Box::new(BufReader::new(Cursor::new(text))), "test".to_owned());
    pages.map(Result::unwrap).collect()
}

/// Which pages each checkpoint takes of these records, as the walks do it: asked cursor by asked cursor.
fn taken(checkpoints: &[Checkpoint], records: &[serde_json::Value]) -> Vec<Vec<String>> {
    let of = |checkpoint: &Checkpoint| CreatorId::parse(&checkpoint.sec_user_id).unwrap();
    let order: Vec<CreatorId> = checkpoints.iter().map(of).collect();
    let mut stands: HashMap<CreatorId, Checkpoint> = order.iter().cloned().zip(checkpoints.iter().cloned()).collect();
    let wanted = Wanted::new(&archived(), Some("US"), &stands);
    let mut taken: HashMap<CreatorId, Vec<String>> = HashMap::new();
    for record in read_back(records) {
        let Some(page) = wanted.page_of(record) else { continue };
        let stand = stands.get_mut(&page.creator).unwrap();
        if continues(stand, &page) {
            let answer: serde_json::Value = serde_json::from_slice(&page.page.body).unwrap();
            stand.cursor = answer["data"]["max_cursor"].as_str().unwrap().to_owned();
            stand.fetched_at = page.page.fetched_at;
            taken.entry(page.creator).or_default().push(page.asked_cursor);
        }
    }
    order.iter().map(|creator| taken.remove(creator).unwrap_or_default()).collect()
}

fn cursors(pages: std::ops::Range<usize>) -> Vec<String> {
    pages.map(cursor).collect()
}

#[test]
fn a_record_is_taken_only_with_all_the_marks_of_the_run_and_of_the_walk() {
    let one = creator(1);
    let take = |record| taken(&[behind(&one, 1)], &[record]).remove(0);
    let right = record(&one, 1);
    assert_eq!(take(right.clone()), ["c1"]);
    for (field, value) in [
        ("endpoint", json!("detail")),
        ("sec_user_id", json!(creator(2).as_str())),
        ("max_cursor", json!("c2")),
        ("max_cursor", json!(null)),
        ("walk", json!(WALK - 1)),
        ("walk", json!(null)),
        ("fetched_at", json!(came_at(0))),
        ("fetched_at", json!(null)),
        ("status", json!(503)),
        ("status", json!(null)),
        ("region", json!("GB")),
        ("region", json!(null)),
        ("page_size", json!(20)),
        ("store", json!("http://127.0.0.1:9200/")),
        ("index_prefix", json!("other")),
        ("response", json!({"code": 429, "msg": "wait 15s"})),
        ("response", json!({"code": 0, "data": {"aweme_list": null}})),
    ] {
        assert!(take(with(right.clone(), field, value.clone())).is_empty(), "{field} = {value}");
    }
}

#[test]
fn where_the_chain_breaks_nothing_behind_it_is_taken() {
    let one = creator(1);
    // Another machine went on: the checkpoint stands behind pages that are not here.
    let records: Vec<_> = (0..4).map(|page| record(&one, page)).collect();
    let elsewhere = Checkpoint { cursor: "x9".into(), ..behind(&one, 2) };
    assert_eq!(taken(&[elsewhere], &records), [Vec::<String>::new()]);
    let gap: Vec<_> = [0, 1, 3].into_iter().map(|page| record(&one, page)).collect();
    assert_eq!(taken(&[behind(&one, 0)], &gap), [cursors(0..2)]);
}

#[test]
fn what_failed_last_has_nothing_older_to_take() {
    let failed = Checkpoint { last_error: Some("HTTP 502".into()), updated_at: 9_000, ..behind(&creator(1), 3) };
    assert_eq!(needed_since(&failed), 9_000);
    assert_eq!(needed_since(&Checkpoint { last_error: None, ..failed }), came_at(2));
    assert_eq!(needed_since(&behind(&creator(1), 0)), WALK);
}

/// Of one creator: pages in the archive, pages settled, and the page (if any) whose record is lost.
fn walks() -> impl Strategy<Value = Vec<(usize, usize, Option<usize>)>> {
    let one = (0_usize..9, 0_usize..12, prop::option::weighted(0.3, 0_usize..9));
    prop::collection::vec(one, 1..5)
}

proptest! {
    /// Whatever stands between them, each walk takes its own pages from its checkpoint on, in order, each once, up to
    /// the first that is missing.
    #[test]
    fn each_walk_takes_its_own_chain(
        walks in walks(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 64),
        noise in prop::collection::vec(0_usize..8, 64),
    ) {
        let mut left: Vec<Vec<serde_json::Value>> = Vec::new();
        let mut expected = Vec::new();
        for (number, &(archived, settled, lost)) in walks.iter().enumerate() {
            let creator = creator(number);
            left.push((0..archived).rev().filter(|page| Some(*page) != lost).map(|page| record(&creator, page)).collect());
            let end = lost.filter(|lost| *lost >= settled).unwrap_or(archived).min(archived);
            expected.push(cursors(settled..end.max(settled)));
        }
        let mut records = Vec::new();
        for (index, noise) in order.into_iter().zip(noise) {
            left.retain(|records| !records.is_empty());
            if left.is_empty() { break; }
            let place = index.index(left.len());
            let next = left[place].pop().unwrap();
            let failed = json!({"code": 429, "msg": "too many"});
            match noise {
                0 => records.push(with(next.clone(), "response", failed)),
                1 => records.push(with(next.clone(), "walk", json!(WALK - 7))),
                2 => records.push(with(next.clone(), "region", json!("GB"))),
                3 => records.extend([next.clone(), with(next.clone(), "index_prefix", json!("other"))]),
                _ => {}
            }
            records.push(next);
        }
        let checkpoints: Vec<Checkpoint> =
            walks.iter().enumerate().map(|(number, (_, settled, _))| behind(&creator(number), *settled)).collect();
        prop_assert_eq!(taken(&checkpoints, &records), expected);
    }
}
