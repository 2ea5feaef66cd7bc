//! Runs a question: one search where that is enough, pages over one point in time where it is not.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::client::Client;
use super::point::{self, PointInTime};
use super::query;
use crate::model::{Hits, Question, Row};
use crate::store::StoreError;

/// The server's default limit for one search (`index.max_result_window`).
const LARGEST_PAGE: usize = 10_000;

/// Whole documents in one of several pages: a video has some 2 KB.
const DOCUMENTS_A_PAGE: usize = 5_000;

/// Whole documents in one of the pages that are let go at once.
const DOCUMENTS_AT_A_TIME: usize = 1_000;

#[derive(Deserialize)]
struct SearchAnswer<'a> {
    #[serde(default)]
    pit_id: Option<String>,
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    #[serde(borrow)]
    hits: HitList<'a>,
}

#[derive(Deserialize)]
struct Shards {
    failed: u64,
}

#[derive(Deserialize)]
struct HitList<'a> {
    #[serde(default)]
    total: Option<Total>,
    #[serde(borrow)]
    hits: Vec<Hit<'a>>,
}

#[derive(Deserialize)]
struct Total {
    value: u64,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow, rename = "_source")]
    source: &'a RawValue,
    #[serde(borrow, default)]
    sort: Option<&'a RawValue>,
}

/// The videos that match, in order.
pub(super) async fn search(client: &Client, alias: &str, question: &Question) -> Result<Hits, StoreError> {
    let body = json!({
        "query": query::query(question),
        "sort": query::sort(question.sort),
        "track_total_hits": true,
    });
    search_body(client, alias, question.limit, body).await
}

/// The first `limit` hits of a search, in its order, which must leave no ties.
pub(super) async fn search_body(
    client: &Client,
    alias: &str,
    limit: usize,
    mut body: Value,
) -> Result<Hits, StoreError> {
    if limit > LARGEST_PAGE {
        body["size"] = DOCUMENTS_A_PAGE.into();
        return paged_search(client, alias, limit, body).await;
    }
    body["size"] = limit.into();
    let bytes = point::search(client, &format!("{alias}/_search"), &body).await?;
    hits(client, &bytes)
}

/// What one page of an answer holds.
pub(super) fn hits(client: &Client, bytes: &Bytes) -> Result<Hits, StoreError> {
    let answer = read(client, bytes)?;
    let total = answer.hits.total.map_or(0, |total| total.value);
    Ok(Hits { total, videos: answer.hits.hits.iter().map(|hit| source_of(bytes, hit)).collect() })
}

async fn paged_search(client: &Client, alias: &str, limit: usize, body: Value) -> Result<Hits, StoreError> {
    let mut hits = Hits::default();
    let mut is_first = true;
    pages(client, alias, body, &mut |bytes, answer| {
        if std::mem::take(&mut is_first) {
            hits.total = answer.hits.total.as_ref().map_or(0, |total| total.value);
        }
        let wanted = limit - hits.videos.len();
        hits.videos.extend(answer.hits.hits.iter().take(wanted).map(|hit| source_of(bytes, hit)));
        Ok(hits.videos.len() < limit)
    })
    .await?;
    Ok(hits)
}

/// Hands each matching video's row to `each`, a page in memory at a time.
pub(super) async fn rows(
    client: &Client,
    alias: &str,
    question: &Question,
    each: &mut (dyn FnMut(Row) + Send),
) -> Result<(), StoreError> {
    let body = json!({
        "query": query::query(question),
        // In the order in which they lie in the index: the cheapest.
        "sort": [{ "_shard_doc": "asc" }],
        "track_total_hits": false,
        "size": LARGEST_PAGE,
        "_source": Row::SOURCE_FIELDS,
    });
    pages(client, alias, body, &mut |_, answer| {
        for hit in &answer.hits.hits {
            let row = serde_json::from_str(hit.source.get())
                .map_err(|error| StoreError::Broken(format!("a video in {alias} cannot be read: {error}")))?;
            each(row);
        }
        Ok(true)
    })
    .await
}

/// Hands each matching video's document to `each`, as long as it wants more, a page in memory at a time.
pub(super) async fn documents(
    client: &Client,
    alias: &str,
    question: &Question,
    each: &mut (dyn FnMut(Bytes) -> bool + Send),
) -> Result<(), StoreError> {
    let body = json!({
        "query": query::query(question),
        "sort": [{ "_shard_doc": "asc" }],
        "track_total_hits": false,
        "size": DOCUMENTS_AT_A_TIME,
    });
    pages(client, alias, body, &mut |bytes, answer| Ok(answer.hits.hits.iter().all(|hit| each(source_of(bytes, hit)))))
        .await
}

/// What is done with a page; says whether another one is wanted.
type EachPage<'a> = dyn FnMut(&Bytes, &SearchAnswer<'_>) -> Result<bool, StoreError> + Send + 'a;

/// Asks page after page of one point in time, so that what is written meanwhile neither doubles nor hides a hit.
async fn pages(client: &Client, alias: &str, mut body: Value, each: &mut EachPage<'_>) -> Result<(), StoreError> {
    let mut point = PointInTime::open(client, alias).await?;
    let outcome = pages_of(&mut point, &mut body, each).await;
    point.close().await;
    outcome
}

async fn pages_of(point: &mut PointInTime<'_>, body: &mut Value, each: &mut EachPage<'_>) -> Result<(), StoreError> {
    let page_size = body["size"].as_u64().unwrap_or_default();
    loop {
        let bytes = point.search(body).await?;
        let answer = read(point.client, &bytes)?;
        let is_wanted = each(&bytes, &answer)?;
        let is_last = (answer.hits.hits.len() as u64) < page_size;
        let Some(after) = answer.hits.hits.last().and_then(|hit| hit.sort).filter(|_| is_wanted && !is_last) else {
            return Ok(());
        };
        body["search_after"] = serde_json::from_str(after.get()).map_err(|error| point.client.nonsense(&error))?;
        body["track_total_hits"] = false.into();
        point.renamed(answer.pit_id);
    }
}

fn read<'a>(client: &Client, bytes: &'a Bytes) -> Result<SearchAnswer<'a>, StoreError> {
    let answer: SearchAnswer = serde_json::from_slice(bytes).map_err(|error| client.nonsense(&error))?;
    if answer.timed_out || answer.shards.failed > 0 {
        return Err(StoreError::Unavailable("Elasticsearch searched only a part of the index".to_owned()));
    }
    Ok(answer)
}

/// A slice of the answer: the document byte for byte, not copied.
fn source_of(bytes: &Bytes, hit: &Hit<'_>) -> Bytes {
    bytes.slice_ref(hit.source.get().as_bytes())
}
