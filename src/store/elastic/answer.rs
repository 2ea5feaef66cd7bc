//! The answer to several aggregating searches sent together. Pure. What was asked for under a name stands here under
//! the same name; where it is missing, the answer is none: no number is made up.

use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::failure::Reason;
use crate::store::StoreError;

/// Doubles, which sums are, hold every whole number below this one.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// The parts of an answer that are read. What is left out of buckets would be most of its bytes.
pub(super) const PARTS: &str = "responses.status,responses.error,responses.pit_id,responses.timed_out,\
                                responses._shards.total,responses._shards.failed,responses.hits.total.value,\
                                responses.hits.hits._source,responses.aggregations,\
                                -responses.aggregations.posts_by_creator.buckets.key,\
                                -responses.aggregations.by_plays.buckets.key,\
                                -responses.aggregations.by_plays.buckets.from,\
                                -responses.aggregations.by_plays.buckets.to";

#[derive(Deserialize)]
struct Answer {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    #[serde(default)]
    error: Option<Reason>,
    #[serde(default)]
    pit_id: Option<String>,
    #[serde(default)]
    timed_out: Option<bool>,
    #[serde(rename = "_shards", default)]
    shards: Option<Shards>,
    #[serde(default)]
    hits: HitList,
    #[serde(default)]
    aggregations: Aggregations,
}

#[derive(Deserialize)]
struct Shards {
    total: u64,
    failed: u64,
}

#[derive(Default, Deserialize)]
struct HitList {
    #[serde(default)]
    total: Option<Total>,
    #[serde(default)]
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Total {
    value: u64,
}

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_source", default)]
    source: Value,
}

/// What one search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Over how many shards; a list of buckets from one is never in doubt.
    pub(super) shards: u64,
    pub(super) pit_id: Option<String>,
    total: Option<u64>,
    /// The source of the first hit.
    pub(super) first: Option<Value>,
    pub(super) aggregations: Aggregations,
}

impl Found {
    /// How many documents match.
    pub(super) fn total(&self, client: &Client) -> Result<u64, StoreError> {
        needed(client, self.total, "total")
    }
}

/// Everything that this store asks for, each under its name.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Aggregations {
    #[serde(default)]
    pub(super) groups: Option<Terms>,
    #[serde(default)]
    pub(super) by_key: Option<Page<String>>,
    #[serde(default)]
    pub(super) by_value: Option<Page<i64>>,
    #[serde(default)]
    pub(super) by_slot: Option<Page<f64>>,
    #[serde(default)]
    pub(super) by_plays: Option<Ranges>,
    #[serde(default)]
    pub(super) posts_by_creator: Option<Unnamed>,
    #[serde(default)]
    pub(super) plays: Option<Sum>,
    #[serde(default)]
    pub(super) judged: Option<Count>,
    #[serde(default)]
    pub(super) viral: Option<Count>,
    #[serde(default)]
    pub(super) recent: Option<Count>,
    #[serde(default)]
    pub(super) earlier: Option<Count>,
}

/// The first groups of an order.
#[derive(Debug, Deserialize)]
pub(super) struct Terms {
    /// Posts that a group may have and that were not counted; 0 for one shard.
    pub(super) doc_count_error_upper_bound: i64,
    pub(super) sum_other_doc_count: u64,
    pub(super) buckets: Vec<Bucket>,
}

impl Terms {
    /// Whether no shard has a group that is not here (unless it is smaller than what was asked for).
    pub(super) fn is_whole(&self) -> bool {
        self.doc_count_error_upper_bound == 0 && self.sum_other_doc_count == 0
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Bucket {
    pub(super) key: String,
    pub(super) doc_count: u64,
    #[serde(default)]
    pub(super) plays: Option<Sum>,
}

/// Buckets of which only the counts are read.
#[derive(Debug, Deserialize)]
pub(super) struct Unnamed {
    pub(super) doc_count_error_upper_bound: i64,
    pub(super) sum_other_doc_count: u64,
    pub(super) buckets: Vec<Count>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ranges {
    pub(super) buckets: Vec<Count>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Count {
    pub(super) doc_count: u64,
}

/// A page of all groups there are.
#[derive(Debug, Deserialize)]
pub(super) struct Page<K> {
    #[serde(default)]
    pub(super) after_key: Option<Value>,
    pub(super) buckets: Vec<PageBucket<K>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PageBucket<K> {
    pub(super) key: PageKey<K>,
    pub(super) doc_count: u64,
    #[serde(default)]
    pub(super) plays: Option<Sum>,
    #[serde(default)]
    pub(super) viral: Option<Count>,
    #[serde(default)]
    pub(super) log_multiple: Option<Sum>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PageKey<K> {
    pub(super) key: K,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Sum {
    pub(super) value: f64,
}

impl Sum {
    /// The sum of whole numbers; `None` when it is too large to be sure of.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 2^53")]
    pub(super) fn whole(self) -> Option<u64> {
        (0.0..EXACT_BELOW).contains(&self.value).then_some(self.value as u64)
    }
}

/// A part of an answer that was asked for.
pub(super) fn needed<T>(client: &Client, part: Option<T>, name: &str) -> Result<T, StoreError> {
    part.ok_or_else(|| client.nonsense(&format!("{name} is missing")))
}

/// What each of so many searches found. One that failed, or saw only a part of the index, fails them all.
pub(super) fn found(client: &Client, answer: &[u8], searches: usize) -> Result<Vec<Found>, StoreError> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| client.nonsense(&error))?;
    if answer.responses.len() != searches {
        return Err(client.nonsense(&format!("{} answers to {searches} searches", answer.responses.len())));
    }
    answer.responses.into_iter().map(|response| of_one(client, response)).collect()
}

fn of_one(client: &Client, response: Response) -> Result<Found, StoreError> {
    if let Some(error) = &response.error {
        return Err(client.judge(response.status, error));
    }
    let shards = needed(client, response.shards, "_shards")?;
    if needed(client, response.timed_out, "timed_out")? || shards.failed > 0 {
        return Err(StoreError::Unavailable("Elasticsearch searched only a part of the index".to_owned()));
    }
    Ok(Found {
        shards: shards.total,
        pit_id: response.pit_id,
        total: response.hits.total.map(|total| total.value),
        first: response.hits.hits.into_iter().next().map(|hit| hit.source),
        aggregations: response.aggregations,
    })
}
