//! Everything that an index holds, as it is: every document with its version, in the order in which it lies there; and
//! how many there are. No question's filters and sorts are known here.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::client::{Body, Client, Method};
use super::point::PointInTime;
use crate::model::Collection;
use crate::store::{ScanSender, ScannedDocument, StoreError, StoredDocument};

/// Documents in the first page, when it is not known how large they are.
const FIRST_PAGE: usize = 100;

/// Documents in one page, however small.
const LARGEST_PAGE: usize = 1_000;

/// Bytes that a page is meant to have: the server knows no such limit, so pages follow the size of those before.
const PAGE_BYTES: usize = 4 << 20;

/// A receiver that takes nothing for so long (a store that is away, say) must not cost the point in time.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    pit_id: Option<String>,
    timed_out: bool,
    #[serde(rename = "_shards")]
    shards: Shards,
    #[serde(borrow)]
    hits: Hits<'a>,
}

#[derive(Deserialize)]
struct Shards {
    failed: u64,
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<Hit<'a>>,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_version")]
    version: i64,
    #[serde(borrow, rename = "_source")]
    source: &'a RawValue,
    #[serde(borrow)]
    sort: &'a RawValue,
}

/// How many documents of a collection are findable in `target`.
pub(super) async fn count(client: &Client, target: &str, collection: Collection) -> Result<u64, StoreError> {
    count_of(client, target, documents_of(collection)).await
}

/// How many videos are findable in `target` that were not scored: `immature` is in every `virality`.
pub(super) async fn count_unscored(client: &Client, target: &str) -> Result<u64, StoreError> {
    count_of(client, target, json!({ "bool": { "must_not": { "exists": { "field": "virality.immature" } } } })).await
}

async fn count_of(client: &Client, target: &str, query: Value) -> Result<u64, StoreError> {
    #[derive(Deserialize)]
    struct Answer {
        count: u64,
        #[serde(rename = "_shards")]
        shards: Shards,
    }
    let body = Body::Json(json!({ "query": query }));
    let bytes = client.send(Method::Post, &format!("{target}/_count"), &[], body).await?;
    let answer: Answer = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    if answer.shards.failed > 0 {
        return Err(StoreError::Unavailable("Elasticsearch counted only a part of the index".to_owned()));
    }
    Ok(answer.count)
}

/// Sends every findable document of a collection in `target` on, a page at a time, until the receiver is gone. The
/// documents of a page share its memory: who keeps one of them copies it.
pub(super) async fn scan(
    client: &Client,
    target: &str,
    collection: Collection,
    into: &ScanSender,
) -> Result<(), StoreError> {
    scan_patiently(client, target, collection, into, PATIENCE).await
}

async fn scan_patiently(
    client: &Client,
    target: &str,
    collection: Collection,
    into: &ScanSender,
    patience: Duration,
) -> Result<(), StoreError> {
    let mut point = PointInTime::open(client, target).await?;
    let outcome = pages(&mut point, collection, into, patience).await;
    point.close().await;
    outcome
}

/// What is no document of the collection has none of its ids: a lease, a journal of settings.
fn documents_of(collection: Collection) -> Value {
    match collection {
        Collection::Videos | Collection::Snapshots => json!({ "match_all": {} }),
        Collection::Creators | Collection::Checkpoints => json!({ "exists": { "field": "sec_user_id" } }),
    }
}

async fn pages(
    point: &mut PointInTime<'_>,
    collection: Collection,
    into: &ScanSender,
    patience: Duration,
) -> Result<(), StoreError> {
    let mut body = json!({
        "query": documents_of(collection),
        "sort": [{ "_shard_doc": "asc" }],
        "track_total_hits": false,
        "version": true,
        "size": FIRST_PAGE,
    });
    let mut size = FIRST_PAGE;
    loop {
        let bytes = point.search(&mut body).await?;
        let page: Page = serde_json::from_slice(&bytes).map_err(|error| point.client.nonsense(&error))?;
        if page.timed_out || page.shards.failed > 0 {
            return Err(StoreError::Unavailable("Elasticsearch searched only a part of the index".to_owned()));
        }
        point.renamed(page.pit_id);
        let is_last = page.hits.hits.len() < size;
        if let Some(last) = page.hits.hits.last() {
            body["search_after"] =
                serde_json::from_str(last.sort.get()).map_err(|error| point.client.nonsense(&error))?;
        } else {
            return Ok(());
        }
        let documents: Vec<ScannedDocument> = page.hits.hits.into_iter().map(|hit| document_of(&bytes, hit)).collect();
        size = next_size(bytes.len(), documents.len());
        body["size"] = size.into();
        if !hand_on(point, documents, into, patience).await? || is_last {
            return Ok(());
        }
    }
}

/// Waits for room; `false` when the receiver is gone.
async fn hand_on(
    point: &mut PointInTime<'_>,
    documents: Vec<ScannedDocument>,
    into: &ScanSender,
    patience: Duration,
) -> Result<bool, StoreError> {
    loop {
        match tokio::time::timeout(patience, into.reserve()).await {
            Ok(Ok(room)) => {
                room.send(documents);
                return Ok(true);
            }
            Ok(Err(_)) => return Ok(false),
            // Any search makes it live on.
            Err(_) => drop(point.search(&mut json!({ "size": 0, "track_total_hits": false })).await?),
        }
    }
}

fn document_of(bytes: &Bytes, hit: Hit<'_>) -> ScannedDocument {
    let source = bytes.slice_ref(hit.source.get().as_bytes());
    ScannedDocument { id: hit.id, document: StoredDocument { version: hit.version, source } }
}

fn next_size(page_bytes: usize, documents: usize) -> usize {
    let bytes_each = (page_bytes / documents.max(1)).max(1);
    (PAGE_BYTES / bytes_each).clamp(1, LARGEST_PAGE)
}

#[cfg(test)]
mod tests;
