//! Tracking on both stores: new posts, new counts, both moments kept, known ground, and whatever stops or kills a
//! round.

mod around; // what is around it: backfills, replays, creators that are gone, who is known
mod away; // a store or an API that is away, a reader that went away, places that are not there
mod kills; // killed rounds end as if they were never killed
mod stops; // stopped, denied and out of budget anywhere
mod stuck; // visits that came to no page, walks that fail on one page for ever, documents that cannot be read
pub mod support; // one round, put together as the command does it
mod typed; // as it is typed, and the unit files

use std::collections::BTreeMap;

use viralmine::model::{Checkpoint, WalkEnd};
use viralmine::simulator::{Faults, Simulator, SimulatorOptions};

use self::support::{HOUR, Rounds, moments};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{quick, simulator};

on_both_stores!(
    new_posts_are_found_and_the_counts_of_both_moments_are_kept,
    a_creator_without_news_costs_one_request,
    pinned_posts_neither_stop_a_walk_nor_keep_it_going,
    young_posts_are_read_again_when_they_are_due_and_only_then,
    a_page_that_repeats_posts_changes_nothing,
);

/// So many posts as the simulated API has now.
fn posts_of(simulator: &Simulator) -> u64 {
    simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum()
}

async fn new_posts_are_found_and_the_counts_of_both_moments_are_kept(place: Place) {
    let simulator = simulator(quick()).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    let before = place.documents().await;
    assert!(moments(&place).await.is_empty(), "only tracking keeps moments");

    rounds.pass(48 * HOUR);
    let track = rounds.track().await;
    let after = place.documents().await;
    assert_eq!(after.len() as u64, posts_of(&simulator));
    let new = (after.len() - before.len()) as u64;
    assert!(new > 0 && track.report.posts.new == new, "{new} are new: {:?}", track.report);
    assert_eq!(track.report.creators.visited, 12);
    assert!(track.report.creators.unchanged < 12 && track.report.requests.sent == track.report.pages);

    let moments = moments(&place).await;
    let mut kept = 0;
    for (id, document) in &after {
        let of_it = moments.get(id).map_or(&[][..], Vec::as_slice);
        match before.get(id) {
            None => assert_eq!(of_it.len(), 1, "{id} is new"),
            Some(old) if old["fetched_at"] == document["fetched_at"] => assert_eq!(of_it.len(), 0, "{id} was not read"),
            Some(old) => {
                let [first, second] = of_it else { panic!("{id}: {of_it:?}") };
                assert_eq!(first["fetched_at"], old["fetched_at"]);
                assert_eq!((&first["stats"], first.get("previous")), (&old["stats"], None));
                assert_eq!(second["previous"], old["fetched_at"]);
                assert_eq!((&second["stats"], &second["fetched_at"]), (&document["stats"], &document["fetched_at"]));
                assert!(second["stats"]["like"].as_u64() >= first["stats"]["like"].as_u64());
            }
        }
        kept += of_it.len() as u64;
    }
    assert_eq!(kept, track.report.snapshots);
    assert_eq!(track.report.posts.read_again + new, track.report.documents.stored);

    rounds.pass(HOUR);
    let again = rounds.track().await.report;
    assert_eq!(again.creators.visited, 12);
    let later = support::moments(&place).await;
    assert!(moments.iter().all(|(id, of_it)| later[id].starts_with(of_it)), "what was kept stays as it was");
    assert_eq!(later.values().map(|of_it| of_it.len() as u64).sum::<u64>(), kept + again.snapshots);
}

async fn a_creator_without_news_costs_one_request(place: Place) {
    let simulator = simulator(quick()).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    let before = simulator.observed().total();
    let track = rounds.track().await.report;
    assert_eq!((track.creators.visited, track.creators.unchanged, track.posts.new), (12, 12, 0));
    assert_eq!((track.requests.sent, simulator.observed().total() - before), (12, 12));
    for checkpoint in rounds.tracking().await {
        let Checkpoint { end, pages, .. } = checkpoint.unwrap();
        assert!(pages == 1 && matches!(end, Some(WalkEnd::Known | WalkEnd::End)), "{end:?}");
    }
}

async fn pinned_posts_neither_stop_a_walk_nor_keep_it_going(place: Place) {
    let options = SimulatorOptions { creators: 10, videos: 60, ..quick() };
    let simulator = simulator(options).await;
    let mut rounds = Rounds::new(&place, &simulator);
    // Smaller than a row of known posts, and no larger than what some creators have pinned.
    rounds.page_size = 3;
    rounds.backfill().await;
    let before = simulator.observed().total();
    rounds.track().await;
    let requests = simulator.observed().total() - before;
    let pinned = rounds.observer.pinned();
    // Five known posts on two pages, and a third page where up to three pinned ones stand before them.
    assert!(requests > 20 && requests <= 30, "{requests} requests");

    rounds.pass(20 * 24 * HOUR);
    let track = rounds.track().await.report;
    assert!(pinned > 5 && track.posts.new > 50, "{pinned} pinned, {:?}", track.posts);
    assert_eq!(place.documents().await.len() as u64, posts_of(&simulator));
    assert!(rounds.tracking().await.into_iter().flatten().any(|checkpoint| checkpoint.end == Some(WalkEnd::Known)));
}

async fn young_posts_are_read_again_when_they_are_due_and_only_then(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 4, videos: 200, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 5;
    rounds.backfill().await;
    // A week on, all posts that were younger than 30 days are due.
    rounds.pass(7 * 24 * HOUR);
    let before = place.documents().await;
    let now = rounds.now.as_second();
    let first = rounds.track().await.report;
    let after = place.documents().await;
    let mut due = 0;
    for (id, old) in &before {
        let age = now - old["publish_ts"].as_i64().unwrap();
        if age < 30 * 24 * 3600 {
            due += 1;
            assert!(after[id]["fetched_at"].as_i64() > old["fetched_at"].as_i64(), "{id}, {age} s old");
        }
    }
    assert!(due > 20 && first.posts.read_again >= due && first.posts.due_left == 0, "{due} due: {first:?}");
    assert!(first.posts.read_again < before.len() as u64, "old posts are not read again");
    let second = rounds.track().await.report;
    assert!(second.requests.sent <= 12 && second.requests.sent < first.requests.sent / 2, "{first:?} {second:?}");
}

async fn a_page_that_repeats_posts_changes_nothing(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 4, videos: 60, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 6;
    rounds.backfill().await;
    rounds.pass(15 * 24 * HOUR);
    let faults: Faults = "duplicates=1".parse().unwrap();
    simulator.set_faults(faults);
    let track = rounds.track().await.report;
    let stored = place.documents().await;
    assert_eq!(stored.len() as u64, posts_of(&simulator));
    let mut at_one_moment: BTreeMap<(String, i64), usize> = BTreeMap::new();
    for (id, of_it) in moments(&place).await {
        assert!(of_it.len() <= 2, "{id}: {of_it:?}");
        for moment in of_it {
            *at_one_moment.entry((id.clone(), moment["fetched_at"].as_i64().unwrap())).or_default() += 1;
        }
    }
    assert!(at_one_moment.values().all(|times| *times == 1) && track.snapshots == at_one_moment.len() as u64);
    let shown = rounds.observer.shown();
    assert!(shown.values().all(|times| *times == 1), "each post is shown once");
}
