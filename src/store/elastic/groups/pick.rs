//! The keys of the groups that are wanted.
//!
//! The server lists the first groups of an order. Of one shard, that list is right. Of several, each lists its own
//! first ones, and a group may be missing that is large when all are added up: then the list is proved, or all groups
//! are gone through.

use serde_json::{Value, json};

use super::pages::Paged;
use super::tally::sum_of_plays;
use super::{Asking, first_groups};
use crate::model::{GroupBy, Pick};
use crate::store::StoreError;
use crate::store::elastic::answer::{Bucket, Found, Terms, needed};
use crate::store::elastic::query;

/// More candidates than are wanted, to prove by those that follow that none is missing.
const MORE_CANDIDATES: usize = 1_000;

impl Asking<'_> {
    /// The keys, in the order that the pick promises.
    pub(super) async fn pick(&mut self, by: GroupBy, pick: &Pick) -> Result<Vec<String>, StoreError> {
        match pick {
            Pick::MostPosts(limit) => self.most_posts(by, *limit).await,
            Pick::MostPlays(limit) => self.most_plays(by, *limit).await,
            Pick::BestMedian { limit, min_posts } => self.best_medians(by, *limit, *min_posts).await,
            Pick::Posts(least) => self.with_posts(by, None, *least).await,
            Pick::Viral(least) => self.with_posts(by, Some(query::viral()), *least).await,
            Pick::Recent(least) => match self.windows {
                Some(windows) => self.with_posts(by, Some(query::posted(&windows.recent)), *least).await,
                // No post is in a window that was not asked for.
                None if *least > 0 => Ok(Vec::new()),
                None => self.with_posts(by, None, 0).await,
            },
            Pick::Named(keys) => Ok(keys.clone()),
        }
    }

    /// All groups with at least so many of the posts that meet `posts`; a group has one post at least, whatever it is.
    pub(super) async fn with_posts(
        &mut self,
        by: GroupBy,
        posts: Option<Value>,
        least: u64,
    ) -> Result<Vec<String>, StoreError> {
        let posts = posts.filter(|_| least > 0);
        let (query, least) = (self.among(posts.into_iter().collect()), least.max(1));
        if let Some(listed) = self.listed(&query, by, least).await? {
            return Ok(keys(listed));
        }
        let all = self.all_groups(&query, by).await?;
        Ok(all.into_iter().filter(|group| group.posts >= least).map(|group| group.key).collect())
    }

    /// All groups with at least so many of the posts that `query` finds, most posts first; `None` where one list may
    /// not hold them all.
    pub(super) async fn listed(
        &mut self,
        query: &Value,
        by: GroupBy,
        least: u64,
    ) -> Result<Option<Vec<Bucket>>, StoreError> {
        let most = self.most_buckets;
        let terms = json!({
            "min_doc_count": least, "size": most, "shard_size": most, "order": [{ "_count": "desc" }, { "_key": "asc" }]
        });
        let (found, groups) = self.first(first_groups(query, by, terms, None)).await?;
        // Fewer than it may return: the next one has too few posts.
        let is_all = groups.buckets.len() < most && (found.shards == 1 || groups.is_whole());
        Ok(is_all.then_some(groups.buckets))
    }

    async fn most_posts(&mut self, by: GroupBy, limit: usize) -> Result<Vec<String>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = self.scope.clone();
        let size = limit.min(self.most_buckets);
        let order = json!([{ "_count": "desc" }, { "_key": "asc" }]);
        let terms = json!({ "size": size, "order": order });
        let (found, groups) = self.first(first_groups(&query, by, terms, None)).await?;
        let is_enough = size == limit || groups.buckets.len() < size;
        if is_enough && (found.shards == 1 || groups.is_whole()) {
            return Ok(keys(groups.buckets));
        }
        if size == limit {
            let size = (2 * limit + MORE_CANDIDATES).min(self.most_buckets);
            let terms = json!({ "size": size, "shard_size": self.most_buckets, "order": order });
            let (_, candidates) = self.first(first_groups(&query, by, terms, None)).await?;
            if let Some(keys) = self.proved(by, candidates, limit).await? {
                return Ok(keys);
            }
        }
        let all = self.all_groups(&query, by).await?;
        Ok(first_keys(all.into_iter().map(|group| (group.key, group.posts)).collect(), limit))
    }

    /// The first `limit` groups of several shards' candidates by posts; `None` when another group may belong to them.
    async fn proved(
        &mut self,
        by: GroupBy,
        candidates: Terms,
        limit: usize,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let is_whole = candidates.is_whole();
        // What the server says it may have missed, for groups that follow as well as for those that it did not see.
        let missed = u64::try_from(candidates.doc_count_error_upper_bound).unwrap_or(u64::MAX);
        let counted_last = candidates.buckets.last().map_or(0, |bucket| bucket.doc_count);
        let others_at_most = counted_last.saturating_add(missed);
        let candidates = keys(candidates.buckets);
        let counts: Vec<(String, u64)> = self.counts(by, &candidates, None).await?.into_iter().collect();
        let smallest = nth_highest(&counts, limit);
        let is_proved = is_whole || smallest.is_some_and(|posts| posts > others_at_most);
        Ok(is_proved.then(|| first_keys(counts, limit)))
    }

    async fn most_plays(&mut self, by: GroupBy, limit: usize) -> Result<Vec<String>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = self.scope.clone();
        let size = limit.min(self.most_buckets);
        let terms = json!({ "size": size, "order": [{ "plays": "desc" }, { "_key": "asc" }] });
        let (found, groups) = self.first(first_groups(&query, by, terms, Some(sum_of_plays()))).await?;
        let is_enough = size == limit || groups.buckets.len() < size;
        // The first one has the most: when its plays are exact, all are.
        let is_exact = match groups.buckets.first() {
            Some(first) => needed(self.client(), first.plays, "plays")?.whole().is_some(),
            None => true,
        };
        if is_enough && is_exact && (found.shards == 1 || groups.sum_other_doc_count == 0) {
            return Ok(keys(groups.buckets));
        }
        let all = self.all_groups(&query, by).await?;
        let mut sums = Vec::with_capacity(all.len());
        for Paged { key, plays, .. } in all {
            let plays = match plays.whole() {
                Some(plays) => plays,
                None => self.exact_plays(&self.among(vec![query::carrying(by, &key)]), plays).await?,
            };
            sums.push((key, plays));
        }
        Ok(first_keys(sums, limit))
    }

    async fn first(&mut self, body: Value) -> Result<(Found, Terms), StoreError> {
        let mut found = self.ask_one(body).await?;
        let groups = needed(self.client(), found.aggregations.groups.take(), "groups")?;
        Ok((found, groups))
    }
}

fn keys(buckets: Vec<Bucket>) -> Vec<String> {
    buckets.into_iter().map(|bucket| bucket.key).collect()
}

/// The keys of the highest figures, ties by key.
fn first_keys(mut groups: Vec<(String, u64)>, limit: usize) -> Vec<String> {
    groups.sort_unstable_by(|(key, figure), (other, others)| others.cmp(figure).then_with(|| key.cmp(other)));
    groups.into_iter().take(limit).map(|(key, _)| key).collect()
}

fn nth_highest(groups: &[(String, u64)], nth: usize) -> Option<u64> {
    let mut figures: Vec<u64> = groups.iter().map(|(_, figure)| *figure).collect();
    figures.sort_unstable_by(|one, other| other.cmp(one));
    figures.get(nth.checked_sub(1)?).copied()
}
