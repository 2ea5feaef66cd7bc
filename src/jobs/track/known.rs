//! Who is known, and what of theirs is young: read from the store, for the plan of a round. `documents` reads
//! checkpoints.

mod documents;

use std::collections::{BTreeMap, HashMap};

use self::documents::{Found, documents, of_named, scanned};
use super::TrackParts;
use super::plan::{Known, LONGEST_DUE, Post};
use crate::model::{Checkpoint, CreatorId, Filters, Question, Row, TrackingDocument, WalkEnd};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, patiently};
use crate::pipeline::track::LaterBackfill;
use crate::source::words_of_refusal;
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
    /// Ctrl-C came before the store had told who is known.
    #[error("interrupted before the store had told who is known; nothing was asked of the API")]
    Stopped,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a known creator stands at the start of a round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct Standing {
    /// Its backfill did not come to its end, and it is its turn.
    pub backfill_under_way: bool,
    /// Its tracking walk did not, and has not failed, which would have it begun anew.
    pub walk_under_way: bool,
    /// Its last visit failed.
    pub has_failed: bool,
    /// The API refused it the last time.
    pub was_refused: bool,
    /// It was refused not long ago, and is not named: it is not asked in this round.
    pub is_left_alone: bool,
    /// When its newest walk began (ms, UTC).
    pub last_visit: i64,
    /// Since when it waits to be visited (ms, UTC): a walk that was stopped before its first page was no visit.
    pub waits_since: i64,
    /// The newest time (ms, UTC) in its checkpoints: what is to be newer has to be later.
    pub newest: i64,
    /// What the API said when something went wrong the last time; empty when nothing did.
    pub last_error: String,
    /// What its last tracking walk read, if that came to its end.
    pub read: Option<Read>,
    /// A backfill that began behind its last tracking walk.
    pub later_backfill: Option<LaterBackfill>,
    /// Where the document of its tracking cannot be read: up to when (ms, UTC) the backfill tells what is known.
    pub known_until: Option<i64>,
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
    fn of(checkpoint: &Checkpoint, found: &Found<TrackingDocument>, is_named: bool, now_ms: i64) -> Self {
        let tracking = found.document.iter().flatten().next().map(|document| &document.tracking);
        let both = || [Some(checkpoint), tracking].into_iter().flatten();
        let last = both().max_by_key(|one| one.walk).unwrap_or(checkpoint);
        let was_refused = last.end == Some(WalkEnd::Refused);
        let has_no_page = last.is_at_its_start() && !last.has_failed();
        let carried = last.ground.as_ref().and_then(|ground| ground.waits_since);
        // One that fails takes turns with visits, else its creator would not be visited for as long.
        let was_visit = |tracking: &Checkpoint| tracking.has_failed() || !tracking.is_at_its_start();
        let was_visited_since =
            tracking.is_some_and(|tracking| tracking.walk > checkpoint.updated_at && was_visit(tracking));
        let newest = both().map(Checkpoint::newest).max().unwrap_or_default();
        Self {
            backfill_under_way: checkpoint.end.is_none() && (!checkpoint.has_failed() || was_visited_since),
            walk_under_way: tracking.is_some_and(|tracking| tracking.end.is_none() && !tracking.has_failed()),
            has_failed: tracking.is_some_and(Checkpoint::is_at_a_failure),
            was_refused,
            is_left_alone: was_refused && !is_named && now_ms.saturating_sub(last.updated_at) < GONE_FOR,
            last_visit: last.walk,
            waits_since: carried.filter(|_| has_no_page).unwrap_or(last.walk),
            newest: newest.max(found.version),
            last_error: last.last_error.clone().unwrap_or_default(),
            read: tracking.and_then(Read::of),
            later_backfill: tracking
                .filter(|tracking| tracking.walk < checkpoint.walk)
                .map(|_| LaterBackfill { walk: checkpoint.walk, is_whole: checkpoint.end == Some(WalkEnd::End) }),
            known_until: found.document.is_err().then(|| checkpoint.newest()),
        }
    }
}

/// The creators of a round, by id.
#[derive(Debug, Default)]
pub struct Creators {
    known: BTreeMap<CreatorId, Standing>,
    nobody: Standing,
    /// Those that were named and of whom there is nothing to walk back to, with the reason, and what to do.
    pub never_walked: Vec<(CreatorId, String)>,
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

    /// Takes over what visits begin behind, as it was read later.
    pub fn take_over(&mut self, later: &Self) {
        for (creator, later) in &later.known {
            if let Some(standing) = self.known.get_mut(creator) {
                standing.newest = later.newest;
                standing.later_backfill = later.later_backfill;
                standing.known_until = later.known_until;
            }
        }
    }

    /// What the plan needs to know of these creators.
    #[must_use]
    pub fn with_posts(&self, creators: &[CreatorId], mut posts: HashMap<String, Vec<Post>>) -> Vec<Known> {
        let known = |creator: &CreatorId| {
            let standing = self.of(creator);
            let mut posts = posts.remove(creator.as_str()).unwrap_or_default();
            // They would be due for ever, and paid for at each visit.
            posts.retain(|post| !standing.read.is_some_and(|read| read.has_missed(post)));
            let Standing { waits_since: last_visit, has_failed, .. } = *standing;
            Known { creator: creator.clone(), last_visit, has_failed, posts }
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
    // The store may be away for long.
    let read = parts.run.stop.run_until_cancelled(read(parts, named, patience, now_ms)).await;
    read.unwrap_or(Err(KnownError::Stopped))
}

async fn read(
    parts: &TrackParts,
    named: &[CreatorId],
    patience: Patience,
    now_ms: i64,
) -> Result<Creators, KnownError> {
    let checkpoints = if named.is_empty() { scanned(parts).await? } else { of_named(parts, named, patience).await? };
    let (mut creators, mut refused) = (Creators::default(), HashMap::new());
    let walked: Vec<&(CreatorId, Checkpoint)> = checkpoints.iter().collect();
    for some in walked.chunks(CREATORS_AT_A_TIME) {
        let ids: Vec<String> = some.iter().map(|(creator, _)| Checkpoint::tracking_id(creator.as_str())).collect();
        let stored: Vec<Found<TrackingDocument>> = documents(parts, &ids, patience).await?;
        for ((creator, checkpoint), tracking) in some.iter().zip(stored) {
            let is_missing = matches!(tracking.document, Ok(None));
            if is_missing && checkpoint.end == Some(WalkEnd::Refused) && checkpoint.pages == 0 {
                // Nothing of it was ever fetched, so there is no ground to walk back to.
                refused.insert(creator, checkpoint.last_error.as_deref().unwrap_or_default());
                continue;
            }
            if let Err(reason) = &tracking.document {
                tracing::warn!(
                    "{creator}: the document of its tracking cannot be read ({reason}); it is visited as if for the \
                     first time since its backfill. If a newer viralmine wrote it, go on with that one"
                );
            }
            let standing = Standing::of(checkpoint, &tracking, !named.is_empty(), now_ms);
            creators.known.insert(creator.clone(), standing);
        }
    }
    let never_walked = named.iter().filter(|creator| !creators.known.contains_key(*creator));
    creators.never_walked = never_walked.map(|creator| (creator.clone(), why_not_known(creator, &refused))).collect();
    if creators.is_empty() && named.is_empty() { Err(KnownError::Nobody) } else { Ok(creators) }
}

fn why_not_known(creator: &CreatorId, refused: &HashMap<&CreatorId, &str>) -> String {
    match refused.get(creator) {
        None => format!("it was never walked: run `viralmine backfill {creator}` first"),
        Some(error) => format!(
            "the API refused it before it had a page ({:?}): `viralmine backfill --retry-failed {creator}` asks again",
            words_of_refusal(error)
        ),
    }
}

/// The posts that may be due at `now_ms`, by creator: one question, bounded by their age.
///
/// # Errors
/// The store stayed away, or denied us.
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

    fn found(tracking: Checkpoint) -> Found<TrackingDocument> {
        Found { version: tracking.updated_at, document: Ok(Some(TrackingDocument { tracking })) }
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
            Standing::of(&backfill(walk, end), &found(tracking), false, 9_000).later_backfill
        };
        assert_eq!(later(4_000, WalkEnd::End), None);
        assert_eq!(later(6_000, WalkEnd::End), Some(LaterBackfill { walk: 6_000, is_whole: true }));
        assert_eq!(later(6_000, WalkEnd::MaxPages), Some(LaterBackfill { walk: 6_000, is_whole: false }));
        let never = Found { document: Ok(None), version: 0 };
        assert_eq!(Standing::of(&backfill(6_000, WalkEnd::Since), &never, false, 9_000).later_backfill, None);
    }

    #[test]
    fn a_backfill_that_fails_takes_turns_with_visits() {
        let failed = Checkpoint { failed: true, updated_at: 4_000, ..Checkpoint::new(&creator(), 1) };
        let never = Found { document: Ok(None), version: 0 };
        let visited = found(tracking(WalkEnd::Known, None));
        let is_gone_on_with =
            |backfill: &Checkpoint, found| Standing::of(backfill, found, false, 9_000).backfill_under_way;
        assert!(!is_gone_on_with(&failed, &never));
        assert!(is_gone_on_with(&failed, &visited), "the visit began at 5,000");
        let only_begun = found(Checkpoint { end: None, ..tracking(WalkEnd::Known, None) });
        assert!(!is_gone_on_with(&failed, &only_begun), "a visit without a page was none");
        let failed_again = Checkpoint { updated_at: 6_000, ..failed.clone() };
        assert!(!is_gone_on_with(&failed_again, &visited));
        assert!(is_gone_on_with(&Checkpoint { failed: false, ..failed }, &never), "it was only stopped");
    }

    #[test]
    fn a_visit_without_a_page_was_none() {
        let ground = Some(Ground { waits_since: Some(3_000), ..Ground::default() });
        let begun = Checkpoint { end: None, ground, ..tracking(WalkEnd::Known, None) };
        let backfill = Checkpoint { end: Some(WalkEnd::End), ..Checkpoint::new(&creator(), 2_000) };
        let waits_since = |tracking| Standing::of(&backfill, &found(tracking), false, 9_000).waits_since;
        assert_eq!(waits_since(begun.clone()), 3_000);
        assert_eq!(waits_since(Checkpoint { pages: 1, ..begun.clone() }), 5_000);
        assert_eq!(waits_since(Checkpoint { failed: true, ..begun }), 5_000, "it had its turn");
    }

    #[test]
    fn what_cannot_be_read_is_older_than_the_next_visit_and_the_backfill_says_what_is_known() {
        let unreadable = Found { document: Err("no JSON".into()), version: 8_000 };
        let backfill = Checkpoint { end: Some(WalkEnd::End), updated_at: 2_500, ..Checkpoint::new(&creator(), 2_000) };
        let standing = Standing::of(&backfill, &unreadable, false, 9_000);
        assert_eq!((standing.newest, standing.known_until), (8_000, Some(2_500)));
    }
}
