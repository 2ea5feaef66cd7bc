//! Plans from checkpoints of every kind.

use super::*;
use crate::model::WalkEnd;

fn creators(count: usize) -> Vec<CreatorId> {
    (0..count).map(|number| CreatorId::parse(&format!("MS4wLjABAAAAcreator{number:04}")).unwrap()).collect()
}

fn checkpoint(creator: &CreatorId, pages: u64, end: Option<WalkEnd>) -> Checkpoint {
    let since = (end == Some(WalkEnd::Since)).then_some(1_000);
    Checkpoint { pages, end, since, received: pages * 30, ..Checkpoint::new(creator, 5) }
}

/// A plan over creators with these checkpoints.
fn planned(stored: &[Option<(u64, Option<WalkEnd>)>], bounds: &Bounds) -> PlanReport {
    let creators = creators(stored.len());
    let with_creator = creators.iter().zip(stored);
    let checkpoints: Vec<_> =
        with_creator.map(|(creator, known)| known.map(|(pages, end)| checkpoint(creator, pages, end))).collect();
    plan(&PlanBasis {
        creators: &creators,
        checkpoints: &checkpoints,
        bounds,
        now_ms: 10,
        requests_per_second: 3.0,
        page_size: 35,
        measured_page_bytes: None,
        archive: true,
        price_per_request: Some(0.01),
        budget: None,
    })
}

#[test]
fn of_creators_never_seen_only_the_least_is_known() {
    let report = planned(&[None; 6], &Bounds::default());
    assert_eq!(report.creators, PlannedCreators { begin: 6, ..PlannedCreators::default() });
    assert_eq!(report.requests, Figures { least: 6, estimate: None, most: None });
    assert_eq!((report.seconds.least, report.money.unwrap().least), (2, 0.06));
    assert_eq!(report.archive_bytes.least, 6 * 35 * 300);
    let bounded = planned(&[None; 6], &Bounds { max_pages: Some(4), ..Bounds::default() });
    assert_eq!(bounded.requests, Figures { least: 6, estimate: None, most: Some(24) });
    let first_pages = planned(&[None; 6], &Bounds { max_pages: Some(1), ..Bounds::default() });
    assert_eq!(first_pages.requests, Figures { least: 6, estimate: Some(6), most: Some(6) });
}

#[test]
fn walks_that_ended_say_how_long_the_others_are() {
    let stored = [Some((4, Some(WalkEnd::End))), Some((8, Some(WalkEnd::Warning))), None, None, Some((6, None))];
    let report = planned(&stored, &Bounds::default());
    assert_eq!(report.creators, PlannedCreators { begin: 2, go_on: 1, done: 2, parked: 0 });
    // The one under way is past the shorter one: two more pages for it, and the new ones have 4, or 8 in two of three.
    assert_eq!(report.requests, Figures { least: 3, estimate: Some(2 + 13), most: None });
    assert_eq!((report.assumed.known_walks, report.assumed.posts_per_page), (2, 30.0));
    assert_eq!(report.index_bytes.estimate, Some(15 * 30 * 1_200));
    let again = planned(&stored, &Bounds { refresh: true, ..Bounds::default() });
    assert_eq!((again.creators.begin, again.creators.go_on), (4, 1));
}

#[test]
fn a_bound_counts_from_the_pages_that_are_there() {
    let stored =
        [Some((2, None)), Some((9, None)), Some((2, Some(WalkEnd::MaxPages))), Some((5, Some(WalkEnd::MaxPages)))];
    let report = planned(&stored, &Bounds { max_pages: Some(5), ..Bounds::default() });
    assert_eq!(report.creators, PlannedCreators { go_on: 3, done: 1, ..PlannedCreators::default() });
    assert_eq!((report.requests.least, report.requests.most), (2, Some(6)));
    assert_eq!(report.requests.estimate, Some(6), "two are known to have five pages and more");
}

#[test]
fn walks_that_ended_by_another_since_tell_what_they_can() {
    let by_since = [Some((3, Some(WalkEnd::Since))), None];
    let same = planned(&by_since, &Bounds { since: Some(1_000), ..Bounds::default() });
    assert_eq!((same.creators.done, same.requests.estimate), (1, Some(3)));
    let further_back = planned(&by_since, &Bounds { since: Some(500), ..Bounds::default() });
    assert_eq!((further_back.creators.go_on, further_back.requests.estimate), (1, None));
    assert_eq!(planned(&by_since, &Bounds::default()).requests.estimate, None);
}

#[test]
fn creators_that_the_api_refused_cost_nothing_until_they_are_asked_for() {
    let refused = [Some((0, Some(WalkEnd::Refused)))];
    let report = planned(&refused, &Bounds::default());
    assert_eq!((report.creators.parked, report.requests.least, report.requests.estimate), (1, 0, Some(0)));
    let retried = planned(&refused, &Bounds { retry_failed: true, ..Bounds::default() });
    assert_eq!((retried.creators.begin, retried.requests.least), (1, 1));
}
