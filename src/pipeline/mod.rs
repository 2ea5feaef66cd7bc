//! From creators to stored documents.
//!
//! ```text
//! resume (what an earlier run fetched and did not settle, out of the archive)
//!   │
//! plan ──► walk (a task per creator in flight) ──► channel ──► index (one task) ──► deliver (a task per bulk)
//!            asks, normalizes                  bounded by `room`   fills, settles        until all have verdicts
//! ```
//!
//! `track` is what a tracking walk does more, page by page. `page` is what travels; `settle` turns verdicts into
//! checkpoints, `checkpoints` reads and writes them; `schedule` starts the walks, `failures` tells of those that fail;
//! `run` joins them all; every task and channel is made in `tasks`, and nowhere else.

mod checkpoints;
pub mod deliver;
mod failures;
mod filling;
pub mod index;
pub mod load;
pub mod page;
pub mod plan;
pub mod refused;
mod resume;
pub mod room;
mod run;
mod schedule;
pub mod settle;
pub mod size_limit;
mod tasks;
pub mod track;
mod walk;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use self::deliver::Patience;
use self::index::BulkLimits;
pub use self::resume::Archived;
use self::room::{Room, RoomLimits};
pub use self::run::{run, track};
use self::size_limit::SizeLimit;
use self::track::Tracking;
use crate::archive::ArchiveError;
use crate::archive::dead_letters::DeadLetters;
use crate::model::{Counters, CreatorId, ObserveError};
use crate::source::{SourceError, VideoSource};
use crate::store::{StoreError, StoreWriter};
use crate::throttle::clock::Clock;

/// How far a run goes, and with whom it starts again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// A walk ends behind a whole page of posts older than this (seconds, UTC).
    pub since: Option<i64>,
    /// Pages per walk at most.
    pub max_pages: Option<u64>,
    /// Walk finished creators again.
    pub refresh: bool,
    /// Ask again for creators that the API refused.
    pub retry_failed: bool,
    /// The region asked with; it stands on the documents.
    pub region: Option<String>,
    /// Only go on with walks that are under way, each as far as it was to go when it was begun.
    pub as_begun: bool,
}

/// The sizes and limits of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// What may wait between the API and the store.
    pub room: RoomLimits,
    /// When a bulk request is closed.
    pub bulk: BulkLimits,
    /// How long the store may stay away.
    pub patience: Patience,
}

/// What a run works with.
#[derive(Clone)]
pub struct Parts {
    /// Where pages come from.
    pub source: Arc<dyn VideoSource>,
    /// Where documents go.
    pub store: Arc<dyn StoreWriter>,
    /// Where refused documents go.
    pub dead_letters: Arc<DeadLetters>,
    /// Where answers lie that an earlier run had fetched; `None`: nothing is looked for.
    pub archived: Option<Archived>,
    /// The wall clock.
    pub clock: Clock,
    /// The run's counters.
    pub counters: Arc<Counters>,
    /// Cancelled by Ctrl-C, or by the run itself when it cannot go on: paging stops, what was fetched is settled. The
    /// source must watch the same token, or a walk that waits for the quota sends one more request, which is paid.
    pub stop: CancellationToken,
}

/// Why a run cannot go on. What is not settled is not lost: the same command goes on from the checkpoints.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The store gave up on, or denied, us.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The API denies us, or what it answers cannot be kept.
    #[error(transparent)]
    Source(SourceError),
    /// A dead letter cannot be written.
    #[error(transparent)]
    Archive(ArchiveError),
    /// The store refuses a checkpoint.
    #[error("the store refuses the checkpoint of {creator}: {reason}")]
    Checkpoint {
        /// The creator.
        creator: String,
        /// The store's words.
        reason: String,
    },
    /// The store refuses a snapshot.
    #[error("the store refuses the snapshot {id}: {reason}")]
    Snapshot {
        /// Its id.
        id: String,
        /// The store's words.
        reason: String,
    },
    /// What changed cannot be written down, so that storing the new counts would lose it.
    #[error(transparent)]
    Observe(#[from] ObserveError),
    /// A stored checkpoint makes no sense.
    #[error("the stored checkpoint of {creator} cannot be read ({reason}): was it written by a newer viralmine?")]
    UnreadableCheckpoint {
        /// The creator.
        creator: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Every creator of a small run, or several in a row of a larger one, failed though the API knows them.
    #[error("creators failed one after another, {creators} of them with no page between; the last one: {words}")]
    AllFail {
        /// How many.
        creators: usize,
        /// The last one's error.
        words: String,
    },
    /// A defect of viralmine.
    #[error("{0} (this is a defect of viralmine, please report it)")]
    Internal(String),
}

/// How the creators of a run came out.
#[derive(Debug, Default)]
pub struct RunOutcome {
    /// Creators whose walk ended and whose every page is settled, in this run or before.
    pub done: u64,
    /// Those of them that an earlier run had done.
    pub done_before: u64,
    /// Creators that failed, with the error.
    pub failed: Vec<(CreatorId, String)>,
    /// Those of them that the API refused in this run, with its words: it does not know them, or withholds them.
    pub refused: Vec<(CreatorId, String)>,
    /// Creators whose walk ended in this run, with all of its pages fetched.
    pub ended: Vec<CreatorId>,
    /// Creators that may be incomplete, with the warning.
    pub warnings: Vec<(CreatorId, String)>,
    /// Creators not walked, or not settled, to their end because the run was stopped: all the others.
    pub left: u64,
    /// Whether the source's budget was used up before all were.
    pub budget_used: bool,
    /// Why the run could not go on, if so.
    pub fatal: Option<Fatal>,
}

/// What all tasks of a run share.
struct Shared {
    source: Arc<dyn VideoSource>,
    store: Arc<dyn StoreWriter>,
    dead_letters: Arc<DeadLetters>,
    archived: Option<Archived>,
    clock: Clock,
    counters: Arc<Counters>,
    stop: CancellationToken,
    bounds: Bounds,
    /// What makes the run's walks tracking walks.
    tracking: Option<Tracking>,
    room: Room,
    bulk: BulkLimits,
    size_limit: Arc<SizeLimit>,
    patience: Patience,
}
