//! What travels from a walk to the indexer: a page's documents, with what the checkpoint becomes once all of
//! them have verdicts. The progress rides with the data, so it cannot run ahead of it.

use bytes::Bytes;
use tokio::sync::oneshot;

use super::room::Reservation;
use crate::model::{Checkpoint, CreatorId, DocumentHead, WalkEnd};

/// One settled step of a creator's walk: a page, or only a change of its checkpoint (no documents).
#[derive(Debug)]
pub struct WalkStep {
    /// The creator walked.
    pub creator: CreatorId,
    /// The checkpoint that the walk starts from; on the first step of a walk (and of a restarted one) only.
    pub base: Option<Checkpoint>,
    /// The page's documents, in the answer's order.
    pub documents: Vec<DocumentHead>,
    /// Their JSON.
    pub sources: Bytes,
    /// Their external version: the page's `fetched_at` (ms, UTC).
    pub version: i64,
    /// What the checkpoint gains.
    pub progress: Progress,
    /// The place in the channel that the page takes until its checkpoint is saved.
    pub reservation: Option<Reservation>,
    /// Told when the checkpoint behind this step is saved.
    pub saved: Option<oneshot::Sender<()>>,
}

/// What a checkpoint gains by one step, apart from the verdicts' counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The cursor that the page was asked with (for dead letters).
    pub asked_cursor: String,
    /// The cursor of the next page; `None` leaves the checkpoint's as it is.
    pub next_cursor: Option<String>,
    /// Why the walk ends here, if it does.
    pub end: Option<WalkEnd>,
    /// The `--since` that it ended at (seconds, UTC).
    pub since: Option<i64>,
    /// Pages received: 1, or 0 for a change of the checkpoint only.
    pub pages: u64,
    /// Items received.
    pub received: u64,
    /// Items skipped.
    pub skipped: u64,
    /// The newest post of the page (seconds, UTC).
    pub newest_publish_ts: Option<i64>,
    /// When the page came (ms, UTC); the version of its documents. 0 when there was none.
    pub fetched_at: i64,
    /// Of a tracking walk: known posts seen in a row, up to the end of the page.
    pub known_in_a_row: Option<u32>,
    /// An error or a warning, in words.
    pub message: Option<String>,
    /// Whether that is why the walk comes no further.
    pub failed: bool,
}
