//! The groups with the best medians, without the median of every group: a median is at least t when at least half of
//! the posts have t plays, and how many posts of each group do is one list of counts.

use std::collections::HashMap;

use serde_json::Value;

use super::Asking;
use super::median::range_starts;
use crate::model::GroupBy;
use crate::store::StoreError;
use crate::store::elastic::query;

/// Groups that have, of posts whose plays are not withheld, so many.
type Counts = HashMap<String, u64>;

impl Asking<'_> {
    /// The first `limit` by median among those with at least `min_posts` posts; ties by key; without a median last.
    pub(super) async fn best_medians(
        &mut self,
        by: GroupBy,
        limit: usize,
        min_posts: u64,
    ) -> Result<Vec<String>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut candidates = self.with_posts(by, None, min_posts).await?;
        candidates.sort_unstable();
        let known = self.counts_from(by, &candidates, query::played(1, None), 1).await?;
        let hopeful = if known.len() <= limit {
            known.keys().cloned().collect()
        } else {
            self.hopeful(by, &known, limit).await?
        };
        let queries: Vec<Value> = hopeful.iter().map(|key| self.among(vec![query::carrying(by, key)])).collect();
        let medians = self.medians(&queries).await?;
        let mut best: Vec<(String, f64)> =
            hopeful.into_iter().zip(medians).filter_map(|(key, median)| Some((key, median?))).collect();
        best.sort_unstable_by(|(key, median), (other, others)| others.total_cmp(median).then_with(|| key.cmp(other)));
        let without = candidates.into_iter().filter(|key| !known.contains_key(key));
        Ok(best.into_iter().map(|(key, _)| key).chain(without).take(limit).collect())
    }

    /// Groups among which the first `limit` are, few more if it can be helped. There are more than `limit` in `known`.
    async fn hopeful(&mut self, by: GroupBy, known: &Counts, limit: usize) -> Result<Vec<String>, StoreError> {
        let keys: Vec<String> = known.keys().cloned().collect();
        let thresholds = range_starts();
        // At the lowest, every group has all of its posts.
        let (mut enough, mut too_few) = (0, thresholds.len());
        let mut at_least = known.clone();
        // With fewer posts, no group is of interest.
        let least = known.values().map(|posts| of_upper_middle(*posts)).min().unwrap_or(1);
        while too_few - enough > 1 {
            let middle = enough.midpoint(too_few);
            let played = query::played(thresholds[middle], None);
            let counts = self.counts_from(by, &keys, played, least).await?;
            let sure = counts.iter().filter(|(key, above)| **above >= of_median(known[*key])).count();
            if sure >= limit {
                (enough, at_least) = (middle, counts);
            } else {
                too_few = middle;
            }
        }
        // So many have a median of at least the threshold that one whose upper middle is below it is not wanted.
        let may_be = |(key, above): &(String, u64)| *above >= of_upper_middle(known[key]);
        Ok(at_least.into_iter().filter(may_be).map(|(key, _)| key).collect())
    }
}

/// How many of so many posts have a threshold at least when the lower one of the two in the middle has.
const fn of_median(posts: u64) -> u64 {
    posts - (posts - 1) / 2
}

/// The same of the upper one.
const fn of_upper_middle(posts: u64) -> u64 {
    posts - posts / 2
}
