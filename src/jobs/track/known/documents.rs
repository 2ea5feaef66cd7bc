//! Checkpoints, and the documents of tracking beside them, as they lie in the store; `known` makes of them who is
//! known. One that cannot be read never ends a round.

use serde::de::DeserializeOwned;

use super::{CREATORS_AT_A_TIME, KnownError};
use crate::jobs::tasks;
use crate::jobs::track::TrackParts;
use crate::model::{Checkpoint, Collection, CreatorId};
use crate::pipeline::deliver::{Patience, patiently};
use crate::store::{StoreError, StoredDocument};

/// All checkpoints there are. One that cannot be read is told, and its creator left alone.
pub(super) async fn scanned(parts: &TrackParts) -> Result<Vec<(CreatorId, Checkpoint)>, KnownError> {
    let mut found = Vec::new();
    let (into, mut chunks) = tasks::from_a_scan();
    let reading = async {
        while let Some(chunk) = chunks.recv().await {
            for scanned in chunk {
                let creator = CreatorId::parse(&scanned.id).map_err(|error| error.to_string());
                let checkpoint = serde_json::from_slice(&scanned.document.source).map_err(|error| error.to_string());
                match creator.and_then(|creator| Ok((creator, checkpoint?))) {
                    Ok(one) => found.push(one),
                    Err(reason) => tracing::warn!("the checkpoint {} cannot be read: {reason}", scanned.id),
                }
            }
        }
    };
    let (scanned, ()) = tokio::join!(parts.view.scan(Collection::Checkpoints, into), reading);
    match scanned {
        // Nothing was indexed there yet.
        Err(StoreError::Missing(_)) => Ok(Vec::new()),
        scanned => Ok(scanned.map(|()| found)?),
    }
}

pub(super) async fn of_named(
    parts: &TrackParts,
    named: &[CreatorId],
    patience: Patience,
) -> Result<Vec<(CreatorId, Checkpoint)>, KnownError> {
    let mut found = Vec::new();
    for some in named.chunks(CREATORS_AT_A_TIME) {
        let ids: Vec<String> = some.iter().map(ToString::to_string).collect();
        let stored: Vec<Found<Checkpoint>> = documents(parts, &ids, patience).await?;
        for (creator, stored) in some.iter().zip(stored) {
            match stored.document {
                Ok(checkpoint) => found.extend(checkpoint.map(|checkpoint| (creator.clone(), checkpoint))),
                Err(reason) => tracing::warn!("the checkpoint {creator} cannot be read: {reason}"),
            }
        }
    }
    Ok(found)
}

/// What was found under an id.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// Or why it cannot be read.
    pub(super) document: Result<Option<T>, String>,
    /// Its external version, whether it can be read or not; 0 when there is none.
    pub(super) version: i64,
}

/// Documents among the checkpoints, by id.
pub(super) async fn documents<T: DeserializeOwned>(
    parts: &TrackParts,
    ids: &[String],
    patience: Patience,
) -> Result<Vec<Found<T>>, KnownError> {
    let stored = patiently(patience, || parts.run.store.get(Collection::Checkpoints, ids)).await?;
    let read = |stored: Option<StoredDocument>| {
        let version = stored.as_ref().map_or(0, |stored| stored.version);
        let document = stored.map(|stored| serde_json::from_slice(&stored.source)).transpose();
        Found { document: document.map_err(|error| error.to_string()), version }
    };
    Ok(stored.into_iter().map(read).collect())
}
