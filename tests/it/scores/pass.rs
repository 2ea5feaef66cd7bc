//! One pass, put together as the commands do it, and what it left in the store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use viralmine::archive::DataFolder;
use viralmine::commands::stores;
use viralmine::jobs::score::report::ScoreReport;
use viralmine::jobs::score::standing::{self, Standing};
use viralmine::jobs::score::{self, Score, ScoreParts};
use viralmine::model::{Batch, BatchBuilder, Collection, Corpus, CreatorId, CreatorRow, Verdict};
use viralmine::pipeline::deliver::Patience;
use viralmine::pipeline::load::LoadLimits;
use viralmine::store::{BulkTarget, Lookup, StoreError, StoreWriter, StoredDocument};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

use crate::support::place::Place;
use crate::support::run::{Trouble, Troubled, limits};

/// A document with its version.
type Newer = (String, i64, Vec<u8>);

/// One pass to be made.
pub struct Pass<'a> {
    pub place: &'a Place,
    pub stop: CancellationToken,
    pub trouble: Option<Trouble>,
    /// Written beside it, before its own first write.
    pub meanwhile: Option<Newer>,
}

impl<'a> Pass<'a> {
    pub fn over(place: &'a Place) -> Self {
        Self { place, stop: CancellationToken::new(), trouble: None, meanwhile: None }
    }

    pub async fn run(self) -> Score {
        let settings = &self.place.settings;
        let _lock = DataFolder::lock(&settings.data_dir).unwrap();
        let (store, leases) = stores::open_with_leases(settings).await.unwrap();
        let store: Arc<dyn StoreWriter> = match self.trouble {
            Some(trouble) => Arc::new(Troubled::new(store, trouble)),
            None => Arc::new(Meanwhile { store, newer: Mutex::new(self.meanwhile) }),
        };
        let parts = ScoreParts {
            store,
            leases,
            view: stores::open_view(settings).await.unwrap(),
            data_folder: settings.data_dir.clone(),
            clock: Clock::system(),
            counters: Arc::default(),
            stop: self.stop,
        };
        // Small batches, so that a small corpus fills many.
        let small = limits();
        let patience = Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(20) };
        let made = score::run(parts, LoadLimits { room: small.room, bulk: small.bulk, patience }).await;
        let left = settings.data_dir.join("spool").read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["lock"], "temporary files are gone");
        made
    }

    pub async fn succeeds(self) -> ScoreReport {
        let score = self.run().await;
        assert!(score.fatal.is_none() && !score.interrupted, "{score:?}");
        score.report
    }
}

/// What the pass recorded.
pub async fn corpus(place: &Place) -> Option<Corpus> {
    standing::recorded(stores::open_view(&place.settings).await.unwrap().as_ref()).await.unwrap()
}

pub async fn standing(place: &Place) -> Standing {
    let view = stores::open_view(&place.settings).await.unwrap();
    let videos = view.count(Collection::Videos).await.unwrap();
    standing::standing(view.as_ref(), videos).await.unwrap()
}

/// The rows of these creators.
pub async fn rows(place: &Place, creators: &[CreatorId]) -> Vec<Option<CreatorRow>> {
    let ids: Vec<String> = creators.iter().map(ToString::to_string).collect();
    let view = stores::open_view(&place.settings).await.unwrap();
    let stored = view.get(Collection::Creators, &ids).await.unwrap();
    stored.into_iter().map(|row| row.map(|row| serde_json::from_slice(&row.source).unwrap())).collect()
}

/// A store in which something newer appears before the pass writes.
struct Meanwhile {
    store: Arc<dyn StoreWriter>,
    newer: Mutex<Option<Newer>>,
}

#[async_trait]
impl BulkTarget for Meanwhile {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        let newer = self.newer.lock().unwrap().take();
        if let Some((id, version, source)) = newer {
            let mut builder = BatchBuilder::new(Collection::Videos);
            builder.push(&id, version, &source);
            self.store.bulk(&builder.finish()).await?;
        }
        self.store.bulk(batch).await
    }
}

#[async_trait]
impl Lookup for Meanwhile {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.store.get(collection, ids).await
    }
}

#[async_trait]
impl StoreWriter for Meanwhile {
    async fn prepare(&self) -> Result<(), StoreError> {
        self.store.prepare().await
    }

    async fn sync(&self) -> Result<(), StoreError> {
        self.store.sync().await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.store.commit().await
    }
}
