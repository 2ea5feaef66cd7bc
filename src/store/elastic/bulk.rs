//! One bulk request: a batch's bytes as they are, and one verdict per document by position.

use std::collections::HashMap;

use serde::Deserialize;

use super::client::{Body, Client, Method};
use super::verdict::ItemAnswer;
use crate::model::{Batch, BatchItem, Verdict};
use crate::store::StoreError;

/// Of an item only what its verdict needs; every item keeps its place, since each has a status.
const ANSWER_PARTS: &str = "errors,items.*.status,items.*.error.type,items.*.error.reason";

/// The server's limit for an `_id` (bytes).
const LONGEST_ID: usize = 512;

#[derive(Deserialize)]
struct BulkAnswer {
    #[serde(default)]
    items: Vec<HashMap<String, ItemAnswer>>,
}

/// Sends a batch to the index behind `alias`.
pub(super) async fn send(
    client: &Client,
    alias: &str,
    batch: &Batch,
    compress: bool,
) -> Result<Vec<Verdict>, StoreError> {
    let refusals: Vec<Option<String>> = batch.items.iter().map(refused_unsent).collect();
    if refusals.iter().all(Option::is_none) {
        return send_all(client, alias, batch, compress).await;
    }
    let sendable: Vec<usize> = (0..batch.items.len()).filter(|&position| refusals[position].is_none()).collect();
    let mut answered = send_all(client, alias, &batch.subset(&sendable), compress).await?.into_iter();
    let verdict = |refusal: Option<String>| match refusal {
        Some(reason) => Verdict::Refused(reason),
        // One verdict for each that was sent, so there always is a next; if not, sending again loses nothing.
        None => answered.next().unwrap_or_else(|| Verdict::Again("no verdict came".to_owned())),
    };
    Ok(refusals.into_iter().map(verdict).collect())
}

async fn send_all(client: &Client, alias: &str, batch: &Batch, compress: bool) -> Result<Vec<Verdict>, StoreError> {
    if batch.items.is_empty() {
        return Ok(Vec::new());
    }
    // `require_alias`: an index that was deleted under a run is not made anew without its mapping.
    let query = [("require_alias", "true"), ("filter_path", ANSWER_PARTS)];
    let body = Body::Lines { bytes: batch.body.clone(), compress };
    let bytes = client.send(Method::Post, &format!("{alias}/_bulk"), &query, body).await?;
    verdicts(client, &bytes, batch.items.len())
}

/// The verdicts of an answer, one for each document sent.
pub(super) fn verdicts(client: &Client, answer: &[u8], documents: usize) -> Result<Vec<Verdict>, StoreError> {
    let mut answer: BulkAnswer = serde_json::from_slice(answer).map_err(|error| client.nonsense(&error))?;
    answer.items.iter_mut().flat_map(HashMap::values_mut).for_each(|item| item.redact(|words| client.redacted(words)));
    let verdicts: Vec<Verdict> = answer.items.iter().flat_map(HashMap::values).map(ItemAnswer::verdict).collect();
    if verdicts.len() != documents {
        let error = format!("{} verdicts on {documents} documents", verdicts.len());
        return Err(client.nonsense(&error));
    }
    Ok(verdicts)
}

/// What would make the server refuse the whole request, and every other document with it.
fn refused_unsent(item: &BatchItem) -> Option<String> {
    match item {
        BatchItem { id, .. } if id.is_empty() => Some("the document has an empty _id".to_owned()),
        BatchItem { id, .. } if id.len() > LONGEST_ID => {
            Some(format!("the _id has {} bytes, Elasticsearch takes {LONGEST_ID} at most", id.len()))
        }
        BatchItem { version, .. } if *version < 0 => Some(format!("the version {version} is negative")),
        _ => None,
    }
}
