//! Rounds that are stopped, denied by the store, or out of budget: the next one goes on, fills the hole, and pays
//! nothing twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use viralmine::pipeline::{Bounds, Fatal};
use viralmine::simulator::{Simulator, SimulatorOptions};

use super::support::{HOUR, Remembering, Rounds, counts_seen};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Trouble, quick, simulator};

on_both_stores!(
    the_hole_of_a_stopped_walk_is_filled,
    stopped_and_denied_anywhere_it_ends_as_if_nothing_had_been,
    a_budget_goes_to_those_who_wait_longest,
    an_interrupted_backfill_is_gone_on_with_in_its_own_bounds,
    behind_an_interrupted_refresh_that_came_to_its_end_a_visit_is_short,
);

/// Many posts behind what is stored, on small pages.
async fn with_many_new_posts(rounds: &mut Rounds<'_>) {
    rounds.page_size = 5;
    rounds.backfill().await;
    rounds.pass(25 * 24 * HOUR);
}

fn few() -> SimulatorOptions {
    SimulatorOptions { creators: 4, videos: 60, ..quick() }
}

/// A place that was tracked twice without a trouble, and the requests of both rounds.
async fn unbroken(place: &Place) -> (u64, u64, Arc<Remembering>) {
    let simulator = simulator(few()).await;
    let mut rounds = Rounds::new(place, &simulator);
    with_many_new_posts(&mut rounds).await;
    let first = rounds.track().await.report.requests.sent;
    let second = rounds.track().await.report.requests.sent;
    (first, second, rounds.observer)
}

async fn the_hole_of_a_stopped_walk_is_filled(place: Place) {
    let simulator: Simulator = simulator(SimulatorOptions { creators: 1, videos: 40, ..quick() }).await;
    let whole = Place::embedded();
    let mut unstopped = Rounds::new(&whole, &simulator);
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 5;
    unstopped.page_size = 5;
    rounds.backfill().await;
    unstopped.backfill().await;
    rounds.pass(40 * 24 * HOUR);
    unstopped.passed(40 * 24 * HOUR);
    let (first, second) = (unstopped.track().await.report, unstopped.track().await.report);
    assert!(first.pages >= 4, "three pages of new posts at least: {first:?}");

    let mut run = rounds.prepared();
    run.stop_after_pages = Some(1);
    let stopped = rounds.track_with(run).await.unwrap();
    assert!(stopped.interrupted && stopped.fatal.is_none(), "{stopped:?}");
    assert_eq!((stopped.report.pages, stopped.report.creators.left), (1, 1));
    assert!(place.documents().await.len() < whole.documents().await.len());
    // What it stored in passing looks as if it were known; behind it there is a hole.
    let last = rounds.track().await.report;
    assert_eq!((last.creators.went_on, last.creators.visited, last.creators.left), (1, 1, 0));
    assert_eq!(last.requests.sent, first.requests.sent - 1 + second.requests.sent, "no page is paid twice");
    assert_eq!(place.timeless_documents().await, whole.timeless_documents().await);
    assert_eq!(counts_seen(&place).await, counts_seen(&whole).await);
}

async fn stopped_and_denied_anywhere_it_ends_as_if_nothing_had_been(place: Place) {
    let whole = Place::embedded();
    let (first, second, seen) = unbroken(&whole).await;
    let simulator = simulator(few()).await;
    let mut rounds = Rounds::new(&place, &simulator);
    with_many_new_posts(&mut rounds).await;
    let before = simulator.observed().total();
    let mut runs = 0;
    let mut visits_of_broken = 0;
    loop {
        let mut run = rounds.prepared();
        match runs % 3 {
            // Small batches, so that a part of a page is stored and the rest is not.
            0 => run.trouble = Some(Trouble::DeniesFrom(2)),
            1 => run.stop_after_pages = Some(2),
            _ => run.trouble = Some(Trouble::DeniesFrom(3)),
        }
        run.limits.bulk.documents = 3;
        let track = rounds.track_with(run).await.unwrap();
        assert!(matches!(track.fatal, None | Some(Fatal::Store(_))), "{track:?}");
        runs += 1;
        if track.fatal.is_none() && !track.interrupted {
            break;
        }
        // Creators that were visited whole are visited again by each later round.
        visits_of_broken += rounds.simulator.creators().len() as u64;
        if runs == 12 {
            rounds.track().await;
            break;
        }
    }
    assert!(runs > 2);
    let sent = simulator.observed().total() - before;
    assert!(sent <= first + second * (1 + visits_of_broken), "{sent} requests");
    assert_eq!(place.timeless_documents().await, whole.timeless_documents().await);
    assert_eq!(counts_seen(&place).await, counts_seen(&whole).await);
    assert_eq!(rounds.observer.new_posts(), seen.new_posts(), "a post that is known is never shown as new");
    assert_eq!(rounds.observer.grown(), seen.grown(), "no count is shown to have grown from another one");
}

async fn a_budget_goes_to_those_who_wait_longest(place: Place) {
    let simulator = simulator(quick()).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    rounds.pass(HOUR);
    rounds.budget = Some(5);
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for visited in [5, 5, 2] {
        let before = simulator.observed().requests.len();
        if visited == 2 {
            rounds.budget = Some(2);
        }
        let track = rounds.track().await;
        assert!(track.budget_used && track.fatal.is_none() && !track.interrupted, "{track:?}");
        assert_eq!((track.report.creators.visited, track.report.creators.left), (visited, 12 - visited));
        for request in simulator.observed().requests.iter().skip(before) {
            assert!(asked.insert(request.subject.clone()), "somebody had a second turn before all had a first");
        }
    }
    assert_eq!(asked.len(), 12);
    rounds.budget = Some(0);
    let nothing = rounds.track().await;
    assert_eq!((nothing.budget_used, nothing.report.requests.sent, nothing.report.creators.left), (true, 0, 12));
    rounds.budget = Some(100);
    assert!(!rounds.track().await.budget_used);
}

async fn an_interrupted_backfill_is_gone_on_with_in_its_own_bounds(place: Place) {
    let options = || SimulatorOptions { creators: 3, videos: 120, ..quick() };
    let bounds = || Bounds { max_pages: Some(3), ..Bounds::default() };
    let (simulator, whole) = (simulator(options()).await, Place::embedded());
    let mut unstopped = Rounds::new(&whole, &simulator);
    unstopped.page_size = 10;
    unstopped.backfill_within(bounds()).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 10;
    let mut run = rounds.prepared();
    run.bounds = bounds();
    run.stop_after_pages = Some(2);
    assert!(run.run().await.interrupted);

    let track = rounds.track().await.report;
    let backfills = whole.timeless_checkpoints(&simulator.creators()).await;
    assert!(track.creators.went_on > 0 && track.creators.failed.is_empty(), "{track:?}");
    // Whoever was not begun is not known, and is not tracked.
    let mine = place.timeless_checkpoints(&simulator.creators()).await;
    for (mine, theirs) in mine.iter().zip(&backfills) {
        assert!(mine.is_none() || mine == theirs, "{mine:?} {theirs:?}");
    }
    assert_eq!(track.creators.visited, mine.iter().flatten().count() as u64);
    rounds.backfill().await;
    unstopped.backfill().await;
    place.assert_same_as(&whole, &simulator.creators()).await;
}

async fn behind_an_interrupted_refresh_that_came_to_its_end_a_visit_is_short(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 1, videos: 120, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 12;
    let pages = rounds.backfill().await.report.pages;
    rounds.track().await;
    rounds.pass(HOUR);
    let mut run = rounds.prepared();
    run.bounds = Bounds { refresh: true, ..Bounds::default() };
    run.stop_after_pages = Some(2);
    assert!(run.run().await.interrupted);
    let track = rounds.track().await.report;
    assert_eq!((track.creators.went_on, track.creators.visited, track.creators.left), (1, 1, 0));
    let visit = rounds.tracking().await[0].clone().unwrap();
    assert!(pages > 5 && visit.pages < 4, "{} of {pages} pages", visit.pages);
    assert_eq!(track.requests.sent, pages - 2 + visit.pages, "{track:?}");
}
