//! Backfills from the simulated API into both stores: nothing missing, nothing twice, resumed wherever they stop.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use viralmine::archive::{RecordedPages, segments};
use viralmine::model::{CreatorId, WalkEnd};
use viralmine::pipeline::{Bounds, Fatal};
use viralmine::simulator::{Faults, Outcome, SimulatorOptions};

use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, Trouble, quick, simulator};

on_both_stores!(
    all_documents_arrive_exactly_once,
    a_run_stopped_anywhere_goes_on_to_the_same_end,
    a_run_that_the_store_ends_goes_on_to_the_same_end,
    a_report_counts_as_stored_what_is_durable,
    a_shaky_store_changes_nothing,
    a_refused_document_is_a_dead_letter_and_the_walk_goes_on,
    finished_creators_are_skipped_and_a_refresh_walks_them_again,
    bounds_end_walks_and_a_wider_run_goes_on,
    an_unknown_creator_is_parked_until_asked_for,
    faults_of_the_api_lose_nothing,
);

/// The ids that the archive's raw answers hold, read without the normalizer.
fn archived_ids(place: &Place) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for segment in segments(&place.settings.data_dir).unwrap() {
        for page in RecordedPages::open(&segment).unwrap() {
            let answer: Value = serde_json::from_str(page.unwrap().response.text()).unwrap_or_default();
            let items = answer["data"]["aweme_list"].as_array().cloned().unwrap_or_default();
            ids.extend(items.iter().filter_map(|item| item["aweme_id"].as_str().map(ToOwned::to_owned)));
        }
    }
    ids
}

async fn all_documents_arrive_exactly_once(place: Place) {
    let simulator = simulator(quick()).await;
    let announced: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    let backfill = Run::new(&place, &simulator).run().await;
    let report = &backfill.report;
    assert_eq!(report.creators.done, 12, "{report:?}");
    assert_eq!(report.documents.stored, report.documents.fetched);
    let stored: BTreeSet<String> = place.documents().await.into_keys().collect();
    assert_eq!(stored.len() as u64, announced);
    assert_eq!(stored, archived_ids(&place));
    for checkpoint in place.checkpoints(&simulator.creators()).await {
        let checkpoint = checkpoint.unwrap();
        assert_eq!(checkpoint.end, Some(WalkEnd::End));
        assert_eq!(Some(checkpoint.received), Some(checkpoint.skipped + checkpoint.stored));
    }
}

async fn a_run_stopped_anywhere_goes_on_to_the_same_end(place: Place) {
    let options = SimulatorOptions { creators: 4, videos: 120, ..quick() };
    let simulator = simulator(options).await;
    let unbroken = Place::embedded();
    let all = Run::new(&unbroken, &simulator).run().await.report;
    let before = simulator.observed().total();
    // Behind each page once: at most so many runs as there are pages.
    let mut runs = 0;
    loop {
        let mut run = Run::new(&place, &simulator);
        run.stop_after_pages = Some(1 + runs % 3);
        let backfill = run.run().await;
        runs += 1;
        assert!(backfill.fatal.is_none(), "{:?}", backfill.fatal);
        if backfill.report.creators.done == 4 {
            break;
        }
        assert!(backfill.interrupted && runs < 200);
    }
    assert!(runs > 2, "the run was stopped");
    assert_eq!(simulator.observed().total() - before, all.requests.sent, "no page was asked twice");
    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
    let creators = simulator.creators();
    assert_eq!(place.timeless_checkpoints(&creators).await, unbroken.timeless_checkpoints(&creators).await);
}

async fn a_run_that_the_store_ends_goes_on_to_the_same_end(place: Place) {
    let simulator = simulator(quick()).await;
    for denied_from in [1, 3, 6] {
        let mut run = Run::new(&place, &simulator);
        run.trouble = Some(Trouble::DeniesFrom(denied_from));
        let backfill = run.run().await;
        assert!(matches!(backfill.fatal, Some(Fatal::Store(_))), "{backfill:?}");
        assert!(!backfill.interrupted);
        let ended = place.checkpoints(&simulator.creators()).await.into_iter().flatten();
        let ended = ended.filter(|checkpoint| checkpoint.end.is_some()).count() as u64;
        // Fewer when the run ended before the answer to the last checkpoints came; never more.
        assert!(backfill.report.creators.done <= ended, "{} done, {ended} settled", backfill.report.creators.done);
        assert_eq!(backfill.report.creators.done + backfill.left, 12);
    }
    Run::new(&place, &simulator).run().await;
    let unbroken = Place::embedded();
    Run::new(&unbroken, &simulator).run().await;
    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
    let creators = simulator.creators();
    let ends: Vec<_> =
        place.checkpoints(&creators).await.into_iter().map(|checkpoint| checkpoint.unwrap().end).collect();
    assert!(ends.iter().all(|end| *end == Some(WalkEnd::End)));
}

/// A store that fails when it commits has answered for documents that it does not hold.
async fn a_report_counts_as_stored_what_is_durable(place: Place) {
    let simulator = simulator(quick()).await;
    let mut run = Run::new(&place, &simulator);
    run.trouble = Some(Trouble::FailsFrom(4, 7));
    let counters = std::sync::Arc::clone(&run.counters);
    let backfill = run.run().await;
    assert!(matches!(backfill.fatal, Some(Fatal::Store(_))), "{backfill:?}");
    let documents = &backfill.report.documents;
    assert_eq!((documents.stored, counters.documents_new.get()), (7, 7));
    assert!(documents.fetched > 60 && documents.unsettled == documents.fetched - 7, "{documents:?}");
}

async fn a_shaky_store_changes_nothing(place: Place) {
    let simulator = simulator(quick()).await;
    let mut run = Run::new(&place, &simulator);
    run.trouble = Some(Trouble::Shaky(3));
    let counters = std::sync::Arc::clone(&run.counters);
    let backfill = run.run().await;
    assert!(counters.documents_retried.get() > 0);
    assert_eq!(backfill.report.documents.stored, backfill.report.documents.fetched);
    let unbroken = Place::embedded();
    Run::new(&unbroken, &simulator).run().await;
    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
}

async fn a_refused_document_is_a_dead_letter_and_the_walk_goes_on(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let unbroken = Place::embedded();
    Run::new(&unbroken, &simulator).run().await;
    let refused = unbroken.documents().await.into_keys().nth(20).unwrap();
    let mut run = Run::new(&place, &simulator);
    run.trouble = Some(Trouble::Refuses(refused.clone()));
    let backfill = run.run().await;
    assert_eq!((backfill.report.documents.dead, backfill.report.creators.done), (1, 3));
    let text = std::fs::read_to_string(place.settings.data_dir.join("dead-letters.ndjson")).unwrap();
    let letters: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0]["id"].as_str(), letters[0]["reason"].as_str()),
        (Some(&*refused), Some("refused for the test"))
    );
    assert_eq!(letters[0]["document"]["aweme_id"].as_str(), Some(&*refused));
    let dead: u64 =
        place.checkpoints(&simulator.creators()).await.iter().flatten().map(|checkpoint| checkpoint.dead).sum();
    assert_eq!(dead, 1);
}

async fn finished_creators_are_skipped_and_a_refresh_walks_them_again(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let first = Run::new(&place, &simulator).run().await.report;
    let again = Run::new(&place, &simulator).run().await;
    assert_eq!((again.report.requests.sent, again.done_before, again.report.creators.done), (0, 3, 3));
    let before = place.documents().await;
    let mut run = Run::new(&place, &simulator);
    run.bounds.refresh = true;
    let refreshed = run.run().await;
    assert_eq!(refreshed.report.requests.sent, first.requests.sent);
    let after = place.documents().await;
    assert!(before.iter().all(|(id, old)| after[id]["fetched_at"].as_i64() > old["fetched_at"].as_i64()));
}

async fn bounds_end_walks_and_a_wider_run_goes_on(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, videos: 150, ..quick() }).await;
    let bounded = |bounds: Bounds| {
        let mut run = Run::new(&place, &simulator);
        run.bounds = bounds;
        run.run()
    };
    let one_page = bounded(Bounds { max_pages: Some(1), ..Bounds::default() }).await;
    assert_eq!((one_page.report.pages, one_page.report.creators.done), (3, 3));
    let same = bounded(Bounds { max_pages: Some(1), ..Bounds::default() }).await;
    assert_eq!(same.report.requests.sent, 0);
    // A moment in the middle of what there is.
    let mut posted: Vec<i64> =
        place.documents().await.values().filter_map(|document| document["publish_ts"].as_i64()).collect();
    posted.sort_unstable();
    let since = posted[0] - 20 * 24 * 3600;
    let recent = bounded(Bounds { since: Some(since), ..Bounds::default() }).await;
    assert!(recent.report.pages > 0 && recent.report.creators.done == 3);
    let ends: Vec<_> =
        place.checkpoints(&simulator.creators()).await.into_iter().flatten().map(|one| one.end).collect();
    assert!(ends.contains(&Some(WalkEnd::Since)), "{ends:?}");
    bounded(Bounds::default()).await;
    let unbroken = Place::embedded();
    Run::new(&unbroken, &simulator).run().await;
    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
    let creators = simulator.creators();
    assert_eq!(place.timeless_checkpoints(&creators).await, unbroken.timeless_checkpoints(&creators).await);
}

async fn an_unknown_creator_is_parked_until_asked_for(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, ..quick() }).await;
    let unknown = CreatorId::parse("MS4wLjABAAAAnobodyknowsme").unwrap();
    let run = |retry_failed: bool| {
        let mut run = Run::new(&place, &simulator);
        run.creators.insert(0, unknown.clone());
        run.bounds.retry_failed = retry_failed;
        run.run()
    };
    let first = run(false).await.report;
    assert_eq!(first.creators.done, 2);
    assert_eq!(first.creators.failed[0].sec_user_id, unknown.as_str());
    assert!(first.creators.failed[0].error.contains("sec_user_id not found"), "{:?}", first.creators.failed);
    let second = run(false).await.report;
    assert_eq!((second.requests.sent, second.creators.failed.len()), (0, 1));
    assert!(second.creators.failed[0].error.contains("--retry-failed"));
    assert_eq!(run(true).await.report.requests.sent, 1);
}

async fn faults_of_the_api_lose_nothing(place: Place) {
    let faults: Faults = "500=0.15,cut=0.1,seed=3".parse().unwrap();
    let simulator = simulator(SimulatorOptions { faults, ..quick() }).await;
    let mut run = Run::new(&place, &simulator);
    run.api.retry.attempts = Some(50);
    let backfill = run.run().await;
    assert_eq!(backfill.report.creators.done, 12, "{:?}", backfill.report);
    assert!(backfill.report.requests.failed > 0);
    simulator.set_faults(Faults::default());
    let unbroken = Place::embedded();
    Run::new(&unbroken, &simulator).run().await;
    assert_eq!(place.timeless_documents().await, unbroken.timeless_documents().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_stays_away_stops_the_paging_and_the_run_can_be_resumed() {
    let place = Place::embedded();
    let simulator = simulator(SimulatorOptions { creators: 40, videos: 100, ..quick() }).await;
    let mut run = Run::new(&place, &simulator);
    run.trouble = Some(Trouble::Away);
    run.limits.patience.give_up_after = Duration::from_secs(2);
    let room_for_pages = run.limits.room.documents / run.limits.room.page_size;
    let backfill = run.run().await;
    assert!(matches!(&backfill.fatal, Some(Fatal::Store(error)) if error.is_passing()), "{:?}", backfill.fatal);
    let sent = usize::try_from(backfill.report.requests.sent).unwrap();
    assert!(sent <= room_for_pages, "{sent} pages were paid for, with room for {room_for_pages}");
    let resumed = Run::new(&place, &simulator).run().await;
    assert_eq!(resumed.report.creators.done, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_stopped_at_once_while_it_waits_to_read_checkpoints() {
    let place = Place::embedded();
    let simulator = simulator(quick()).await;
    let mut run = Run::new(&place, &simulator);
    run.trouble = Some(Trouble::StoppedWhileAway(run.stop.clone()));
    let backfill = run.run().await;
    assert!(backfill.interrupted && backfill.fatal.is_none(), "{:?}", backfill.fatal);
    assert_eq!((backfill.report.requests.sent, backfill.left), (0, 12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_the_store_ends_sends_nothing_more() {
    let place = Place::embedded();
    let simulator = simulator(quick()).await;
    let mut run = Run::new(&place, &simulator);
    // The next request of the key is far away when the first page is denied, and walks wait for their turn.
    run.api.rate = 0.05;
    run.trouble = Some(Trouble::DeniesFrom(1));
    let backfill = run.run().await;
    assert!(matches!(backfill.fatal, Some(Fatal::Store(_))), "{backfill:?}");
    assert_eq!(backfill.report.requests.sent, 1, "a request was paid for whose page nobody could take");
    assert_eq!((backfill.report.creators.done, backfill.left), (0, 12));
    assert!(!backfill.interrupted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_is_kept_at_the_receiving_side() {
    let place = Place::embedded();
    let options =
        SimulatorOptions { creators: 8, videos: 30, rate: 3.0, latency: Duration::from_millis(30), ..quick() };
    let simulator = simulator(options).await;
    let mut run = Run::new(&place, &simulator);
    run.api.rate = 3.0;
    run.api.quota_margin = Duration::from_millis(250);
    let backfill = run.run().await;
    assert_eq!(backfill.report.requests.rate_limited, 0);
    let observed = simulator.observed();
    assert_eq!(observed.count(Outcome::OverQuota), 0);
    for times in observed.times_by_key().values() {
        assert!(times.len() > 4);
        for window in times.windows(4) {
            let span = window[3] - window[0];
            assert!(span >= Duration::from_secs(1), "4 requests in {span:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_refused_for_the_first_five_creators_ends_the_run_with_the_servers_words() {
    let place = Place::embedded();
    let simulator = simulator(quick()).await;
    let mut run = Run::new(&place, &simulator);
    // Nothing is served there, so every creator is refused alike.
    run.api = viralmine::source::ApiSettings::new(
        viralmine::source::ApiUrl::parse(&format!("{}/wrong/base", simulator.url())).unwrap(),
        run.api.keys.clone(),
    );
    run.api.rate = 1_000.0;
    let backfill = run.run().await;
    let Some(Fatal::AllFail { words, .. }) = &backfill.fatal else { panic!("{:?}", backfill.fatal) };
    assert!(words.contains("not found") && words.contains("--api-url"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_only_creator_gets_no_page_has_failed_as_a_whole() {
    let place = Place::embedded();
    let simulator = simulator(quick()).await;
    let mut run = Run::new(&place, &simulator);
    run.creators.truncate(1);
    run.api = viralmine::source::ApiSettings::new(
        viralmine::source::ApiUrl::parse(&format!("{}/wrong/base", simulator.url())).unwrap(),
        run.api.keys.clone(),
    );
    let backfill = run.run().await;
    assert!(matches!(&backfill.fatal, Some(Fatal::AllFail { creators: 1, .. })), "{:?}", backfill.fatal);
    assert_eq!((backfill.report.creators.failed.len(), backfill.left), (1, 0));
}
