//! Reads and writes the checkpoints of many creators at once, by id. What stands in them is `plan`'s and `settle`'s.

use super::deliver::{deliver_uncounted, patiently};
use super::{Fatal, Shared};
use crate::model::{BatchBuilder, Checkpoint, Collection, CreatorId, TrackingDocument, Verdict};
use crate::store::StoredDocument;

/// The stored checkpoints of these creators, in their order. A tracking walk's that cannot be read counts for none: who
/// makes a round has told of it, and a backfill's still says what is known.
pub(super) async fn read(shared: &Shared, creators: &[CreatorId]) -> Result<Vec<Option<Checkpoint>>, Fatal> {
    let is_tracking = shared.tracking.is_some();
    let id = |creator: &CreatorId| id_of(creator.as_str(), is_tracking);
    let ids: Vec<String> = creators.iter().map(id).collect();
    let store = &shared.store;
    let _under_way = shared.counters.store.begin(shared.patience.give_up_after);
    let stored = patiently(shared.patience, || store.get(Collection::Checkpoints, &ids)).await?;
    let read = |(id, document): (&String, Option<StoredDocument>)| {
        if is_tracking {
            let tracking = document.and_then(|document| serde_json::from_slice(&document.source).ok());
            return Ok(tracking.map(|TrackingDocument { tracking }| tracking));
        }
        document
            .map(|document| serde_json::from_slice(&document.source))
            .transpose()
            .map_err(|error| Fatal::UnreadableCheckpoint { creator: id.clone(), reason: error.to_string() })
    };
    ids.iter().zip(stored).map(read).collect()
}

/// Tracking walks and others have a document each.
fn id_of(sec_user_id: &str, is_tracking: bool) -> String {
    if is_tracking { Checkpoint::tracking_id(sec_user_id) } else { sec_user_id.to_owned() }
}

/// Writes checkpoints, each under its `updated_at`.
pub(super) async fn save(shared: &Shared, checkpoints: &[Checkpoint]) -> Result<(), Fatal> {
    if checkpoints.is_empty() {
        return Ok(());
    }
    let mut builder = BatchBuilder::new(Collection::Checkpoints);
    for checkpoint in checkpoints {
        let is_tracking = shared.tracking.is_some();
        let source = if is_tracking {
            serde_json::to_vec(&TrackingDocument { tracking: checkpoint.clone() })
        } else {
            serde_json::to_vec(checkpoint)
        };
        let source = source.map_err(|error| Fatal::Internal(error.to_string()))?;
        builder.push(&id_of(&checkpoint.sec_user_id, is_tracking), checkpoint.updated_at, &source);
    }
    let outcomes = deliver_uncounted(shared, &builder.finish()).await?;
    let refused = outcomes.into_iter().zip(checkpoints).find_map(|(outcome, checkpoint)| match outcome.verdict {
        Verdict::Refused(reason) => Some((checkpoint.sec_user_id.clone(), reason)),
        _ => None,
    });
    refused.map_or(Ok(()), |(creator, reason)| Err(Fatal::Checkpoint { creator, reason }))
}

/// Writes checkpoints and waits until they are durable: a walk's id, before its first request.
pub(super) async fn save_durably(shared: &Shared, checkpoints: &[Checkpoint]) -> Result<(), Fatal> {
    if checkpoints.is_empty() {
        return Ok(());
    }
    save(shared, checkpoints).await?;
    let _under_way = shared.counters.store.begin(shared.patience.give_up_after);
    Ok(patiently(shared.patience, || shared.store.sync()).await?)
}
