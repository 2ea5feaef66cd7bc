//! Groups, measures and slots, against a look at every post: on one shard and on three, with answers that hold all
//! groups and with pages of a few.

mod expected;

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use viralmine::model::{
    Filters, Group, GroupBy, GroupQuestion, Groups, Measure, Pick, PostTime, Query, Scope, Verdict, Windows,
};
use viralmine::store::elastic::ElasticStore;
use viralmine::store::{BulkTarget, StoreError, StoreReader, StoreWriter};

use super::{Scratch, batch, store, video};

const SHARDS: [u32; 2] = [1, 3];

/// The last two are in another order by UTF-16 units.
const TAGS: [&str; 12] = ["fyp", "ootd", "Ö", "été", "z", "a b", "穿搭", "🔥", "a.*b", "x", "\u{ff5e}", "\u{1d4b3}"];

async fn filled(shards: u32, posts: &[Value]) -> Scratch {
    let scratch = Scratch::new();
    let body = json!({"settings": {"number_of_shards": shards}, "aliases": {scratch.name("videos"): {}}});
    scratch.rest("PUT", &scratch.name("videos-000001"), body).await;
    scratch.store.prepare().await.unwrap();
    // Each is there in an older version first, with other counts and tags.
    let older: Vec<Value> = posts
        .iter()
        .map(|post| json!({"aweme_id": post["aweme_id"], "stats": {"play": 77}, "hashtag_keys": ["older"], "words": ["older"]}))
        .collect();
    for (version, posts) in [(1, &older[..]), (2, posts)] {
        // Several segments.
        for part in posts.chunks(400) {
            let verdicts = scratch.store.bulk(&batch(version, part)).await.unwrap();
            assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })));
            scratch.store.commit().await.unwrap();
        }
    }
    scratch
}

/// The store as it is, and with answers of so few groups that it has to go through pages.
fn stores(scratch: &Scratch) -> [ElasticStore; 2] {
    let again = || store(&scratch.url, &scratch.prefix);
    [again(), again().with_most_buckets(5)]
}

fn random_posts(count: usize) -> Vec<Value> {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    (0..count).map(|number| random_post(number, &mut random)).collect()
}

fn random_post(number: usize, random: &mut ChaCha8Rng) -> Value {
    // The first ones often.
    let tag_index = |random: &mut ChaCha8Rng| {
        let last = random.random_range(0..TAGS.len());
        random.random_range(0..=last)
    };
    let keys: Vec<&str> = (0..random.random_range(0..4)).map(|_| TAGS[tag_index(random)]).collect();
    let mut spelled: Vec<String> = Vec::new();
    for key in &keys {
        let other = ["\tFYP", "\tFyP", "\t#", "\tß"].choose(random).filter(|_| random.random_bool(0.5));
        let is_new = !spelled.iter().any(|known| known.starts_with(&format!("{key}\t")));
        spelled.extend(other.filter(|_| is_new).map(|other| format!("{key}{other}")));
    }
    let words: Vec<String> =
        (0..random.random_range(0..6)).map(|_| format!("w{}", random.random_range(0..40))).collect();
    let power = random.random_range(1..23);
    let plays = match random.random_range(0..10) {
        0 => json!(0),
        1 => Value::Null,
        2..5 => json!(random.random_range(1..4) * 100),
        _ => json!(random.random_range(1..1_u64 << power)),
    };
    let z = if random.random_bool(0.8) { json!(random.random_range(-3.0..6.0)) } else { Value::Null };
    let is_viral = z.as_f64().is_some_and(|z| z >= 3.5);
    let log_multiple = json!(f64::from(random.random_range(-50_000..50_000)) / 1e4);
    let sound = ["", "s1", "s2", "s3"][random.random_range(0..4)];
    let region = ["US", "JP"][random.random_range(0..2)];
    let mut post = json!({
        "aweme_id": format!("{number:05}"),
        "publish_ts": if random.random_bool(0.9) { json!(random.random_range(-9_000..90_000)) } else { Value::Null },
        "music_info": {"music_id": sound, "music_name": format!("name {number}"),
            "music_author": if random.random_bool(0.5) { json!("author") } else { Value::Null }},
        "sec_user_id": if random.random_bool(0.9) { json!(format!("c{}", random.random_range(0..25))) } else { Value::Null },
        "region": region,
        "fetched_at": random.random_range(1_000..1_020),
        "hashtag_keys": keys, "hashtag_spellings": spelled, "words": words,
        "virality": {"z": z, "viral": is_viral, "immature": random.random_bool(0.2),
            "log_multiple": if random.random_bool(0.9) { log_multiple } else { Value::Null }},
    });
    if !plays.is_null() {
        post["stats"] = json!({"play": plays});
    }
    if random.random_bool(0.1) {
        post.as_object_mut().unwrap().remove("virality");
    }
    post
}

fn windows() -> Windows {
    Windows { recent: 60_000..90_000, earlier: 30_000..60_000 }
}

fn everything() -> Scope {
    Scope { query: Query::All, filters: Filters::default() }
}

fn question(by: GroupBy, pick: Pick) -> GroupQuestion {
    GroupQuestion { scope: everything(), by, pick, windows: Some(windows()) }
}

/// Those of a pick without an order in the order of their keys.
fn in_order(mut groups: Groups, pick: &Pick) -> Groups {
    if matches!(pick, Pick::Posts(_) | Pick::Viral(_) | Pick::Recent(_)) {
        groups.groups.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    groups
}

fn picks() -> Vec<Pick> {
    let names = ["fyp", "nobody's", "🔥", "fyp", "", "s1", "c3", "w7"].map(str::to_owned).to_vec();
    let mut picks = vec![
        Pick::Posts(0),
        Pick::Posts(20),
        Pick::Posts(100_000),
        Pick::Viral(0),
        Pick::Viral(1),
        Pick::Viral(7),
        Pick::Recent(0),
        Pick::Recent(9),
        Pick::Named(names),
        Pick::Named(vec!["x".repeat(40_000)]),
        Pick::Named(vec![]),
    ];
    for limit in [0, 1, 5, 1_000] {
        picks.extend([Pick::MostPosts(limit), Pick::MostPlays(limit)]);
        picks.extend([0, 20].map(|min_posts| Pick::BestMedian { limit, min_posts }));
    }
    picks
}

#[tokio::test]
async fn every_pick_is_what_a_look_at_every_post_finds() {
    let posts = random_posts(1_000);
    for shards in SHARDS {
        let scratch = filled(shards, &posts).await;
        for by in [GroupBy::Hashtag, GroupBy::Word, GroupBy::Sound, GroupBy::Creator] {
            for pick in picks() {
                let question = question(by, pick.clone());
                let expected = expected::groups(&posts, &question);
                for (number, store) in stores(&scratch).iter().enumerate() {
                    let found = in_order(store.groups(&question).await.unwrap(), &pick);
                    assert_eq!(found, expected, "{shards} shards, store {number}, {by:?}, {pick:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_scope_limits_what_is_counted_and_without_windows_nothing_is_recent() {
    let posts = random_posts(500);
    let scratch = filled(1, &posts).await;
    let of_japan: Vec<Value> =
        posts.iter().filter(|post| post["region"] == "JP" && texts(post).contains(&"fyp")).cloned().collect();
    let filters = Filters { region: Some("JP".into()), ..Filters::default() };
    let scope = Scope { query: Query::Tag { key: "fyp".into(), prefix: false }, filters };
    for pick in [Pick::MostPosts(4), Pick::Recent(0), Pick::Recent(1)] {
        let question =
            GroupQuestion { scope: scope.clone(), windows: None, ..question(GroupBy::Hashtag, pick.clone()) };
        let found = in_order(scratch.store.groups(&question).await.unwrap(), &pick);
        assert_eq!(found, expected::groups(&of_japan, &question), "{pick:?}");
        assert_eq!(found.groups.is_empty(), pick == Pick::Recent(1));
    }
    let group = Group::Key(GroupBy::Creator, "c1".into());
    let found = scratch.store.measure(&scope, std::slice::from_ref(&group), None).await.unwrap();
    assert_eq!(found, [expected::measure(&of_japan, &group, None)]);
}

fn texts(post: &Value) -> Vec<&str> {
    post["hashtag_keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn measures_are_what_a_look_at_every_post_finds() {
    let posts = random_posts(1_000);
    let mut groups: Vec<Group> = TAGS.iter().map(|tag| Group::Key(GroupBy::Hashtag, (*tag).to_owned())).collect();
    groups.extend(["w1", "w2", "none"].map(|word| Group::Key(GroupBy::Word, word.to_owned())));
    groups.extend(["s1", "s3", "", "none"].map(|sound| Group::Key(GroupBy::Sound, sound.to_owned())));
    groups.push(Group::Key(GroupBy::Creator, "c7".to_owned()));
    groups.push(Group::Query(Query::All));
    groups.push(Group::Query(Query::Tag { key: "a".into(), prefix: true }));
    for shards in SHARDS {
        let scratch = filled(shards, &posts).await;
        for (number, store) in stores(&scratch).iter().enumerate() {
            for windows in [None, Some(windows())] {
                let found = store.measure(&everything(), &groups, windows.as_ref()).await.unwrap();
                assert_eq!(found.len(), groups.len());
                for (found, group) in found.into_iter().zip(&groups) {
                    let expected = expected::measure(&posts, group, windows.as_ref());
                    assert_eq!(found, expected, "{shards} shards, store {number}, {group:?}");
                }
            }
            assert_eq!(store.measure(&everything(), &[], None).await.unwrap(), []);
        }
    }
}

#[tokio::test]
async fn slots_are_what_a_look_at_every_post_finds() {
    let posts = random_posts(1_000);
    for shards in SHARDS {
        let scratch = filled(shards, &posts).await;
        for store in stores(&scratch) {
            for seconds in [900, 3_600, 86_400] {
                let found = store.slots(&everything(), seconds).await.unwrap();
                assert_eq!(found, expected::slots(&posts, i64::from(seconds)), "{shards} shards, {seconds} s");
            }
        }
    }
}

fn played(id: &str, tag: &str, plays: u64) -> Value {
    video(id, json!({"hashtag_keys": [tag], "stats": {"play": plays}}))
}

#[tokio::test]
async fn plays_past_what_a_double_holds_are_exact() {
    const HUGE: u64 = 1 << 60;
    let posts = [
        played("1", "a", HUGE),
        played("2", "a", 1),
        // Two more than the first, which a double does not tell apart.
        played("3", "b", HUGE + 1),
        played("4", "b", 2),
        played("5", "c", HUGE + 2),
        played("6", "c", HUGE + 3),
        played("7", "c", HUGE + 4),
        played("8", "d", HUGE + 5),
        played("9", "d", HUGE + 7),
    ];
    for shards in SHARDS {
        let scratch = filled(shards, &posts).await;
        for pick in [Pick::MostPlays(3), Pick::MostPlays(9), Pick::BestMedian { limit: 2, min_posts: 2 }] {
            let question = question(GroupBy::Hashtag, pick);
            let found = scratch.store.groups(&question).await.unwrap();
            assert_eq!(found, expected::groups(&posts, &question), "{:?}", question.pick);
        }
        let groups = ["a", "b", "c", "d"].map(|tag| Group::Key(GroupBy::Hashtag, tag.to_owned()));
        let found = scratch.store.measure(&everything(), &groups, None).await.unwrap();
        for (found, group) in found.iter().zip(&groups) {
            assert_eq!(*found, expected::measure(&posts, group, None), "{group:?}");
        }
        assert_eq!(found[3].median_plays, Some((HUGE + 6) as f64));
        // Those of a slot, too: one holds them all.
        let slots = scratch.store.histogram(&everything(), PostTime::Fetched, 86_400).await.unwrap();
        let plays = posts.iter().map(|post| u128::from(post["stats"]["play"].as_u64().unwrap())).sum::<u128>();
        assert_eq!(slots.iter().map(|slot| u128::from(slot.plays)).sum::<u128>(), plays, "{slots:?}");
    }
}

#[tokio::test]
async fn long_keys_are_groups_up_to_what_the_mapping_takes() {
    // A prefix of more than 1,000 letters is another query.
    let (long, too_long) = ("é".repeat(1_200), "y".repeat(8_192));
    let longest = "🔥".repeat(4_095);
    let post = |id: &str, key: &str| {
        video(id, json!({"hashtag_keys": [key], "words": [key], "hashtag_spellings": [format!("{key}\tOther")]}))
    };
    let posts = [post("1", &long), post("2", &long), post("3", &longest), post("4", &too_long)];
    let scratch = filled(1, &posts).await;
    for by in [GroupBy::Hashtag, GroupBy::Word] {
        let question = question(by, Pick::MostPosts(9));
        assert_eq!(scratch.store.groups(&question).await.unwrap(), expected::groups(&posts, &question));
    }
    let groups = [&long, &longest, &too_long].map(|key| Group::Key(GroupBy::Hashtag, key.clone()));
    let found = scratch.store.measure(&everything(), &groups, None).await.unwrap();
    assert_eq!(found[0].spellings, [("Other".to_owned(), 2)]);
    assert_eq!(found[2], Measure::default());
    assert_eq!(found[1].tally.posts, 1);
}

#[tokio::test]
async fn of_many_shards_a_group_that_is_nowhere_among_the_first_is_found() {
    // On every shard a word of that shard's own is more frequent than "everywhere", which is the first of all.
    let posts: Vec<Value> = (0..600)
        .map(|number| {
            let words =
                if number % 3 == 0 { vec!["everywhere".to_owned()] } else { vec![format!("w{}", number % 120)] };
            json!({"aweme_id": number.to_string(), "words": words, "stats": {"play": number}})
        })
        .collect();
    let scratch = filled(3, &posts).await;
    for store in stores(&scratch) {
        for limit in [1, 2, 40] {
            for pick in [Pick::MostPosts(limit), Pick::MostPlays(limit)] {
                let question = question(GroupBy::Word, pick);
                let found = store.groups(&question).await.unwrap();
                assert_eq!(found, expected::groups(&posts, &question), "{:?}", question.pick);
            }
        }
    }
}

#[tokio::test]
async fn without_an_index_nothing_is_counted_and_no_point_in_time_is_left_open() {
    let scratch = filled(1, &random_posts(50)).await;
    let question = question(GroupBy::Word, Pick::MostPosts(10));
    let nothing = store(&scratch.url, &scratch.name("nothing"));
    assert!(matches!(nothing.groups(&question).await, Err(StoreError::Missing(_))));
    assert!(matches!(nothing.slots(&everything(), 3_600).await, Err(StoreError::Missing(_))));
    scratch.store.groups(&question).await.unwrap();
    scratch.store.slots(&everything(), 3_600).await.unwrap();
    let groups = [Group::Key(GroupBy::Word, "w1".into())];
    scratch.store.measure(&everything(), &groups, None).await.unwrap();
    let (_, stats) =
        scratch.rest("GET", &format!("{}/_stats/search", scratch.name("videos-000001")), Value::Null).await;
    assert_eq!(stats["_all"]["total"]["search"]["open_contexts"], 0);
}

#[tokio::test]
async fn more_groups_than_the_server_returns_at_once_are_said_in_words() {
    let posts: Vec<Value> = (0..70)
        .map(|number| {
            let words: Vec<String> = (0..1_000).map(|word| format!("{number} {word}")).collect();
            json!({"aweme_id": number.to_string(), "words": words})
        })
        .collect();
    let scratch = filled(1, &posts).await;
    let question = question(GroupBy::Word, Pick::Posts(1));
    // 65,536 by default.
    let greedy = store(&scratch.url, &scratch.prefix).with_most_buckets(69_000);
    let Err(StoreError::Broken(words)) = greedy.groups(&question).await else { panic!("so many were returned") };
    assert!(words.contains("search.max_buckets"), "{words}");
    assert_eq!(scratch.store.groups(&question).await.unwrap().groups.len(), 70_000);
}
