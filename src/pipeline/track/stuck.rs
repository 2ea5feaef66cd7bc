//! Walks that fail on the same page, round after round: counted in their document, and given up in the end, so that one
//! bad page does not keep a creator from being visited for ever. What lies behind the page is then a hole.

use crate::model::{BatchBuilder, Checkpoint, Collection, Counters, CreatorId, TrackingDocument, Verdict};
use crate::pipeline::deliver::{deliver, patiently};
use crate::pipeline::size_limit::SizeLimit;
use crate::pipeline::{Fatal, Limits};
use crate::store::StoreWriter;

/// After so many failed rounds in a row a walk is not gone on with.
pub const MOST_FAILED_ROUNDS: u32 = 5;

/// Whether this walk is not gone on with any more: its creator is visited from the newest post, and what lies behind
/// the page that it failed on stays unread.
#[must_use]
pub fn is_given_up(walk: &Checkpoint) -> bool {
    let failed_rounds = walk.ground.as_ref().map_or(0, |ground| ground.failed_rounds);
    walk.end.is_none() && failed_rounds >= MOST_FAILED_ROUNDS
}

/// Counts one more failed round for these creators' tracking walks, at `now_ms` (UTC). No run may be under way.
///
/// # Errors
/// The store gave up or denied us; then this round was not counted for some of them.
pub async fn note_failed_round(
    store: &dyn StoreWriter,
    creators: &[CreatorId],
    limits: Limits,
    now_ms: i64,
) -> Result<(), Fatal> {
    let ids: Vec<String> = creators.iter().map(|creator| Checkpoint::tracking_id(creator.as_str())).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let stored = patiently(limits.patience, || store.get(Collection::Checkpoints, &ids)).await?;
    let mut batch = BatchBuilder::new(Collection::Checkpoints);
    for (id, stored) in ids.iter().zip(stored) {
        let walk = stored.and_then(|stored| serde_json::from_slice::<TrackingDocument>(&stored.source).ok());
        let Some(mut tracking) = walk.map(|document| document.tracking).filter(|walk| walk.end.is_none()) else {
            continue;
        };
        tracking.ground.get_or_insert_default().failed_rounds += 1;
        tracking.updated_at = now_ms.max(tracking.updated_at + 1);
        let updated_at = tracking.updated_at;
        let source = serde_json::to_vec(&TrackingDocument { tracking });
        batch.push(id, updated_at, &source.map_err(|error| Fatal::Internal(error.to_string()))?);
    }
    if batch.is_empty() {
        return Ok(());
    }
    let (size_limit, uncounted) = (SizeLimit::new(limits.bulk.bytes), Counters::default());
    let outcomes = deliver(store, &batch.finish(), limits.patience, &uncounted, &size_limit).await?;
    let refused = outcomes.into_iter().find_map(|outcome| match outcome.verdict {
        Verdict::Refused(reason) => Some(reason),
        _ => None,
    });
    refused.map_or(Ok(()), |reason| Err(Fatal::Checkpoint { creator: ids.join(", "), reason }))
}
