//! A store that accepts and says nothing any more: the paid side stops with it, what waits is bounded, the run ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use viralmine::pipeline::Fatal;
use viralmine::simulator::SimulatorOptions;

use super::{Most, Scene};
use crate::support::proxy::fault::{Fault, from_bulk};
use crate::support::run::{quick, simulator};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_to_the_api_stop_with_the_store() {
    let mut scene = Scene::new().await;
    // Far more than there is room for.
    scene.api = simulator(SimulatorOptions { creators: 40, videos: 100, ..quick() }).await;
    let most = Arc::new(Most::default());
    let silent = from_bulk(4, Fault::Silence { applied: false });
    let mut room = None;
    let last_heard = Arc::new(AtomicU64::new(0));
    let backfill = scene
        .run(|run| {
            run.limits.patience.give_up_after = Duration::from_secs(6);
            room = Some(run.limits.room);
            let (heard, counters) = (Arc::clone(&last_heard), Arc::clone(&run.counters));
            let mut silent = most.watching(&run.counters, silent);
            scene.proxy.decide(Box::new(move |request| {
                let fault = silent(request);
                if matches!(fault, Fault::Pass) {
                    heard.store(counters.pages.get(), Ordering::SeqCst);
                }
                fault
            }));
        })
        .await;
    let room = room.unwrap();
    let Some(Fatal::Store(error)) = &backfill.fatal else { panic!("{backfill:?}") };
    assert!(error.is_passing() && error.to_string().contains("no answer within"), "{error}");
    // What was paid for when the store was last heard, and what there was room for then.
    let (pages, room_for) = (backfill.report.pages, (room.documents / room.page_size) as u64);
    let heard = last_heard.load(Ordering::SeqCst);
    assert!(pages <= heard + room_for, "{pages} pages, {heard} of them before the silence, room for {room_for}");
    assert_eq!(scene.api.observed().total(), pages, "no request is under way when the run has ended");
    most.assert_within(room);
    assert!(backfill.report.documents.unsettled > 0 && backfill.report.documents.dead == 0);

    scene.proxy.decide(crate::support::proxy::fault::none());
    let resumed = scene.run(|_| {}).await;
    assert_eq!(resumed.report.creators.done, 40);
    let posts: u64 = scene.api.creators().iter().filter_map(|creator| scene.api.video_count(creator)).sum();
    assert_eq!(scene.place.documents().await.len() as u64, posts);
}

/// The delays between tries grow, so that their number does not depend on how quickly the store says no.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_are_few_while_a_store_refuses() {
    let scene = Scene::new().await;
    let busy = crate::support::proxy::wire::Answer::of_elasticsearch(429, "es_rejected_execution_exception", "busy");
    scene.proxy.decide(from_bulk(1, Fault::Answer(busy)));
    let mut limits = None;
    let backfill = scene
        .run(|run| {
            run.limits.patience.retry = viralmine::throttle::retry::RetryPolicy::STORE;
            run.limits.patience.give_up_after = Duration::from_secs(3);
            limits = Some(run.limits);
        })
        .await;
    assert!(matches!(&backfill.fatal, Some(Fatal::Store(error)) if error.is_passing()), "{backfill:?}");
    // At the least 0.1, 0.2, 0.4, 0.8 and 1.6 s apart: six tries, and one at the limit, of each batch in flight (a page
    // may close one more) and of the checkpoints.
    let under_way = limits.unwrap().bulk.in_flight + 2;
    let tries = scene.proxy.observed().faulted();
    assert!((2..=7 * under_way).contains(&tries), "{tries} tries");
}
