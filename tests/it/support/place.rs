//! The two stores, as places that a scenario runs in: an embedded index in a folder, and a real Elasticsearch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use viralmine::commands::stores;
use viralmine::model::{Checkpoint, Collection, CreatorId, Question};
use viralmine::settings::store::{StorePlace, StoreSettings};
use viralmine::store::elastic::{Credentials, ElasticSettings};
use viralmine::store::{StoreReader, StoreWriter};

use crate::elastic::{clean_up_blocking, node_url};

/// Runs each scenario, an `async fn(Place)`, once in each store.
macro_rules! on_both_stores {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            use crate::support::place::Place;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn embedded() {
                super::$scenario(Place::embedded()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn elastic() {
                super::$scenario(Place::elastic()).await;
            }
        }
    )+};
}
pub(crate) use on_both_stores;

/// A store of its own and a data folder for one scenario; both vanish with it.
pub struct Place {
    pub settings: StoreSettings,
    /// `None` for another view of a place.
    data: Option<TempDir>,
}

impl Place {
    pub fn embedded() -> Self {
        let data = TempDir::new().unwrap();
        let folder = data.path().to_owned();
        let place = StorePlace::Embedded(folder.clone());
        Self { settings: StoreSettings { place, data_dir: folder, prefix: "viralmine".into() }, data: Some(data) }
    }

    /// In the node that `ELASTICSEARCH_URL` names.
    pub fn elastic() -> Self {
        Self::elastic_at(&node_url())
    }

    /// On a node of the test's own.
    pub fn elastic_at(url: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let prefix = format!("place-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let settings = ElasticSettings {
            url: url.parse().unwrap(),
            prefix: prefix.clone(),
            credentials: Credentials::None,
            ca_cert: None,
            compress: false,
            request_timeout: Duration::from_mins(1),
        };
        let data = TempDir::new().unwrap();
        let place = StorePlace::Elastic(Box::new(settings));
        Self { settings: StoreSettings { place, data_dir: data.path().to_owned(), prefix }, data: Some(data) }
    }

    /// The same place, its server asked by way of another address: what stands there may spoil what passes. A request
    /// that gets no answer is given up soon.
    pub fn by_way_of(&self, url: &str) -> Self {
        let mut settings = self.settings.clone();
        if let StorePlace::Elastic(elastic) = &mut settings.place {
            elastic.url = url.parse().unwrap();
            elastic.request_timeout = Duration::from_secs(2);
        }
        Self { settings, data: None }
    }

    /// The settings of the server, to be changed.
    pub fn elastic_settings(&mut self) -> &mut ElasticSettings {
        match &mut self.settings.place {
            StorePlace::Elastic(settings) => settings,
            StorePlace::Embedded(_) => panic!("the place is no server"),
        }
    }

    /// The flags that name this place on the command line.
    pub fn flags(&self) -> Vec<String> {
        let store = match &self.settings.place {
            StorePlace::Embedded(folder) => folder.display().to_string(),
            StorePlace::Elastic(settings) => settings.url.to_string(),
        };
        let data_dir = self.settings.data_dir.display().to_string();
        let flags = ["--data-dir", &data_dir, "--store", &store, "--index-prefix", &self.settings.prefix];
        flags.map(ToOwned::to_owned).to_vec()
    }

    pub async fn writer(&self) -> Arc<dyn StoreWriter> {
        stores::open_for_writing(&self.settings).await.unwrap()
    }

    pub async fn reader(&self) -> Arc<dyn StoreReader> {
        stores::open_for_reading(&self.settings).await.unwrap()
    }

    /// Every document by id, as stored.
    pub async fn documents(&self) -> BTreeMap<String, Value> {
        let hits = self.reader().await.search(&Question::all()).await.unwrap();
        assert_eq!(hits.total, hits.videos.len() as u64);
        let parsed = hits.videos.iter().map(|bytes| serde_json::from_slice::<Value>(bytes).unwrap());
        let documents: BTreeMap<String, Value> =
            parsed.map(|document| (document["aweme_id"].as_str().unwrap().to_owned(), document)).collect();
        assert_eq!(documents.len() as u64, hits.total, "an id is stored once");
        documents
    }

    /// Every document by id, without when it was fetched and what follows from it.
    pub async fn timeless_documents(&self) -> BTreeMap<String, Value> {
        let mut documents = self.documents().await;
        documents.values_mut().for_each(forget_time);
        documents
    }

    /// The checkpoints of these creators. Opens the store for writing, so no run may be under way.
    pub async fn checkpoints(&self, creators: &[CreatorId]) -> Vec<Option<Checkpoint>> {
        let ids: Vec<String> = creators.iter().map(ToString::to_string).collect();
        let stored = self.writer().await.get(Collection::Checkpoints, &ids).await.unwrap();
        let parse = |stored: viralmine::store::StoredDocument| serde_json::from_slice(&stored.source).unwrap();
        stored.into_iter().map(|stored| stored.map(parse)).collect()
    }

    /// The same, without times: what a resumed run and an unbroken one have in common.
    pub async fn timeless_checkpoints(&self, creators: &[CreatorId]) -> Vec<Option<Checkpoint>> {
        let timeless = |checkpoint: Checkpoint| Checkpoint { walk: 0, fetched_at: 0, updated_at: 0, ..checkpoint };
        self.checkpoints(creators).await.into_iter().map(|checkpoint| checkpoint.map(timeless)).collect()
    }

    /// Asserts that two places hold the same documents, and the same checkpoints of these creators, but for times; how
    /// many documents there are. A difference is shown alone, not among thousands that are the same.
    pub async fn assert_same_as(&self, other: &Self, creators: &[CreatorId]) -> usize {
        let (mine, theirs) = (self.timeless_documents().await, other.timeless_documents().await);
        let ids = |documents: &BTreeMap<String, Value>| documents.keys().cloned().collect::<BTreeSet<String>>();
        let difference: Vec<String> = ids(&mine).symmetric_difference(&ids(&theirs)).cloned().collect();
        assert_eq!(difference, Vec::<String>::new(), "documents that only one place has");
        for (id, document) in &mine {
            assert_eq!(document, &theirs[id], "the document {id}");
        }
        let checkpoints = (self.timeless_checkpoints(creators).await, other.timeless_checkpoints(creators).await);
        for (mine, theirs) in checkpoints.0.into_iter().zip(checkpoints.1) {
            assert_eq!(mine, theirs);
        }
        mine.len()
    }
}

/// Takes out of a document when it was fetched, and the scores that follow from that.
pub fn forget_time(document: &mut Value) {
    document.as_object_mut().unwrap().remove("fetched_at").unwrap();
    if let Some(virality) = document.get_mut("virality") {
        let virality = virality.as_object_mut().unwrap();
        for score in ["plays_per_hour", "growth", "growth_hours"] {
            virality.remove(score).unwrap();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (StorePlace::Elastic(settings), Some(_)) = (&self.settings.place, &self.data) {
            clean_up_blocking(settings.url.as_str(), &settings.prefix);
        }
    }
}
