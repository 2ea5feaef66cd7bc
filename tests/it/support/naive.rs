//! A store that answers by looking at every document: the reference that real stores are compared with.
//!
//! All orders but `Sort::Score`, which each engine judges for itself (here: by id).

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use viralmine::model::{
    CreatorQuestion, CreatorRow, CreatorSort, Filters, Group, GroupBy, GroupQuestion, Groups, Hits, Measure, Pick,
    Query, Question, Row, Scope, Slot, Sort, Tally, Windows,
};
use viralmine::store::{StoreError, StoreReader};

/// Whether a document's tokens and hashtags meet a query.
pub fn matches(query: &Query, search_text: &[String], hashtag_keys: &[String]) -> bool {
    match query {
        Query::All => true,
        Query::Words { tokens, prefix } => search_text.iter().any(|element| holds(element, tokens, *prefix)),
        Query::Tag { key, prefix: false } => hashtag_keys.contains(key),
        Query::Tag { key, prefix: true } => hashtag_keys.iter().any(|known| known.starts_with(key)),
        Query::And(parts) => parts.iter().all(|part| matches(part, search_text, hashtag_keys)),
        Query::Or(parts) => parts.iter().any(|part| matches(part, search_text, hashtag_keys)),
        Query::Not(part) => !matches(part, search_text, hashtag_keys),
    }
}

fn holds(element: &str, tokens: &[String], prefix: bool) -> bool {
    if tokens.is_empty() {
        return false;
    }
    let known: Vec<&str> = element.split(' ').collect();
    known.windows(tokens.len()).any(|window| {
        window.iter().zip(tokens).enumerate().all(|(position, (known, token))| {
            if prefix && position + 1 == tokens.len() { known.starts_with(token) } else { known == token }
        })
    })
}

/// Documents in memory.
#[derive(Debug)]
pub struct NaiveStore {
    documents: Vec<(Bytes, Value)>,
    creators: Vec<(Bytes, CreatorRow)>,
}

/// Hashtags and creators that are longer (UTF-16 units) are kept, but not found: the mapping's `ignore_above`.
const LONGEST_KEY: usize = 8_191;

impl NaiveStore {
    /// Takes the documents as they would be stored; each id once.
    pub fn new(documents: Vec<Bytes>) -> Self {
        let parsed = documents.into_iter().map(|bytes| {
            let value = serde_json::from_slice(&bytes).unwrap();
            (bytes, value)
        });
        Self { documents: parsed.collect(), creators: Vec::new() }
    }

    /// The same with these rows of the creators' index.
    pub fn with_creators(mut self, rows: &[Bytes]) -> Self {
        self.creators = rows.iter().map(|bytes| (bytes.clone(), serde_json::from_slice(bytes).unwrap())).collect();
        self
    }

    fn matching(&self, query: &Query, filters: &Filters) -> Vec<&(Bytes, Value)> {
        self.documents.iter().filter(|(_, document)| meets(document, query, filters)).collect()
    }

    fn scope(&self, scope: &Scope) -> Vec<&Value> {
        self.matching(&scope.query, &scope.filters).into_iter().map(|(_, document)| document).collect()
    }
}

#[async_trait]
impl StoreReader for NaiveStore {
    async fn search(&self, question: &Question) -> Result<Hits, StoreError> {
        let mut found = self.matching(&question.query, &question.filters);
        found.sort_by(|(_, one), (_, other)| {
            let highest_first = match question.sort {
                Sort::Plays => descending(&one["stats"]["play"], &other["stats"]["play"]),
                Sort::Date => descending(&one["publish_ts"], &other["publish_ts"]),
                Sort::Engagement => descending(&one["engagement"]["rate"], &other["engagement"]["rate"]),
                Sort::SmoothedEngagement => {
                    descending(&one["engagement"]["smoothed"], &other["engagement"]["smoothed"])
                }
                Sort::Z => descending(&one["virality"]["z"], &other["virality"]["z"]),
                Sort::Multiple => descending(&one["virality"]["multiple"], &other["virality"]["multiple"]),
                Sort::PlaysPerHour => {
                    descending(&one["virality"]["plays_per_hour"], &other["virality"]["plays_per_hour"])
                }
                Sort::Growth => descending(&one["virality"]["growth"], &other["virality"]["growth"]),
                Sort::Score => Ordering::Equal,
            };
            highest_first.then_with(|| one["aweme_id"].as_str().cmp(&other["aweme_id"].as_str()))
        });
        let total = found.len() as u64;
        Ok(Hits { total, videos: found.into_iter().take(question.limit).map(|(bytes, _)| bytes.clone()).collect() })
    }

    async fn rows(&self, question: &Question, each: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError> {
        for (bytes, _) in self.matching(&question.query, &question.filters) {
            each(serde_json::from_slice(bytes).unwrap());
        }
        Ok(())
    }

    async fn groups(&self, question: &GroupQuestion) -> Result<Groups, StoreError> {
        let posts = self.scope(&question.scope);
        let tally = |posts: &[&Value]| tally(posts, question.windows.as_ref());
        let by_key = by_key(&posts, question.by);
        let mut groups: Vec<(String, Tally, Option<f64>)> =
            by_key.iter().map(|(key, posts)| (key.clone(), tally(posts), median_plays(posts))).collect();
        let limit = match &question.pick {
            Pick::MostPosts(limit) => {
                groups.sort_by_key(|(_, tally, _)| Reverse(tally.posts));
                *limit
            }
            Pick::MostPlays(limit) => {
                groups.sort_by_key(|(_, tally, _)| Reverse(tally.plays));
                *limit
            }
            Pick::BestMedian { limit, min_posts } => {
                groups.retain(|(_, tally, _)| tally.posts >= *min_posts);
                groups.sort_by(|(_, _, one), (_, _, other)| other.partial_cmp(one).unwrap());
                *limit
            }
            Pick::Posts(least) => {
                groups.retain(|(_, tally, _)| tally.posts >= *least);
                usize::MAX
            }
            Pick::Viral(least) => {
                groups.retain(|(_, tally, _)| tally.viral >= *least);
                usize::MAX
            }
            Pick::Recent(least) => {
                groups.retain(|(_, tally, _)| tally.recent >= *least);
                usize::MAX
            }
            Pick::Named(keys) => {
                let of_key = |key: &String| by_key.get(key).map(Vec::as_slice).unwrap_or_default();
                groups = keys.iter().map(|key| (key.clone(), tally(of_key(key)), None)).collect();
                usize::MAX
            }
        };
        let groups = groups.into_iter().take(limit).map(|(key, tally, _)| (key, tally)).collect();
        Ok(Groups { scope: tally(&posts), groups })
    }

    async fn measure(
        &self,
        scope: &Scope,
        groups: &[Group],
        windows: Option<&Windows>,
    ) -> Result<Vec<Measure>, StoreError> {
        let posts = self.scope(scope);
        // Thousands of keys may be asked for at once.
        let mut known: BTreeMap<String, BTreeMap<String, Vec<&Value>>> = BTreeMap::new();
        let mut measure = |group: &Group| {
            let posts: Vec<&Value> = match group {
                Group::Key(by, key) => {
                    let by_key = known.entry(format!("{by:?}")).or_insert_with(|| by_key(&posts, *by));
                    by_key.get(key).cloned().unwrap_or_default()
                }
                Group::Query(query) => {
                    posts.iter().filter(|post| meets(post, query, &Filters::default())).copied().collect()
                }
            };
            let creators = posts.iter().flat_map(|post| keys(post, GroupBy::Creator));
            let mut posts_by_creator: Vec<u64> = counts(creators).into_values().collect();
            posts_by_creator.sort_unstable_by_key(|&posts| Reverse(posts));
            let newest = posts.iter().min_by_key(|post| (Reverse(post["fetched_at"].as_i64()), id(post)));
            Measure {
                tally: tally(&posts, windows),
                posts_by_creator,
                median_plays: median_plays(&posts),
                spellings: match group {
                    Group::Key(GroupBy::Hashtag, key) => spellings(&posts, key),
                    _ => Vec::new(),
                },
                music: match group {
                    Group::Key(GroupBy::Sound, _) => newest.map(|post| music(post)),
                    _ => None,
                },
            }
        };
        Ok(groups.iter().map(&mut measure).collect())
    }

    async fn slots(&self, scope: &Scope, seconds: u32) -> Result<Vec<Slot>, StoreError> {
        let mut slots: BTreeMap<i64, Slot> = BTreeMap::new();
        for post in self.scope(scope) {
            let (Some(posted), true) = (post["publish_ts"].as_i64(), is_judged(post) && plays(post) > 0) else {
                continue;
            };
            let start = posted.div_euclid(seconds.into()) * i64::from(seconds);
            let slot = slots.entry(start).or_insert(Slot { start, ..Slot::default() });
            slot.posts += 1;
            slot.viral += u64::from(is_viral(post));
            slot.log_multiple += post["virality"]["log_multiple"].as_f64().unwrap_or(0.0);
        }
        Ok(slots.into_values().collect())
    }

    async fn creators(&self, question: &CreatorQuestion) -> Result<Hits, StoreError> {
        let meets = |row: &CreatorRow| {
            let median = |holds: &dyn Fn(f64) -> bool| row.median_plays.is_some_and(holds);
            question.among.as_ref().is_none_or(|among| among.contains(&row.sec_user_id))
                && question.median_at_least.is_none_or(|least| median(&|plays| plays >= least))
                && question.median_below.is_none_or(|bound| median(&|plays| plays < bound))
                && row.judged >= question.min_judged
        };
        let mut found: Vec<_> = self.creators.iter().filter(|(_, row)| meets(row)).collect();
        let sorted_by = |row: &CreatorRow| match question.sort {
            CreatorSort::HitRate => row.hit_rate,
            CreatorSort::MedianPlays => row.median_plays,
            CreatorSort::Engagement => row.engagement,
            CreatorSort::Trend => row.trend,
            CreatorSort::Growth => row.growth,
        };
        found.sort_by(|(_, one), (_, other)| {
            let highest_first = sorted_by(other).partial_cmp(&sorted_by(one)).unwrap();
            highest_first.then_with(|| one.sec_user_id.cmp(&other.sec_user_id))
        });
        let total = found.len() as u64;
        Ok(Hits { total, videos: found.into_iter().take(question.limit).map(|(bytes, _)| bytes.clone()).collect() })
    }

    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.documents.iter().filter_map(|(_, document)| document["fetched_at"].as_i64()).max())
    }
}

/// A missing value comes last.
fn descending(one: &Value, other: &Value) -> Ordering {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NEG_INFINITY);
    number(other).total_cmp(&number(one))
}

fn id(post: &Value) -> String {
    post["aweme_id"].as_str().unwrap().to_owned()
}

fn plays(post: &Value) -> u64 {
    post["stats"]["play"].as_u64().unwrap_or(0)
}

fn is_judged(post: &Value) -> bool {
    post["virality"]["z"].is_number() && post["virality"]["immature"] == false
}

fn is_viral(post: &Value) -> bool {
    is_judged(post) && post["virality"]["viral"] == true
}

/// The groups that a post is in.
fn keys(post: &Value, by: GroupBy) -> BTreeSet<String> {
    let keys = match by {
        GroupBy::Hashtag => texts(&post["hashtag_keys"]),
        GroupBy::Word => texts(&post["words"]),
        GroupBy::Sound => text(&post["music_info"]["music_id"]).into_iter().filter(|id| !id.is_empty()).collect(),
        GroupBy::Creator => text(&post["sec_user_id"]).into_iter().collect(),
    };
    keys.into_iter().filter(|key| is_found(key)).collect()
}

fn by_key<'a>(posts: &[&'a Value], by: GroupBy) -> BTreeMap<String, Vec<&'a Value>> {
    let mut by_key: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for post in posts {
        for key in keys(post, by) {
            by_key.entry(key).or_default().push(post);
        }
    }
    by_key
}

fn tally(posts: &[&Value], windows: Option<&Windows>) -> Tally {
    let count = |holds: &dyn Fn(&Value) -> bool| posts.iter().filter(|post| holds(post)).count() as u64;
    let within = |window: Option<&std::ops::Range<i64>>, post: &Value| {
        window.is_some_and(|window| post["publish_ts"].as_i64().is_some_and(|posted| window.contains(&posted)))
    };
    Tally {
        posts: posts.len() as u64,
        plays: posts.iter().map(|post| plays(post)).sum(),
        judged: count(&is_judged),
        viral: count(&is_viral),
        recent: count(&|post| within(windows.map(|windows| &windows.recent), post)),
        earlier: count(&|post| within(windows.map(|windows| &windows.earlier), post)),
    }
}

/// The median of the plays that are not withheld.
fn median_plays(posts: &[&Value]) -> Option<f64> {
    let mut known: Vec<u64> = posts.iter().map(|post| plays(post)).filter(|&plays| plays > 0).collect();
    known.sort_unstable();
    let middle = known.len() / 2;
    match known.len() {
        0 => None,
        count if count % 2 == 1 => Some(known[middle] as f64),
        _ => Some(f64::midpoint(known[middle - 1] as f64, known[middle] as f64)),
    }
}

/// How posts write a hashtag, most first.
fn spellings(posts: &[&Value], key: &str) -> Vec<(String, u64)> {
    let start = format!("{key}\t");
    let written = |post: &&Value| {
        let others = texts(&post["hashtag_spellings"]);
        let other = others.iter().filter(|other| is_found(other)).find_map(|other| other.strip_prefix(&start));
        other.unwrap_or(key).to_owned()
    };
    let mut spellings: Vec<(String, u64)> = counts(posts.iter().map(written)).into_iter().collect();
    spellings.sort_by_key(|(_, posts)| Reverse(*posts));
    spellings
}

fn music(post: &Value) -> (String, String) {
    let of = |name: &str| text(&post["music_info"][name]).unwrap_or_default();
    (of("music_name"), of("music_author"))
}

fn counts(keys: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn meets(document: &Value, query: &Query, filters: &Filters) -> bool {
    let is = |field: &Value, wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| field == wanted);
    let author = &document["author_info"];
    let creators = [&document["sec_user_id"], &author["unique_id"], &author["uid"]];
    let posted = document["publish_ts"].as_i64();
    is(&document["region"], &filters.region)
        && is(&document["kind"], &filters.kind.map(|kind| kind.name().to_owned()))
        && filters.since.is_none_or(|since| posted.is_some_and(|posted| posted >= since))
        && filters.until.is_none_or(|until| posted.is_some_and(|posted| posted < until))
        && filters.min_plays.is_none_or(|least| document["stats"]["play"].as_u64().is_some_and(|plays| plays >= least))
        && (!filters.only_viral || document["virality"]["viral"] == true)
        && filters
            .creator
            .as_deref()
            .is_none_or(|creator| is_found(creator) && creators.iter().any(|field| *field == creator))
        && {
            let keys = || keys(document, GroupBy::Hashtag);
            filters.hashtags.iter().all(|hashtag| keys().contains(hashtag))
                && (*query == Query::All
                    || matches(query, &texts(&document["search_text"]), &keys().into_iter().collect::<Vec<_>>()))
        }
}

fn is_found(key: &str) -> bool {
    key.encode_utf16().count() <= LONGEST_KEY
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(text).collect()
}
