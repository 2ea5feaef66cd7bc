//! The rows of the creators' index, which the score pass makes: asked for, and made sure of. They are derived data:
//! what is wrong with their index is said where they are needed, and keeps no run from fetching.

use serde_json::{Value, json};

use super::client::{Body, Client, Method};
use super::{mapping, query, read, scan, search, setup};
use crate::model::{CORPUS_ID, Collection, CreatorQuestion, Hits};
use crate::store::StoreError;

/// The total and the rows that match, in order. [`StoreError::Missing`] before the first pass.
pub(super) async fn creators(client: &Client, alias: &str, question: &CreatorQuestion) -> Result<Hits, StoreError> {
    refuse_misfit(client, alias).await?;
    let body = json!({
        "query": query::creators(question),
        "sort": query::creator_sort(question),
        "track_total_hits": true,
    });
    let hits =
        search::search_body(client, alias, question.limit, body).await.map_err(|error| missing(client, error))?;
    if hits.total == 0 && !was_scored(client, alias).await? {
        return Err(no_scores(client));
    }
    Ok(hits)
}

/// Whether a pass was finished, or begun.
async fn was_scored(client: &Client, alias: &str) -> Result<bool, StoreError> {
    let corpus = read::get(client, alias, &[CORPUS_ID.to_owned()]).await?;
    Ok(corpus.iter().any(Option::is_some) || scan::count(client, alias, Collection::Creators).await? > 0)
}

fn missing(client: &Client, error: StoreError) -> StoreError {
    match error {
        StoreError::Missing(_) => no_scores(client),
        other => other,
    }
}

fn no_scores(client: &Client) -> StoreError {
    StoreError::Missing(format!(
        "{} has no scores of creators yet under this index prefix: run `viralmine score`",
        client.server_name()
    ))
}

/// An index of another shape could sort its rows by letters. Who may not look at it is answered all the same.
async fn refuse_misfit(client: &Client, alias: &str) -> Result<(), StoreError> {
    let bytes = match client.send(Method::Get, &format!("{alias}/_mapping"), &[], Body::Empty).await {
        Ok(bytes) => bytes,
        Err(StoreError::Denied(_)) => return Ok(()),
        Err(error) => return Err(missing(client, error)),
    };
    let found: serde_json::Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    let template = setup::template(Collection::Creators, alias)?;
    for (index, real) in &found {
        if let Err(misfit) = mapping::additions(&template["template"]["mappings"], &real["mappings"]) {
            return Err(setup::refusal(index, &misfit, setup::WAY_OUT_OF_CREATORS));
        }
    }
    Ok(())
}
