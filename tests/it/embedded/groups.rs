//! Posts in groups: counted, picked, measured and sorted into slots, over several segments, with replaced and missing
//! values, ties, keys twice in a post, and keys too long to be found. Real and simulated posts are `alike`'s.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use viralmine::model::{
    Filters, Group, GroupBy, GroupQuestion, Measure, Pick, Query, Scope, Slot, Sort, Tally, Windows,
};
use viralmine::store::StoreReader;

use super::*;

/// So many posts, in as many segments as there are tens of them, some of them then replaced.
const POSTS: u64 = 240;

fn everything() -> Scope {
    Scope { query: Query::All, filters: Filters::default() }
}

fn windows() -> Windows {
    Windows { recent: 2_000..3_000, earlier: 1_000..2_000 }
}

/// Deterministic, and without any pattern that groups would share.
fn dice(number: u64, what: u64, sides: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ what.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB) % 1_000_003 % sides
}

/// A post with everything that is counted; one in some lacks something.
fn post(number: u64, version: u64) -> Value {
    let roll = |what, sides| dice(number * 7 + version, what, sides);
    let tags: Vec<String> = (0..roll(1, 4)).map(|tag| format!("tag{}", roll(10 + tag, 12))).collect();
    let words: Vec<String> = (0..roll(2, 9)).map(|word| format!("w{}", roll(20 + word, 40))).collect();
    let sound = ["", "m1", "m2", "m3"][usize::try_from(roll(5, 4)).expect("small")];
    let mut document = video(
        &format!("{number:04}"),
        &json!({
            "stats": {"play": if roll(3, 9) == 0 { 0 } else { roll(4, 50) * 10 }},
            "hashtag_keys": tags, "words": words, "music_info": {"music_id": sound},
            "publish_ts": 500 + roll(6, 3_000), "fetched_at": 9_000 + roll(7, 50),
            "virality": {"z": roll(8, 70) as f64 / 10.0, "viral": roll(8, 70) >= 35, "immature": roll(9, 8) == 0,
                "log_multiple": (roll(8, 70) as f64 - 30.0) / 16.0},
        }),
    );
    if roll(30, 10) > 0 {
        document["sec_user_id"] = json!(format!("creator{}", roll(31, 15)));
    }
    match roll(32, 12) {
        0 => document["virality"] = json!(null),
        1 => document["virality"]["z"] = json!(null),
        2 => document["virality"]["immature"] = json!(null),
        3 => document["publish_ts"] = json!(null),
        4 => document["stats"] = json!({}),
        5 => document["music_info"] = json!({}),
        6 => document["hashtag_keys"] = json!(["tag1", "tag2", "tag1"]),
        _ => {}
    }
    document
}

/// The store, and the documents that are in it.
async fn make_store() -> (tempfile::TempDir, Vec<Value>) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    for from in (0..POSTS).step_by(10) {
        store_videos(&store, &(from..from + 10).map(|number| post(number, 0)).collect::<Vec<_>>()).await;
    }
    let replaced: Vec<Value> = (0..POSTS).step_by(3).map(|number| post(number, 1)).collect();
    store_videos(&store, &replaced).await;
    drop(store);
    let now = |number| if number % 3 == 0 { post(number, 1) } else { post(number, 0) };
    (dir, (0..POSTS).map(now).collect())
}

fn keys(post: &Value, by: GroupBy) -> BTreeSet<String> {
    let texts = |value: &Value| match value {
        Value::Array(many) => many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        one => one.as_str().into_iter().map(str::to_owned).collect::<BTreeSet<_>>(),
    };
    match by {
        GroupBy::Hashtag => texts(&post["hashtag_keys"]),
        GroupBy::Word => texts(&post["words"]),
        GroupBy::Creator => texts(&post["sec_user_id"]),
        GroupBy::Sound => texts(&post["music_info"]["music_id"]).into_iter().filter(|id| !id.is_empty()).collect(),
    }
}

fn plays(post: &Value) -> u64 {
    post["stats"]["play"].as_u64().unwrap_or(0)
}

fn is_judged(post: &Value) -> bool {
    post["virality"]["z"].is_number() && post["virality"]["immature"] == false
}

fn tally<'a>(posts: impl IntoIterator<Item = &'a Value>, windows: Option<&Windows>) -> Tally {
    let mut tally = Tally::default();
    for post in posts {
        let published = post["publish_ts"].as_i64();
        let is_in = |window: fn(&Windows) -> &std::ops::Range<i64>| {
            u64::from(published.zip(windows).is_some_and(|(at, windows)| window(windows).contains(&at)))
        };
        tally.posts += 1;
        tally.plays += plays(post);
        tally.judged += u64::from(is_judged(post));
        tally.viral += u64::from(is_judged(post) && post["virality"]["viral"] == true);
        tally.recent += is_in(|windows| &windows.recent);
        tally.earlier += is_in(|windows| &windows.earlier);
    }
    tally
}

fn median(mut plays: Vec<u64>) -> Option<f64> {
    plays.retain(|plays| *plays > 0);
    plays.sort_unstable();
    let middle = |position: usize| plays[position] as f64;
    (!plays.is_empty()).then(|| f64::midpoint(middle((plays.len() - 1) / 2), middle(plays.len() / 2)))
}

fn groups_of<'a>(posts: &[&'a Value], by: GroupBy) -> BTreeMap<String, Vec<&'a Value>> {
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for post in posts {
        for key in keys(post, by) {
            groups.entry(key).or_default().push(post);
        }
    }
    groups
}

#[tokio::test]
async fn every_pick_is_as_counted_by_hand() {
    let (dir, posts) = make_store().await;
    let reader = reader(dir.path());
    let tagged = Scope {
        query: Query::Tag { key: "tag1".into(), prefix: true },
        filters: Filters { min_plays: Some(30), ..Filters::default() },
    };
    let is_tagged =
        |post: &&Value| keys(post, GroupBy::Hashtag).iter().any(|key| key.starts_with("tag1")) && plays(post) >= 30;
    let scopes = [
        (everything(), posts.iter().collect::<Vec<_>>()),
        (tagged, posts.iter().filter(is_tagged).collect()),
        (Scope { query: Query::Tag { key: "none".into(), prefix: false }, ..everything() }, Vec::new()),
    ];
    assert!(scopes[1].1.len() > 20, "a scope with something in it");
    for (scope, posts) in &scopes {
        for by in [GroupBy::Hashtag, GroupBy::Word, GroupBy::Sound, GroupBy::Creator] {
            for windows in [Some(windows()), None] {
                let groups = groups_of(posts, by);
                let tallies: Vec<(String, Tally)> =
                    groups.iter().map(|(key, of)| (key.clone(), tally(of.iter().copied(), windows.as_ref()))).collect();
                let first = |limit, measure: &dyn Fn(&(String, Tally)) -> f64| {
                    let mut sorted = tallies.clone();
                    sorted.sort_by(|left, right| measure(right).total_cmp(&measure(left)));
                    sorted.truncate(limit);
                    sorted
                };
                let least = |count: &dyn Fn(&Tally) -> u64, least| {
                    tallies.iter().filter(|(_, tally)| count(tally) >= least).cloned().collect::<Vec<_>>()
                };
                let median_of = |group: &(String, Tally)| {
                    median(groups[&group.0].iter().map(|post| plays(post)).collect()).unwrap_or(-1.0)
                };
                let named = ["tag3", "w5", "none", "m2", "creator7", "tag3", ""].map(str::to_owned).to_vec();
                let known =
                    |key: &String| tallies.iter().find(|(known, _)| known == key).map_or(Tally::default(), |it| it.1);
                let by_median = |limit, min_posts| {
                    let mut sorted = first(usize::MAX, &median_of);
                    sorted.retain(|(_, tally)| tally.posts >= min_posts);
                    sorted.truncate(limit);
                    sorted
                };
                for (pick, expected) in [
                    (Pick::MostPosts(3), first(3, &|group| group.1.posts as f64)),
                    (Pick::MostPosts(0), Vec::new()),
                    (Pick::MostPosts(usize::MAX), first(usize::MAX, &|group| group.1.posts as f64)),
                    (Pick::MostPlays(4), first(4, &|group| group.1.plays as f64)),
                    (Pick::BestMedian { limit: 5, min_posts: 0 }, by_median(5, 0)),
                    (Pick::BestMedian { limit: usize::MAX, min_posts: 6 }, by_median(usize::MAX, 6)),
                    (Pick::Posts(5), least(&|tally| tally.posts, 5)),
                    (Pick::Posts(0), least(&|tally| tally.posts, 0)),
                    (Pick::Viral(2), least(&|tally| tally.viral, 2)),
                    (Pick::Recent(4), least(&|tally| tally.recent, 4)),
                    (Pick::Named(named.clone()), named.iter().map(|key| (key.clone(), known(key))).collect()),
                ] {
                    let question = GroupQuestion { scope: scope.clone(), by, pick, windows: windows.clone() };
                    let mut counted = reader.groups(&question).await.expect("answered");
                    if matches!(question.pick, Pick::Posts(_) | Pick::Viral(_) | Pick::Recent(_)) {
                        counted.groups.sort_by(|left, right| left.0.cmp(&right.0));
                    }
                    assert_eq!(counted.scope, tally(posts.iter().copied(), windows.as_ref()), "{question:?}");
                    assert_eq!(counted.groups, expected, "{question:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_measure_is_as_counted_by_hand() {
    let (dir, posts) = make_store().await;
    let reader = reader(dir.path());
    let scope = Scope { filters: Filters { until: Some(3_000), ..Filters::default() }, ..everything() };
    let within: Vec<&Value> =
        posts.iter().filter(|post| post["publish_ts"].as_i64().is_some_and(|at| at < 3_000)).collect();
    let mut groups = Vec::new();
    let mut expected = Vec::new();
    for by in [GroupBy::Creator, GroupBy::Word] {
        for (key, of) in groups_of(&within, by) {
            groups.push(Group::Key(by, key));
            expected.push(of);
        }
    }
    groups.push(Group::Query(Query::Or(vec![
        Query::Tag { key: "tag1".into(), prefix: false },
        Query::Tag { key: "tag2".into(), prefix: false },
    ])));
    let either = |post: &&&Value| keys(post, GroupBy::Hashtag).iter().any(|key| key == "tag1" || key == "tag2");
    expected.push(within.iter().filter(either).copied().collect());
    groups.push(Group::Key(GroupBy::Sound, String::new()));
    expected.push(Vec::new());
    let measures = reader.measure(&scope, &groups, Some(&windows())).await.expect("answered");
    assert_eq!(measures.len(), groups.len());
    for ((group, measured), of) in groups.iter().zip(measures).zip(expected) {
        let mut posts_by_creator: Vec<u64> =
            groups_of(&of, GroupBy::Creator).values().map(|of| of.len() as u64).collect();
        posts_by_creator.sort_unstable_by(|left, right| right.cmp(left));
        let by_hand = Measure {
            tally: tally(of.iter().copied(), Some(&windows())),
            posts_by_creator,
            median_plays: median(of.iter().map(|post| plays(post)).collect()),
            ..Measure::default()
        };
        assert_eq!(measured, by_hand, "{group:?}");
    }
    assert!(reader.measure(&scope, &[], None).await.expect("answered").is_empty());
}

fn spelled(id: &str, keys: &[&str], spellings: &[&str]) -> Value {
    video(id, &json!({"hashtag_keys": keys, "hashtag_spellings": spellings}))
}

#[tokio::test]
async fn spellings_are_counted_per_post_and_the_rest_writes_the_key() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let twice = spelled("4", &["ootd", "ootd"], &["ootd\tOOTD", "ootd\tOOTD"]);
    let first = [
        spelled("1", &["ootd", "fyp"], &["ootd\tOOTD", "fyp\tFYP"]),
        spelled("2", &["ootd"], &[]),
        spelled("3", &["ootd", "ootd2"], &["ootd\tOotd", "ootd2\tOOTD2"]),
        twice,
    ];
    store_videos(&store, &first).await;
    store_videos(&store, &[spelled("5", &["ootd"], &["ootd\tootD"]), spelled("6", &["fyp"], &["fyp\tFYP"])]).await;
    drop(store);
    let key = |key: &str| Group::Key(GroupBy::Hashtag, key.to_owned());
    let groups = [key("ootd"), key("fyp"), key("ootd2"), key("none"), key("")];
    let measures = reader(dir.path()).measure(&everything(), &groups, None).await.expect("answered");
    let spellings: Vec<Vec<(&str, u64)>> = measures
        .iter()
        .map(|measure| measure.spellings.iter().map(|(spelling, posts)| (spelling.as_str(), *posts)).collect())
        .collect();
    let ootd = vec![("OOTD", 2), ("Ootd", 1), ("ootD", 1), ("ootd", 1)];
    assert_eq!(spellings, [ootd, vec![("FYP", 2)], vec![("OOTD2", 1)], vec![], vec![]]);
}

#[tokio::test]
async fn a_sound_is_named_as_its_newest_fetched_post_names_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let store = writer(dir.path());
    let sound = |id: &str, fetched_at: Value, name: &str| {
        let music = json!({"music_id": "m", "music_name": name, "music_author": "\"author\""});
        video(id, &json!({"music_info": music, "fetched_at": fetched_at}))
    };
    store_videos(&store, &[sound("9", json!(50), "nine"), sound("3", json!(90), "three")]).await;
    let bare = video("4", &json!({"music_info": {"music_id": "bare"}}));
    store_videos(&store, &[sound("2", json!(90), "two"), sound("1", json!(null), "one"), bare]).await;
    drop(store);
    let reader = reader(dir.path());
    let keys = ["m", "bare", "none"].map(|key| Group::Key(GroupBy::Sound, key.to_owned()));
    let named = |measures: Vec<Measure>| measures.into_iter().map(|measure| measure.music).collect::<Vec<_>>();
    let music = |name: &str| Some((name.to_owned(), "\"author\"".to_owned()));
    let nameless = Some((String::new(), String::new()));
    let all = named(reader.measure(&everything(), &keys, None).await.expect("answered"));
    assert_eq!(all, [music("two"), nameless, None], "of two fetched at once, the lesser id");
    let only = Scope { filters: Filters { min_plays: Some(1), ..Filters::default() }, ..everything() };
    assert_eq!(named(reader.measure(&only, &keys, None).await.expect("answered")), [None, None, None]);
}

#[tokio::test]
async fn slots_hold_judged_posts_with_plays_and_add_up_exactly() {
    let (dir, posts) = make_store().await;
    let reader = reader(dir.path());
    for seconds in [3_600, 600, 60] {
        let mut expected: BTreeMap<i64, (u64, u64, i64)> = BTreeMap::new();
        for post in posts.iter().filter(|post| is_judged(post) && plays(post) > 0) {
            let (Some(at), Some(log)) = (post["publish_ts"].as_i64(), post["virality"]["log_multiple"].as_f64()) else {
                continue;
            };
            let slot = expected.entry(at / seconds * seconds).or_default();
            slot.0 += 1;
            slot.1 += u64::from(post["virality"]["viral"] == true);
            #[expect(clippy::cast_possible_truncation, reason = "logarithms are small")]
            let units = (log * 10_000.0).round() as i64;
            slot.2 += units;
        }
        let expected: Vec<Slot> = expected
            .into_iter()
            .map(|(start, (posts, viral, log))| Slot { start, posts, viral, log_multiple: log as f64 / 10_000.0 })
            .collect();
        assert!(!expected.is_empty());
        let slots = reader.slots(&everything(), u32::try_from(seconds).expect("small")).await.expect("answered");
        assert_eq!(slots, expected, "{seconds}");
    }
}

#[tokio::test]
async fn slots_before_1970_are_counted_from_there_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let judged = json!({"z": 1.0, "viral": false, "immature": false, "log_multiple": -0.5108});
    let at = |id: &str, publish_ts: i64| {
        video(id, &json!({"publish_ts": publish_ts, "stats": {"play": 5}, "virality": judged}))
    };
    store_videos(&writer(dir.path()), &[at("1", -1), at("2", 0), at("3", -3_600)]).await;
    let slots = reader(dir.path()).slots(&everything(), 3_600).await.expect("answered");
    let slot = |start, posts, log_multiple| Slot { start, posts, viral: 0, log_multiple };
    assert_eq!(slots, [slot(-3_600, 2, -1.0216), slot(0, 1, -0.5108)]);
}

/// The mapping keeps no key above 8,191 UTF-16 units: no question finds one, as a search does not.
#[tokio::test]
async fn a_key_too_long_to_be_indexed_is_in_no_group() {
    let dir = tempfile::tempdir().expect("a folder");
    let (long, longest) = ("x".repeat(8_192), "y".repeat(8_191));
    let one = video("1", &json!({"hashtag_keys": [long, longest], "stats": {"play": 3}}));
    store_videos(&writer(dir.path()), &[one]).await;
    let reader = reader(dir.path());
    let by = GroupBy::Hashtag;
    let all = GroupQuestion { scope: everything(), by, pick: Pick::Posts(1), windows: None };
    let tally = Tally { posts: 1, plays: 3, ..Tally::default() };
    assert_eq!(reader.groups(&all).await.expect("answered").groups, [(longest.clone(), tally)]);
    let named = GroupQuestion { pick: Pick::Named(vec![long.clone(), "z".repeat(40_000)]), ..all };
    let named = reader.groups(&named).await.expect("answered").groups;
    assert_eq!(named.iter().map(|(_, tally)| tally.posts).collect::<Vec<_>>(), [0, 0]);
    let groups = [long, longest, "z".repeat(40_000)].map(|key| Group::Key(by, key));
    let measures = reader.measure(&everything(), &groups, None).await.expect("answered");
    assert_eq!(measures.iter().map(|measure| measure.tally.posts).collect::<Vec<_>>(), [0, 1, 0]);
}

#[tokio::test]
async fn an_empty_store_has_no_groups() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(writer(dir.path()));
    let reader = reader(dir.path());
    for by in [GroupBy::Hashtag, GroupBy::Word, GroupBy::Sound, GroupBy::Creator] {
        for pick in [Pick::MostPosts(9), Pick::BestMedian { limit: 9, min_posts: 0 }, Pick::Viral(0)] {
            let question = GroupQuestion { scope: everything(), by, pick, windows: Some(windows()) };
            assert_eq!(reader.groups(&question).await.expect("answered"), viralmine::model::Groups::default());
        }
        let groups = [Group::Key(by, "x".to_owned()), Group::Query(Query::All)];
        let measures = reader.measure(&everything(), &groups, None).await.expect("answered");
        assert_eq!(measures, [Measure::default(), Measure::default()]);
    }
    assert!(reader.slots(&everything(), 3_600).await.expect("answered").is_empty());
}

#[tokio::test]
async fn scores_order_and_filter_a_search() {
    let (dir, posts) = make_store().await;
    let reader = reader(dir.path());
    let viral = Question { filters: Filters { only_viral: true, ..Filters::default() }, ..Question::all() };
    let expected: BTreeSet<String> = posts
        .iter()
        .filter(|post| post["virality"]["viral"] == true)
        .map(|post| post["aweme_id"].as_str().expect("an id").to_owned())
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(found(&reader, &viral).await.into_iter().collect::<BTreeSet<_>>(), expected);
    let first = found(&reader, &Question { sort: Sort::Z, limit: 1, ..Question::all() }).await;
    let mut sorted: Vec<&Value> = posts.iter().collect();
    sorted.sort_by(|left, right| {
        let z = |post: &Value| post["virality"]["z"].as_f64().unwrap_or(f64::NEG_INFINITY);
        z(right).total_cmp(&z(left)).then_with(|| left["aweme_id"].as_str().cmp(&right["aweme_id"].as_str()))
    });
    assert_eq!(first, [sorted[0]["aweme_id"].as_str().expect("an id")]);
}
