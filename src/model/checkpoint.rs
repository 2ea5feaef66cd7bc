//! How far the walk of one creator has come: a document of the store, beside the data. Tracking walks have one of their
//! own, so that a wider backfill still goes on from where the last backfill ended.

use serde::{Deserialize, Serialize};

use super::CreatorId;

/// Why a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WalkEnd {
    /// The API said that there is no more.
    End,
    /// A whole page was older than `--since`; a wider run goes on from the cursor.
    Since,
    /// `--max-pages` was reached; a wider run goes on from the cursor.
    MaxPages,
    /// The API refused the creator; `--retry-failed` asks again.
    Refused,
    /// The API contradicted itself (a repeating cursor, an empty page that claims more).
    Warning,
    /// A tracking walk came to posts that were stored before it, and read back as far as it was to.
    Known,
}

/// How far a walk was to go when it was begun. It stands in a checkpoint while the walk is under way, so that whoever
/// goes on with it, and was not told otherwise, goes as far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkBounds {
    /// `--since` (seconds, UTC).
    pub since: Option<i64>,
    /// `--max-pages`.
    pub max_pages: Option<u64>,
}

/// What a tracking walk ends at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// A post is known when it was stored under a version older than this (ms, UTC): the start of the oldest walk since
    /// the last one that came to its end. So what an interrupted walk stored in passing hides no hole behind it.
    pub before: i64,
    /// The walk also reads back to the posts of this time (seconds, UTC), whose counts are due; `None`: only to what is
    /// new.
    pub read_back_to: Option<i64>,
    /// Known posts, pinned ones left out, seen in a row up to the end of the newest page.
    pub known_in_a_row: u32,
    /// Since when its creator waited to be visited (ms, UTC) when it began: a walk that comes to no page is no visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_since: Option<i64>,
    /// Whether it was begun anew since the walk before it had failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_behind_failure: bool,
}

/// The state of one creator's walk. Its counts are of settled pages only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The creator; also the document's `_id`.
    pub sec_user_id: String,
    /// The walk's id: its start (ms, UTC).
    pub walk: i64,
    /// The cursor of the next page to ask.
    pub cursor: String,
    /// Why the walk ended; `None` while it is under way.
    pub end: Option<WalkEnd>,
    /// The `--since` (seconds, UTC) that the walk ended at, when it ended so.
    pub since: Option<i64>,
    /// How far the walk was to go when it began; `None` when that is to the end, or once it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<WalkBounds>,
    /// What a tracking walk ends at; `None` for all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// The newest post seen (seconds, UTC).
    pub newest_publish_ts: Option<i64>,
    /// Pages settled.
    pub pages: u64,
    /// Items received in those pages.
    pub received: u64,
    /// Items that were no post or could not be read.
    pub skipped: u64,
    /// Documents stored.
    pub stored: u64,
    /// Documents whose newer version was there already.
    pub superseded: u64,
    /// Documents that became dead letters.
    pub dead: u64,
    /// The `fetched_at` of the newest settled page (ms, UTC): the next one is later, whatever the clock says.
    pub fetched_at: i64,
    /// The last error or warning, in words.
    pub last_error: Option<String>,
    /// Whether that is why the walk came no further.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// When this was written (ms, UTC); its external version.
    pub updated_at: i64,
}

impl Checkpoint {
    /// The first cursor of every walk, as the provider's document has it.
    pub const FIRST_CURSOR: &'static str = "0";

    /// The `_id` of the document that a creator's tracking has, beside its checkpoint: no creator's id has a `*`.
    #[must_use]
    pub fn tracking_id(sec_user_id: &str) -> String {
        format!("{sec_user_id}*tracking")
    }

    /// The newest time in it (ms, UTC): what is to be newer has to be later.
    #[must_use]
    pub fn newest(&self) -> i64 {
        self.updated_at.max(self.fetched_at)
    }

    /// Whether the walk is under way, and none of its pages is settled.
    #[must_use]
    pub fn is_at_its_start(&self) -> bool {
        self.end.is_none() && self.pages == 0
    }

    /// Whether the walk is under way, and the last that came of it was a failure.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.end.is_none() && self.failed
    }

    /// Whether that is true of it, or of the tracking walk before it, and it has no page yet that tells otherwise.
    #[must_use]
    pub fn is_at_a_failure(&self) -> bool {
        let is_behind_failure = self.ground.as_ref().is_some_and(|ground| ground.is_behind_failure);
        self.has_failed() || (self.is_at_its_start() && is_behind_failure)
    }

    /// A walk that is about to send its first request.
    #[must_use]
    pub fn new(creator: &CreatorId, walk: i64) -> Self {
        Self {
            sec_user_id: creator.to_string(),
            walk,
            cursor: Self::FIRST_CURSOR.to_owned(),
            end: None,
            since: None,
            bounds: None,
            ground: None,
            newest_publish_ts: None,
            pages: 0,
            received: 0,
            skipped: 0,
            stored: 0,
            superseded: 0,
            dead: 0,
            fetched_at: 0,
            last_error: None,
            failed: false,
            updated_at: walk,
        }
    }
}

/// The document of a creator's tracking: its checkpoint under one field, so that no scan takes it for a backfill's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackingDocument {
    /// The newest tracking walk.
    pub tracking: Checkpoint,
}
