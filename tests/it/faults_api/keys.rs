//! Keys that are refused, one or all, and the pace of requests under faults, as the receiving side sees it.

use std::sync::Arc;
use std::time::Duration;

use viralmine::pipeline::Fatal;
use viralmine::simulator::{FaultKind, Outcome, SimulatorOptions};
use viralmine::source::SourceError;

use super::{fault_free, faults, faulty, three_keys, tireless};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, quick, simulator};

on_both_stores!(
    without_one_key_of_three_the_others_go_on,
    without_any_key_the_run_ends_and_the_next_one_goes_on,
    keys_that_die_one_after_the_other_cost_no_page_twice,
);

const REFUSED: Outcome = Outcome::Fault(FaultKind::Unauthorized);

fn options(spec: &str) -> SimulatorOptions {
    SimulatorOptions { keys: three_keys(), faults: faults(spec), ..quick() }
}

async fn without_one_key_of_three_the_others_go_on(place: Place) {
    let simulator = simulator(options("401@key-2=1,500=0.2")).await;
    let mut run = tireless(&place, &simulator);
    run.api.keys = three_keys();
    let counters = Arc::clone(&run.counters);
    let backfill = run.run().await;
    assert_eq!((backfill.report.creators.done, counters.keys_retired.get()), (12, 1), "{backfill:?}");
    assert!(place.timeless_documents().await == fault_free().await.documents);
    let by_key = simulator.observed().outcomes_by_key();
    assert_eq!(by_key[&2].keys().collect::<Vec<_>>(), [&REFUSED]);
    // A walk has one request under way: none was sent with the key by a walk that had seen it refused.
    assert!(by_key[&2][&REFUSED] <= 12, "{by_key:?}");
    assert!(by_key[&1].contains_key(&Outcome::Answered) && by_key[&3].contains_key(&Outcome::Answered));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_is_never_used_again() {
    let place = Place::embedded();
    // One walk sends one request after the other, so nothing is under way when the key is refused.
    let simulator = simulator(SimulatorOptions { creators: 1, videos: 300, ..options("401@key-2=1") }).await;
    let mut run = Run::new(&place, &simulator);
    (run.api.keys, run.api.page_size) = (three_keys(), 5);
    let backfill = run.run().await;
    assert_eq!(backfill.report.creators.done, 1);
    let by_key = simulator.observed().outcomes_by_key();
    assert_eq!(by_key[&2], [(REFUSED, 1)].into());
    assert!(by_key[&1][&Outcome::Answered] > 5 && by_key[&3][&Outcome::Answered] > 5, "{by_key:?}");
}

async fn without_any_key_the_run_ends_and_the_next_one_goes_on(place: Place) {
    let simulator = simulator(options("401@page-2=1")).await;
    let mut run = Run::new(&place, &simulator);
    run.api.keys = three_keys();
    let backfill = run.run().await;
    let Some(Fatal::Source(SourceError::NoKeyLeft { keys, words })) = &backfill.fatal else { panic!("{backfill:?}") };
    assert_eq!((keys.as_str(), words.as_str()), ("key 1, key 2, key 3", "ApiKey invalid or expired"));
    assert!(backfill.left > 0 && !backfill.interrupted, "{backfill:?}");
    assert_eq!(backfill.report.creators.done + backfill.left, 12);
    assert!(backfill.report.creators.failed.is_empty(), "no creator is to blame");
    simulator.set_faults(faults(""));
    let resumed = Run::new(&place, &simulator).run().await;
    assert_eq!(resumed.report.creators.done, 12);
    assert!(place.timeless_documents().await == fault_free().await.documents);
    assert!(simulator.observed().pages_answered().values().all(|times| *times == 1), "a page was paid for twice");
}

async fn keys_that_die_one_after_the_other_cost_no_page_twice(place: Place) {
    let simulator = simulator(options("401=0.1,reset=0.1,seed=2")).await;
    let mut runs = 0;
    loop {
        // As a person would who puts in new keys each time.
        let mut run = tireless(&place, &simulator);
        (run.api.keys, run.api.page_size) = (three_keys(), 10);
        let backfill = run.run().await;
        runs += 1;
        if backfill.report.creators.done == 12 {
            break;
        }
        assert!(matches!(&backfill.fatal, Some(Fatal::Source(SourceError::NoKeyLeft { .. }))), "{backfill:?}");
        assert!(runs < 50);
    }
    assert!(runs > 1, "the keys lasted");
    assert!(place.timeless_documents().await == fault_free().await.documents);
    let observed = simulator.observed();
    assert!(observed.pages_answered().values().all(|times| *times == 1), "a page was paid for twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_again_are_sent_at_the_pace_of_the_quota_too() {
    const RATE: u16 = 50;
    let place = Place::embedded();
    let simulator = simulator(options("500=0.4,reset=0.3")).await;
    let mut run = tireless(&place, &simulator);
    (run.api.keys, run.api.page_size, run.api.rate) = (three_keys(), 8, f64::from(RATE));
    // Wide, so that requests held up on their way, as on a busy machine, are not taken for requests sent too soon.
    // Tries that were sent outside the quota would treble the pace, and stand out all the same.
    run.api.quota_margin = Duration::from_millis(400);
    let backfill = run.run().await;
    assert_eq!(backfill.report.creators.done, 12);
    assert!(place.timeless_documents().await == fault_free().await.documents);
    let observed = simulator.observed();
    assert!(observed.total() > 200, "too few requests to exceed the quota: {}", observed.total());
    let most = observed.most_by_key(Duration::from_secs(1));
    assert!(most.len() == 3 && most.values().all(|most| *most <= usize::from(RATE) + 1), "{most:?}");
    let (asked, pages) = (observed.pages_asked(), observed.pages_answered().len() as u64);
    let spoilt: u64 = observed.faults().values().sum();
    assert_eq!(asked.values().sum::<u64>(), pages + spoilt, "each failure costs one request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_told_to_wait_waits() {
    let place = Place::embedded();
    let options = SimulatorOptions { creators: 1, faults: faults("429@try-1=1,wait=0.15"), ..quick() };
    let simulator = simulator(options).await;
    let mut run = Run::new(&place, &simulator);
    run.api.page_size = 10;
    run.run().await;
    let requests = simulator.observed().requests;
    let limited = requests.iter().zip(requests.iter().skip(1)).filter(|(request, _)| request.outcome.fault().is_some());
    let waits: Vec<Duration> = limited.map(|(request, next)| next.at - request.at).collect();
    assert!(waits.len() > 2 && waits.iter().all(|wait| *wait >= Duration::from_millis(150)), "{waits:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_keys_are_all_refused_at_once_sends_no_more_than_one_request_a_walk() {
    let place = Place::embedded();
    let simulator = faulty("401=1").await;
    let mut run = Run::new(&place, &simulator);
    run.api.keys = three_keys();
    let backfill = run.run().await;
    assert!(matches!(&backfill.fatal, Some(Fatal::Source(SourceError::NoKeyLeft { .. }))), "{backfill:?}");
    let sent = simulator.observed().total();
    // Each walk may have had one under way with each key.
    assert!((3..=36).contains(&sent), "{sent}");
    assert_eq!((backfill.report.pages, backfill.left), (0, 12));
}
