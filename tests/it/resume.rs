//! A run that ended before all it had fetched was settled goes on from its archive: nothing is paid twice, and the end
//! is that of an unbroken run.

mod anywhere;
mod chains;
mod damage;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use viralmine::archive::{open_input, segments};
use viralmine::jobs::backfill::Backfill;
use viralmine::model::{Checkpoint, CreatorId, Secret};
use viralmine::pipeline::index::BulkLimits;
use viralmine::pipeline::room::RoomLimits;
use viralmine::pipeline::{Bounds, Fatal};
use viralmine::simulator::{Faults, Simulator, SimulatorOptions};
use viralmine::source::ApiUrl;

use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, Trouble, quick, simulator};

on_both_stores!(
    runs_that_the_store_ends_pay_for_no_page_twice,
    archived_pages_are_indexed_while_the_api_is_down,
    archived_pages_are_indexed_when_every_key_is_refused,
    a_stop_while_the_archive_is_read_settles_what_was_taken,
    failed_answers_between_archived_pages_are_passed_over,
    bounds_end_walks_in_the_archive_as_they_do_live,
    a_run_that_keeps_no_archive_still_uses_the_older_one,
    many_creators_go_on_at_once,
    a_used_up_budget_ends_a_run_and_the_next_one_goes_on,
    the_size_that_a_store_refuses_is_remembered,
);

/// The lines of a place's archive, in their order.
fn archived_lines(place: &Place) -> Vec<String> {
    let mut lines = Vec::new();
    for segment in segments(&place.settings.data_dir).unwrap() {
        let mut text = String::new();
        open_input(Some(&segment)).unwrap().read_to_string(&mut text).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

/// Makes these lines the whole archive of a place: one segment; a torn one has half a line more, and no end.
fn rewrite_archive(place: &Place, lines: &[String], torn: bool) -> PathBuf {
    let folder = place.settings.data_dir.join("archive");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let start = lines
        .first()
        .map_or(1_000, |line| serde_json::from_str::<Value>(line).unwrap()["fetched_at"].as_i64().unwrap());
    let path = folder.join(format!("20250620-{start}-1.ndjson.zst"));
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    for line in lines {
        writeln!(encoder, "{line}").unwrap();
    }
    if torn {
        encoder.write_all(b"{\"format\":1,\"endpoint\":\"li").unwrap();
        encoder.flush().unwrap();
        fs::write(&path, encoder.get_ref()).unwrap();
    } else {
        fs::write(&path, encoder.finish().unwrap()).unwrap();
    }
    path
}

/// Runs until the store ends it at its nth bulk request, with pages fetched and not settled.
async fn broken_off(place: &Place, simulator: &Simulator, denied_from: usize) -> Backfill {
    let mut run = Run::new(place, simulator);
    run.trouble = Some(Trouble::DeniesFrom(denied_from));
    let backfill = run.run().await;
    assert!(matches!(backfill.fatal, Some(Fatal::Store(_))), "{backfill:?}");
    assert!(backfill.report.documents.unsettled > 0, "{:?}", backfill.report);
    backfill
}

/// An unbroken run in a place of its own, and the requests it took.
async fn unbroken(simulator: &Simulator) -> (Place, u64) {
    let place = Place::embedded();
    let backfill = Run::new(&place, simulator).run().await;
    assert_eq!(backfill.report.creators.done, simulator.creators().len() as u64);
    (place, backfill.report.requests.sent)
}

/// Both hold the same documents and, times aside, the same checkpoints. (Whether a post that stands on two pages was
/// stored twice, or the earlier one came after the later, is chance in any run.)
async fn assert_same_end(place: &Place, unbroken: &Place, creators: &[CreatorId]) {
    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
    let settled = |checkpoint: Checkpoint| {
        let stored = checkpoint.stored + checkpoint.superseded;
        Checkpoint { stored, superseded: 0, ..checkpoint }
    };
    let of = |checkpoints: Vec<Option<Checkpoint>>| -> Vec<_> {
        checkpoints.into_iter().map(|checkpoint| checkpoint.map(settled)).collect()
    };
    assert_eq!(of(place.timeless_checkpoints(creators).await), of(unbroken.timeless_checkpoints(creators).await));
}

async fn runs_that_the_store_ends_pay_for_no_page_twice(place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    let mut from_archive = 0;
    for denied_from in [1, 3, 2, 6] {
        let mut run = Run::new(&place, &simulator);
        run.trouble = Some(Trouble::DeniesFrom(denied_from));
        from_archive += run.run().await.report.pages_from_archive;
    }
    let last = Run::new(&place, &simulator).run().await;
    assert!(last.fatal.is_none() && last.report.creators.done == 12, "{last:?}");
    assert!(from_archive > 0);
    assert_eq!(simulator.observed().total() - before, requests, "each page was asked for once");
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
    let idle = Run::new(&place, &simulator).run().await.report;
    assert_eq!((idle.requests.sent, idle.pages), (0, 0), "what is settled is taken from nowhere");
}

/// The `fetched_at` of each document that the archive's good answers hold: the newest.
fn archived_times(place: &Place) -> BTreeMap<String, i64> {
    let mut times = BTreeMap::new();
    for line in archived_lines(place) {
        let record: Value = serde_json::from_str(&line).unwrap();
        let items = record["response"]["data"]["aweme_list"].as_array().cloned().unwrap_or_default();
        for id in items.iter().filter_map(|item| item["aweme_id"].as_str()) {
            let newest = times.entry(id.to_owned()).or_default();
            *newest = record["fetched_at"].as_i64().unwrap().max(*newest);
        }
    }
    times
}

async fn stored_times(place: &Place) -> BTreeMap<String, i64> {
    let documents = place.documents().await;
    documents.into_iter().map(|(id, document)| (id, document["fetched_at"].as_i64().unwrap())).collect()
}

async fn archived_pages_are_indexed_while_the_api_is_down(place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    broken_off(&place, &simulator, 2).await;
    let mut down = Run::new(&place, &simulator);
    down.api.base_url = ApiUrl::parse("http://127.0.0.1:1").unwrap();
    down.api.retry.attempts = Some(1);
    let down = down.run().await;
    assert!(down.report.pages_from_archive > 0 && down.report.requests.ok == 0, "{down:?}");
    assert!(matches!(down.fatal, Some(Fatal::AllFail { .. })), "pages of the archive do not say that the API answers");
    assert_eq!(down.report.documents.unsettled, 0);
    assert_eq!(stored_times(&place).await, archived_times(&place), "each under the time of its own answer");
    Run::new(&place, &simulator).run().await;
    assert_eq!(simulator.observed().total() - before, requests);
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

async fn archived_pages_are_indexed_when_every_key_is_refused(place: Place) {
    let keys = vec![Secret::new("test-key-1")];
    let simulator = simulator(SimulatorOptions { keys, ..quick() }).await;
    broken_off(&place, &simulator, 2).await;
    let mut refused = Run::new(&place, &simulator);
    refused.api.keys = vec![Secret::new("expired")];
    let refused = refused.run().await;
    assert!(matches!(refused.fatal, Some(Fatal::Source(_))), "{refused:?}");
    assert_eq!(refused.report.documents.unsettled, 0);
    assert_eq!(stored_times(&place).await, archived_times(&place));
}

async fn a_stop_while_the_archive_is_read_settles_what_was_taken(place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    let broken = broken_off(&place, &simulator, 1).await;
    assert!(broken.report.pages > 6);
    let mut run = Run::new(&place, &simulator);
    // Room for two pages: the reader has to wait for the store.
    run.limits.room.documents = 70;
    run.trouble = Some(Trouble::StopsAt(2, run.stop.clone()));
    let stopped = run.run().await;
    assert!(stopped.interrupted && stopped.fatal.is_none(), "{stopped:?}");
    let report = stopped.report;
    assert_eq!((report.requests.sent, report.pages), (0, report.pages_from_archive));
    assert!(report.pages > 0 && report.pages < broken.report.pages, "{report:?}");
    assert_eq!(report.documents.unsettled, 0);
    let last = Run::new(&place, &simulator).run().await.report;
    assert_eq!(report.pages + last.pages_from_archive, broken.report.pages, "what was taken is not taken again");
    assert_eq!(simulator.observed().total() - before, requests);
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

async fn failed_answers_between_archived_pages_are_passed_over(place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let faults: Faults = "500=0.3,cut=0.2,seed=5".parse().unwrap();
    simulator.set_faults(faults);
    let mut run = Run::new(&place, &simulator);
    run.api.retry.attempts = Some(50);
    run.trouble = Some(Trouble::DeniesFrom(3));
    let broken = run.run().await.report;
    assert!(broken.requests.failed > 0 && broken.documents.unsettled > 0, "{broken:?}");
    simulator.set_faults(Faults::default());
    let last = Run::new(&place, &simulator).run().await.report;
    assert!(last.pages_from_archive > 0);
    assert_eq!(broken.requests.ok + last.requests.ok, requests);
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

async fn bounds_end_walks_in_the_archive_as_they_do_live(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 4, videos: 150, ..quick() }).await;
    let creators = simulator.creators();
    let (complete, _) = unbroken(&simulator).await;
    let mut posted: Vec<i64> =
        complete.documents().await.values().filter_map(|document| document["publish_ts"].as_i64()).collect();
    posted.sort_unstable();
    // All pages are in the archive, none is settled: the only bulk request is that of the end.
    let mut all = Run::new(&place, &simulator);
    all.limits.room = RoomLimits { documents: 7_000, bytes: 100 << 20, page_size: 35 };
    all.limits.bulk = BulkLimits { bytes: 100 << 20, documents: 10_000, age: Duration::from_mins(10), in_flight: 1 };
    all.trouble = Some(Trouble::DeniesFrom(1));
    assert!(matches!(all.run().await.fatal, Some(Fatal::Store(_))));
    let live_place = Place::embedded();
    let since = Some(posted[posted.len() / 2]);
    for (creators, bounds) in [
        (&creators[..2], Bounds { max_pages: Some(2), ..Bounds::default() }),
        (&creators[2..], Bounds { since, ..Bounds::default() }),
    ] {
        let bounded = |place| {
            let mut run = Run::new(place, &simulator);
            run.creators = creators.to_vec();
            run.bounds = bounds.clone();
            run.run()
        };
        let live = bounded(&live_place).await.report;
        let taken = bounded(&place).await.report;
        assert_eq!((taken.requests.sent, taken.pages_from_archive), (0, live.pages), "{bounds:?}");
        assert_eq!((taken.items, taken.creators), (live.items, live.creators));
    }
    assert_same_end(&place, &live_place, &creators).await;
}

async fn a_run_that_keeps_no_archive_still_uses_the_older_one(place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    broken_off(&place, &simulator, 2).await;
    let lines = archived_lines(&place).len();
    let mut run = Run::new(&place, &simulator);
    run.without_archive = true;
    let report = run.run().await.report;
    assert!(report.pages_from_archive > 0 && report.creators.done == 12, "{report:?}");
    assert_eq!(archived_lines(&place).len(), lines);
    assert_eq!(simulator.observed().total() - before, requests);
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

async fn many_creators_go_on_at_once(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 300, videos: 3, ..quick() }).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    broken_off(&place, &simulator, 4).await;
    let mut twice = Run::new(&place, &simulator);
    twice.creators.extend(simulator.creators());
    let report = twice.run().await.report;
    assert!(report.pages_from_archive > 0);
    assert_eq!((report.creators.done, report.creators.failed.len()), (300, 0), "a creator named twice is walked once");
    assert_eq!(simulator.observed().total() - before, requests);
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

async fn a_used_up_budget_ends_a_run_and_the_next_one_goes_on(place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    let mut runs = 0;
    loop {
        let mut run = Run::new(&place, &simulator);
        run.budget = Some(5);
        let backfill = run.run().await;
        assert!(backfill.fatal.is_none() && !backfill.interrupted, "{backfill:?}");
        assert!(backfill.report.creators.failed.is_empty() && backfill.report.requests.sent <= 5);
        assert_eq!((backfill.report.documents.unsettled, backfill.report.pages_from_archive), (0, 0));
        assert_eq!(backfill.budget_used, backfill.left > 0);
        assert!(backfill.report.requests.sent == 5 || !backfill.budget_used, "what there is of it is used");
        runs += 1;
        if !backfill.budget_used {
            break;
        }
    }
    assert!(runs > 2 && runs <= requests);
    assert_eq!(simulator.observed().total() - before, requests);
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

async fn the_size_that_a_store_refuses_is_remembered(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 12, videos: 200, ..quick() }).await;
    let (unbroken, _) = unbroken(&simulator).await;
    let refused = Arc::new(AtomicUsize::new(0));
    let mut run = Run::new(&place, &simulator);
    run.limits.bulk.documents = 10_000;
    run.limits.bulk.bytes = 400_000;
    run.trouble = Some(Trouble::Narrow(150_000, Arc::clone(&refused)));
    let counters = Arc::clone(&run.counters);
    let report = run.run().await.report;
    assert_eq!((report.creators.done, report.documents.dead), (12, 0));
    let (refused, sent) = (refused.load(Ordering::SeqCst), counters.bulks_sent.get());
    // Those that were under way when the first one was refused, and their halves.
    assert!((1..=6).contains(&refused) && sent > 20, "{refused} of {sent} were refused");
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}
