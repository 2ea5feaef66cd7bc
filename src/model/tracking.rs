//! What a tracking walk shows to whoever wants to know what changed: each page beside what was stored of its posts
//! before.

use async_trait::async_trait;
use bytes::Bytes;

use super::CreatorId;

/// A page of a tracking walk, before any of its documents is stored.
#[derive(Debug, Clone)]
pub struct TrackedPage {
    /// The creator walked.
    pub creator: CreatorId,
    /// The walk's id: its start (ms, UTC).
    pub walk: i64,
    /// When the page came (ms, UTC); the version of its documents. A page taken from the archive has the same.
    pub fetched_at: i64,
    /// Its posts, in the answer's order. Left out are those that this very walk has stored already: they were shown
    /// before (a page that is taken again after a kill, a post that stands on two pages).
    pub posts: Vec<TrackedPost>,
}

/// A post of such a page.
#[derive(Debug, Clone)]
pub struct TrackedPost {
    /// The video's id.
    pub id: String,
    /// Whether it is pinned: such posts come first whatever their age.
    pub pinned: bool,
    /// Its document (JSON), as it is about to be stored.
    pub document: Bytes,
    /// Its document (JSON) as stored before this walk; `None` when it was not known.
    pub before: Option<Bytes>,
}

/// Why what was seen could not be kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("what changed cannot be written down: {0}")]
pub struct ObserveError(pub String);

/// Looks at what a tracking run sees. What it makes of it has to be durable when it returns, since the documents are
/// stored behind it, and nobody can tell any more what was there before. It may be shown the same page twice (after a
/// kill).
#[async_trait]
pub trait Observer: Send + Sync {
    /// A page, before its documents are stored.
    async fn page(&self, page: &TrackedPage) -> Result<(), ObserveError>;

    /// The API does not know the creator any more, or withholds it: `reason` is the API's. `walk` is the walk's id.
    async fn gone(&self, creator: &CreatorId, walk: i64, reason: &str) -> Result<(), ObserveError>;
}
