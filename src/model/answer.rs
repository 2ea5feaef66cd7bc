//! One raw answer of the API, and the trait of what keeps it before anybody looks at its body.

use async_trait::async_trait;
use bytes::Bytes;

/// The provider's two endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A creator's posts, page by page.
    List,
    /// One post.
    Detail,
}

/// A raw answer with its request, never its key.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Which endpoint was asked.
    pub endpoint: Endpoint,
    /// The creator's `sec_user_id` (list), or the video's `aweme_id` (detail).
    pub subject: String,
    /// The cursor asked with (list only).
    pub max_cursor: Option<String>,
    /// The id of the walk that asked: its start (ms, UTC); `None` for a detail.
    pub walk: Option<i64>,
    /// The region asked with.
    pub region: Option<String>,
    /// The page size asked with (list only).
    pub page_size: Option<u8>,
    /// When the answer's last byte came (ms, UTC); the version of every document made of it.
    pub fetched_at: i64,
    /// The key's position among the keys given, from 1.
    pub key: usize,
    /// HTTP status.
    pub status: u16,
    /// The body, as received.
    pub body: Bytes,
}

/// Why an answer could not be kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the raw archive cannot be written: {0}")]
pub struct RecordError(pub String);

/// Keeps raw answers. Called for every answer, failed ones and retries included, before its body is looked at.
#[async_trait]
pub trait Recorder: Send + Sync {
    /// Returns once the answer is where a killed process leaves it (handed to the operating system, whole).
    async fn record(&self, answer: &Answer) -> Result<(), RecordError>;
}

/// Keeps nothing: `--no-archive`.
#[derive(Debug, Default)]
pub struct WithoutRecord;

#[async_trait]
impl Recorder for WithoutRecord {
    async fn record(&self, _answer: &Answer) -> Result<(), RecordError> {
        Ok(())
    }
}
