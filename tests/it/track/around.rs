//! What is around tracking: backfills and replays leave it alone, and it leaves them alone; creators that are gone and
//! come back; who is known.

use viralmine::jobs::status;
use viralmine::jobs::track::known::KnownError;
use viralmine::model::{Collection, CreatorId};
use viralmine::pipeline::Bounds;
use viralmine::simulator::{Faults, SimulatorOptions};

use super::support::{HOUR, Rounds, moments};
use crate::support::place::{Place, on_both_stores};
use crate::support::rerun::Replaying;
use crate::support::run::{quick, simulator};

on_both_stores!(
    a_wider_backfill_goes_on_behind_tracking,
    a_replay_of_older_pages_takes_nothing_back,
    who_is_gone_is_left_alone_for_a_week_and_may_come_back,
    who_a_backfill_found_gone_is_told,
    who_is_gone_in_the_middle_of_a_backfill_is_told_in_the_words_of_the_api,
    a_partial_refresh_behind_a_visit_hides_no_hole,
    only_creators_that_were_walked_are_known,
    what_tracking_keeps_is_no_checkpoint,
);

async fn a_wider_backfill_goes_on_behind_tracking(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, videos: 120, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill_within(Bounds { max_pages: Some(1), ..Bounds::default() }).await;
    let creators = simulator.creators();
    let before = place.checkpoints(&creators).await;
    rounds.pass(24 * HOUR);
    rounds.track().await;
    assert_eq!(place.checkpoints(&creators).await, before, "tracking has a checkpoint of its own");
    let tracked = rounds.tracking().await;
    let wider = rounds.backfill().await.report;
    assert!(wider.creators.done == 3 && wider.pages > 3);
    assert_eq!(rounds.tracking().await, tracked);
    let all: u64 = creators.iter().filter_map(|creator| simulator.video_count(creator)).sum();
    assert_eq!(place.documents().await.len() as u64, all);
}

async fn a_replay_of_older_pages_takes_nothing_back(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    rounds.pass(72 * HOUR);
    rounds.track().await;
    let (documents, kept) = (place.documents().await, moments(&place).await);
    let replay = Replaying::of(&[], &place.settings.data_dir).into_place(&place).await;
    assert!(replay.report.documents.superseded > 0, "{:?}", replay.report);
    assert_eq!(place.documents().await, documents);
    assert_eq!(moments(&place).await, kept);
}

async fn who_is_gone_is_left_alone_for_a_week_and_may_come_back(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    let second = simulator.creators()[1].clone();
    simulator.set_faults("gone@creator-2=1".parse().unwrap());
    let first = rounds.track().await;
    assert!(first.fatal.is_none() && !first.interrupted && !first.budget_used);
    let creators = first.report.creators;
    assert_eq!((creators.visited, creators.failed.len(), creators.left), (2, 0, 0));
    assert_eq!(creators.gone[0].sec_user_id, second.as_str());
    assert_eq!(rounds.observer.gone().into_iter().collect::<Vec<_>>(), [second.to_string()]);

    rounds.pass(6 * 24 * HOUR);
    let left_alone = rounds.track().await.report;
    assert_eq!(
        (left_alone.creators.visited, left_alone.creators.gone_before, left_alone.creators.gone.len()),
        (2, 1, 0)
    );
    rounds.named = vec![second.clone()];
    let named = rounds.track().await.report;
    assert_eq!((named.requests.sent, named.creators.gone.len()), (1, 1), "who is named is asked");

    rounds.named.clear();
    rounds.pass(8 * 24 * HOUR);
    simulator.set_faults(Faults::default());
    let back = rounds.track().await.report;
    assert_eq!((back.creators.visited, back.creators.back), (3, vec![second.to_string()]));
    let all: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    assert_eq!(place.documents().await.len() as u64, all, "what was posted meanwhile is there");
    assert!(rounds.track().await.report.creators.back.is_empty());
}

async fn who_a_backfill_found_gone_is_told(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    rounds.track().await;
    simulator.set_faults("gone@creator-2=1".parse().unwrap());
    rounds.backfill_within(Bounds { refresh: true, ..Bounds::default() }).await;
    let creators = rounds.track().await.report.creators;
    assert_eq!((creators.visited, creators.gone_before), (2, 1));
    let told: Vec<String> = rounds.observer.gone().into_iter().collect();
    assert_eq!(told, [simulator.creators()[1].to_string()]);
}

async fn who_is_gone_in_the_middle_of_a_backfill_is_told_in_the_words_of_the_api(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, videos: 120, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 10;
    let mut run = rounds.prepared();
    run.stop_after_pages = Some(4);
    assert!(run.run().await.interrupted);
    simulator.set_faults("gone=1".parse().unwrap());
    let creators = rounds.track().await.report.creators;
    assert!(!creators.gone.is_empty() && creators.failed.is_empty() && creators.left == 0, "{creators:?}");
    for gone in &creators.gone {
        assert!(gone.error.contains("not found") && !gone.error.contains("refused"), "{gone:?}");
    }
    assert_eq!(rounds.observer.gone().len(), creators.gone.len());
}

async fn a_partial_refresh_behind_a_visit_hides_no_hole(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 1, videos: 200, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.page_size = 5;
    rounds.backfill().await;
    rounds.track().await;
    let before = place.documents().await.len();
    rounds.pass(60 * 24 * HOUR);
    rounds.backfill_within(Bounds { refresh: true, max_pages: Some(2), ..Bounds::default() }).await;
    rounds.track().await;
    let all = usize::try_from(simulator.video_count(&simulator.creators()[0]).unwrap()).unwrap();
    assert!(all > before + 15, "what is new has to be more than the refresh took: {before} of {all}");
    assert_eq!(place.documents().await.len(), all);
}

async fn only_creators_that_were_walked_are_known(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 2, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    let run = rounds.prepared();
    let nobody = rounds.track_with(run).await.unwrap_err();
    assert!(matches!(nobody, KnownError::Nobody) && nobody.to_string().contains("`viralmine backfill`"), "{nobody}");
    rounds.backfill().await;
    let stranger = CreatorId::parse("MS4wLjABAAAAnobodyknowsme").unwrap();
    rounds.named = vec![stranger.clone(), simulator.creators()[0].clone()];
    let report = rounds.track().await.report;
    assert_eq!((report.creators.visited, report.requests.sent), (1, 1));
    let [failed] = report.creators.failed.as_slice() else { panic!("{report:?}") };
    assert_eq!(failed.sec_user_id, stranger.as_str());
    assert!(failed.error.contains(&format!("`viralmine backfill {stranger}` first")), "{}", failed.error);
}

async fn what_tracking_keeps_is_no_checkpoint(place: Place) {
    let simulator = simulator(SimulatorOptions { creators: 3, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    rounds.track().await;
    let view = viralmine::commands::stores::open_view(&place.settings).await.unwrap();
    assert_eq!(view.count(Collection::Checkpoints).await.unwrap(), 3);
    let mut listed = Vec::new();
    let mut each = |checkpoint: &viralmine::model::Checkpoint| listed.push(checkpoint.sec_user_id.clone());
    let status = status::run(view, 10, &mut each).await.unwrap();
    assert_eq!((listed.len(), status.creators.done, status.creators.unreadable), (3, 3, 0));
    let newest = rounds.tracking().await.into_iter().flatten().map(|visit| visit.walk).max();
    let tracking = &status.tracking;
    assert_eq!((tracking.creators, tracking.under_way, tracking.gone, tracking.last_visit), (3, 0, 0, newest));
    let visits: Vec<_> = rounds.tracking().await.into_iter().flatten().collect();
    let sum = |of: fn(&viralmine::model::Checkpoint) -> u64| visits.iter().map(of).sum::<u64>();
    let read = &tracking.settled;
    assert!(read.pages >= 3 && read.received > 0, "{read:?}");
    assert_eq!((read.pages, read.received), (sum(|visit| visit.pages), sum(|visit| visit.received)));
    assert_eq!(read.received, read.skipped + read.stored + read.superseded + read.dead);
}
