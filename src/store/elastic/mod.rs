//! The store on an Elasticsearch server (8 or 9), over its REST interface.
//!
//! The folder in the order of the flow: `settings` (what is connected to, and how) → `client` (one request; `failure`
//! judges what comes back instead of an answer) → `setup` (templates, indices, aliases; `mapping` compares fields) →
//! `bulk` (one request; `verdict` judges each document) → `query` (a question as a search body) → `search`, `read` and
//! `scan` (what is asked; `point` is a point in time, which pages are read of), `groups`, `slots`, `histogram` and
//! `creators` (what is counted; `answer` reads it), `snapshots` (of one video). Beside the data: `note` (a document of
//! our own among the checkpoints) holds the `lease` and the `journal` of settings that were turned off. `versions` is
//! what reindexing needs, `examine` looks at everything. When a request is sent again is not decided here: the pipeline
//! owns that.

mod answer;
mod bulk;
mod client;
mod creators;
mod examine;
mod failure;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod groups;
mod histogram;
mod journal;
mod lease;
mod mapping;
mod note;
mod point;
mod query;
mod read;
mod scan;
mod search;
mod settings;
mod setup;
mod slots;
mod snapshots;
mod verdict;
mod versions;

pub use settings::{Credentials, ElasticSettings};
pub use versions::ElasticVersions;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::OnceCell;

use self::client::Client;
use super::{
    BulkTarget, Examine, Finding, IndexFound, Leases, Lookup, ScanSender, StoreContents, StoreError, StoreReader,
    StoreWriter, StoredDocument,
};
use crate::model::{
    Batch, Collection, CreatorQuestion, Group, GroupQuestion, Groups, Hits, Measure, PostTime, Question, Row, Scope,
    Slot, Snapshot, TimeSlot, Verdict, VideoId, Windows,
};
use crate::store::snapshots::in_time_order;
use crate::throttle::clock::Clock;

/// Videos, creators, snapshots and checkpoints in the indices of one Elasticsearch, behind the aliases
/// `{prefix}-videos`, `{prefix}-creators`, `{prefix}-snapshots` and `{prefix}-checkpoints`.
pub struct ElasticStore {
    client: Client,
    prefix: String,
    compress: bool,
    clock: Clock,
    most_buckets: usize,
    /// Filled once the creators' index is known to be there and to fit.
    creators: OnceCell<()>,
    /// The same for that of the snapshots.
    snapshots: OnceCell<()>,
}

impl ElasticStore {
    /// Checks the settings and makes the HTTP client; sends nothing. [`StoreError::Unfit`] names the setting at fault.
    pub fn connect(mut settings: ElasticSettings) -> Result<Self, StoreError> {
        settings.check()?;
        let path = format!("{}/", settings.url.path().trim_end_matches('/'));
        settings.url.set_path(&path);
        let client = Client::new(&settings)?;
        Ok(Self {
            client,
            prefix: settings.prefix,
            compress: settings.compress,
            clock: Clock::system(),
            most_buckets: groups::MOST_BUCKETS,
            creators: OnceCell::new(),
            snapshots: OnceCell::new(),
        })
    }

    /// Judges leases by another clock than the system's. Programs keep the system's, whatever `VIRALMINE_NOW` says: a
    /// lease is between processes that must agree on the time.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Asks for at most so many groups in one answer, for a server that allows fewer than it does by default
    /// (`search.max_buckets`); answers are the same, but take more requests.
    #[must_use]
    pub fn with_most_buckets(self, most_buckets: usize) -> Self {
        Self { most_buckets: most_buckets.max(1), ..self }
    }

    /// Makes or checks the index of the creators or of the snapshots, once; the others are made by `prepare`.
    async fn prepare_late(&self, collection: Collection) -> Result<(), StoreError> {
        let prepare =
            || async { setup::prepare(&self.client, &self.prefix, collection, &self.alias(collection)).await };
        match self.prepared_late(collection) {
            Some(prepared) => prepared.get_or_try_init(prepare).await.copied(),
            None => Ok(()),
        }
    }

    fn prepared_late(&self, collection: Collection) -> Option<&OnceCell<()>> {
        match collection {
            Collection::Creators => Some(&self.creators),
            Collection::Snapshots => Some(&self.snapshots),
            Collection::Videos | Collection::Checkpoints => None,
        }
    }

    /// The name that documents are written and asked under; an alias of one concrete index.
    fn alias(&self, collection: Collection) -> String {
        format!("{}-{}", self.prefix, collection.name())
    }
}

#[async_trait]
impl BulkTarget for ElasticStore {
    /// Rows of creators and snapshots are refused as a whole where their index does not fit, which `prepare` passes
    /// over.
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        self.prepare_late(batch.collection).await?;
        bulk::send(&self.client, &self.alias(batch.collection), batch, self.compress).await
    }
}

#[async_trait]
impl Lookup for ElasticStore {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let documents = read::get(&self.client, &self.alias(collection), ids).await;
        read::none_without_index(collection, documents, vec![None; ids.len()])
    }
}

#[async_trait]
impl StoreWriter for ElasticStore {
    /// Creators are made of the videos, and snapshots written by tracking alone: trouble with their indices, or rights
    /// that do not cover them, is said where they are needed, and keeps nothing from being fetched.
    async fn prepare(&self) -> Result<(), StoreError> {
        for collection in [Collection::Videos, Collection::Checkpoints] {
            setup::prepare(&self.client, &self.prefix, collection, &self.alias(collection)).await?;
        }
        for collection in [Collection::Creators, Collection::Snapshots] {
            match self.prepare_late(collection).await {
                Err(error @ (StoreError::Unfit(_) | StoreError::Denied(_))) => {
                    tracing::debug!(%error, "the index of {} is not made ready", collection.name());
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// What a bulk answered is in the server's translog, on disk, already (its default, durability per request).
    async fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Durable it is already; this makes it findable.
    async fn commit(&self) -> Result<(), StoreError> {
        let is_there = |collection: &Collection| self.prepared_late(*collection).is_none_or(OnceCell::initialized);
        let aliases: Vec<String> =
            Collection::ALL.into_iter().filter(is_there).map(|collection| self.alias(collection)).collect();
        read::refresh(&self.client, &aliases.join(",")).await
    }

    async fn relax_settings(&self) -> Result<bool, StoreError> {
        let (videos, checkpoints) = (self.alias(Collection::Videos), self.alias(Collection::Checkpoints));
        let index = setup::index_behind(&self.client, &videos, &self.prefix).await?.ok_or_else(|| {
            StoreError::Unfit(format!(
                "there is no {videos} whose settings could be turned off: run `viralmine backfill`"
            ))
        })?;
        journal::relax(&journal::note(&self.client, &checkpoints), &index, self.clock.now()).await?;
        Ok(true)
    }

    async fn restore_settings(&self) -> Result<bool, StoreError> {
        let checkpoints = self.alias(Collection::Checkpoints);
        journal::restore(&journal::note(&self.client, &checkpoints), self.clock.now()).await
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

    async fn documents(
        &self,
        question: &Question,
        each: &mut (dyn FnMut(Bytes) -> bool + Send),
    ) -> Result<(), StoreError> {
        search::documents(&self.client, &self.alias(Collection::Videos), question, each).await
    }

    async fn groups(&self, question: &GroupQuestion) -> Result<Groups, StoreError> {
        groups::groups(&self.client, &self.alias(Collection::Videos), question, self.most_buckets).await
    }

    async fn measure(
        &self,
        scope: &Scope,
        groups: &[Group],
        windows: Option<&Windows>,
    ) -> Result<Vec<Measure>, StoreError> {
        let alias = self.alias(Collection::Videos);
        groups::measure(&self.client, &alias, (scope, windows), groups, self.most_buckets).await
    }

    async fn slots(&self, scope: &Scope, seconds: u32) -> Result<Vec<Slot>, StoreError> {
        slots::slots(&self.client, &self.alias(Collection::Videos), scope, seconds, self.most_buckets).await
    }

    async fn histogram(&self, scope: &Scope, time: PostTime, seconds: u32) -> Result<Vec<TimeSlot>, StoreError> {
        let alias = self.alias(Collection::Videos);
        histogram::histogram(&self.client, &alias, scope, (time, seconds), self.most_buckets).await
    }

    async fn creators(&self, question: &CreatorQuestion) -> Result<Hits, StoreError> {
        creators::creators(&self.client, &self.alias(Collection::Creators), question).await
    }

    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError> {
        read::newest_fetched_at(&self.client, &self.alias(Collection::Videos)).await
    }
}

#[async_trait]
impl StoreContents for ElasticStore {
    async fn versions(&self, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
        read::versions(&self.client, &self.alias(Collection::Videos), ids).await
    }

    async fn count(&self, collection: Collection) -> Result<u64, StoreError> {
        let count = scan::count(&self.client, &self.alias(collection), collection).await;
        read::none_without_index(collection, count, 0)
    }

    async fn count_unscored(&self) -> Result<u64, StoreError> {
        scan::count_unscored(&self.client, &self.alias(Collection::Videos)).await
    }

    async fn snapshots(&self, video: &VideoId) -> Result<Vec<Snapshot>, StoreError> {
        let found = snapshots::of_video(&self.client, &self.alias(Collection::Snapshots), video).await?;
        Ok(in_time_order(video, &found))
    }

    async fn scan(&self, collection: Collection, into: ScanSender) -> Result<(), StoreError> {
        let outcome = scan::scan(&self.client, &self.alias(collection), collection, &into).await;
        read::none_without_index(collection, outcome, ())
    }
}

/// The holder's name must be another for each process. A lease counts for a minute longer than it says, since holder
/// and taker read different clocks.
#[async_trait]
impl Leases for ElasticStore {
    async fn take_lease(&self, holder: &str, lasts: Duration) -> Result<(), StoreError> {
        let checkpoints = self.alias(Collection::Checkpoints);
        lease::take(&lease::note(&self.client, &checkpoints), holder, lasts, self.clock.now()).await
    }

    async fn release_lease(&self, holder: &str) -> Result<(), StoreError> {
        let checkpoints = self.alias(Collection::Checkpoints);
        lease::release(&lease::note(&self.client, &checkpoints), holder, self.clock.now()).await
    }
}

#[async_trait]
impl Examine for ElasticStore {
    async fn indices(&self) -> Result<Vec<IndexFound>, StoreError> {
        let mut found = Vec::new();
        for collection in Collection::ALL {
            found.push(setup::look(&self.client, &self.prefix, collection, self.alias(collection)).await?);
        }
        Ok(found)
    }

    async fn examine(&self) -> Vec<Finding> {
        examine::examine(self).await
    }
}
