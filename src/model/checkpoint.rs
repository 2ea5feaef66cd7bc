//! How far the walk of one creator has come: a document of the store, beside the data.

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
    /// When this was written (ms, UTC); its external version.
    pub updated_at: i64,
}

impl Checkpoint {
    /// The first cursor of every walk, as the provider's document has it.
    pub const FIRST_CURSOR: &'static str = "0";

    /// A walk that is about to send its first request.
    #[must_use]
    pub fn new(creator: &CreatorId, walk: i64) -> Self {
        Self {
            sec_user_id: creator.to_string(),
            walk,
            cursor: Self::FIRST_CURSOR.to_owned(),
            end: None,
            since: None,
            newest_publish_ts: None,
            pages: 0,
            received: 0,
            skipped: 0,
            stored: 0,
            superseded: 0,
            dead: 0,
            fetched_at: 0,
            last_error: None,
            updated_at: walk,
        }
    }
}
