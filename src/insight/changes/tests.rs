//! The rules on pages made by hand, and on any JSON.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::{CreatorId, EventKind};

const CREATOR: &str = "MS4wLjABAAAA8fKxxxxxxx";
/// When the page came, and the look before it (ms).
const NOW: i64 = 1_750_000_000_000;
const BEFORE: i64 = NOW - 6 * HOUR;
const DAYS: i64 = 24;

/// A post of so many hours before the page.
fn document(id: u32, hours_ago: i64, plays: u64, fetched_at: i64) -> Value {
    json!({
        "aweme_id": id.to_string(), "publish_ts": (NOW - hours_ago * HOUR) / 1000, "fetched_at": fetched_at,
        "kind": "video", "video_desc": "a text", "author_info": { "uid": "5", "unique_id": "lily" },
        "stats": { "play": plays },
    })
}

fn tracked(now: &Value, before: Option<&Value>) -> TrackedPost {
    let bytes = |value: &Value| Bytes::from(value.to_string());
    let id = now["aweme_id"].as_str().unwrap_or_default().to_owned();
    TrackedPost { id, pinned: false, document: bytes(now), before: before.map(bytes) }
}

fn new(id: u32, hours_ago: i64) -> TrackedPost {
    tracked(&document(id, hours_ago, 100, NOW), None)
}

fn known(id: u32, hours_ago: i64, (plays_before, plays): (u64, u64)) -> TrackedPost {
    let before = document(id, hours_ago, plays_before, BEFORE);
    tracked(&document(id, hours_ago, plays, NOW), Some(&before))
}

fn page(posts: Vec<TrackedPost>) -> TrackedPage {
    TrackedPage { creator: CreatorId::parse(CREATOR).unwrap(), walk: NOW - 5, fetched_at: NOW, posts }
}

fn ids(posts: Vec<TrackedPost>, known_newest: Option<i64>) -> Vec<String> {
    changes(&page(posts), known_newest).into_iter().map(|event| event.id).collect()
}

/// Whether the first post jumped, beside these.
fn jumps(post: TrackedPost, others: Vec<TrackedPost>) -> bool {
    let page = page([vec![post], others].concat());
    changes(&page, None).iter().any(|event| event.kind() == EventKind::Jump)
}

#[test]
fn new_posts_are_those_above_known_ground() {
    let posts = || vec![new(4, 1), known(3, 30, (5, 6)), new(2, 40), known(1, 50, (5, 6)), new(0, 900)];
    assert_eq!(ids(posts(), None), ["new-post:4", "new-post:2"], "the last one is an old one, met for the first time");
    assert!(knows_by_itself(&page(posts())));
    let pinned = |post: TrackedPost| TrackedPost { pinned: true, ..post };
    let posts = || vec![pinned(known(9, 5_000, (5, 6))), new(4, 1), new(3, 40)];
    assert!(!knows_by_itself(&page(posts())), "a pinned one says nothing of how far back is known");
    assert_eq!(ids(posts(), Some((NOW - 20 * HOUR) / 1000)), ["new-post:4"]);
    assert_eq!(ids(posts(), None), Vec::<String>::new());
    let mut undated = document(4, 1, 100, NOW);
    undated["publish_ts"] = Value::Null;
    assert_eq!(ids(vec![tracked(&undated, None), known(3, 30, (5, 6))], None), ["new-post:4"]);
}

#[test]
fn a_creator_seen_for_the_first_time_is_no_flood() {
    let posts = || (0..35).map(|id| new(id, i64::from(id))).collect::<Vec<_>>();
    assert!(!knows_by_itself(&page(posts())));
    assert_eq!(ids(posts(), None), Vec::<String>::new());
    let a_page_since = ids(posts(), Some((NOW - 100 * HOUR) / 1000));
    assert_eq!(a_page_since.len(), 35, "of a creator that was known, a whole new page is");
    assert!(knows_by_itself(&page(Vec::new())));
}

#[test]
fn a_new_post_says_what_a_person_wants_to_know() {
    let events = changes(&page(vec![new(7, 10), known(3, 30, (5, 6))]), None);
    let [Event { at: NOW, what: Happening::NewPost(NewPost { post }), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(post.link.as_deref(), Some("https://www.tiktok.com/@lily/video/7"));
    assert_eq!((post.plays, post.plays_per_hour, post.creator.sec_user_id.as_str()), (100, Some(10.0), CREATOR));
}

#[test]
fn a_jump_doubles_gains_and_speeds_up() {
    let jumped = changes(&page(vec![known(1, 30 * DAYS, (12_000, 52_000))]), None);
    let [Event { id, what: Happening::Jump(jump), .. }] = &jumped[..] else { panic!("{jumped:?}") };
    assert_eq!(id, &format!("jump:1-{NOW}"));
    assert_eq!((jump.gained, jump.multiple, jump.hours, jump.per_hour), (40_000, 4.333, 6.0, 6_667.0));
    assert_eq!((jump.plays_before, jump.before_at, jump.usual_per_hour), (12_000, BEFORE, 16.81));
    for (plays, why) in [
        ((12_000, 23_999), "not doubled"),
        ((3_000, 12_999), "too few plays more"),
        ((0, 90_000), "withheld before"),
        ((90_000, 0), "withheld now"),
        ((90_000, 40_000), "lost some"),
    ] {
        assert!(!jumps(known(1, 30 * DAYS, plays), Vec::new()), "{why}");
    }
    assert!(jumps(known(1, 30 * DAYS, (10_000, 20_000)), Vec::new()), "just so");
    assert!(!jumps(known(1, 32, (26_000, 26_000 * 2 - 1)), Vec::new()), "the pace of its first day, kept up");
    assert!(!jumps(known(1, 36, (50_000, 70_000)), Vec::new()), "it slows down");
    let early = document(1, 30 * DAYS, 12_000, NOW + 5);
    let late = document(1, 30 * DAYS, 52_000, NOW);
    assert!(!jumps(tracked(&late, Some(&early)), Vec::new()), "nothing is known of times that run backwards");
}

#[test]
fn a_young_post_that_grows_as_young_posts_do_is_none() {
    let grown = |plays| (10..16).map(|id| known(id, 10 * DAYS, (plays, plays))).collect::<Vec<_>>();
    let young = || known(1, 7, (300, 30_000));
    assert!(!jumps(young(), grown(40_000)), "on its way to what is usual here");
    assert!(!jumps(young(), grown(20_000)), "not twice that");
    assert!(jumps(young(), grown(15_000)), "twice what the others have in all their lives");
    assert!(!jumps(young(), grown(1_000).split_off(4)), "two others do not say what is usual");
    assert!(!jumps(young(), (10..16).map(|id| known(id, 50, (9, 9))).collect()), "nor do other young ones");
    assert!(jumps(known(1, 30, (300, 30_000)), Vec::new()), "a day old at the look before");
}

#[test]
fn a_new_handle_is_told_by_the_newest_look_before() {
    let with = |id: u32, fetched_at: i64, handle: &str, uid: &str| {
        let mut document = document(id, 100, 5, fetched_at);
        document["author_info"] = json!({ "uid": uid, "unique_id": handle });
        document
    };
    let pair = |id, before: &str, before_at, now: &str, uid| {
        tracked(&with(id, NOW, now, uid), Some(&with(id, before_at, before, "5")))
    };
    let posts = vec![pair(1, "old", BEFORE - 9, "new", "5"), pair(2, "lily", BEFORE, "new", "5")];
    let events = changes(&page(posts), None);
    let [Event { id, what: Happening::Renamed(renamed), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(id, &format!("renamed:{CREATOR}:{NOW}"));
    assert_eq!((renamed.unique_id_before.as_str(), renamed.creator.unique_id.as_str()), ("lily", "new"));
    for (posts, why) in [
        (vec![pair(1, "old", BEFORE - 9, "new", "5"), pair(2, "new", BEFORE, "new", "5")], "told at the look before"),
        (vec![pair(1, "", BEFORE, "new", "5")], "nobody knew it"),
        (vec![pair(1, "old", BEFORE, "", "5")], "nobody knows it"),
        (vec![pair(1, "old", BEFORE, "guest", "6")], "somebody else's post"),
    ] {
        assert_eq!(ids(posts, None), Vec::<String>::new(), "{why}");
    }
}

const NAMES: [&str; 10] =
    ["publish_ts", "fetched_at", "stats", "play", "author_info", "unique_id", "uid", "kind", "video_desc", "virality"];

/// JSON of any shape, some of it under the names that are read.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 8, move |inner| {
        let name = prop_oneof![4 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(name, inner, 0..8).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A document whose numbers are anything.
fn any_numbers() -> impl Strategy<Value = Value> {
    (any::<i64>(), any::<i64>(), any::<u64>()).prop_map(|(publish_ts, fetched_at, plays)| {
        json!({ "publish_ts": publish_ts, "fetched_at": fetched_at, "stats": { "play": plays },
            "author_info": { "unique_id": plays.to_string() } })
    })
}

fn any_post() -> impl Strategy<Value = TrackedPost> {
    let bytes = || {
        prop_oneof![
            any_json().prop_map(|value| value.to_string().into_bytes()),
            any_numbers().prop_map(|value| value.to_string().into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..20),
        ]
    };
    (any::<String>(), any::<bool>(), bytes(), proptest::option::of(bytes())).prop_map(
        |(id, pinned, document, before)| TrackedPost {
            id,
            pinned,
            document: document.into(),
            before: before.map(Into::into),
        },
    )
}

proptest! {
    #[test]
    fn any_page_is_looked_at(
        posts in proptest::collection::vec(any_post(), 0..8), fetched_at in any::<i64>(), newest in any::<Option<i64>>(),
    ) {
        let page = TrackedPage { fetched_at, ..page(posts) };
        let _ = knows_by_itself(&page);
        for event in changes(&page, newest) {
            let json = serde_json::to_string(&event).unwrap();
            let again: Event = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(again, event, "figures are finite, texts are texts");
        }
    }
}
