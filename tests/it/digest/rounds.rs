//! Rounds over what is stored, on both stores: outliers, bursting tags and silent creators, each once; and the pages of
//! a walk beside what was known of their creator.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use viralmine::commands::stores;
use viralmine::jobs::digest::{self, Digest, DigestParts};
use viralmine::model::{Checkpoint, Collection, CreatorId, EventKind, Observer, TrackedPage, TrackedPost};

use super::{NOW, ids, parts};
use crate::scores::pass::Pass;
use crate::support::place::{Place, on_both_stores};
use crate::support::records::{list_record, post, write};
use crate::support::rerun::Replaying;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

on_both_stores!(
    a_post_is_newly_viral_once,
    nothing_is_taken_as_known_before_there_are_scores,
    a_tag_bursts_once_until_it_stops,
    a_creator_goes_silent_once,
    a_page_is_held_against_what_was_known,
);

fn creator(number: u32) -> CreatorId {
    CreatorId::parse(&format!("MS4wLjABAAAA8fKxdigest{number:03}")).unwrap()
}

/// A post of so many hours before `fetched_at` (ms), with these tags.
fn dated(id: u32, plays: u64, hours: i64, fetched_at: i64, tags: &[&str]) -> Value {
    let mut post = post(id, plays);
    post["desc"] = json!("a text");
    post["create_time"] = json!(fetched_at / 1000 - hours * HOUR);
    post["text_extra"] = tags.iter().map(|tag| json!({ "hashtag_name": tag })).collect();
    post
}

fn page(creator: &CreatorId, fetched_at: i64, posts: &[Value]) -> Value {
    let mut record = list_record(fetched_at, posts);
    record["sec_user_id"] = json!(creator.as_str());
    record
}

/// Stores pages and scores them.
async fn load(place: &Place, records: &[Value]) {
    store(place, records).await;
    Pass::over(place).succeeds().await;
}

async fn store(place: &Place, records: &[Value]) {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "pages.ndjson", records);
    let replay = Replaying::of(&[&path], &place.settings.data_dir).into_place(place).await;
    assert!(replay.fatal.is_none() && !replay.interrupted, "{replay:?}");
}

async fn round(place: &Place, parts: &DigestParts, creators: &[CreatorId]) -> Digest {
    let view = stores::open_view(&place.settings).await.unwrap();
    let digest = digest::round(parts, Some(view.as_ref()), creators).await.unwrap();
    digest::shown(parts, &digest).await.unwrap();
    digest
}

/// Twelve posts of usual plays; those in `hits` have many.
fn posts_with(hits: &[u32], fetched_at: i64) -> Vec<Value> {
    let plays = |id: u32| if hits.contains(&id) { 9_000_000 } else { 1_000 + u64::from(id % 7) * 50 };
    (0..12).map(|id| dated(id, plays(id), 100 + i64::from(id) * 24, fetched_at, &[])).collect()
}

async fn a_post_is_newly_viral_once(place: Place) {
    let (parts, creators) = (parts(&place.settings.data_dir), [creator(1)]);
    let fetched = NOW - 10 * DAY * 1000;
    load(&place, &[page(&creators[0], fetched, &posts_with(&[3], fetched))]).await;
    {
        let view = stores::open_view(&place.settings).await.unwrap();
        digest::begin(&parts, Some(view.as_ref())).await.unwrap();
    }
    // One more stands out now, the other still does.
    load(&place, &[page(&creators[0], fetched + 5, &posts_with(&[3, 8], fetched))]).await;
    let told = round(&place, &parts, &creators).await;
    let viral = crate::support::records::id_of(8);
    assert_eq!(ids(&told, EventKind::Outlier), [format!("outlier:{viral}")]);
    let json = serde_json::to_value(&told.events).unwrap();
    let event = json.as_array().unwrap().iter().find(|event| event["kind"] == "outlier").unwrap();
    assert_eq!(event["plays"], 9_000_000);
    assert_eq!(event["link"], format!("https://www.tiktok.com/@lily/video/{viral}"));
    assert!(event["z"].as_f64().unwrap() >= 3.5 && event["multiple"].as_f64().unwrap() > 1_000.0, "{event}");
    assert_eq!(ids(&round(&place, &parts, &creators).await, EventKind::Outlier), Vec::<String>::new());

    let elsewhere = tempfile::tempdir().unwrap();
    let first = super::parts(elsewhere.path());
    assert_eq!(ids(&round(&place, &first, &creators).await, EventKind::Outlier), Vec::<String>::new());
    load(&place, &[page(&creators[0], fetched + 9, &posts_with(&[3, 5, 8], fetched))]).await;
    assert_eq!(
        ids(&round(&place, &first, &creators).await, EventKind::Outlier).len(),
        1,
        "without `begin`, from then on"
    );
}

async fn nothing_is_taken_as_known_before_there_are_scores(place: Place) {
    let (parts, creators) = (parts(&place.settings.data_dir), [creator(1)]);
    let fetched = NOW - 10 * DAY * 1000;
    store(&place, &[page(&creators[0], fetched, &posts_with(&[3], fetched))]).await;
    assert_eq!(ids(&round(&place, &parts, &creators).await, EventKind::Outlier), Vec::<String>::new());
    assert!(!parts.ledger.standing(|standing| standing.begun), "nobody knows yet what is viral");
    Pass::over(&place).succeeds().await;
    assert_eq!(ids(&round(&place, &parts, &creators).await, EventKind::Outlier), Vec::<String>::new());
    assert!(parts.ledger.standing(|standing| standing.begun));
}

/// Sixteen creators, each with a post of each week with #everywhere; `tagged` of them use #newest in the last week.
fn weeks(tagged: u32, fetched_at: i64) -> Vec<Value> {
    let of = |number: u32| {
        let newest: &[&str] = if number < tagged { &["Newest", "everywhere"] } else { &["everywhere"] };
        let posts = [
            dated(number * 10, 500, 30, fetched_at, newest),
            dated(number * 10 + 1, 400, 24 * 10, fetched_at, &["everywhere"]),
        ];
        page(&creator(number), fetched_at + i64::from(number), &posts)
    };
    (0..16).map(of).collect()
}

async fn a_tag_bursts_once_until_it_stops(place: Place) {
    let parts = parts(&place.settings.data_dir);
    load(&place, &weeks(14, NOW)).await;
    let told = round(&place, &parts, &[]).await;
    assert_eq!(ids(&told, EventKind::Bursting), ["bursting:newest:2025-06-15"]);
    let event = serde_json::to_value(&told.events[0]).unwrap();
    let figures = ["hashtag", "recent", "earlier", "creators", "window_days"].map(|key| event[key].clone());
    assert_eq!(figures, [json!("Newest"), json!(14), json!(0), json!(14), json!(7)]);
    assert_eq!(ids(&round(&place, &parts, &[]).await, EventKind::Bursting), Vec::<String>::new(), "still");
    // A day later it is no news either; then nothing is posted with it.
    load(&place, &weeks(14, NOW + DAY * 1000)).await;
    assert_eq!(ids(&round(&place, &parts, &[]).await, EventKind::Bursting), Vec::<String>::new());
    load(&place, &weeks(0, NOW + 2 * DAY * 1000)).await;
    assert_eq!(ids(&round(&place, &parts, &[]).await, EventKind::Bursting), Vec::<String>::new());
    assert!(parts.ledger.standing(|standing| standing.bursting.is_empty()));
    load(&place, &weeks(14, NOW + 3 * DAY * 1000)).await;
    assert_eq!(ids(&round(&place, &parts, &[]).await, EventKind::Bursting), ["bursting:newest:2025-06-18"]);
}

async fn a_creator_goes_silent_once(place: Place) {
    let parts = parts(&place.settings.data_dir);
    let daily = |days_ago: i64, first: u32| -> Vec<Value> {
        (0..6).map(|post| dated(first + post, 100, 24 * (days_ago + i64::from(post)), NOW, &[])).collect()
    };
    let weekly: Vec<Value> =
        (0..6).map(|post| dated(200 + post, 100, 24 * (20 + 7 * i64::from(post)), NOW, &[])).collect();
    let records = [
        page(&creator(1), NOW, &daily(1, 0)),
        page(&creator(2), NOW, &daily(20, 100)),
        page(&creator(3), NOW, &weekly),
    ];
    load(&place, &records).await;
    let creators: Vec<CreatorId> = (1..=4).map(creator).collect();
    let told = round(&place, &parts, &creators[..1]).await;
    assert_eq!(ids(&told, EventKind::Silent), Vec::<String>::new(), "of those that were asked for");
    let told = round(&place, &parts, &creators).await;
    let newest = NOW / 1000 - 20 * DAY;
    assert_eq!(ids(&told, EventKind::Silent), [format!("silent:{}:{newest}", creator(2))]);
    let event = serde_json::to_value(&told.events[0]).unwrap();
    assert_eq!(
        (&event["days"], &event["usual_days"], &event["unique_id"]),
        (&json!(20.0), &json!(1.0), &json!("lily"))
    );
    assert_eq!(round(&place, &parts, &creators).await.events, []);
    // It posts once more, and stops again.
    let later = NOW + 40 * DAY * 1000;
    let posts = [daily(20, 100), vec![dated(150, 100, 24 * 30, later, &[])]].concat();
    load(&place, &[page(&creator(2), later, &posts)]).await;
    assert_eq!(ids(&round(&place, &parts, &creators).await, EventKind::Silent).len(), 1);
}

fn tracked(id: u32, hours: i64, fetched_at: i64) -> TrackedPost {
    let document = json!({
        "aweme_id": id.to_string(), "publish_ts": fetched_at / 1000 - hours * HOUR, "fetched_at": fetched_at,
        "author_info": { "uid": "5", "unique_id": "lily" }, "stats": { "play": 50 },
    });
    TrackedPost { id: id.to_string(), pinned: false, document: Bytes::from(document.to_string()), before: None }
}

fn tracked_page(creator: &CreatorId, walk: i64, posts: Vec<TrackedPost>) -> TrackedPage {
    TrackedPage { creator: creator.clone(), walk, fetched_at: NOW, posts }
}

async fn a_page_is_held_against_what_was_known(place: Place) {
    let parts = parts(&place.settings.data_dir);
    let (stranger, walked) = (creator(1), creator(2));
    let writer = place.writer().await;
    let checkpoint = Checkpoint { newest_publish_ts: Some(NOW / 1000 - 5 * HOUR), ..Checkpoint::new(&walked, NOW - 9) };
    let mut batch = viralmine::model::BatchBuilder::new(Collection::Checkpoints);
    batch.push(walked.as_str(), NOW - 9, &serde_json::to_vec(&checkpoint).unwrap());
    writer.bulk(&batch.finish()).await.unwrap();
    let observer = parts.observer(Arc::clone(&writer) as Arc<_>);

    let whole_page = || (0..8).map(|id| tracked(id, i64::from(id), NOW)).collect::<Vec<_>>();
    observer.page(&tracked_page(&stranger, NOW, whole_page())).await.unwrap();
    assert_eq!(parts.ledger.unshown(), 0, "nothing of a creator that nobody knew is news");
    for _ in 0..2 {
        // Taken twice, as after a kill.
        observer.page(&tracked_page(&walked, NOW, whole_page())).await.unwrap();
        let told = parts.ledger.to_show(0, 99).unwrap();
        let found: Vec<&str> = told.events.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(found, ["new-post:0", "new-post:1", "new-post:2", "new-post:3", "new-post:4"]);
    }

    for (walk, told) in [(1, 1), (2, 0)] {
        let before = parts.ledger.unshown();
        observer.gone(&walked, NOW + walk, "sec_user_id not found").await.unwrap();
        assert_eq!(parts.ledger.unshown() - before, told, "walk {walk}");
    }
    observer.page(&tracked_page(&walked, NOW + 3, whole_page())).await.unwrap();
    let last = parts.ledger.to_show(0, 99).unwrap().events.split_off(5);
    let found: Vec<String> = last.iter().map(|event| event.id.clone()).collect();
    assert_eq!(found, [format!("gone:{walked}:{}", NOW + 1), format!("back:{walked}:{}", NOW + 3)]);
    drop(writer);
}
