//! Killed at any instant: any first part of the archive, and any checkpoint of each creator, lead to the same end, and
//! only what is in neither is asked for.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use tokio::runtime::Runtime;
use viralmine::model::{BatchBuilder, Checkpoint, Collection, CreatorId, Verdict, WalkEnd};
use viralmine::normalize::{self, PageContext};
use viralmine::simulator::{Simulator, SimulatorOptions};
use viralmine::store::StoreWriter;

use super::{archived_lines, assert_same_end, rewrite_archive, unbroken};
use crate::support::place::Place;
use crate::support::run::{Run, quick, simulator};

const CREATORS: usize = 4;

/// One creator's good answers, in their order.
type Chain = Vec<Value>;

/// What a killed run left behind.
#[derive(Debug, Clone)]
struct Left {
    /// Records in the archive, of all.
    records: prop::sample::Index,
    torn: bool,
    /// Of each creator: whether its walk was begun, and how many of its pages are settled, wherever they were fetched.
    settled: Vec<Option<prop::sample::Index>>,
    /// Whether documents behind the checkpoints were stored already.
    stored_beyond: bool,
}

fn left() -> impl Strategy<Value = Left> {
    let settled = prop::collection::vec(prop::option::weighted(0.9, any::<prop::sample::Index>()), CREATORS);
    (any::<prop::sample::Index>(), any::<bool>(), settled, any::<bool>())
        .prop_map(|(records, torn, settled, stored_beyond)| Left { records, torn, settled, stored_beyond })
}

/// Puts the documents of a page into the store, and moves the checkpoint behind it.
async fn store_page(store: &dyn StoreWriter, creator: &CreatorId, record: &Value, checkpoint: &mut Checkpoint) {
    let fetched_at = record["fetched_at"].as_i64().unwrap();
    let context = PageContext { sec_user_id: creator.as_str(), region: None, fetched_at };
    let page = normalize::documents(record["response"].to_string().as_bytes(), &context).unwrap();
    let mut batch = BatchBuilder::new(Collection::Videos);
    for document in &page.documents {
        batch.push(&document.id, fetched_at, &page.sources[document.source.clone()]);
    }
    let verdicts = store.bulk(&batch.finish()).await.unwrap();
    let stored = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Stored { .. })).count() as u64;
    checkpoint.cursor = page.next_cursor.clone().unwrap_or_else(|| checkpoint.cursor.clone());
    checkpoint.end = (!page.has_more).then_some(WalkEnd::End);
    checkpoint.pages += 1;
    checkpoint.received += page.received();
    checkpoint.skipped += page.skipped.len() as u64;
    checkpoint.stored += stored;
    checkpoint.superseded += verdicts.len() as u64 - stored;
    let newest = page.documents.iter().filter_map(|document| document.publish_ts).max();
    checkpoint.newest_publish_ts = checkpoint.newest_publish_ts.max(newest);
    checkpoint.fetched_at = fetched_at;
    checkpoint.updated_at = checkpoint.updated_at.max(fetched_at);
}

/// Makes a place as the killed run left it; how many requests are to be sent from there.
async fn leave(place: &Place, creators: &[CreatorId], lines: &[String], left: &Left) -> u64 {
    let lines_left = &lines[..left.records.index(lines.len() + 1)];
    rewrite_archive(place, lines_left, left.torn);
    let of = |lines: &[String], creator: &CreatorId| -> Chain {
        let records = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.filter(|record| record["sec_user_id"] == creator.as_str()).collect()
    };
    let store = place.writer().await;
    let mut missing = 0;
    for (creator, settled) in creators.iter().zip(&left.settled) {
        let (all, archived) = (of(lines, creator), of(lines_left, creator).len());
        let Some(settled) = settled.map(|settled| settled.index(all.len() + 1)) else {
            missing += all.len();
            continue;
        };
        let mut checkpoint = Checkpoint::new(creator, all[0]["walk"].as_i64().unwrap());
        for record in &all[..settled] {
            store_page(store.as_ref(), creator, record, &mut checkpoint).await;
        }
        if left.stored_beyond {
            for record in all.iter().take(archived).skip(settled) {
                store_page(store.as_ref(), creator, record, &mut checkpoint.clone()).await;
            }
        }
        let mut batch = BatchBuilder::new(Collection::Checkpoints);
        batch.push(creator.as_str(), checkpoint.updated_at, &serde_json::to_vec(&checkpoint).unwrap());
        store.bulk(&batch.finish()).await.unwrap();
        missing += all.len() - settled.max(archived);
    }
    missing as u64
}

fn good(lines: Vec<String>) -> Vec<String> {
    let is_good = |line: &String| serde_json::from_str::<Value>(line).unwrap()["status"] == 200;
    lines.into_iter().filter(is_good).collect()
}

async fn goes_on(simulator: &Simulator, unbroken: &Place, lines: &[String], left: &Left) {
    let place = Place::embedded();
    let creators = simulator.creators();
    let missing = leave(&place, &creators, lines, left).await;
    let report = Run::new(&place, simulator).run().await.report;
    assert_eq!((report.creators.done, report.requests.sent), (CREATORS as u64, missing), "{report:?}");
    assert_same_end(&place, unbroken, &creators).await;
}

#[test]
fn any_archive_and_any_checkpoints_lead_to_the_same_end() {
    let runtime = Runtime::new().unwrap();
    let simulator = runtime.block_on(simulator(SimulatorOptions { creators: 4, videos: 120, ..quick() }));
    let (unbroken, _) = runtime.block_on(unbroken(&simulator));
    let lines = good(archived_lines(&unbroken));
    assert!(lines.len() > 3 * CREATORS);
    let config = ProptestConfig { cases: 24, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&left(), |left| {
            runtime.block_on(goes_on(&simulator, &unbroken, &lines, &left));
            Ok(())
        })
        .unwrap();
}
