//! Answers that look good: lists that end too early, posts that come twice, posts that appear while a creator is
//! walked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use viralmine::archive::{RecordedPages, segments};
use viralmine::model::{Endpoint, WalkEnd};
use viralmine::pipeline::Bounds;
use viralmine::simulator::{FaultKind, Simulator};

use super::{fault_free, faults, faulty, tireless};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, quick, simulator};

on_both_stores!(
    a_cursor_that_repeats_ends_its_walk_alone,
    an_empty_page_that_claims_more_ends_its_walk_alone,
    walks_that_end_too_early_are_completed_by_a_refresh,
    of_posts_that_come_twice_the_newest_counts_win,
    posts_that_appear_while_paging_cost_none_that_was_there,
);

async fn a_cursor_that_repeats_ends_its_walk_alone(place: Place) {
    // Its first page's posts are good, and kept.
    let kept = one_walk_ends_early(&place, "repeat@creator-2@page-1=1", "repeated the cursor \"0\"").await;
    assert_eq!(kept, 35);
}

async fn an_empty_page_that_claims_more_ends_its_walk_alone(place: Place) {
    let kept = one_walk_ends_early(&place, "empty@creator-2@page-2=1", "an empty page that says there is more").await;
    assert_eq!(kept, 35);
}

/// The second creator's walk ends early with a warning; gives how many of its posts are stored then.
async fn one_walk_ends_early(place: &Place, spec: &str, words: &str) -> usize {
    let simulator = faulty(spec).await;
    let creators = simulator.creators();
    let early = creators[1].as_str();
    let backfill = Run::new(place, &simulator).run().await;
    assert_eq!((backfill.report.creators.done, backfill.report.creators.failed.len()), (12, 0));
    let [(creator, warning)] = &backfill.warnings[..] else { panic!("{:?}", backfill.warnings) };
    assert!(creator.as_str() == early && warning.contains(words) && warning.contains("--refresh"), "{warning}");
    for (creator, checkpoint) in creators.iter().zip(place.checkpoints(&creators).await) {
        let expected = if creator.as_str() == early { WalkEnd::Warning } else { WalkEnd::End };
        assert_eq!(checkpoint.unwrap().end, Some(expected), "{creator}");
    }
    let stored = place.timeless_documents().await;
    let kept = stored.values().filter(|document| document["sec_user_id"] == early).count();
    let whole = &fault_free().await.documents;
    assert!(stored.iter().all(|(id, document)| whole.get(id) == Some(document)));
    assert!(whole.iter().all(|(id, document)| stored.contains_key(id) || document["sec_user_id"] == early));
    refresh(place, &simulator).await;
    kept
}

/// The API has come to its senses: walking finished creators again finds everything.
async fn refresh(place: &Place, simulator: &Simulator) {
    simulator.set_faults(faults(""));
    let again = Run::new(place, simulator).run().await;
    assert_eq!(again.report.requests.sent, 0, "a walk that ended, if with a warning, costs nothing again");
    let mut run = Run::new(place, simulator);
    run.bounds = Bounds { refresh: true, ..Bounds::default() };
    let refreshed = run.run().await;
    assert!(refreshed.warnings.is_empty() && refreshed.report.creators.done == 12, "{refreshed:?}");
    assert!(place.timeless_documents().await == fault_free().await.documents);
}

async fn walks_that_end_too_early_are_completed_by_a_refresh(place: Place) {
    let simulator = faulty("repeat=0.06,empty=0.06,null=0.2").await;
    let mut run = tireless(&place, &simulator);
    run.api.page_size = 10;
    let backfill = run.run().await;
    assert_eq!(backfill.report.creators.done, 12);
    let early: BTreeSet<&str> = backfill.warnings.iter().map(|(creator, _)| creator.as_str()).collect();
    let drawn = simulator.observed().faults();
    assert!(drawn.len() == 3 && early.len() > 2 && early.len() < 12, "{early:?}, {drawn:?}");
    let stored = place.timeless_documents().await;
    let whole = &fault_free().await.documents;
    assert!(stored.iter().all(|(id, document)| whole.get(id) == Some(document)));
    let is_early = |document: &Value| early.contains(document["sec_user_id"].as_str().unwrap());
    assert!(whole.iter().all(|(id, document)| stored.contains_key(id) || is_early(document)));
    refresh(&place, &simulator).await;
}

/// One post in one answer: when that came, and the plays it told of.
type Sighting = (i64, u64);

/// All posts of all whole list answers in the archive, read without the normalizer.
fn sightings(place: &Place) -> BTreeMap<String, Vec<Sighting>> {
    let mut posts: BTreeMap<String, Vec<Sighting>> = BTreeMap::new();
    for segment in segments(&place.settings.data_dir).unwrap() {
        for page in RecordedPages::open(&segment).unwrap() {
            let page = page.unwrap();
            assert_eq!(page.endpoint, Endpoint::List);
            let answer: Value = serde_json::from_str(page.response.text()).unwrap();
            for post in answer["data"]["aweme_list"].as_array().unwrap() {
                let sighting = (page.fetched_at.unwrap(), post["statistics"]["play_count"].as_u64().unwrap());
                posts.entry(post["aweme_id"].as_str().unwrap().to_owned()).or_default().push(sighting);
            }
        }
    }
    posts
}

async fn of_posts_that_come_twice_the_newest_counts_win(place: Place) {
    let simulator = Arc::new(faulty("duplicates=1").await);
    let mut run = Run::new(&place, &simulator);
    run.api.page_size = 10;
    let clock = Arc::clone(&simulator);
    // Counts grow, and new posts appear, between any two pages of a creator.
    run.after_each_page = Box::new(move || clock.advance(Duration::from_hours(1)));
    let backfill = run.run().await;
    assert!(backfill.warnings.is_empty() && backfill.report.creators.done == 12, "{backfill:?}");
    assert!(simulator.observed().faults()[&FaultKind::Duplicates] > 20);
    let (stored, seen) = (place.documents().await, sightings(&place));
    assert!(stored.keys().eq(seen.keys()), "every post is stored, once");
    assert!(fault_free().await.documents.keys().all(|id| stored.contains_key(id)));
    let received: usize = seen.values().map(Vec::len).sum();
    let documents = &backfill.report.documents;
    assert_eq!((documents.fetched, documents.stored), (received as u64, received as u64));
    assert!(received > stored.len() + 50, "{received} posts came, {} of them different ones", stored.len());
    let mut grown = 0;
    for (id, sightings) in &seen {
        let (fetched_at, plays) = sightings.iter().max().unwrap();
        let document = &stored[id];
        assert_eq!(
            (document["fetched_at"].as_i64(), document["stats"]["play"].as_u64()),
            (Some(*fetched_at), Some(*plays))
        );
        grown += usize::from(sightings.iter().any(|(_, before)| before < plays));
    }
    assert!(grown > 20, "{grown} posts had grown between two pages");
}

async fn posts_that_appear_while_paging_cost_none_that_was_there(place: Place) {
    let simulator = Arc::new(simulator(quick()).await);
    let posts = || simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum::<u64>();
    let there_before = posts();
    let mut run = Run::new(&place, &simulator);
    run.api.page_size = 7;
    let clock = Arc::clone(&simulator);
    run.after_each_page = Box::new(move || clock.advance(Duration::from_hours(12)));
    let backfill = run.run().await;
    assert!(backfill.warnings.is_empty() && backfill.report.creators.done == 12, "{backfill:?}");
    let stored = place.documents().await;
    let before = &fault_free().await.documents;
    assert_eq!(before.len() as u64, there_before);
    assert!(before.keys().all(|id| stored.contains_key(id)), "a post that was there is missing");
    assert!(posts() > there_before + 12, "posts appeared meanwhile");
    // Time stands still again: a refresh finds the new ones, and every count as it is now.
    let mut run = Run::new(&place, &simulator);
    run.bounds = Bounds { refresh: true, ..Bounds::default() };
    run.run().await;
    let now = Place::embedded();
    Run::new(&now, &simulator).run().await;
    let stored = place.timeless_documents().await;
    assert_eq!(stored.len() as u64, posts());
    assert!(stored == now.timeless_documents().await);
}
