//! Who is known, and what of theirs is young: read from the store, for the plan of a round.

use std::collections::{BTreeMap, HashMap};

use serde::de::DeserializeOwned;

use super::TrackParts;
use super::plan::{Known, LONGEST_DUE, Post};
use crate::jobs::tasks;
use crate::model::{Checkpoint, Collection, CreatorId, Filters, Question, Row, TrackingDocument, WalkEnd};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, patiently};
use crate::pipeline::track::LaterBackfill;
use crate::store::{StoreError, StoreView};

/// Documents are read for so many creators at a time.
const CREATORS_AT_A_TIME: usize = 1_000;

/// A creator that the API refused is asked again after so long (ms), unless it is named.
const GONE_FOR: i64 = 7 * 24 * 3600 * 1000;

/// Why no round can be made.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// No creator was walked yet.
    #[error("no creator was walked yet: run `viralmine backfill` first, which makes creators known")]
    Nobody,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a known creator stands at the start of a round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct Standing {
    /// Its backfill did not come to its end.
    pub backfill_under_way: bool,
    /// Its tracking walk did not.
    pub walk_under_way: bool,
    /// The API refused it the last time.
    pub was_refused: bool,
    /// It was refused not long ago, and is not named: it is not asked in this round.
    pub is_left_alone: bool,
    /// When its newest walk began (ms, UTC).
    pub last_visit: i64,
    /// The newest time (ms, UTC) in its checkpoints: what is to be newer has to be later.
    pub newest: i64,
    /// What the API said when something went wrong the last time; empty when nothing did.
    pub last_error: String,
    /// What its last tracking walk read, if that came to its end.
    pub read: Option<Read>,
    /// A backfill that began behind its last tracking walk.
    pub later_backfill: Option<LaterBackfill>,
}

/// What a tracking walk that came to its end has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Its start (ms, UTC).
    walk: i64,
    /// Every post in the list from this time on (seconds, UTC) was on its pages.
    back_to: i64,
}

impl Read {
    fn of(tracking: &Checkpoint) -> Option<Self> {
        let back_to = match tracking.end? {
            WalkEnd::End => i64::MIN,
            WalkEnd::Known => tracking.ground.as_ref()?.read_back_to?,
            _ => return None,
        };
        Some(Self { walk: tracking.walk, back_to })
    }

    /// Whether it would have read this post, had it been in the list: it is deleted, or private, and no page shows it.
    fn has_missed(&self, post: &Post) -> bool {
        post.fetched_at < self.walk && post.publish_ts >= self.back_to
    }
}

impl Standing {
    fn of(checkpoint: &Checkpoint, tracking: Option<&Checkpoint>, is_named: bool, now_ms: i64) -> Self {
        let both = || [Some(checkpoint), tracking].into_iter().flatten();
        let last = both().max_by_key(|one| one.walk).unwrap_or(checkpoint);
        let was_refused = last.end == Some(WalkEnd::Refused);
        Self {
            backfill_under_way: checkpoint.end.is_none(),
            walk_under_way: tracking.is_some_and(|tracking| tracking.end.is_none()),
            was_refused,
            is_left_alone: was_refused && !is_named && now_ms.saturating_sub(last.updated_at) < GONE_FOR,
            last_visit: last.walk,
            newest: both().map(|one| one.updated_at.max(one.fetched_at)).max().unwrap_or_default(),
            last_error: last.last_error.clone().unwrap_or_default(),
            read: tracking.and_then(Read::of),
            later_backfill: tracking
                .filter(|tracking| tracking.walk < checkpoint.walk)
                .map(|_| LaterBackfill { walk: checkpoint.walk, is_whole: checkpoint.end == Some(WalkEnd::End) }),
        }
    }
}

/// The creators of a round, by id.
#[derive(Debug, Default)]
pub struct Creators {
    known: BTreeMap<CreatorId, Standing>,
    nobody: Standing,
    /// Those that were named and have no checkpoint.
    pub never_walked: Vec<CreatorId>,
}

impl Creators {
    /// How this one stands.
    #[must_use]
    pub fn of(&self, creator: &CreatorId) -> &Standing {
        self.known.get(creator).unwrap_or(&self.nobody)
    }

    /// All that are known.
    pub fn all(&self) -> impl Iterator<Item = (&CreatorId, &Standing)> {
        self.known.iter()
    }

    /// How many are known.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.known.len() as u64
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How many are not asked in this round, since they were refused.
    #[must_use]
    pub fn left_alone(&self) -> u64 {
        self.known.values().filter(|standing| standing.is_left_alone).count() as u64
    }

    /// What the plan needs to know of these creators.
    #[must_use]
    pub fn with_posts(&self, creators: &[CreatorId], mut posts: HashMap<String, Vec<Post>>) -> Vec<Known> {
        let known = |creator: &CreatorId| {
            let standing = self.of(creator);
            let mut posts = posts.remove(creator.as_str()).unwrap_or_default();
            // They would be due for ever, and paid for at each visit.
            posts.retain(|post| !standing.read.is_some_and(|read| read.has_missed(post)));
            Known { creator: creator.clone(), last_visit: standing.last_visit, posts }
        };
        creators.iter().map(known).collect()
    }
}

/// The creators with a checkpoint: those named, or all.
pub async fn creators(
    parts: &TrackParts,
    named: &[CreatorId],
    patience: Patience,
    now_ms: i64,
) -> Result<Creators, KnownError> {
    let checkpoints = if named.is_empty() { scanned(parts).await? } else { of_named(parts, named, patience).await? };
    let mut creators = Creators::default();
    let walked: Vec<&(CreatorId, Checkpoint)> = checkpoints.iter().collect();
    for some in walked.chunks(CREATORS_AT_A_TIME) {
        let ids: Vec<String> = some.iter().map(|(creator, _)| Checkpoint::tracking_id(creator.as_str())).collect();
        let stored: Vec<Option<TrackingDocument>> = documents(parts, &ids, patience).await?;
        for ((creator, checkpoint), tracking) in some.iter().zip(stored) {
            let tracking = tracking.map(|document| document.tracking);
            if tracking.is_none() && checkpoint.end == Some(WalkEnd::Refused) && checkpoint.pages == 0 {
                // Nothing of it was ever fetched, so there is no ground to walk back to.
                continue;
            }
            let standing = Standing::of(checkpoint, tracking.as_ref(), !named.is_empty(), now_ms);
            creators.known.insert(creator.clone(), standing);
        }
    }
    creators.never_walked = named.iter().filter(|creator| !creators.known.contains_key(*creator)).cloned().collect();
    if creators.is_empty() && named.is_empty() { Err(KnownError::Nobody) } else { Ok(creators) }
}

/// All checkpoints there are. One that cannot be read is told, and its creator left alone.
async fn scanned(parts: &TrackParts) -> Result<Vec<(CreatorId, Checkpoint)>, KnownError> {
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

async fn of_named(
    parts: &TrackParts,
    named: &[CreatorId],
    patience: Patience,
) -> Result<Vec<(CreatorId, Checkpoint)>, KnownError> {
    let mut found = Vec::new();
    for some in named.chunks(CREATORS_AT_A_TIME) {
        let ids: Vec<String> = some.iter().map(ToString::to_string).collect();
        let stored: Vec<Option<Checkpoint>> = documents(parts, &ids, patience).await?;
        found.extend(some.iter().zip(stored).filter_map(|(creator, stored)| Some((creator.clone(), stored?))));
    }
    Ok(found)
}

/// Documents among the checkpoints, by id; one that cannot be read is told, and counts for none.
async fn documents<T: DeserializeOwned>(
    parts: &TrackParts,
    ids: &[String],
    patience: Patience,
) -> Result<Vec<Option<T>>, KnownError> {
    let stored = patiently(patience, || parts.run.store.get(Collection::Checkpoints, ids)).await?;
    let read = |(id, stored): (&String, Option<crate::store::StoredDocument>)| {
        serde_json::from_slice(&stored?.source)
            .inspect_err(|error| tracing::warn!("the checkpoint {id} cannot be read: {error}"))
            .ok()
    };
    Ok(ids.iter().zip(stored).map(read).collect())
}

/// The posts that may be due at `now_ms`, by creator: one question, bounded by their age.
pub async fn young_posts(
    view: &dyn StoreView,
    now_ms: i64,
    patience: Patience,
) -> Result<HashMap<String, Vec<Post>>, Fatal> {
    let filters = Filters { since: Some(now_ms / 1000 - LONGEST_DUE), ..Filters::default() };
    let question = Question { filters, ..Question::all() };
    let asked = patiently(patience, || async {
        let mut posts: HashMap<String, Vec<Post>> = HashMap::new();
        let mut take = |row: Row| {
            let (Some(creator), Some(publish_ts)) = (row.sec_user_id, row.publish_ts) else { return };
            let (viral, growth) = (row.virality.viral, row.virality.growth);
            posts.entry(creator).or_default().push(Post { publish_ts, fetched_at: row.fetched_at, viral, growth });
        };
        view.rows(&question, &mut take).await?;
        Ok(posts)
    });
    Ok(asked.await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ground;

    fn creator() -> CreatorId {
        CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap()
    }

    fn tracking(end: WalkEnd, read_back_to: Option<i64>) -> Checkpoint {
        let ground = Some(Ground { read_back_to, ..Ground::default() });
        Checkpoint { end: Some(end), ground, ..Checkpoint::new(&creator(), 5_000) }
    }

    #[test]
    fn a_post_that_a_finished_walk_would_have_read_is_not_due_any_more() {
        let post = |publish_ts, fetched_at| Post { publish_ts, fetched_at, viral: false, growth: None };
        let missed =
            |end, back_to, post: Post| Read::of(&tracking(end, back_to)).is_some_and(|it| it.has_missed(&post));
        assert!(missed(WalkEnd::Known, Some(3), post(3, 4_999)), "it was deleted");
        assert!(!missed(WalkEnd::Known, Some(3), post(3, 5_000)), "it was read");
        assert!(!missed(WalkEnd::Known, Some(3), post(2, 4_999)), "it stands further down");
        assert!(!missed(WalkEnd::Known, None, post(9, 4_999)), "only what was new was read");
        assert!(missed(WalkEnd::End, None, post(2, 4_999)), "the whole list was read");
        assert!(!missed(WalkEnd::Warning, Some(3), post(3, 4_999)), "it did not come to its end");
    }

    #[test]
    fn a_backfill_behind_the_last_tracking_walk_is_told() {
        let backfill = |walk, end| Checkpoint { end: Some(end), ..Checkpoint::new(&creator(), walk) };
        let later = |walk, end| {
            let tracking = tracking(WalkEnd::Known, None);
            Standing::of(&backfill(walk, end), Some(&tracking), false, 9_000).later_backfill
        };
        assert_eq!(later(4_000, WalkEnd::End), None);
        assert_eq!(later(6_000, WalkEnd::End), Some(LaterBackfill { walk: 6_000, is_whole: true }));
        assert_eq!(later(6_000, WalkEnd::MaxPages), Some(LaterBackfill { walk: 6_000, is_whole: false }));
        assert_eq!(Standing::of(&backfill(6_000, WalkEnd::Since), None, false, 9_000).later_backfill, None);
    }
}
