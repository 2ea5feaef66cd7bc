//! Where documents live: `elastic` (a server) and `embedded` (a folder), behind the same traits.
//!
//! A run that fetches writes through [`StoreWriter`], questions are asked of a [`StoreReader`], `reindex` works on
//! [`IndexVersions`], `doctor` looks through [`Examine`]. The same scenarios run against both stores (`tests/it`), so
//! what one trait method promises, both keep.

pub mod elastic;
pub mod embedded;
mod snapshots;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::model::{
    Batch, Collection, CreatorQuestion, Group, GroupQuestion, Groups, Hits, Measure, PostTime, Question, Row, Scope,
    Slot, Snapshot, TimeSlot, Verdict, VideoId, Windows,
};

/// What went wrong with a whole request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached or is overloaded; the same request may succeed later.
    #[error("the store takes nothing now: {0}")]
    Unavailable(String),
    /// The request is larger than the store takes (HTTP 413).
    #[error("the store takes no request as large as this one: {0}")]
    TooLarge(String),
    /// The store does not let us (401, 403); says what to do.
    #[error("{0}")]
    Denied(String),
    /// This is no store of ours: no Elasticsearch, a mapping that does not fit, a newer format; says what to do.
    #[error("{0}")]
    Unfit(String),
    /// Nothing was indexed there yet; says what to do.
    #[error("{0}")]
    Missing(String),
    /// Another process writes; says what to do.
    #[error("{0}")]
    Busy(String),
    /// An answer or a file that makes no sense, a disk that fails; names it.
    #[error("{0}")]
    Broken(String),
}

impl StoreError {
    /// Whether the same request may succeed when sent again later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// A document as it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Its external version (ms, UTC).
    pub version: i64,
    /// Its JSON, byte for byte as it was sent.
    pub source: Bytes,
}

/// A document with its id, as a scan hands it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedDocument {
    /// Its `_id`.
    pub id: String,
    /// What is stored under it.
    pub document: StoredDocument,
}

/// Where scanned documents go, some hundreds at a time. A full channel makes the scan wait; a closed one ends it.
pub type ScanSender = mpsc::Sender<Vec<ScannedDocument>>;

/// What bulk requests are sent to.
#[async_trait]
pub trait BulkTarget: Send + Sync {
    /// Indexes a batch; one verdict per document, by position. Newest version wins; an equal one is stored again.
    /// A `Stored` document is durable only after the target's own sync or commit, or once a checkpoint sent after it is
    /// found: what was sent later is never durable before what was sent (and answered) earlier.
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError>;
}

/// Documents as whoever writes them sees them.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Documents by id, in the order of `ids`; `None` where there is none. Sees every answered bulk.
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError>;
}

/// The side that a run writes to.
#[async_trait]
pub trait StoreWriter: BulkTarget + Lookup {
    /// Makes templates, indices and aliases that are missing, and refuses an index whose mapping does not fit.
    async fn prepare(&self) -> Result<(), StoreError>;

    /// Makes everything answered so far durable, whether findable or not.
    async fn sync(&self) -> Result<(), StoreError>;

    /// Makes everything answered so far durable, and findable by every reader that asks from now on.
    async fn commit(&self) -> Result<(), StoreError>;

    /// Once writing failed for good: how many of the videos answered as stored since this was opened are durable, which
    /// are the first ones. `None` as long as nothing failed, and where each answer is durable by itself.
    fn durable_after_failure(&self) -> Option<u64> {
        None
    }

    /// Turns refresh and replicas of the videos' index off for a run, after what they were was written down in the
    /// store itself, where any later run finds it. What an earlier run wrote down is kept. `false` where there is no
    /// such thing (the embedded store).
    async fn relax_settings(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Puts back what [`StoreWriter::relax_settings`] wrote down, in this process or in one that was killed, and then
    /// strikes it out. `false` when nothing was written down. Every run calls it, at its start and at its end.
    async fn restore_settings(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// The right to write under old versions (replay, reindex, dead-letter retry, scores), which one process has at a time.
/// Fetching needs none.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes the lease for `holder`, or makes it last longer: until `lasts` from now. [`StoreError::Busy`] while
    /// another holder's has not run out; it names that holder and until when.
    async fn take_lease(&self, holder: &str, lasts: Duration) -> Result<(), StoreError>;

    /// Gives it back, if `holder` has it.
    async fn release_lease(&self, holder: &str) -> Result<(), StoreError>;
}

/// The versions of the indices behind their aliases (`viralmine-videos-000001`, …): what `reindex` works on. The old
/// version may have been made by an older viralmine, which a [`StoreWriter`] refuses. Bulk requests go into the next
/// version, which neither questions nor runs see yet, and videos are looked up there.
#[async_trait]
pub trait IndexVersions: BulkTarget + Lookup + Leases {
    /// Makes the next version of the videos' index, by this program's mapping, or goes on with one that an earlier
    /// `reindex` left unfinished. The names of both.
    async fn begin(&self) -> Result<VersionNames, StoreError>;

    /// Every video of the old version that is findable once this is called, in no particular order, in bounded memory.
    async fn scan_old(&self, into: ScanSender) -> Result<(), StoreError>;

    /// The versions of documents in the next index, in the order of `ids`; sees every answered bulk.
    async fn next_versions(&self, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError>;

    /// Makes everything answered so far durable.
    async fn commit_next(&self) -> Result<(), StoreError>;

    /// Lets no write into the old version any more (runs wait meanwhile), or lets them in again.
    async fn freeze_old(&self, frozen: bool) -> Result<(), StoreError>;

    /// Puts the alias on the next version, at once, so that no question and no run finds none. The old one is kept.
    /// Refused unless the old one is frozen: it may have got documents since that the next one lacks.
    async fn switch(&self) -> Result<(), StoreError>;

    /// Deletes the versions that no alias points to, but not one that is newer than the alias's. Their names.
    async fn drop_old(&self) -> Result<Vec<String>, StoreError>;
}

/// The names of the indices that a reindexing reads and fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionNames {
    /// The one behind the alias.
    pub old: String,
    /// The next one.
    pub next: String,
}

/// How one thing that was looked at is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Good,
    /// It works, but a person should know.
    Warning,
    /// It does not work.
    Bad,
}

/// What was found by looking at one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: "cluster", "videos index".
    pub about: String,
    /// How it is.
    pub health: Health,
    /// What was found.
    pub words: String,
    /// What to do; `None` when it is good.
    pub advice: Option<String>,
}

/// What a store has for one collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFound {
    /// The collection.
    pub collection: Collection,
    /// The name that its documents are asked under: `{prefix}-{collection}`.
    pub name: String,
    /// The index (its version's name) behind that name; `None` when there is none yet.
    pub index: Option<String>,
    /// The version of the index template; `None` when there is none, when it may not be seen, and in the embedded
    /// store.
    pub template: Option<i64>,
}

/// Looks at a store without changing anything.
#[async_trait]
pub trait Examine: Send + Sync {
    /// What there is for each collection, in the order of [`Collection::ALL`]. A name that stands for something else
    /// than one index is [`StoreError::Unfit`].
    async fn indices(&self) -> Result<Vec<IndexFound>, StoreError>;

    /// Everything that can be wrong with it, in the order in which it matters; a store that cannot be reached is a
    /// finding, too.
    async fn examine(&self) -> Vec<Finding>;
}

/// The side that questions are asked of.
#[async_trait]
pub trait StoreReader: Send + Sync {
    /// The videos that match, in order, and how many there are.
    async fn search(&self, question: &Question) -> Result<Hits, StoreError>;

    /// Hands every matching video's row to `each`, in no particular order; sort and limit are not used.
    async fn rows(&self, question: &Question, each: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError>;

    /// Hands every matching video's document to `each`, byte for byte as stored, in no particular order and in bounded
    /// memory; sort and limit are not used. Ends early, and well, once `each` wants no more (`false`).
    async fn documents(
        &self,
        question: &Question,
        each: &mut (dyn FnMut(Bytes) -> bool + Send),
    ) -> Result<(), StoreError>;

    /// Counts of the groups that a question picks, exactly.
    async fn groups(&self, question: &GroupQuestion) -> Result<Groups, StoreError>;

    /// Measures these groups among the posts of a scope, in their order, exactly; meant for as many as are shown.
    async fn measure(
        &self,
        scope: &Scope,
        groups: &[Group],
        windows: Option<&Windows>,
    ) -> Result<Vec<Measure>, StoreError>;

    /// The posts of a scope by the time they were posted: slots of `seconds` (a divisor of a day) that have any post,
    /// by start.
    async fn slots(&self, scope: &Scope, seconds: u32) -> Result<Vec<Slot>, StoreError>;

    /// All posts of a scope by a time of theirs: slots of `seconds` that have any post, by start. A post of which that
    /// time is unknown is in none.
    async fn histogram(&self, scope: &Scope, time: PostTime, seconds: u32) -> Result<Vec<TimeSlot>, StoreError>;

    /// The total and the rows (the documents' JSON) of creators that match, in order.
    async fn creators(&self, question: &CreatorQuestion) -> Result<Hits, StoreError>;

    /// The newest `fetched_at` stored (ms, UTC); `None` when there is no video.
    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError>;
}

/// What is stored, read as it is: `verify`, `status` and merges need it, no question does.
#[async_trait]
pub trait StoreContents: Send + Sync {
    /// The versions of the videos with these ids, in their order; `None` where there is none.
    async fn versions(&self, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError>;

    /// How many documents of a collection are findable (creators that were walked, for checkpoints).
    async fn count(&self, collection: Collection) -> Result<u64, StoreError>;

    /// How many findable videos no score pass has scored as they are: those without `virality`.
    async fn count_unscored(&self) -> Result<u64, StoreError>;

    /// The findable snapshots of one video, oldest first; one that cannot be read is passed over with a warning.
    async fn snapshots(&self, video: &VideoId) -> Result<Vec<Snapshot>, StoreError>;

    /// Every findable document of a collection, in no particular order, in bounded memory. What else lies among the
    /// checkpoints (a lease, settings that were written down) is left out.
    async fn scan(&self, collection: Collection, into: ScanSender) -> Result<(), StoreError>;
}

/// All that can be read of a store: what the score pass and what tells of scores need.
pub trait StoreView: StoreReader + StoreContents + Lookup {}

impl<View: StoreReader + StoreContents + Lookup> StoreView for View {}
