//! Where documents live. Two traits, two stores: `elastic` (a server) and `embedded` (a folder).
//!
//! The same scenarios run against both (`tests/it`), so what one trait method promises, both keep.

pub mod elastic;
pub mod embedded;

use async_trait::async_trait;
use bytes::Bytes;

use crate::model::{Batch, Collection, Hits, Question, Row, Verdict};

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

/// The side that a run writes to.
#[async_trait]
pub trait StoreWriter: Send + Sync {
    /// Makes templates, indices and aliases that are missing, and refuses an index whose mapping does not fit.
    async fn prepare(&self) -> Result<(), StoreError>;

    /// Indexes a batch; one verdict per document, by position. Newest version wins; an equal one is stored again.
    /// A `Stored` document is durable only after [`StoreWriter::sync`], or once a checkpoint sent after it is
    /// found: what was sent later is never durable before what was sent (and answered) earlier.
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError>;

    /// Documents by id, in the order of `ids`; `None` where there is none. Sees every answered bulk.
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError>;

    /// Makes everything answered so far durable, whether findable or not.
    async fn sync(&self) -> Result<(), StoreError>;

    /// Makes everything answered so far durable, and findable by every reader that asks from now on.
    async fn commit(&self) -> Result<(), StoreError>;
}

/// The side that questions are asked of.
#[async_trait]
pub trait StoreReader: Send + Sync {
    /// The videos that match, in order, and how many there are.
    async fn search(&self, question: &Question) -> Result<Hits, StoreError>;

    /// Hands every matching video's row to `each`, in no particular order; sort and limit are not used.
    async fn rows(&self, question: &Question, each: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError>;

    /// The newest `fetched_at` stored (ms, UTC); `None` when there is no video.
    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError>;
}
