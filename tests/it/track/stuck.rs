//! Visits that came to no page, walks and backfills that fail on the same page round after round, and documents of
//! tracking that cannot be read: no creator is kept from being visited, and no hole stays behind.

use serde_json::json;
use viralmine::jobs::track::Track;
use viralmine::model::{BatchBuilder, Checkpoint, Collection};
use viralmine::pipeline::Fatal;
use viralmine::simulator::{Faults, SimulatorOptions};

use super::support::{HOUR, Rounds, counts_seen, in_both};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{quick, simulator};

on_both_stores!(
    a_visit_that_came_to_no_page_is_made_once,
    a_page_that_fails_for_ever_hides_no_newer_post,
    a_backfill_that_fails_for_ever_hides_no_newer_post,
    those_that_fail_for_ever_end_no_round_and_come_last,
    many_that_fail_for_ever_are_not_forgotten_when_a_round_is_cut_short,
    who_has_no_turn_waits_all_the_longer,
    a_document_that_cannot_be_read_hides_no_hole,
    a_document_that_cannot_be_read_is_told_of_those_that_are_named,
);

async fn a_visit_that_came_to_no_page_is_made_once(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 4, videos: 200, ..quick() }).await;
    let whole = Place::embedded();
    let (mut undisturbed, mut rounds) = in_both(&whole, &place, &simulator, 10).await;
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

async fn a_page_that_fails_for_ever_hides_no_newer_post(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, videos: 80, ..quick() }).await;
    let whole = Place::embedded();
    let (mut undisturbed, mut rounds) = in_both(&whole, &place, &simulator, 12).await;
    let stored = async |place: &Place| place.documents().await.into_keys().collect::<Vec<String>>();
    let mut had = stored(&place).await.len();
    rounds.pass(30 * 24 * HOUR);
    undisturbed.passed(30 * 24 * HOUR);
    for _ in 0..3 {
        // Set again, they count the pages from here on.
        simulator.set_faults("500@creator-1@page-2=1".parse().unwrap());
        rounds.pass(7 * 24 * HOUR);
        undisturbed.passed(7 * 24 * HOUR);
        let round = rounds.track().await;
        let creators = &round.report.creators;
        assert_eq!((creators.visited, creators.failed.len(), creators.left), (1, 1, 0), "{round:?}");
        assert!(round.fatal.is_none() && creators.went_on == 0 && round.report.posts.new > 0, "{round:?}");
        let walk = rounds.tracking().await[0].clone().unwrap();
        assert!(walk.has_failed() && walk.pages == 1, "begun anew each time: {walk:?}");
        let has = stored(&place).await.len();
        assert!(has > had);
        had = has;
    }
    simulator.set_faults(Faults::default());
    undisturbed.track().await;
    assert!(had < stored(&whole).await.len(), "there is a hole behind that page");
    let healed = rounds.track().await.report.creators;
    assert_eq!((healed.visited, healed.failed.len()), (2, 0));
    assert_eq!(stored(&place).await, stored(&whole).await, "and it is filled");
}

async fn a_backfill_that_fails_for_ever_hides_no_newer_post(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, videos: 80, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 12;
    simulator.set_faults("500@creator-1@page-2=1".parse().unwrap());
    assert_eq!(rounds.backfill().await.report.creators.failed.len(), 1);
    for is_its_turn in [false, true, false, true] {
        rounds.pass(HOUR);
        // Its second page is the first one that it is gone on with.
        simulator
            .set_faults(if is_its_turn { "500@creator-1@page-1=1" } else { "500@creator-1@page-3=1" }.parse().unwrap());
        let creators = rounds.track().await.report.creators;
        let turns = (creators.visited, creators.failed.len(), creators.left);
        assert_eq!(turns, if is_its_turn { (1, 1, 0) } else { (2, 0, 0) }, "{creators:?}");
    }
    simulator.set_faults(Faults::default());
    assert_eq!(rounds.track().await.report.creators.went_on, 0);
    let ended = rounds.track().await.report.creators;
    assert_eq!((ended.went_on, ended.visited, ended.failed.len()), (1, 2, 0), "{ended:?}");
    let all: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    assert_eq!(place.documents().await.len() as u64, all);
}

async fn those_that_fail_for_ever_end_no_round_and_come_last(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 9, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    rounds.pass(HOUR);
    let of_five: Vec<String> = (1..=5).map(|number| format!("500@creator-{number}@page-1=1")).collect();
    simulator.set_faults(of_five.join(",").parse().unwrap());
    rounds.named = simulator.creators()[..5].to_vec();
    let first = rounds.track().await;
    assert!(matches!(first.fatal, Some(Fatal::AllFail { creators: 5, .. })), "it may well be the API: {first:?}");
    rounds.named.clear();
    for _ in 0..3 {
        rounds.pass(HOUR);
        let round = two_by_two(&mut rounds).await;
        let creators = &round.report.creators;
        assert!(round.fatal.is_none(), "{round:?}");
        assert_eq!((creators.visited, creators.failed.len(), creators.left), (4, 5, 0), "{round:?}");
    }
    simulator.set_faults("500=1".parse().unwrap());
    let away = rounds.track().await;
    assert!(matches!(away.fatal, Some(Fatal::AllFail { .. })), "no page came at all: {away:?}");
    simulator.set_faults(Faults::default());
    assert_eq!(rounds.track().await.report.creators.visited, 9);
}

/// More than are tried in a row.
async fn many_that_fail_for_ever_are_not_forgotten_when_a_round_is_cut_short(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 22, videos: 20, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    let of_sixteen: Vec<String> = (1..=16).map(|number| format!("500@creator-{number}@page-1=1")).collect();
    simulator.set_faults(of_sixteen.join(",").parse().unwrap());
    // Each round that they end makes one of them known, at least.
    let mut rounds_ended = 0;
    while two_by_two(&mut rounds).await.fatal.is_some() {
        rounds_ended += 1;
        assert!(rounds_ended <= 16);
    }
    for _ in 0..6 {
        rounds.pass(HOUR);
        let round = two_by_two(&mut rounds).await;
        let creators = &round.report.creators;
        assert!(round.fatal.is_none() && creators.failed.len() >= 5, "{round:?}");
        assert_eq!((creators.visited, creators.failed.len() as u64 + creators.left), (6, 16), "{round:?}");
        let visits = rounds.tracking().await;
        let known = visits.iter().flatten().filter(|visit| visit.is_at_a_failure()).count();
        assert_eq!(known, 16, "those that had no turn, too");
    }
}

/// With so few walks side by side that creators are visited in the order of the plan.
async fn two_by_two(rounds: &mut Rounds<'_>) -> Track {
    let mut run = rounds.prepared();
    run.walks = Some(2);
    rounds.track_with(run).await.unwrap()
}

async fn who_has_no_turn_waits_all_the_longer(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    let before = rounds.now.as_millisecond();
    for _ in 0..3 {
        rounds.pass(HOUR);
        let mut run = rounds.prepared();
        run.budget = Some(0);
        assert!(rounds.track_with(run).await.unwrap().budget_used);
        let waits_since = |visit: Option<Checkpoint>| visit.unwrap().ground.unwrap().waits_since.unwrap();
        let waits_since: Vec<i64> = rounds.tracking().await.into_iter().map(waits_since).collect();
        assert!(waits_since.iter().all(|&since| since < before + 60_000), "{waits_since:?}, {before}");
    }
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
    let (mut undisturbed, mut rounds) = in_both(&whole, &place, &simulator, 5).await;
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
