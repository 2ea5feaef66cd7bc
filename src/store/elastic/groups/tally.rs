//! Tallies: of all posts that a query finds, and of groups whose keys are known. One list of counts for each figure of
//! a tally is many times faster than all figures inside of each group.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::{Asking, counting, first_groups};
use crate::model::{GroupBy, Groups, Pick, Tally, Windows};
use crate::store::StoreError;
use crate::store::elastic::answer::{Count, Found, Sum, needed};
use crate::store::elastic::client::Client;
use crate::store::elastic::query;

/// So few keys are looked for in the index, instead of looking at all posts.
const FEW_KEYS: usize = 1_000;

/// A figure of a tally, and where it goes.
type Figure = (Value, fn(&mut Tally) -> &mut u64);

/// The figures that are counts of some posts of a group.
fn figures(windows: Option<&Windows>) -> Vec<Figure> {
    let mut figures: Vec<Figure> =
        vec![(query::judged(), |tally| &mut tally.judged), (query::viral(), |tally| &mut tally.viral)];
    if let Some(windows) = windows {
        figures.push((query::posted(&windows.recent), |tally| &mut tally.recent));
        figures.push((query::posted(&windows.earlier), |tally| &mut tally.earlier));
    }
    figures
}

impl Asking<'_> {
    /// The groups that are picked, with their tallies.
    pub(super) async fn groups(&mut self, by: GroupBy, pick: &Pick) -> Result<Groups, StoreError> {
        let keys = self.pick(by, pick).await?;
        let scope = self.scope_tally().await?;
        let tallies = self.tallies(by, &keys).await?;
        Ok(Groups { scope, groups: keys.into_iter().zip(tallies).collect() })
    }

    /// Of all posts of the scope, in a group or not.
    async fn scope_tally(&mut self) -> Result<Tally, StoreError> {
        let query = self.scope.clone();
        let found = self.ask_one(whole_tally(&query, self.windows)).await?;
        let (mut tally, plays) = read_tally(self.client(), &found, self.windows)?;
        tally.plays = self.exact_plays(&query, plays).await?;
        Ok(tally)
    }

    /// The tallies of these keys, in their order.
    pub(super) async fn tallies(&mut self, by: GroupBy, keys: &[String]) -> Result<Vec<Tally>, StoreError> {
        let mut tallies: HashMap<&str, Tally> = HashMap::with_capacity(keys.len());
        let askable: Vec<&str> = distinct(keys);
        for keys in askable.chunks(self.most_buckets) {
            let mut bodies = vec![self.counts_body(by, keys, None, true)];
            let figures = figures(self.windows);
            bodies.extend(figures.iter().map(|(posts, _)| self.counts_body(by, keys, Some(posts.clone()), false)));
            let mut found = self.ask(&bodies).await?.into_iter();
            let mut unsure = Vec::new();
            for (key, posts, plays) in self.counts_of(found.next())? {
                let Some(&key) = keys.binary_search(&key.as_str()).ok().and_then(|at| keys.get(at)) else { continue };
                let plays = needed(self.client(), plays, "plays")?;
                if plays.whole().is_none() {
                    unsure.push((key, plays));
                }
                let tally = Tally { posts, plays: plays.whole().unwrap_or_default(), ..Tally::default() };
                tallies.insert(key, tally);
            }
            for (key, plays) in unsure {
                let exact = self.exact_plays(&self.among(vec![query::carrying(by, key)]), plays).await?;
                tallies.entry(key).or_default().plays = exact;
            }
            for ((_, figure), found) in figures.iter().zip(found) {
                for (key, posts, _) in self.counts_of(Some(found))? {
                    if let Some(tally) = tallies.get_mut(key.as_str()) {
                        *figure(tally) = posts;
                    }
                }
            }
        }
        Ok(keys.iter().map(|key| tallies.get(key.as_str()).copied().unwrap_or_default()).collect())
    }

    /// How many posts of the scope that meet `posts` carry each of these keys; those that none carries are left out.
    pub(super) async fn counts(
        &mut self,
        by: GroupBy,
        keys: &[String],
        posts: Option<Value>,
    ) -> Result<HashMap<String, u64>, StoreError> {
        let mut counts = HashMap::new();
        for keys in distinct(keys).chunks(self.most_buckets) {
            let found = self.ask_one(self.counts_body(by, keys, posts.clone(), false)).await?;
            counts.extend(self.counts_of(Some(found))?.into_iter().map(|(key, posts, _)| (key, posts)));
        }
        Ok(counts)
    }

    /// The same, without keys that fewer than `least` posts carry. For many keys it is quicker to count whatever groups
    /// there are, as long as the server can list them all.
    pub(super) async fn counts_from(
        &mut self,
        by: GroupBy,
        keys: &[String],
        posts: Value,
        least: u64,
    ) -> Result<HashMap<String, u64>, StoreError> {
        if keys.len() > FEW_KEYS {
            let query = self.among(vec![posts.clone()]);
            if let Some(listed) = self.listed(&query, by, least.max(1)).await? {
                let wanted: HashSet<&str> = keys.iter().map(String::as_str).collect();
                let named = listed.into_iter().filter(|bucket| wanted.contains(bucket.key.as_str()));
                return Ok(named.map(|bucket| (bucket.key, bucket.doc_count)).collect());
            }
        }
        let mut counts = self.counts(by, keys, Some(posts)).await?;
        counts.retain(|_, posts| *posts >= least);
        Ok(counts)
    }

    /// More groups are asked for than there are keys, of each shard too: none can be left out, and the server knows it.
    fn counts_body(&self, by: GroupBy, keys: &[&str], posts: Option<Value>, with_plays: bool) -> Value {
        let mut parts: Vec<Value> = posts.into_iter().collect();
        if keys.len() <= FEW_KEYS {
            parts.push(query::carrying_any(by, keys));
        }
        let size = keys.len() + 1;
        let terms = json!({ "include": keys, "size": size, "shard_size": size });
        first_groups(&self.among(parts), by, terms, with_plays.then(sum_of_plays))
    }

    fn counts_of(&self, found: Option<Found>) -> Result<Vec<(String, u64, Option<Sum>)>, StoreError> {
        let groups = found.and_then(|found| found.aggregations.groups);
        let groups = needed(self.client(), groups, "groups")?;
        if !groups.is_whole() {
            return Err(self.client().nonsense(&"it leaves groups out that were named"));
        }
        Ok(groups.buckets.into_iter().map(|bucket| (bucket.key, bucket.doc_count, bucket.plays)).collect())
    }
}

/// Each key once, in order, without those that no group can have.
fn distinct(keys: &[String]) -> Vec<&str> {
    let mut distinct: Vec<&str> = keys.iter().map(String::as_str).filter(|key| query::can_be_asked(key)).collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

pub(super) fn sum_of_plays() -> Value {
    json!({ "plays": { "sum": { "field": "stats.play" } } })
}

/// The search for the tally of all posts that `query` finds.
pub(super) fn whole_tally(query: &Value, windows: Option<&Windows>) -> Value {
    let mut aggregations = Map::new();
    aggregations.insert("plays".to_owned(), sum_of_plays()["plays"].clone());
    aggregations.insert("judged".to_owned(), json!({ "filter": query::judged() }));
    aggregations.insert("viral".to_owned(), json!({ "filter": query::viral() }));
    if let Some(windows) = windows {
        aggregations.insert("recent".to_owned(), json!({ "filter": query::posted(&windows.recent) }));
        aggregations.insert("earlier".to_owned(), json!({ "filter": query::posted(&windows.earlier) }));
    }
    let mut body = counting(query, &Value::Object(aggregations));
    body["track_total_hits"] = true.into();
    body
}

/// Its answer; plays apart, since they may be too many for it.
pub(super) fn read_tally(
    client: &Client,
    found: &Found,
    windows: Option<&Windows>,
) -> Result<(Tally, Sum), StoreError> {
    let count = |count: Option<Count>, name| needed(client, count, name).map(|count| count.doc_count);
    let of_window = |found, name| if windows.is_some() { count(found, name) } else { Ok(0) };
    let counts = &found.aggregations;
    let tally = Tally {
        posts: found.total(client)?,
        plays: 0,
        judged: count(counts.judged, "judged")?,
        viral: count(counts.viral, "viral")?,
        recent: of_window(counts.recent, "recent")?,
        earlier: of_window(counts.earlier, "earlier")?,
    };
    Ok((tally, needed(client, counts.plays, "plays")?))
}
