//! How far things are: every checkpoint of the store, told by how its walk stands. Reads only.

use std::cmp::Reverse;
use std::sync::Arc;

use serde::Serialize;

use super::score::standing::{Standing, standing};
use super::tasks;
use crate::model::{Checkpoint, Collection, TrackingDocument, WalkEnd};
use crate::store::{StoreError, StoreView};

/// What their tracking left is read for so many creators at a time.
const CREATORS_AT_A_TIME: usize = 1_000;

/// How the creators of a store stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Posts that can be found.
    pub videos: u64,
    /// Whether the scores are those of these posts.
    pub scores: Standing,
    /// Creators by how their walk stands.
    pub creators: CreatorsStatus,
    /// How they are tracked.
    pub tracking: TrackingStatus,
    /// What the settled pages of all creators were made of, those of tracking left out.
    pub settled: Settled,
    /// Walks that the next run goes on with, the latest first; not more than asked for.
    pub under_way: Vec<WalkStatus>,
    /// Creators that the API refused, the latest first; not more than asked for.
    pub failed: Vec<WalkStatus>,
}

/// Creators by how their walk stands; `done` is the sum of its four kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CreatorsStatus {
    /// Walked to an end.
    pub done: u64,
    /// Of them: the API had no more.
    pub at_the_end: u64,
    /// Of them: ended by `--since`; a wider run goes on.
    pub by_since: u64,
    /// Of them: ended by `--max-pages`; a wider run goes on.
    pub by_max_pages: u64,
    /// Of them: ended where the API contradicted itself; they may be incomplete.
    pub with_warning: u64,
    /// Not at an end: the next run goes on with them.
    pub under_way: u64,
    /// Refused by the API; `--retry-failed` asks again.
    pub failed: u64,
    /// Checkpoints that make no sense to this program.
    pub unreadable: u64,
}

/// Creators that were tracked, by how their newest tracking walk stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TrackingStatus {
    /// Visited at least once.
    pub creators: u64,
    /// Of them: the newest visit did not come to its end; the next round goes on with it.
    pub under_way: u64,
    /// Of them: refused by the API; asked again after a week.
    pub gone: u64,
    /// When the newest visit of any of them began (ms, UTC).
    pub last_visit: Option<i64>,
    /// What the settled pages of these newest visits were made of; of earlier ones no sums are kept.
    pub settled: Settled,
}

/// Sums over checkpoints; `received = skipped + stored + superseded + dead`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// Pages.
    pub pages: u64,
    /// Items in them.
    pub received: u64,
    /// Items that were no posts.
    pub skipped: u64,
    /// Documents stored.
    pub stored: u64,
    /// Documents whose newer version was there.
    pub superseded: u64,
    /// Documents that became dead letters.
    pub dead: u64,
}

/// One creator's walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WalkStatus {
    /// The creator.
    pub sec_user_id: String,
    /// The cursor of the next page.
    pub cursor: String,
    /// Pages settled.
    pub pages: u64,
    /// Items received in them.
    pub received: u64,
    /// When its checkpoint was written (ms, UTC).
    pub updated_at: i64,
    /// The last error or warning, in words.
    pub last_error: Option<String>,
}

/// Reads all checkpoints; each is handed to `each`, too. `limit` walks at most are listed of each kind.
pub async fn run(
    contents: Arc<dyn StoreView>,
    limit: usize,
    each: &mut (dyn FnMut(&Checkpoint) + Send),
) -> Result<Status, StoreError> {
    let mut tally = Tally::new(limit);
    let mut tracked = Vec::new();
    let (into, mut parts) = tasks::from_a_scan();
    let counting = async {
        while let Some(part) = parts.recv().await {
            for scanned in part {
                match serde_json::from_slice::<Checkpoint>(&scanned.document.source) {
                    Ok(checkpoint) => {
                        each(&checkpoint);
                        tracked.push(Checkpoint::tracking_id(&checkpoint.sec_user_id));
                        tally.add(checkpoint);
                    }
                    Err(error) => {
                        tally.status.creators.unreadable += 1;
                        tracing::warn!("the checkpoint {} cannot be read: {error}", scanned.id);
                    }
                }
            }
        }
    };
    let (scanned, ()) = tokio::join!(contents.scan(Collection::Checkpoints, into), counting);
    scanned?;
    let mut status = tally.finish();
    for ids in tracked.chunks(CREATORS_AT_A_TIME) {
        for stored in contents.get(Collection::Checkpoints, ids).await?.into_iter().flatten() {
            // One that cannot be read is told by who goes on with it.
            if let Ok(document) = serde_json::from_slice::<TrackingDocument>(&stored.source) {
                status.tracking.add(&document.tracking);
            }
        }
    }
    status.videos = contents.count(Collection::Videos).await?;
    status.scores = standing(contents.as_ref(), status.videos).await?;
    Ok(status)
}

impl TrackingStatus {
    fn add(&mut self, visit: &Checkpoint) {
        self.creators += 1;
        self.under_way += u64::from(visit.end.is_none());
        self.gone += u64::from(visit.end == Some(WalkEnd::Refused));
        self.last_visit = self.last_visit.max(Some(visit.walk));
        self.settled.add(visit);
    }
}

impl Settled {
    fn add(&mut self, walk: &Checkpoint) {
        self.pages += walk.pages;
        self.received += walk.received;
        self.skipped += walk.skipped;
        self.stored += walk.stored;
        self.superseded += walk.superseded;
        self.dead += walk.dead;
    }
}

struct Tally {
    limit: usize,
    status: Status,
}

impl Tally {
    fn new(limit: usize) -> Self {
        Self { limit, status: Status::default() }
    }

    fn add(&mut self, checkpoint: Checkpoint) {
        let Status { creators, settled, under_way, failed, .. } = &mut self.status;
        settled.add(&checkpoint);
        match checkpoint.end {
            None => {
                creators.under_way += 1;
                keep(under_way, checkpoint, self.limit);
            }
            Some(WalkEnd::Refused) => {
                creators.failed += 1;
                keep(failed, checkpoint, self.limit);
            }
            Some(end) => {
                creators.done += 1;
                *match end {
                    WalkEnd::Since => &mut creators.by_since,
                    WalkEnd::MaxPages => &mut creators.by_max_pages,
                    WalkEnd::Warning => &mut creators.with_warning,
                    WalkEnd::End | WalkEnd::Refused | WalkEnd::Known => &mut creators.at_the_end,
                } += 1;
            }
        }
    }

    fn finish(mut self) -> Status {
        cut(&mut self.status.under_way, self.limit);
        cut(&mut self.status.failed, self.limit);
        self.status
    }
}

/// Keeps twice as many as asked for at most, so that sorting is rare and memory bounded.
fn keep(walks: &mut Vec<WalkStatus>, checkpoint: Checkpoint, limit: usize) {
    walks.push(WalkStatus {
        sec_user_id: checkpoint.sec_user_id,
        cursor: checkpoint.cursor,
        pages: checkpoint.pages,
        received: checkpoint.received,
        updated_at: checkpoint.updated_at,
        last_error: checkpoint.last_error,
    });
    if walks.len() > limit.saturating_mul(2) {
        cut(walks, limit);
    }
}

fn cut(walks: &mut Vec<WalkStatus>, limit: usize) {
    walks.sort_by(|one, other| {
        (Reverse(one.updated_at), &one.sec_user_id).cmp(&(Reverse(other.updated_at), &other.sec_user_id))
    });
    walks.truncate(limit);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CreatorId;

    fn checkpoint(number: u32, end: Option<WalkEnd>) -> Checkpoint {
        let creator = CreatorId::parse(&format!("MS4wLjABAAAA{number:06}")).unwrap();
        Checkpoint { end, pages: 2, received: 7, stored: 7, ..Checkpoint::new(&creator, i64::from(number)) }
    }

    #[test]
    fn every_walk_is_counted_once_and_the_latest_are_listed() {
        let mut tally = Tally::new(3);
        let ends = [
            None,
            Some(WalkEnd::End),
            Some(WalkEnd::Since),
            Some(WalkEnd::MaxPages),
            Some(WalkEnd::Warning),
            Some(WalkEnd::Refused),
        ];
        for number in 0..60 {
            tally.add(checkpoint(number, ends[number as usize % ends.len()]));
        }
        let status = tally.finish();
        let creators = &status.creators;
        assert_eq!((creators.done, creators.under_way, creators.failed), (40, 10, 10));
        assert_eq!(creators.at_the_end + creators.by_since + creators.by_max_pages + creators.with_warning, 40);
        assert_eq!(status.tracking, TrackingStatus::default());
        assert_eq!((status.settled.pages, status.settled.received), (120, 420));
        let listed = |walks: &[WalkStatus]| walks.iter().map(|walk| walk.updated_at).collect::<Vec<_>>();
        assert_eq!(listed(&status.under_way), [54, 48, 42]);
        assert_eq!(listed(&status.failed), [59, 53, 47]);
    }
}
