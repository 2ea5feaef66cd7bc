//! The archive, or recorded pages, into both stores again: the same documents as the live run's, newest wins in any
//! order, details merged, whatever cannot be used named and passed over.

mod merging;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use viralmine::archive::{DeadLetterReader, DeadLetters, segments};
use viralmine::model::{Checkpoint, Question};
use viralmine::pipeline::Bounds;
use viralmine::simulator::{Simulator, SimulatorOptions};

use crate::support::place::{Place, on_both_stores};
use crate::support::records::{CREATOR, failed_record, id_of, list_record, post, write};
use crate::support::rerun::Replaying;
use crate::support::run::{Run, Trouble, quick, simulator};

on_both_stores!(
    the_archive_of_a_run_gives_the_same_documents_byte_for_byte,
    a_replay_made_again_changes_nothing,
    an_older_record_never_replaces_a_newer_one,
    pages_without_a_time_need_one_and_are_refused_one_by_one,
    what_cannot_be_used_is_counted_and_the_rest_goes_on,
    a_stopped_replay_is_finished_by_the_next,
    refused_documents_are_dead_letters_once,
    the_lease_is_given_back_whatever_came_of_it,
);

/// Every document by id, as it is stored.
async fn stored(place: &Place) -> BTreeMap<String, Bytes> {
    let hits = place.reader().await.search(&Question::all()).await.unwrap();
    let id = |bytes: &Bytes| serde_json::from_slice::<viralmine::model::Row>(bytes).unwrap().aweme_id;
    hits.videos.into_iter().map(|bytes| (id(&bytes), bytes)).collect()
}

/// A run of its own into a store that nothing else is asked of; its data folder has the archive.
async fn archived(simulator: &Simulator) -> (Place, BTreeMap<String, Bytes>) {
    let place = Place::embedded();
    let bounds = Bounds { region: Some("US".to_owned()), ..Bounds::default() };
    let mut run = Run::new(&place, simulator);
    run.api.region = Some("US".to_owned());
    let backfill = Run { bounds, ..run }.run().await;
    assert!(backfill.fatal.is_none() && backfill.left == 0, "{backfill:?}");
    let documents = stored(&place).await;
    (place, documents)
}

async fn the_archive_of_a_run_gives_the_same_documents_byte_for_byte(place: Place) {
    let faulty = SimulatorOptions { faults: "429=0.05,500=0.1,cut=0.05,seed=3".parse().unwrap(), ..quick() };
    let simulator = simulator(faulty).await;
    let (live, expected) = archived(&simulator).await;
    let replay = Replaying::of(&[&live.settings.data_dir], &place.settings.data_dir).into_place(&place).await;
    let report = &replay.report;
    assert!(replay.fatal.is_none() && !replay.interrupted, "{replay:?}");
    assert_eq!(stored(&place).await, expected);
    assert_eq!(report.records.read, simulator.observed().total(), "each answer has its record");
    assert!(report.records.failed_answers > 0 && report.records.refused == 0, "{report:?}");
    assert_eq!((report.documents.stored, report.documents.new), (expected.len() as u64, expected.len() as u64));
    let checkpoints: Vec<Option<Checkpoint>> = place.checkpoints(&simulator.creators()).await;
    assert!(checkpoints.iter().all(Option::is_none), "a replay walks nobody");
}

async fn a_replay_made_again_changes_nothing(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let (live, expected) = archived(&simulator).await;
    let archive = live.settings.data_dir.as_path();
    for round in 0..2 {
        let replay = Replaying::of(&[archive, archive], &place.settings.data_dir).into_place(&place).await;
        let documents = replay.report.documents;
        assert_eq!(documents.stored, expected.len() as u64, "a file that is named twice is read once: {documents:?}");
        assert_eq!(documents.new, if round == 0 { documents.stored } else { 0 });
        assert_eq!(stored(&place).await, expected);
    }
    // Nor does it into the store that the run itself wrote to.
    Replaying::of(&[], archive).into_place(&live).await;
    assert_eq!(stored(&live).await, expected);
}

async fn an_older_record_never_replaces_a_newer_one(place: Place) {
    let data = &place.settings.data_dir;
    let older = write(data, "older.ndjson", &[list_record(1_000, &[post(1, 10), post(2, 10)])]);
    let newer = write(data, "newer.ndjson", &[list_record(2_000, &[post(1, 20), post(3, 20)])]);
    let first = Replaying::of(&[&newer], data).into_place(&place).await.report.documents;
    assert_eq!((first.stored, first.new, first.superseded), (2, 2, 0));
    let expected = BTreeMap::from([(id_of(1), 20), (id_of(2), 10), (id_of(3), 20)]);
    let second = Replaying::of(&[&older], data).into_place(&place).await.report.documents;
    assert_eq!((second.stored, second.new, second.superseded), (1, 1, 1));
    let both = Replaying::of(&[&newer, &older], data).into_place(&place).await.report.documents;
    assert_eq!((both.stored, both.new, both.superseded), (3, 0, 1));
    let plays =
        place.documents().await.into_iter().map(|(id, document)| (id, document["stats"]["play"].as_i64().unwrap()));
    assert_eq!(plays.collect::<BTreeMap<_, _>>(), expected);
}

/// As people record them: no time, no status, no endpoint.
fn recorded(cursor: &str, posts: &[serde_json::Value]) -> serde_json::Value {
    json!({ "sec_user_id": CREATOR, "max_cursor": cursor, "response": { "code": 0, "data": { "aweme_list": posts } } })
}

async fn pages_without_a_time_need_one_and_are_refused_one_by_one(place: Place) {
    let data = &place.settings.data_dir;
    let mut timed = recorded("2", &[post(3, 10)]);
    timed["fetched_at"] = json!(9_000);
    let pages = [recorded("0", &[post(1, 10), post(2, 10)]), recorded("1", &[post(1, 30), post(2, 5)]), timed];
    let pages = write(data, "pages.ndjson", &pages);
    let without = Replaying::of(&[&pages], data).into_place(&place).await.report;
    assert_eq!((without.records.pages, without.records.refused, without.documents.stored), (1, 2, 1));
    let given = Replaying { fetched_at: Some(5_000), ..Replaying::of(&[&pages], data) }.into_place(&place).await.report;
    assert_eq!((given.records.pages, given.records.refused), (3, 0));
    // Pages of the same time: the one with more plays is kept, as on one page.
    assert_eq!((given.documents.fetched, given.documents.stored, given.documents.superseded), (5, 3, 2));
    let documents = place.documents().await;
    let kept = |id: u32| (documents[&id_of(id)]["stats"]["play"].clone(), documents[&id_of(id)]["fetched_at"].clone());
    assert_eq!(kept(1), (json!(30), json!(5_000)));
    assert_eq!(kept(2), (json!(10), json!(5_000)));
    assert_eq!(kept(3), (json!(10), json!(9_000)), "a record's own time is kept");
    assert_eq!(documents[&id_of(1)]["sec_user_id"], CREATOR);
}

async fn what_cannot_be_used_is_counted_and_the_rest_goes_on(place: Place) {
    let data = &place.settings.data_dir;
    let mut records = vec![
        list_record(1_000, &[post(1, 10)]),
        failed_record(1_001, 429, &json!({ "code": 429, "msg": "wait 15s" })),
        failed_record(1_002, 200, &json!({ "code": 0, "data": { "aweme_list": null } })),
        failed_record(1_003, 200, &json!({ "code": 400, "msg": "sec_user_id unknown" })),
        json!([1, 2]),
        list_record(-5, &[post(2, 10)]),
        json!({ "sec_user_id": CREATOR, "fetched_at": 1_000, "response": { "no": "posts" } }),
        list_record(1_004, &[]),
        list_record(1_005, &[post(3, 10), json!({ "no": "post" })]),
    ];
    records[0]["unknown"] = json!("is no matter");
    let mut html = failed_record(1_006, 200, &json!(null));
    html.as_object_mut().unwrap().remove("response");
    html["response_text"] = json!("<html>");
    records.push(html);
    // A caption with a byte that is no UTF-8 was a page all the same.
    let mut lossy = list_record(1_007, &[]);
    let text = lossy.as_object_mut().unwrap().remove("response").unwrap();
    lossy["response_text"] =
        json!(text.to_string().replace("[]", &format!("[{}]", post(4, 1))).replace("seen", "\u{fffd}"));
    lossy["response_text_lossy"] = json!(true);
    records.push(lossy);
    let file = write(data, "mixed.ndjson", &records);
    let torn = write(data, "torn.ndjson", &[list_record(1_008, &[post(5, 1)])]);
    let compressed = zstd::encode_all(&fs::read(&torn).unwrap()[..], 3).unwrap();
    let segment = data.join("segment.ndjson.zst");
    fs::write(&segment, [&compressed[..], &compressed[..compressed.len() - 20]].concat()).unwrap();

    let replay = Replaying::of(&[&file, &segment], data).into_place(&place).await;
    let (records, items, documents) = (replay.report.records, &replay.report.items, &replay.report.documents);
    assert!(replay.fatal.is_none(), "{replay:?}");
    assert_eq!((records.pages, records.failed_answers, records.refused), (5, 4, 3), "{records:?}");
    assert_eq!((items.received, items.skipped, documents.new), (5, 1, 4));
    let stored: Vec<String> = place.documents().await.into_keys().collect();
    assert_eq!(stored, [id_of(1), id_of(3), id_of(4), id_of(5)]);
}

async fn a_stopped_replay_is_finished_by_the_next(place: Place) {
    let data = &place.settings.data_dir;
    let record = |page: u32| {
        let mut record = list_record(1_000 + i64::from(page), &[post(page, 1)]);
        // Long, so that not all of them are read at once.
        record["padding"] = json!("x".repeat(8_000));
        record
    };
    let records: Vec<_> = (0..2_000).map(record).collect();
    let file = write(data, "pages.ndjson", &records);
    let stop = CancellationToken::new();
    let trouble = Some(Trouble::StopsAt(1, stop.clone()));
    let stopped = Replaying { stop, trouble, ..Replaying::of(&[&file], data) }.into_place(&place).await;
    assert!(stopped.interrupted && stopped.fatal.is_none(), "{stopped:?}");
    let (pages, documents) = (stopped.report.records.pages, stopped.report.documents);
    assert!((1..2_000).contains(&pages) && documents.stored == pages, "what was read is indexed: {documents:?}");

    let denied = Replaying { trouble: Some(Trouble::DeniesFrom(2)), ..Replaying::of(&[&file], data) };
    let denied = denied.into_place(&place).await;
    assert!(denied.fatal.as_ref().is_some_and(|fatal| fatal.to_string().contains("not for you")), "{denied:?}");
    let shaky = Replaying { trouble: Some(Trouble::Shaky(9)), ..Replaying::of(&[&file], data) };
    let whole = shaky.into_place(&place).await;
    assert!(whole.fatal.is_none() && !whole.interrupted && whole.report.documents.stored == 2_000, "{whole:?}");
    assert_eq!(place.documents().await.len(), 2_000);
}

async fn refused_documents_are_dead_letters_once(place: Place) {
    let data = &place.settings.data_dir;
    let file = write(
        data,
        "pages.ndjson",
        &[list_record(1_000, &[post(1, 1), post(2, 1)]), list_record(1_500, &[post(2, 9)])],
    );
    for _ in 0..2 {
        let trouble = Some(Trouble::Refuses(id_of(2)));
        let replay = Replaying { trouble, ..Replaying::of(&[&file], data) }.into_place(&place).await;
        assert_eq!((replay.report.documents.stored, replay.report.documents.dead), (1, 2));
    }
    let letters = DeadLetterReader::open(&DeadLetters::path_in(data)).unwrap().map(|read| read.unwrap().letter);
    let mut letters: Vec<_> =
        letters.map(|letter| (letter.fetched_at, letter.id, letter.sec_user_id, letter.max_cursor)).collect();
    letters.sort();
    let letter = |version| (version, id_of(2), Some(CREATOR.to_owned()), Some("0".to_owned()));
    assert_eq!(letters, [letter(1_000), letter(1_500)]);
}

async fn the_lease_is_given_back_whatever_came_of_it(place: Place) {
    let data = &place.settings.data_dir;
    let file = write(data, "pages.ndjson", &[list_record(1_000, &[post(1, 1)])]);
    Replaying { trouble: Some(Trouble::DeniesFrom(1)), ..Replaying::of(&[&file], data) }.into_place(&place).await;
    Replaying::of(&[&file], data).into_place(&place).await;
    let (_store, leases) = viralmine::commands::stores::open_with_leases(&place.settings).await.unwrap();
    leases.take_lease("somebody else", std::time::Duration::from_secs(1)).await.unwrap();
}

/// Counts of the samples, as `samples` has them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs VIRALMINE_SAMPLES"]
async fn the_recorded_samples_are_replayed_whole() {
    let folder = std::env::var("VIRALMINE_SAMPLES").expect("VIRALMINE_SAMPLES names the folder of real posts");
    let files = [("timeline-2021.pages.ndjson", 4, 65), ("posts-2025.pages.ndjson.gz", 6_687, 7_218)];
    let place = Place::embedded();
    for (name, pages, videos) in files {
        let file = Path::new(&folder).join(name);
        let replaying = Replaying::of(&[&file], &place.settings.data_dir);
        let replay = Replaying { fetched_at: Some(1_760_000_000_000), ..replaying }.into_place(&place).await;
        let report = &replay.report;
        assert!(replay.fatal.is_none(), "{replay:?}");
        assert_eq!((report.records.pages, report.records.refused), (pages, 0), "{name}");
        assert_eq!((report.items.received, report.items.skipped), (videos, 0), "{name}");
        assert_eq!(report.documents.dead, 0, "{name}");
    }
    let stored = segments(&place.settings.data_dir).unwrap();
    assert!(stored.is_empty(), "a replay archives nothing: {stored:?}");
}
