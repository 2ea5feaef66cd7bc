//! Medians of plays, and sums of plays that are too large for the server's doubles, by counting.
//!
//! Posts are counted in ranges of plays that grow by an eighth at most. The range that the middle is in is then gone
//! through value by value: whole numbers, as the server keeps them. Withheld plays (0) are no evidence.

use serde_json::{Value, json};

use super::pages::Pages;
use super::{Asking, counting};
use crate::store::StoreError;
use crate::store::elastic::answer::{Count, Ranges, Sum, needed};
use crate::store::elastic::query;

/// Values of one page: the ranges mostly hold fewer.
const VALUES_A_PAGE: usize = 10_000;

/// Ranges are an eighth of a power of two wide, up to this power; what has more plays is in the last one.
const LAST_POWER: u32 = 40;

/// Where the ranges start, ascending; the first holds the plays of 1.
pub(super) fn range_starts() -> Vec<i64> {
    let of_power = |power: u32| (8..16_i64).map(move |eighths| eighths << (power - 3));
    (1..8).chain((3..LAST_POWER).flat_map(of_power)).collect()
}

/// The aggregation that counts posts by ranges of plays, to be named `by_plays`.
pub(super) fn by_plays() -> Value {
    let starts = range_starts();
    let mut ranges: Vec<Value> = starts.windows(2).map(|pair| json!({ "from": pair[0], "to": pair[1] })).collect();
    ranges.extend(starts.last().map(|start| json!({ "from": start })));
    json!({ "range": { "field": "stats.play", "ranges": ranges } })
}

/// The way to the median of the posts that one query finds.
pub(super) struct Walk {
    pages: Pages,
    /// Posts with fewer plays than what is gone through next.
    passed: u64,
    /// Posts with fewer plays than the two in the middle, which may be one.
    ranks: [u64; 2],
    found: [Option<i64>; 2],
}

impl Walk {
    /// The way, known how many posts there are in each range; `None` when there are none.
    pub(super) fn start(query: &Value, counts: &[Count]) -> Option<Self> {
        let posts: u64 = counts.iter().map(|range| range.doc_count).sum();
        let ranks = [posts.checked_sub(1)? / 2, posts / 2];
        let ends: Vec<u64> = counts
            .iter()
            .scan(0, |end, range| {
                *end += range.doc_count;
                Some(*end)
            })
            .collect();
        let starts = range_starts();
        let range_of = |rank: u64| ends.partition_point(|end| *end <= rank);
        let (first, last) = (range_of(ranks[0]), range_of(ranks[1]));
        let in_ranges = query::played(*starts.get(first)?, starts.get(last + 1).copied());
        let pages = values(query::all_of(vec![query.clone(), in_ranges]));
        let passed = first.checked_sub(1).map_or(0, |before| ends[before]);
        Some(Self { pages, passed, ranks, found: [None, None] })
    }

    fn pass(&mut self, value: i64, posts: u64) {
        self.passed += posts;
        for (rank, found) in self.ranks.iter().zip(&mut self.found) {
            if found.is_none() && self.passed > *rank {
                *found = Some(value);
            }
        }
        if self.found[1].is_some() {
            self.pages.end();
        }
    }

    fn median(&self) -> Option<f64> {
        let [lower, upper] = self.found;
        Some((i128::from(lower?) + i128::from(upper?)) as f64 / 2.0)
    }
}

/// Posts by their plays, ascending.
fn values(query: Value) -> Pages {
    Pages::new(query, "by_value", json!({ "terms": { "field": "stats.play" } }), None, None)
}

impl Asking<'_> {
    /// The medians of the plays of what each query finds; `None` where all plays are withheld.
    pub(super) async fn medians(&mut self, queries: &[Value]) -> Result<Vec<Option<f64>>, StoreError> {
        let bodies: Vec<Value> =
            queries.iter().map(|query| counting(query, &json!({ "by_plays": by_plays() }))).collect();
        let mut walks = Vec::with_capacity(queries.len());
        for (query, found) in queries.iter().zip(self.ask(&bodies).await?) {
            walks.push(self.walk(query, found.aggregations.by_plays)?);
        }
        self.walked(walks).await
    }

    /// The way to the median, from the answer to [`by_plays`].
    pub(super) fn walk(&self, query: &Value, ranges: Option<Ranges>) -> Result<Option<Walk>, StoreError> {
        let counts = needed(self.client(), ranges, "by_plays")?.buckets;
        if counts.len() != range_starts().len() {
            return Err(self.client().nonsense(&format!("{} ranges of plays", counts.len())));
        }
        Ok(Walk::start(query, &counts))
    }

    /// Goes all these ways, side by side.
    pub(super) async fn walked(&mut self, mut walks: Vec<Option<Walk>>) -> Result<Vec<Option<f64>>, StoreError> {
        let size = VALUES_A_PAGE.min(self.most_buckets);
        loop {
            let mut under_way: Vec<&mut Walk> =
                walks.iter_mut().flatten().filter(|walk| !walk.pages.is_done()).collect();
            if under_way.is_empty() {
                break;
            }
            let bodies: Vec<Value> = under_way.iter().map(|walk| walk.pages.body(size)).collect();
            for (walk, found) in under_way.iter_mut().zip(self.ask(&bodies).await?) {
                let page = needed(self.client(), found.aggregations.by_value, "by_value")?;
                walk.pages.turned(page.after_key, page.buckets.len());
                page.buckets.iter().for_each(|bucket| walk.pass(bucket.key.key, bucket.doc_count));
            }
        }
        let median = |walk: Option<Walk>| match walk {
            None => Ok(None),
            Some(walk) => needed(self.client(), walk.median(), "the value in the middle").map(Some),
        };
        walks.into_iter().map(median).collect()
    }

    /// The sum of the plays of what `query` finds, which the server made `sum`; value by value where that is in doubt.
    pub(in crate::store::elastic) async fn exact_plays(&mut self, query: &Value, sum: Sum) -> Result<u64, StoreError> {
        if let Some(whole) = sum.whole() {
            return Ok(whole);
        }
        let mut pages = values(query.clone());
        let mut plays: u64 = 0;
        while let Some(page) = self.next_page(&mut pages, |found| found.by_value).await? {
            for bucket in page {
                let each = u64::try_from(bucket.key.key).unwrap_or_default();
                plays = plays.saturating_add(each.saturating_mul(bucket.doc_count));
            }
        }
        Ok(plays)
    }
}
