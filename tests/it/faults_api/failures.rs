//! Failed answers, each kind alone at a sharp share and all of them mixed: the run ends as one without faults would.

use std::time::Duration;

use viralmine::jobs::backfill::Backfill;
use viralmine::simulator::{FaultKind, Observed, SimulatorOptions};

use super::{SHORT_TIMEOUT, fault_free, faults, faulty, tireless};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, quick, simulator};

on_both_stores!(
    rate_limits,
    rate_limits_that_name_no_wait,
    server_errors,
    gateways,
    html_with_http_200,
    truncated_json,
    bodies_cut_off,
    connections_reset,
    slow_answers,
    null_lists,
    time_outs,
    all_mixed,
);

async fn rate_limits(place: Place) {
    loses_nothing(&place, "429=0.3,wait=0.02").await;
}

async fn rate_limits_that_name_no_wait(place: Place) {
    loses_nothing(&place, "429-bare=0.3").await;
}

async fn server_errors(place: Place) {
    loses_nothing(&place, "500=0.3").await;
}

async fn gateways(place: Place) {
    loses_nothing(&place, "502=0.3").await;
}

async fn html_with_http_200(place: Place) {
    loses_nothing(&place, "html=0.3").await;
}

async fn truncated_json(place: Place) {
    loses_nothing(&place, "truncated=0.3").await;
}

async fn bodies_cut_off(place: Place) {
    loses_nothing(&place, "cut=0.3").await;
}

async fn connections_reset(place: Place) {
    loses_nothing(&place, "reset=0.3").await;
}

async fn slow_answers(place: Place) {
    loses_nothing(&place, "slow=0.3").await;
}

async fn null_lists(place: Place) {
    loses_nothing(&place, "null=0.3").await;
}

/// Runs under these faults, none of which may change what is stored, or how often a page is paid for.
async fn loses_nothing(place: &Place, spec: &str) {
    let simulator = faulty(spec).await;
    let backfill = tireless(place, &simulator).run().await;
    let observed = simulator.observed();
    ends_as_without_faults(place, &backfill, spec).await;
    every_fault_was_drawn(&observed, spec);
    let requests = &backfill.report.requests;
    assert_eq!(requests.sent, observed.total(), "{spec}");
    let is_limit = |kind| matches!(kind, FaultKind::RateLimited | FaultKind::RateLimitedBare);
    let (mut limits, mut failures) = (0, 0);
    for (kind, count) in observed.faults() {
        match kind {
            kind if kind.leaves_the_page_whole() => {}
            kind if is_limit(kind) => limits += count,
            _ => failures += count,
        }
    }
    assert_eq!((requests.rate_limited, requests.failed), (limits, failures), "{spec}");
    assert_eq!(requests.ok, backfill.report.pages, "{spec}");
    // No page is asked for again once it came whole, and none more often than it failed.
    assert!(observed.pages_answered().values().all(|times| *times == 1), "{spec}");
    assert_eq!(observed.pages_answered().len() as u64 + limits + failures, observed.total(), "{spec}");
}

async fn ends_as_without_faults(place: &Place, backfill: &Backfill, spec: &str) {
    let report = &backfill.report;
    assert!(backfill.fatal.is_none() && backfill.warnings.is_empty(), "{spec}: {backfill:?}");
    assert_eq!((report.creators.done, report.creators.failed.len()), (12, 0), "{spec}: {report:?}");
    let expected = fault_free().await;
    assert_eq!(report.documents.stored, expected.documents.len() as u64, "{spec}");
    assert!(place.timeless_documents().await == expected.documents, "{spec}: other documents than without faults");
    let simulator = simulator(quick()).await;
    assert_eq!(place.timeless_checkpoints(&simulator.creators()).await, expected.checkpoints, "{spec}");
}

fn every_fault_was_drawn(observed: &Observed, spec: &str) {
    let drawn = observed.faults();
    let asked =
        FaultKind::TABLE.iter().filter(|(_, name, _)| spec.split(',').any(|part| part.split('=').next() == Some(name)));
    let mut kinds = 0;
    for (kind, name, _) in asked {
        assert!(drawn.contains_key(kind), "{spec}: no {name} in {drawn:?}");
        kinds += 1;
    }
    assert!(kinds > 0 && kinds == drawn.len(), "{spec}: {drawn:?}");
}

/// A good answer may be late on a busy machine, so requests are not counted to the last one here.
async fn time_outs(place: Place) {
    let simulator = faulty("hang@try-1=0.4").await;
    let mut run = tireless(&place, &simulator);
    run.api.request_timeout = Duration::from_millis(400);
    let backfill = run.run().await;
    ends_as_without_faults(&place, &backfill, "time-outs").await;
    let hung = simulator.observed().faults()[&FaultKind::Hang];
    assert!(hung > 3 && backfill.report.requests.failed >= hung, "{hung} of {:?}", backfill.report.requests);
}

async fn all_mixed(place: Place) {
    let spec = "429=0.05,429-bare=0.05,500=0.05,502=0.05,html=0.05,truncated=0.05,cut=0.05,reset=0.05,slow=0.05,\
                null=0.05,hang=0.02,wait=0.02,seed=7";
    let simulator = faulty(spec).await;
    let mut run = tireless(&place, &simulator);
    run.api.request_timeout = SHORT_TIMEOUT;
    // More pages, so that every kind comes up.
    run.api.page_size = 10;
    let backfill = run.run().await;
    assert_eq!(backfill.report.creators.done, 12, "{backfill:?}");
    assert_eq!(backfill.report.documents.stored, fault_free().await.documents.len() as u64);
    assert!(place.timeless_documents().await == fault_free().await.documents, "other documents than without faults");
    every_fault_was_drawn(&simulator.observed(), spec);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_always_fails_is_tried_so_often_and_no_more() {
    let place = Place::embedded();
    let simulator = faulty("500@creator-3@page-2=1,null@creator-5=1").await;
    let mut run = Run::new(&place, &simulator);
    run.api.retry.attempts = Some(4);
    let backfill = run.run().await;
    let creators = simulator.creators();
    let failed = &backfill.report.creators.failed;
    assert_eq!((failed.len(), backfill.report.creators.done), (2, 10), "{failed:?}");
    let error = |number: usize| {
        let of_creator = failed.iter().find(|failed| failed.sec_user_id == creators[number - 1].as_str());
        &of_creator.expect("it has failed").error
    };
    assert!(error(3).contains("HTTP 500") && error(3).contains("run the same command again"), "{}", error(3));
    assert!(error(5).contains("success without an aweme_list"), "{}", error(5));
    let tries = |number: usize| {
        let asked = simulator.observed().pages_asked();
        let of_creator = asked.into_iter().filter(|((creator, _), _)| creator == creators[number - 1].as_str());
        of_creator.map(|(_, tries)| tries).max().unwrap()
    };
    // Twice as many behind the first success of the process, as after an outage.
    assert_eq!(tries(3), 8);
    assert!([4, 8].contains(&tries(5)), "{}", tries(5));
    // Failed creators are under way, so the same command goes on with them, and asks for what is missing only.
    simulator.set_faults(faults(""));
    let whole_before = simulator.observed().pages_answered();
    Run::new(&place, &simulator).run().await;
    assert!(place.timeless_documents().await == fault_free().await.documents);
    let whole = simulator.observed().pages_answered();
    assert!(whole.values().all(|times| *times == 1) && whole.len() > whole_before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_never_answers_is_named_with_the_time_it_was_given() {
    let place = Place::embedded();
    let options = SimulatorOptions { creators: 1, faults: faults("hang=1"), ..quick() };
    let simulator = simulator(options).await;
    let mut run = Run::new(&place, &simulator);
    run.api.request_timeout = Duration::from_millis(50);
    run.api.retry.attempts = Some(2);
    let backfill = run.run().await;
    let words = backfill.fatal.expect("no page came").to_string();
    assert!(words.contains("gave no answer (not done within 50ms)") && words.contains(&simulator.url()), "{words}");
    assert_eq!(backfill.report.requests.sent, 2);
}
