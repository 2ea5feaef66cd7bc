//! What groups, measures and slots of a few posts are, by looking at every post.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use viralmine::model::{Group, GroupBy, GroupQuestion, Groups, Measure, Pick, Query, Slot, Tally, Windows};

/// Longer keys (UTF-16 units) are kept, but are no group: the mapping's `ignore_above`.
const LONGEST_KEY: usize = 8_191;

fn texts(value: &Value) -> BTreeSet<String> {
    let texts = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let known = texts.iter().filter_map(Value::as_str).filter(|text| text.encode_utf16().count() <= LONGEST_KEY);
    known.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

fn keys(post: &Value, by: GroupBy) -> BTreeSet<String> {
    texts(match by {
        GroupBy::Hashtag => &post["hashtag_keys"],
        GroupBy::Word => &post["words"],
        GroupBy::Sound => &post["music_info"]["music_id"],
        GroupBy::Creator => &post["sec_user_id"],
    })
}

fn plays(post: &Value) -> u64 {
    post["stats"]["play"].as_u64().unwrap_or_default()
}

fn is_judged(post: &Value) -> bool {
    post["virality"]["z"].is_number() && post["virality"]["immature"] == false
}

fn is_viral(post: &Value) -> bool {
    is_judged(post) && post["virality"]["viral"] == true
}

pub fn tally(posts: &[&Value], windows: Option<&Windows>) -> Tally {
    let count = |is: &dyn Fn(&Value) -> bool| posts.iter().filter(|post| is(post)).count() as u64;
    let posted = |post: &Value, window: &std::ops::Range<i64>| {
        post["publish_ts"].as_i64().is_some_and(|posted| window.contains(&posted))
    };
    Tally {
        posts: posts.len() as u64,
        plays: posts.iter().map(|post| plays(post)).sum(),
        judged: count(&is_judged),
        viral: count(&is_viral),
        recent: windows.map_or(0, |windows| count(&|post| posted(post, &windows.recent))),
        earlier: windows.map_or(0, |windows| count(&|post| posted(post, &windows.earlier))),
    }
}

pub fn median(posts: &[&Value]) -> Option<f64> {
    let mut known: Vec<u64> = posts.iter().map(|post| plays(post)).filter(|plays| *plays > 0).collect();
    known.sort_unstable();
    let (lower, upper) = (known.get(known.len().checked_sub(1)? / 2)?, known.get(known.len() / 2)?);
    Some((u128::from(*lower) + u128::from(*upper)) as f64 / 2.0)
}

/// For picks without an order: by key.
pub fn groups(all: &[Value], question: &GroupQuestion) -> Groups {
    let windows = question.windows.as_ref();
    let mut by_key: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for post in all {
        for key in keys(post, question.by) {
            by_key.entry(key).or_default().push(post);
        }
    }
    let mut found: Vec<(String, Tally, Option<f64>)> =
        by_key.iter().map(|(key, posts)| (key.clone(), tally(posts, windows), median(posts))).collect();
    match &question.pick {
        Pick::MostPosts(limit) => {
            found.sort_by_key(|(_, tally, _)| std::cmp::Reverse(tally.posts));
            found.truncate(*limit);
        }
        Pick::MostPlays(limit) => {
            found.sort_by_key(|(_, tally, _)| std::cmp::Reverse(tally.plays));
            found.truncate(*limit);
        }
        Pick::BestMedian { limit, min_posts } => {
            found.retain(|(_, tally, _)| tally.posts >= *min_posts);
            found.sort_by(|(_, _, one), (_, _, other)| other.unwrap_or(-1.0).total_cmp(&one.unwrap_or(-1.0)));
            found.truncate(*limit);
        }
        Pick::Posts(least) => found.retain(|(_, tally, _)| tally.posts >= *least),
        Pick::Viral(least) => found.retain(|(_, tally, _)| tally.viral >= *least),
        Pick::Recent(least) => found.retain(|(_, tally, _)| tally.recent >= *least),
        Pick::Named(names) => {
            let known: BTreeMap<String, Tally> = found.drain(..).map(|(key, tally, _)| (key, tally)).collect();
            let with_tally = |key: &String| (key.clone(), known.get(key).copied().unwrap_or_default(), None);
            found = names.iter().map(with_tally).collect();
        }
    }
    let scope: Vec<&Value> = all.iter().collect();
    Groups { scope: tally(&scope, windows), groups: found.into_iter().map(|(key, tally, _)| (key, tally)).collect() }
}

/// Spellings by posts, then by themselves.
pub fn measure(all: &[Value], group: &Group, windows: Option<&Windows>) -> Measure {
    let posts: Vec<&Value> = all.iter().filter(|post| is_of(post, group)).collect();
    let mut by_creator: BTreeMap<String, u64> = BTreeMap::new();
    let mut spellings: BTreeMap<String, u64> = BTreeMap::new();
    for post in &posts {
        for creator in keys(post, GroupBy::Creator) {
            *by_creator.entry(creator).or_default() += 1;
        }
        if let Group::Key(GroupBy::Hashtag, key) = group {
            let prefix = format!("{key}\t");
            let otherwise = texts(&post["hashtag_spellings"]);
            let otherwise = otherwise.iter().find_map(|spelling| spelling.strip_prefix(&prefix));
            *spellings.entry(otherwise.unwrap_or(key).to_owned()).or_default() += 1;
        }
    }
    let mut posts_by_creator: Vec<u64> = by_creator.into_values().collect();
    posts_by_creator.sort_by_key(|posts| std::cmp::Reverse(*posts));
    let mut spellings: Vec<(String, u64)> = spellings.into_iter().collect();
    spellings.sort_by_key(|(_, posts)| std::cmp::Reverse(*posts));
    let newest = posts.iter().min_by_key(|post| {
        (std::cmp::Reverse(post["fetched_at"].as_i64()), post["aweme_id"].as_str().map(str::to_owned))
    });
    let text = |post: &Value, name: &str| post["music_info"][name].as_str().unwrap_or_default().to_owned();
    let music = newest.map(|post| (text(post, "music_name"), text(post, "music_author")));
    Measure {
        tally: tally(&posts, windows),
        posts_by_creator,
        median_plays: median(&posts),
        spellings,
        music: music.filter(|_| matches!(group, Group::Key(GroupBy::Sound, _))),
    }
}

fn is_of(post: &Value, group: &Group) -> bool {
    match group {
        Group::Key(by, key) => keys(post, *by).contains(key),
        Group::Query(Query::Tag { key, prefix: true }) => {
            keys(post, GroupBy::Hashtag).iter().any(|tag| tag.starts_with(key))
        }
        Group::Query(Query::All) => true,
        Group::Query(other) => panic!("not asked here: {other:?}"),
    }
}

pub fn slots(all: &[Value], seconds: i64) -> Vec<Slot> {
    let mut slots: BTreeMap<i64, Slot> = BTreeMap::new();
    for post in all.iter().filter(|post| is_judged(post) && plays(post) > 0) {
        let Some(posted) = post["publish_ts"].as_i64() else { continue };
        let start = posted.div_euclid(seconds) * seconds;
        let slot = slots.entry(start).or_insert(Slot { start, ..Slot::default() });
        slot.posts += 1;
        slot.viral += u64::from(is_viral(post));
        slot.log_multiple += post["virality"]["log_multiple"].as_f64().unwrap_or_default();
    }
    let rounded = |slot: Slot| Slot { log_multiple: (slot.log_multiple * 1e4).round() / 1e4, ..slot };
    slots.into_values().map(rounded).collect()
}
