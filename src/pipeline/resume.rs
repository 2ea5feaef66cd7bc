//! Goes on from the archive: answers that an earlier run had paid for, but not settled when it was killed, are indexed
//! first and not asked again.
//!
//! Runs before anything is planned or asked. `records` reads the segments and tells which records may be wanted; here
//! the walks that are under way take them, in the order of their cursors, by the very way that a live page goes
//! (`walk`), so that memory, bounds and checkpoints are the same. Where a chain breaks, the schedule's walk asks the
//! API.

pub(super) mod records;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;

use self::records::{ArchivedPage, Wanted};
use super::page::WalkStep;
use super::walk::{Walk, Walked};
use super::{Fatal, Shared, checkpoints, tasks};
use crate::archive::{ArchiveError, segments_since};
use crate::model::{Checkpoint, CreatorId};

/// Checkpoints are read for so many creators at a time.
const CREATORS_AT_A_TIME: usize = 1_000;

/// The raw archive of a data folder, and which of its records are this run's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// The data folder.
    pub data_folder: PathBuf,
    /// The store's name, as it stands on the records: their walks' checkpoints are in it.
    pub store: String,
    /// The prefix of its indices.
    pub index_prefix: String,
    /// The page size asked with: cursors of other page sizes lead elsewhere.
    pub page_size: u8,
}

/// What became of the walks that found pages in the archive; the schedule plans all others.
#[derive(Default)]
pub(super) struct Resumed {
    /// Those that came to their end.
    pub(super) ended: Vec<(CreatorId, Walked)>,
    /// Those that have to ask for their next page.
    pub(super) open: Vec<Walk>,
}

/// Feeds what the archive holds to the unfinished walks of these creators. When the run is stopped meanwhile, what was
/// fed is kept, and the rest is for the next run.
pub(super) async fn resume(
    shared: &Arc<Shared>,
    steps: &mpsc::Sender<WalkStep>,
    creators: &[CreatorId],
) -> Result<Resumed, Fatal> {
    let Some(archived) = &shared.archived else { return Ok(Resumed::default()) };
    if list_segments(archived, 0).await?.is_empty() {
        return Ok(Resumed::default());
    }
    let unfinished = tokio::select! {
        biased;
        // The store may be away for long.
        () = shared.stop.cancelled() => return Ok(Resumed::default()),
        unfinished = unfinished(shared, creators) => unfinished?,
    };
    let Some(oldest) = unfinished.values().map(needed_since).min() else { return Ok(Resumed::default()) };
    // A clock that fell back meanwhile named newer segments after older times.
    let segments = list_segments(archived, oldest.min(shared.clock.now_ms())).await?;
    tracing::info!(walks = unfinished.len(), segments = segments.len(), "reading the archive for unfinished walks");
    let wanted = Wanted::new(archived, shared.bounds.region.as_deref(), &unfinished);
    let (pages, reader) = tasks::spawn_archive_reader(segments, wanted);
    let resumed = Feeding { shared, steps, untouched: unfinished, walking: HashMap::new(), ended: Vec::new() };
    let resumed = resumed.take_all(pages).await;
    // The receiver is gone, so the reader ends at its next record, if it has not.
    reader.await.map_err(|error| Fatal::Internal(format!("reading the archive ended early: {error}")))?;
    Ok(resumed)
}

/// An archive that cannot be listed costs requests, never the run.
async fn list_segments(archived: &Archived, since: i64) -> Result<Vec<PathBuf>, Fatal> {
    let folder = archived.data_folder.clone();
    let listed = tasks::blocking(move || segments_since(&folder, since)).await?;
    Ok(listed.unwrap_or_else(|error: ArchiveError| {
        tracing::warn!("{error}; what the archive holds of unfinished walks is asked of the API again");
        Vec::new()
    }))
}

/// The checkpoints of the walks that are under way and may have pages left to take, by creator.
async fn unfinished(shared: &Shared, creators: &[CreatorId]) -> Result<HashMap<CreatorId, Checkpoint>, Fatal> {
    let mut unfinished = HashMap::new();
    for some in creators.chunks(CREATORS_AT_A_TIME) {
        let stored = checkpoints::read(shared, some).await?;
        let under_way = some.iter().zip(stored).filter_map(|(creator, stored)| {
            let checkpoint = stored.filter(|checkpoint| match &shared.tracking {
                None => checkpoint.end.is_none(),
                Some(tracking) => tracking.takes_archived(checkpoint),
            })?;
            Some((creator.clone(), checkpoint))
        });
        unfinished.extend(under_way);
    }
    Ok(unfinished)
}

/// The moment (ms, UTC) behind which the walk's pages lie that are not settled.
fn needed_since(checkpoint: &Checkpoint) -> i64 {
    let settled = checkpoint.walk.max(checkpoint.fetched_at);
    // It failed (or began anew) behind all of its pages. So one creator that fails in each run, for months, does not
    // make each run read months of archive.
    if checkpoint.last_error.is_some() { settled.max(checkpoint.updated_at) } else { settled }
}

/// The walks that are fed.
struct Feeding<'a> {
    shared: &'a Arc<Shared>,
    steps: &'a mpsc::Sender<WalkStep>,
    /// Under way, and nothing was found for them yet.
    untouched: HashMap<CreatorId, Checkpoint>,
    walking: HashMap<CreatorId, Walk>,
    ended: Vec<(CreatorId, Walked)>,
}

impl Feeding<'_> {
    async fn take_all(mut self, mut pages: mpsc::Receiver<ArchivedPage>) -> Resumed {
        while !(self.untouched.is_empty() && self.walking.is_empty()) {
            let page = tokio::select! {
                biased;
                () = self.shared.stop.cancelled() => break,
                page = pages.recv() => page,
            };
            let Some(page) = page else { break };
            self.take(page).await;
        }
        Resumed { ended: self.ended, open: self.walking.into_values().collect() }
    }

    async fn take(&mut self, page: ArchivedPage) {
        let creator = page.creator.clone();
        if let Some(checkpoint) = self.untouched.remove(&creator) {
            let walk = Walk::new(Arc::clone(self.shared), self.steps.clone(), creator.clone(), checkpoint.clone());
            if !walk.asks_for(&page) {
                self.untouched.insert(creator, checkpoint);
                return;
            }
            self.walking.insert(creator.clone(), walk);
        }
        let Some(walk) = self.walking.get_mut(&creator).filter(|walk| walk.asks_for(&page)) else { return };
        if let Some(walked) = walk.take_archived(page.page).await {
            self.walking.remove(&creator);
            self.ended.push((creator, walked));
        }
    }
}
