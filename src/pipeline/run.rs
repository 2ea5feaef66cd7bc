//! One run: walks on one side, the indexer on the other, and who waits for whom at the end.

use std::collections::HashSet;
use std::sync::Arc;

use super::deliver::patiently;
use super::room::Room;
use super::schedule::Schedule;
use super::size_limit::SizeLimit;
use super::track::Tracking;
use super::{Bounds, Fatal, Limits, Parts, RunOutcome, Shared, tasks};
use crate::model::CreatorId;

/// Walks all creators, each once, and settles all that came of it.
///
/// The store must be prepared. Returns when everything fetched is settled and durable, or cannot be.
pub async fn run(parts: Parts, creators: Vec<CreatorId>, bounds: Bounds, limits: Limits) -> RunOutcome {
    run_or_track(parts, creators, bounds, None, limits).await
}

/// The same with tracking walks, whose checkpoints are others than a backfill's. `region` is the one asked with.
pub async fn track(
    parts: Parts,
    creators: Vec<CreatorId>,
    region: Option<String>,
    tracking: Tracking,
    limits: Limits,
) -> RunOutcome {
    let bounds = Bounds { region, ..Bounds::default() };
    run_or_track(parts, creators, bounds, Some(tracking), limits).await
}

async fn run_or_track(
    parts: Parts,
    mut creators: Vec<CreatorId>,
    bounds: Bounds,
    tracking: Option<Tracking>,
    limits: Limits,
) -> RunOutcome {
    // Two walks of one creator side by side would fight over its checkpoint.
    let mut known = HashSet::new();
    creators.retain(|creator| known.insert(creator.clone()));
    drop(known);
    let creators_total = creators.len() as u64;
    // A job may make several such runs, one behind another, with the same counters.
    parts.counters.creators_total.add(creators_total);
    let (done_before, pages_before) = (parts.counters.creators_done.get(), parts.counters.pages.get());
    let shared = Arc::new(Shared {
        room: Room::new(limits.room, Arc::clone(&parts.counters)),
        source: parts.source,
        store: parts.store,
        dead_letters: parts.dead_letters,
        archived: parts.archived,
        clock: parts.clock,
        counters: parts.counters,
        stop: parts.stop,
        bounds,
        tracking,
        bulk: limits.bulk,
        size_limit: Arc::new(SizeLimit::new(limits.bulk.bytes)),
        patience: limits.patience,
    });
    let (steps, mut indexer) = tasks::spawn_indexer(&shared);
    let mut schedule = Schedule::new(Arc::clone(&shared), steps, creators);
    let ended_early = tokio::select! {
        () = schedule.run() => None,
        // Without the indexer nothing can be settled, so no more pages may be asked.
        ended = &mut indexer => Some(ended),
    };
    if ended_early.is_some() {
        // Done by the indexer itself, unless it panicked.
        shared.stop.cancel();
    }
    let mut outcome = schedule.finish().await;
    let ended = match ended_early {
        Some(ended) => ended,
        None => indexer.await,
    };
    let ended = ended.unwrap_or_else(|error| Err(Fatal::Internal(format!("the indexer ended early: {error}"))));
    let settled = match ended {
        // Nothing waits to be found; a store that is away must not hold up who stops the run.
        Ok(()) if shared.stop.is_cancelled() && shared.counters.pages.get() == pages_before => Ok(()),
        Ok(()) => {
            let _under_way = shared.counters.store.begin(shared.patience.give_up_after);
            patiently(shared.patience, || shared.store.commit()).await.map_err(Fatal::from)
        }
        Err(fatal) => Err(fatal),
    };
    if let Some(durable) = shared.store.durable_after_failure() {
        // What was answered as stored and is not: no checkpoint passed it, so the next run fetches it again.
        for counter in [&shared.counters.documents_stored, &shared.counters.documents_new] {
            counter.set(counter.get().min(durable));
        }
    }
    if let Err(fatal) = settled {
        outcome.fatal.get_or_insert(fatal);
    }
    outcome.done = shared.counters.creators_done.get() - done_before;
    outcome.left = creators_total.saturating_sub(outcome.done + outcome.failed.len() as u64);
    outcome
}
