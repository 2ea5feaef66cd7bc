//! Every fault alone, in every third request of a run, and all of them mixed by chance.

use std::sync::Arc;
use std::time::Duration;

use super::{Most, Scene};
use crate::support::proxy::fault::{Decide, Fault, Items, drawn, each};
use crate::support::proxy::wire::Answer;
use crate::support::proxy::{HTML, observed::Observed};

/// What a busy node, or what stands before it, says instead of an answer.
fn busy(status: u16) -> Answer {
    Answer::of_elasticsearch(status, "es_rejected_execution_exception", "rejected execution of coordinating operation")
}

fn gateway(status: u16) -> Answer {
    Answer::new(status, &[("content-type", "text/html")], HTML)
}

/// A whole run whose every request may be spoilt so ends like one that had no trouble.
async fn survives(decide: Decide) {
    let scene = Scene::new().await;
    let most = Arc::new(Most::default());
    let mut counters = None;
    let mut limits = None;
    let backfill = scene
        .run(|run| {
            scene.proxy.decide(most.watching(&run.counters, decide));
            (counters, limits) = (Some(Arc::clone(&run.counters)), Some(run.limits));
        })
        .await;
    let (report, observed) = (&backfill.report, scene.proxy.observed());
    assert!(backfill.fatal.is_none() && report.creators.done == 12, "{backfill:?}");
    assert!(observed.faulted() >= 3, "{:?}", observed.by_path());
    let documents = &report.documents;
    assert_eq!((documents.stored, documents.dead), (documents.fetched, 0), "{documents:?}");
    assert!(scene.dead_letters().is_empty());
    scene.assert_all_arrived().await;
    most.assert_within(limits.unwrap().room);
    assert_attempts_are_bounded(&observed, &counters.unwrap());
}

/// No request is sent again without a reason: one for each time that a batch was closed, and one more for each fault.
fn assert_attempts_are_bounded(observed: &Observed, counters: &viralmine::model::Counters) {
    let closed =
        [&counters.flushed_by_bytes, &counters.flushed_by_count, &counters.flushed_by_age, &counters.flushed_by_end];
    let closed: u64 = closed.into_iter().map(viralmine::model::counters::Counter::get).sum();
    let faulted = observed.bulks_of("videos").filter(|seen| seen.faulted).count() as u64;
    let seen = observed.bulks_of("videos").count() as u64;
    assert!(seen <= closed + faulted, "{seen} bulk requests for {closed} batches and {faulted} faults");
}

macro_rules! survived {
    ($($name:ident: $fault:expr;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            survives(each(3, vec![$fault])).await;
        }
    )+};
}

survived!(
    items_rejected_and_not_indexed: Items::rejected(4, false);
    items_rejected_yet_indexed: Items::rejected(4, true);
    items_unavailable_and_not_indexed: Items::unavailable(3, false);
    items_unavailable_yet_indexed: Items::unavailable(3, true);
    items_misdirected_and_not_indexed: Items::misdirected(5, false);
    items_misdirected_yet_indexed: Items::misdirected(5, true);
    all_items_rejected: Items::rejected(1, false);
    whole_429: Fault::Answer(busy(429));
    whole_429_with_a_wait: Fault::Answer(busy(429).with_header("retry-after", "0"));
    whole_503: Fault::Answer(busy(503));
    whole_503_of_a_gateway: Fault::Answer(gateway(503));
    html_in_place_of_an_answer: Fault::Answer(gateway(200));
    slow_answers: Fault::Slow(Duration::from_millis(100));
    no_answer_and_nothing_done: Fault::Silence { applied: false };
    no_answer_yet_all_done: Fault::Silence { applied: true };
    resets_before_anything_is_done: Fault::Reset { applied: false };
    resets_in_the_middle_of_an_answer: Fault::Reset { applied: true };
    answers_that_break_off: Fault::Cut;
    answers_that_are_too_short: Fault::Shorter;
);

fn all() -> Vec<Fault> {
    vec![
        Items::rejected(4, false),
        Items::unavailable(3, true),
        Items::misdirected(2, false),
        Fault::Answer(busy(429)),
        Fault::Answer(busy(429).with_header("retry-after", "0")),
        Fault::Answer(gateway(502)),
        Fault::Answer(gateway(200)),
        Fault::Slow(Duration::from_millis(30)),
        Fault::Silence { applied: true },
        Fault::Silence { applied: false },
        Fault::Reset { applied: true },
        Fault::Reset { applied: false },
        Fault::Cut,
        Fault::Shorter,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_mixed() {
    for seed in [1, 2] {
        survives(drawn(seed, 0.4, all())).await;
    }
}

/// Refused for its own sake, whether the node has it or not: laid aside, and all others go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_cannot_be_parsed_are_laid_aside_and_nothing_else_is() {
    for applied in [false, true] {
        let scene = Scene::new().await;
        scene.proxy.decide(Box::new({
            let mut unparsable = each(1, vec![Items::unparsable(7, applied)]);
            move |request| if request.is_bulk_of("videos") { unparsable(request) } else { Fault::Pass }
        }));
        let backfill = scene.run(|_| {}).await;
        let documents = &backfill.report.documents;
        assert!(backfill.fatal.is_none() && documents.dead > 10, "{backfill:?}");
        let letters = scene.dead_letters();
        assert_eq!(documents.dead, letters.len() as u64);
        let stored = scene.place.timeless_documents().await;
        let dead: Vec<&str> = letters.iter().map(|letter| letter["id"].as_str().unwrap()).collect();
        assert!(letters.iter().all(|letter| letter["reason"].as_str().unwrap().contains("failed to parse field")));
        for (id, document) in &scene.expected.documents {
            assert_eq!(stored.get(id).or(Some(document)), Some(document));
            assert_eq!(stored.contains_key(id), applied || !dead.contains(&id.as_str()), "{id}");
        }
        assert_eq!(stored.len() as u64 + if applied { 0 } else { documents.dead }, documents.fetched);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_refuses_connections_for_a_while() {
    let mut scene = Scene::new().await;
    let gate = scene.hold_bulks_from(3);
    let place = scene.place.by_way_of(&scene.proxy.url());
    let mut run = crate::support::run::Run::new(&place, &scene.api);
    run.limits.patience.retry = super::QUICK_RETRY;
    let counters = Arc::clone(&run.counters);
    let trouble = async {
        gate.reached().await;
        // What waits at the gate is reset, and what comes then is refused.
        scene.proxy.close().await;
        gate.open();
        while counters.bulks_sent.get() < 12 {
            tokio::task::yield_now().await;
        }
        scene.proxy.open().await;
    };
    let (backfill, ()) = tokio::join!(run.run(), trouble);
    assert!(backfill.fatal.is_none() && backfill.report.creators.done == 12, "{backfill:?}");
    assert_eq!(backfill.report.documents.stored, backfill.report.documents.fetched);
    scene.assert_all_arrived().await;
}
