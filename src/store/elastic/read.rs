//! Reads that are no question: documents and versions by id, the newest time, and the refresh that makes writes
//! findable.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::client::{Body, Client, Method};
use super::failure::Reason;
use crate::model::Collection;
use crate::store::{StoreError, StoredDocument};

/// Ids asked for in one request: some 2 MB of answer, when it has the documents.
const IDS_A_REQUEST: usize = 1_000;

#[derive(Deserialize)]
struct Documents<'a> {
    #[serde(borrow)]
    docs: Vec<Found<'a>>,
}

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(rename = "_version", default)]
    version: i64,
    #[serde(borrow, rename = "_source", default)]
    source: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Reason>,
}

/// Documents by id; sees what is not refreshed yet.
pub(super) async fn get(
    client: &Client,
    alias: &str,
    ids: &[String],
) -> Result<Vec<Option<StoredDocument>>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_A_REQUEST) {
        // No filter_path here: it would write the sources anew.
        let bytes =
            client.send(Method::Post, &format!("{alias}/_mget"), &[], Body::Json(json!({ "ids": ids }))).await?;
        found.extend(documents(client, &bytes, ids.len())?);
    }
    Ok(found)
}

/// The documents of an answer, one for each id asked for.
pub(super) fn documents(client: &Client, answer: &[u8], ids: usize) -> Result<Vec<Option<StoredDocument>>, StoreError> {
    let answer: Documents = serde_json::from_slice(answer).map_err(|error| client.nonsense(&error))?;
    if answer.docs.len() != ids {
        return Err(client.nonsense(&format!("{} documents for {ids} ids", answer.docs.len())));
    }
    answer.docs.iter().map(|found| stored_document(client, found)).collect()
}

fn stored_document(client: &Client, found: &Found<'_>) -> Result<Option<StoredDocument>, StoreError> {
    if let Some(error) = &found.error {
        return Err(client.judge_inner(error));
    }
    // Copied, unlike a search's hits: one document that is kept must not keep a thousand.
    let document = |source: &RawValue| StoredDocument {
        version: found.version,
        source: Bytes::copy_from_slice(source.get().as_bytes()),
    };
    Ok(found.source.map(document))
}

/// The versions of documents by id; sees what is not refreshed yet.
pub(super) async fn versions(client: &Client, target: &str, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
    #[derive(Deserialize)]
    struct Answer {
        docs: Vec<Version>,
    }
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "_version")]
        version: Option<i64>,
        error: Option<Reason>,
    }
    // The id, which every document has, keeps each in its place.
    let query = [("_source", "false"), ("filter_path", "docs._id,docs._version,docs.error.type,docs.error.reason")];
    let mut versions = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_A_REQUEST) {
        let body = Body::Json(json!({ "ids": ids }));
        let bytes = client.send(Method::Post, &format!("{target}/_mget"), &query, body).await?;
        let answer: Answer = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
        if answer.docs.len() != ids.len() {
            return Err(client.nonsense(&format!("{} versions for {} ids", answer.docs.len(), ids.len())));
        }
        for found in answer.docs {
            match found.error {
                Some(error) => return Err(client.judge_inner(&error)),
                None => versions.push(found.version),
            }
        }
    }
    Ok(versions)
}

/// What it means that the index of a collection is missing: the first write makes that of the creators and that of the
/// snapshots, so until then there are none.
pub(super) fn none_without_index<T>(
    collection: Collection,
    outcome: Result<T, StoreError>,
    none: T,
) -> Result<T, StoreError> {
    match (collection, outcome) {
        (Collection::Creators | Collection::Snapshots, Err(StoreError::Missing(_))) => Ok(none),
        (_, outcome) => outcome,
    }
}

/// Makes every answered write of these indices findable.
pub(super) async fn refresh(client: &Client, aliases: &str) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct Refreshed {
        #[serde(rename = "_shards")]
        shards: Shards,
    }
    #[derive(Deserialize)]
    struct Shards {
        failed: u64,
    }
    let bytes = client.send(Method::Post, &format!("{aliases}/_refresh"), &[], Body::Empty).await?;
    let refreshed: Refreshed = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    if refreshed.shards.failed > 0 {
        return Err(StoreError::Unavailable("Elasticsearch refreshed only a part of the indices".to_owned()));
    }
    Ok(())
}

/// The newest `fetched_at` (ms, UTC).
pub(super) async fn newest_fetched_at(client: &Client, alias: &str) -> Result<Option<i64>, StoreError> {
    #[derive(Deserialize)]
    struct Answer {
        aggregations: Aggregations,
    }
    #[derive(Deserialize)]
    struct Aggregations {
        newest: Newest,
    }
    #[derive(Deserialize)]
    struct Newest {
        value: Option<f64>,
    }
    let body = json!({ "size": 0, "aggs": { "newest": { "max": { "field": "fetched_at" } } } });
    let query = [("allow_partial_search_results", "false"), ("filter_path", "aggregations.newest.value")];
    let bytes = client.send(Method::Post, &format!("{alias}/_search"), &query, Body::Json(body)).await?;
    let answer: Answer = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time in ms is far below 2^53, so the double holds it exactly"
    )]
    Ok(answer.aggregations.newest.value.map(|value| value as i64))
}
