//! The store on an Elasticsearch server (8 or 9), over its REST interface.
//!
//! The folder in the order of the flow: `settings` (what is connected to, and how) → `client` (one request; `failure`
//! judges what comes back instead of an answer) → `setup` (templates, indices, aliases; `mapping` compares fields) →
//! `bulk` (one request; `verdict` judges each document) → `query` (a question as a search body) → `search` and `read`
//! (what is asked). When a request is sent again is not decided here: the pipeline owns that.

mod bulk;
mod client;
mod failure;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod mapping;
mod query;
mod read;
mod search;
mod settings;
mod setup;
mod verdict;

pub use settings::{Credentials, ElasticSettings};

use std::time::Duration;

use async_trait::async_trait;

use self::client::Client;
use super::{BulkTarget, Leases, ScanSender, StoreContents, StoreError, StoreReader, StoreWriter, StoredDocument};
use crate::model::{Batch, Collection, Hits, Question, Row, Verdict};

/// Videos and checkpoints in the indices of one Elasticsearch, behind the aliases `{prefix}-videos` and
/// `{prefix}-checkpoints`.
pub struct ElasticStore {
    client: Client,
    prefix: String,
    compress: bool,
}

impl ElasticStore {
    /// Checks the settings and makes the HTTP client; sends nothing. [`StoreError::Unfit`] names the setting at fault.
    pub fn connect(mut settings: ElasticSettings) -> Result<Self, StoreError> {
        settings.check()?;
        let path = format!("{}/", settings.url.path().trim_end_matches('/'));
        settings.url.set_path(&path);
        let client = Client::new(&settings)?;
        Ok(Self { client, prefix: settings.prefix, compress: settings.compress })
    }

    /// The name that documents are written and asked under; an alias of one concrete index.
    fn alias(&self, collection: Collection) -> String {
        format!("{}-{}", self.prefix, collection.name())
    }
}

#[async_trait]
impl BulkTarget for ElasticStore {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        bulk::send(&self.client, &self.alias(batch.collection), batch, self.compress).await
    }
}

#[async_trait]
impl StoreWriter for ElasticStore {
    async fn prepare(&self) -> Result<(), StoreError> {
        for collection in Collection::ALL {
            setup::prepare(&self.client, &self.prefix, collection, &self.alias(collection)).await?;
        }
        Ok(())
    }

    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        read::get(&self.client, &self.alias(collection), ids).await
    }

    /// What a bulk answered is in the server's translog, on disk, already (its default, durability per request).
    async fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Durable it is already; this makes it findable.
    async fn commit(&self) -> Result<(), StoreError> {
        read::refresh(&self.client, &Collection::ALL.map(|collection| self.alias(collection)).join(",")).await
    }
}

#[async_trait]
impl StoreReader for ElasticStore {
    async fn search(&self, question: &Question) -> Result<Hits, StoreError> {
        search::search(&self.client, &self.alias(Collection::Videos), question).await
    }

    async fn rows(&self, question: &Question, each: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError> {
        search::rows(&self.client, &self.alias(Collection::Videos), question, each).await
    }

    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError> {
        read::newest_fetched_at(&self.client, &self.alias(Collection::Videos)).await
    }
}

#[async_trait]
impl StoreContents for ElasticStore {
    async fn versions(&self, _ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
        Err(StoreError::Unfit("versions".to_owned()))
    }

    async fn count(&self, _collection: Collection) -> Result<u64, StoreError> {
        Err(StoreError::Unfit("count".to_owned()))
    }

    async fn scan(&self, _collection: Collection, _into: ScanSender) -> Result<(), StoreError> {
        Err(StoreError::Unfit("scan".to_owned()))
    }
}

#[async_trait]
impl Leases for ElasticStore {
    async fn take_lease(&self, _holder: &str, _lasts: Duration) -> Result<(), StoreError> {
        Err(StoreError::Unfit("lease".to_owned()))
    }

    async fn release_lease(&self, _holder: &str) -> Result<(), StoreError> {
        Err(StoreError::Unfit("lease".to_owned()))
    }
}
