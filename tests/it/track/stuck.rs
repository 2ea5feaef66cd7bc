//! Visits that came to no page, walks that fail on the same page round after round, and documents of tracking that
//! cannot be read: no page is asked twice, and no creator is kept from being visited.

use serde_json::json;
use viralmine::model::{BatchBuilder, Checkpoint, Collection, WalkEnd};
use viralmine::pipeline::Fatal;
use viralmine::simulator::SimulatorOptions;

use super::support::{HOUR, Rounds, counts_seen};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{quick, simulator};

on_both_stores!(
    a_visit_that_came_to_no_page_is_made_once,
    a_walk_that_fails_on_one_page_for_ever_is_given_up,
    a_document_that_cannot_be_read_hides_no_hole,
    a_document_that_cannot_be_read_is_told_of_those_that_are_named,
);

async fn a_visit_that_came_to_no_page_is_made_once(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 4, videos: 200, ..quick() }).await;
    let whole = Place::embedded();
    let (mut undisturbed, mut rounds) = (Rounds::new(&whole, &simulator), Rounds::new(&place, &simulator));
    (undisturbed.page_size, rounds.page_size) = (10, 10);
    undisturbed.backfill().await;
    rounds.backfill().await;
    rounds.pass(HOUR);
    let mut run = rounds.prepared();
    run.budget = Some(0);
    let begun = rounds.track_with(run).await.unwrap();
    assert!(begun.budget_used && begun.report.pages == 0, "{begun:?}");
    let visits = rounds.tracking().await;
    assert!(visits.iter().flatten().all(Checkpoint::is_at_its_start) && visits.iter().all(Option::is_some));

    // A week later other posts are due than when the visits were begun.
    rounds.pass(7 * 24 * HOUR);
    undisturbed.passed(HOUR + 7 * 24 * HOUR);
    let expected = undisturbed.track().await.report;
    let made = rounds.track().await.report;
    assert_eq!((made.creators.visited, made.creators.went_on, made.creators.left), (4, 0, 0));
    assert_eq!(made.creators.unchanged, expected.creators.unchanged);
    assert_eq!((made.requests.sent, made.posts), (expected.requests.sent, expected.posts), "no page is asked twice");
    assert_eq!(place.timeless_documents().await, whole.timeless_documents().await);
    assert_eq!(counts_seen(&place).await, counts_seen(&whole).await);
}

async fn a_walk_that_fails_on_one_page_for_ever_is_given_up(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, videos: 80, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 12;
    rounds.backfill().await;
    rounds.pass(60 * 24 * HOUR);
    simulator.set_faults("500@creator-1@page-2=1".parse().unwrap());
    let first = rounds.track().await.report;
    assert_eq!((first.creators.visited, first.creators.failed.len()), (1, 1), "{first:?}");

    let failed_rounds = async |rounds: &Rounds<'_>| {
        let walk = rounds.tracking().await[0].clone().unwrap();
        (walk.end.is_none(), walk.ground.unwrap().failed_rounds)
    };
    for round in 1..=5 {
        let failing = rounds.track().await.report.creators;
        assert_eq!((failing.visited, failing.failed.len()), (1, 1), "{failing:?}");
        assert_eq!(failed_rounds(&rounds).await, (true, round));
        if round == 3 {
            // Where nobody is answered, it says nothing of that page.
            simulator.set_faults("500=1".parse().unwrap());
            let away = rounds.track().await;
            assert!(matches!(away.fatal, Some(Fatal::AllFail { .. })), "{away:?}");
            assert_eq!(failed_rounds(&rounds).await, (true, round));
            // The simulator counts pages from here on anew, and that one is asked for first.
            simulator.set_faults("500@creator-1@page-1=1".parse().unwrap());
        }
    }

    let given_up = rounds.track().await;
    let creators = &given_up.report.creators;
    assert_eq!((creators.visited, creators.failed.len(), creators.left), (2, 0, 0), "{creators:?}");
    let [(creator, warning)] = given_up.warnings.as_slice() else { panic!("{given_up:?}") };
    assert_eq!(creator, &simulator.creators()[0]);
    for words in ["its page 2", "in 5 rounds", "posts may be missing", &format!("backfill --refresh {creator}")] {
        assert!(warning.contains(words), "{warning}");
    }
    assert!(matches!(rounds.tracking().await[0].as_ref().unwrap().end, Some(WalkEnd::Known | WalkEnd::End)));
    assert!(rounds.track().await.warnings.is_empty(), "it is told once");
}

/// Puts something into the place of a tracking document that the store takes, and nobody understands.
async fn spoil(place: &Place, creator: &str, version: i64) {
    let mut batch = BatchBuilder::new(Collection::Checkpoints);
    let document = json!({"tracking": {"sec_user_id": creator, "walk": version}}).to_string();
    batch.push(&Checkpoint::tracking_id(creator), version, document.as_bytes());
    let writer = place.writer().await;
    writer.bulk(&batch.finish()).await.unwrap();
    writer.commit().await.unwrap();
}

async fn a_document_that_cannot_be_read_hides_no_hole(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, videos: 60, ..quick() }).await;
    let whole = Place::embedded();
    let (mut undisturbed, mut rounds) = (Rounds::new(&whole, &simulator), Rounds::new(&place, &simulator));
    (undisturbed.page_size, rounds.page_size) = (5, 5);
    undisturbed.backfill().await;
    rounds.backfill().await;
    rounds.pass(40 * 24 * HOUR);
    undisturbed.passed(40 * 24 * HOUR);
    undisturbed.track().await;
    let mut run = rounds.prepared();
    run.stop_after_pages = Some(2);
    assert!(rounds.track_with(run).await.unwrap().interrupted);
    assert!(place.documents().await.len() < whole.documents().await.len(), "there is a hole");
    // A clock that was wrong, too: what is written next has to be later all the same.
    let later = rounds.now.as_millisecond() + 3_600_000;
    for creator in simulator.creators() {
        spoil(&place, creator.as_str(), later).await;
    }
    let track = rounds.track().await;
    assert!(track.fatal.is_none(), "{track:?}");
    assert_eq!((track.report.creators.visited, track.report.creators.failed.len()), (2, 0));
    assert_eq!(place.timeless_documents().await, whole.timeless_documents().await);
    let visits = rounds.tracking().await;
    assert!(visits.iter().flatten().all(|visit| visit.walk > later && visit.end.is_some()), "{visits:?}");
}

async fn a_document_that_cannot_be_read_is_told_of_those_that_are_named(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    let second = simulator.creators()[1].clone();
    spoil(&place, second.as_str(), 1).await;
    rounds.named = vec![second];
    let track = rounds.track().await;
    assert_eq!((track.report.creators.visited, track.report.requests.sent), (1, 1), "{track:?}");
    assert!(track.fatal.is_none() && track.report.creators.failed.is_empty());
}
