//! The score pass on both stores: what is stored is what the definitions say, whatever the order in which posts came,
//! and whatever stopped it; newer posts win over it; and what is typed tells of it.

mod growth; // growth between two looks at a post
mod naive; // the definitions, written down with copies and sorts
pub mod pass; // one pass, put together as the commands do it
mod typed; // score, explain, status, and the pass behind a run, as they are typed

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use viralmine::model::CreatorRow;

use self::pass::Pass;
use crate::support::place::{Place, on_both_stores};
use crate::support::records::{list_record, post, write};
use crate::support::rerun::Replaying;
use crate::support::run::{Run, Trouble, quick, simulator};

const FETCHED: i64 = 1_750_000_000_000;
const DAY: i64 = 24 * 60 * 60;

on_both_stores!(
    scores_are_what_the_definitions_say,
    the_order_in_which_posts_come_changes_nothing,
    a_stopped_pass_is_finished_by_the_next,
    what_is_fetched_meanwhile_wins,
    a_row_is_of_the_posts_that_a_creator_has_now,
);

async fn scores_are_what_the_definitions_say(place: Place) {
    let simulator = simulator(quick()).await;
    let stored = Run::new(&place, &simulator).run().await.report.documents.stored;
    let report = Pass::over(&place).succeeds().await;
    assert_eq!((report.videos, report.rewritten, report.newer), (stored, stored, 0), "{report:?}");
    assert_eq!((report.creators, report.creators_written), (12, 12), "{report:?}");
    let documents = place.documents().await;
    let corpus = pass::corpus(&place).await.unwrap();
    assert_eq!(report.globals.as_ref(), Some(&corpus));
    let judged = naive::check(&documents, &corpus);
    assert_eq!((report.judged, report.viral), judged);
    let rows = pass::rows(&place, &simulator.creators()).await;
    naive::check_rows(&documents, &rows, &corpus);

    let again = Pass::over(&place).succeeds().await;
    assert_eq!((again.rewritten, again.creators_written), (0, 0), "a pass repeated changes nothing: {again:?}");
    assert_eq!(place.documents().await, documents);
}

/// Pages of five creators, whose posts have plays of their own.
fn pages() -> Vec<Value> {
    let page = |creator: u32| {
        let posts: Vec<Value> = (0..=creator * 6)
            .map(|number| {
                let id = creator * 1_000 + number;
                let plays = u64::from(id).pow(2) * 7_919 % 90_000;
                // The last one stands out of those that are old enough; some are withheld, some undated.
                let plays = if number == creator * 6 { 4_000_000 } else { plays * u64::from(number % 9 != 3) };
                let mut post = post(id, plays);
                post["create_time"] = json!(FETCHED / 1000 - i64::from(number % 40) * DAY);
                if number % 11 == 5 {
                    post.as_object_mut().unwrap().remove("create_time");
                }
                post
            })
            .collect();
        let mut record = list_record(FETCHED + i64::from(creator), &posts);
        record["sec_user_id"] = json!(creator_of(creator));
        record
    };
    (1..=5).map(page).collect()
}

fn creator_of(number: u32) -> String {
    format!("MS4wLjABAAAA8fKxscores{number}")
}

async fn load(place: &Place, records: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "pages.ndjson", records);
    let replay = Replaying::of(&[&path], &place.settings.data_dir).into_place(place).await;
    assert!(replay.fatal.is_none() && !replay.interrupted, "{replay:?}");
}

async fn all_rows(place: &Place) -> Vec<Option<CreatorRow>> {
    let creators = (1..=5).map(|number| creator_of(number).parse_as_creator()).collect::<Vec<_>>();
    pass::rows(place, &creators).await
}

/// A short way to a creator's id.
trait ParseAsCreator {
    fn parse_as_creator(&self) -> viralmine::model::CreatorId;
}

impl ParseAsCreator for String {
    fn parse_as_creator(&self) -> viralmine::model::CreatorId {
        viralmine::model::CreatorId::parse(self).unwrap()
    }
}

async fn the_order_in_which_posts_come_changes_nothing(place: Place) {
    let mut records = pages();
    load(&place, &records).await;
    Pass::over(&place).succeeds().await;

    let other = Place::embedded();
    records.reverse();
    for part in records.chunks(2) {
        load(&other, part).await;
        Pass::over(&other).succeeds().await;
    }
    let documents = place.documents().await;
    assert!(documents.values().any(|document| document["virality"]["viral"] == true), "something is told apart");
    assert!(documents.values().any(|document| document["virality"]["z"].is_null()), "and something cannot be judged");
    assert_eq!(documents, other.documents().await);
    assert_eq!(all_rows(&place).await, all_rows(&other).await);
}

async fn a_stopped_pass_is_finished_by_the_next(place: Place) {
    let unbroken = Place::embedded();
    for place in [&place, &unbroken] {
        load(place, &pages()).await;
    }
    Pass::over(&unbroken).succeeds().await;
    for bulk in [1, 2] {
        let stop = CancellationToken::new();
        let trouble = Trouble::StopsAt(bulk, stop.clone());
        let score = Pass { stop, trouble: Some(trouble), ..Pass::over(&place) }.run().await;
        assert!(score.interrupted && score.fatal.is_none(), "{score:?}");
        let standing = pass::standing(&place).await;
        assert!(standing.behind && standing.scored_at.is_none(), "{standing:?}");
    }
    let failing = Pass { trouble: Some(Trouble::DeniesFrom(2)), ..Pass::over(&place) }.run().await;
    assert!(failing.fatal.is_some(), "{failing:?}");
    Pass::over(&place).succeeds().await;
    assert!(!pass::standing(&place).await.behind);
    assert_eq!(place.documents().await, unbroken.documents().await);
    assert_eq!(all_rows(&place).await, all_rows(&unbroken).await);

    let refused = place.documents().await.into_keys().next().unwrap();
    let mut newer = pages();
    for record in &mut newer {
        record["fetched_at"] = json!(FETCHED + 10_000);
    }
    load(&place, &newer).await;
    // A refusal is of one document: all others are scored, and the pass is at its end.
    let report = Pass { trouble: Some(Trouble::Refuses(refused.clone())), ..Pass::over(&place) }.succeeds().await;
    assert_eq!((report.refused.count, &report.refused.first[0].id), (1, &refused), "{report:?}");
    let standing = pass::standing(&place).await;
    assert!(!standing.behind && standing.unscored == 1, "{standing:?}");
    Pass::over(&place).succeeds().await;
    assert_eq!(pass::standing(&place).await.unscored, 0);
}

/// The newest fetched post of a creator turns up in another creator's list, so that the newest of those left is older.
async fn a_row_is_of_the_posts_that_a_creator_has_now(place: Place) {
    load(&place, &pages()).await;
    let mut newest = list_record(FETCHED + 1_000, &[post(5_999, 70_000)]);
    newest["sec_user_id"] = json!(creator_of(5));
    load(&place, &[newest.clone()]).await;
    Pass::over(&place).succeeds().await;
    let before = all_rows(&place).await[4].clone().unwrap();
    newest["sec_user_id"] = json!(creator_of(1));
    newest["fetched_at"] = json!(FETCHED + 2_000);
    load(&place, &[newest]).await;
    Pass::over(&place).succeeds().await;
    let after = all_rows(&place).await[4].clone().unwrap();
    assert_eq!((before.fetched_at, before.videos), (FETCHED + 1_000, 32));
    assert_eq!((after.fetched_at, after.videos), (FETCHED + 5, 31));
    assert_eq!(Pass::over(&place).succeeds().await.creators_written, 0);
}

async fn what_is_fetched_meanwhile_wins(place: Place) {
    load(&place, &pages()).await;
    let (id, before) = place.documents().await.into_iter().next_back().unwrap();
    let mut newer = before.clone();
    newer["stats"]["play"] = json!(77_777);
    newer["fetched_at"] = json!(FETCHED + 60_000);
    let meanwhile = Some((id.clone(), FETCHED + 60_000, newer.to_string().into_bytes()));
    Pass { meanwhile, ..Pass::over(&place) }.succeeds().await;
    let stored = &place.documents().await[&id];
    assert_eq!((&stored["stats"]["play"], stored.get("virality")), (&json!(77_777), None), "{stored}");
    let standing = pass::standing(&place).await;
    assert!(standing.behind && standing.unscored == 1, "{standing:?}");
    let report = Pass::over(&place).succeeds().await;
    assert!(report.rewritten > 0 && !pass::standing(&place).await.behind, "{report:?}");
    naive::check(&place.documents().await, &pass::corpus(&place).await.unwrap());
}
