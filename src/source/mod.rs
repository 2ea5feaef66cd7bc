//! Where raw pages come from: the API client (`client`), or a script of pages for tests (`fixed`).
//!
//! `pipeline`'s walks ask a [`VideoSource`] page by page. The way of one request: `request` says what is asked,
//! `client` waits for the quota (and has the `budget`), sends by `http` (the only file that names reqwest, `settings`'
//! URL aside), has the raw answer recorded, lets `wire::reply` judge it and acts on the judgement. What is in a page is
//! read by `normalize`.

mod budget;
mod client;
mod connections;
mod error;
pub mod fixed;
mod http;
mod keys;
mod latency;
mod redact;
mod request;
mod settings;

use async_trait::async_trait;
use bytes::Bytes;

use crate::model::CreatorId;

pub use client::ApiClient;
pub use error::{SourceError, words_of_refusal};
pub use fixed::FixedSource;
pub use keys::KeyReport;
pub use settings::{ApiSettings, ApiUrl, Params};

/// A page to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Whose posts.
    pub creator: CreatorId,
    /// The cursor, as the page before gave it; opaque.
    pub cursor: String,
    /// The id of the walk that asks: its start (ms, UTC).
    pub walk: i64,
    /// The answer's `fetched_at` is made later than this (ms, UTC), whatever the clock says.
    pub fetched_after: i64,
}

/// A successful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePage {
    /// The body: JSON that says success and carries a list (or a detail).
    pub body: Bytes,
    /// When its last byte came (ms, UTC); the version of every document made of it.
    pub fetched_at: i64,
}

/// Gives the pages of creators.
#[async_trait]
pub trait VideoSource: Send + Sync {
    /// The page that `request` asks for, recorded already. Waits for the quota and tries again by itself; an error is
    /// final for this request. One creator's pages are asked one after another, different creators' side by side.
    /// Dropping the future gives up the request; an answer that was still under way is then lost.
    async fn page(&self, request: &PageRequest) -> Result<SourcePage, SourceError>;

    /// How many creators are to be walked side by side now.
    fn walks_wanted(&self) -> usize {
        8
    }

    /// The share of the quota used so far, 0 to 1; 1 where there is no quota.
    fn quota_used(&self) -> f64 {
        1.0
    }

    /// How each key fared so far, in the order given; nothing where there are no keys.
    fn keys(&self) -> Vec<KeyReport> {
        Vec::new()
    }
}
