//! Loads into a store that answers as the test says: nothing is lost, memory is bounded, refused documents are kept
//! once.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::*;
use crate::archive::{DeadLetterReader, DeadLetters};
use crate::model::Verdict;
use crate::pipeline::refused::KeepRefused;
use crate::store::StoreError;
use crate::throttle::clock::Clock;
use crate::throttle::retry::RetryPolicy;

/// Keeps the newest version of each id; a bulk needs a permit, of which each is used once.
struct Gated {
    stored: Mutex<BTreeMap<String, i64>>,
    permits: Semaphore,
    refuses: Option<&'static str>,
    denies: bool,
}

impl Gated {
    fn open() -> Self {
        let permits = Semaphore::new(Semaphore::MAX_PERMITS);
        Self { stored: Mutex::default(), permits, refuses: None, denies: false }
    }
}

#[async_trait]
impl BulkTarget for Gated {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        self.permits.acquire().await.unwrap().forget();
        if self.denies {
            return Err(StoreError::Denied("401".to_owned()));
        }
        let mut stored = self.stored.lock().unwrap();
        let mut verdict = |item: &crate::model::BatchItem| {
            if self.refuses == Some(item.id.as_str()) {
                return Verdict::Refused("strict".to_owned());
            }
            let known = stored.get(&item.id).copied();
            if known.is_some_and(|known| known > item.version) {
                return Verdict::Superseded;
            }
            stored.insert(item.id.clone(), item.version);
            Verdict::Stored { new: known.is_none() }
        };
        Ok(batch.items.iter().map(&mut verdict).collect())
    }
}

struct Place {
    folder: tempfile::TempDir,
    target: Arc<Gated>,
    counters: Arc<Counters>,
    stop: CancellationToken,
}

impl Place {
    fn new(target: Gated) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, target: Arc::new(target), counters: Arc::default(), stop: CancellationToken::new() }
    }

    fn start(&self) -> Loader {
        let letters = Arc::new(DeadLetters::open(self.folder.path()).unwrap());
        let parts = LoadParts {
            target: Arc::clone(&self.target) as Arc<dyn BulkTarget>,
            verdicts: Arc::new(KeepRefused::new(letters, Clock::system()).unwrap()),
            counters: Arc::clone(&self.counters),
            stop: self.stop.clone(),
        };
        let limits = LoadLimits {
            room: RoomLimits { documents: 20, bytes: 1_000, page_size: 1 },
            bulk: BulkLimits { bytes: 500, documents: 4, age: Duration::from_millis(50), in_flight: 2 },
            patience: Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(5) },
        };
        Loader::start(parts, limits)
    }

    fn letters(&self) -> Vec<(String, i64)> {
        let reader = DeadLetterReader::open(&DeadLetters::path_in(self.folder.path())).unwrap();
        reader.map(|read| read.unwrap().letter).map(|letter| (letter.id, letter.fetched_at)).collect()
    }
}

fn documents(ids: std::ops::Range<u32>, version: i64) -> Vec<LoadDocument> {
    let document = |id: u32| LoadDocument {
        id: id.to_string(),
        version,
        source: Bytes::from_static(b"{}"),
        origin: Arc::default(),
    };
    ids.map(document).collect()
}

#[tokio::test(start_paused = true)]
async fn every_document_gets_its_verdict_and_the_counts_add_up() {
    let place = Place::new(Gated { refuses: Some("7"), ..Gated::open() });
    let loader = place.start();
    for start in 0..10 {
        loader.push(documents(start * 9..start * 9 + 9, 5)).await.unwrap();
    }
    loader.push(documents(0..3, 4)).await.unwrap();
    loader.finish().await.unwrap();
    assert_eq!(place.target.stored.lock().unwrap().len(), 89);
    let counters = &place.counters;
    let (stored, new) = (counters.documents_stored.get(), counters.documents_new.get());
    let (superseded, dead) = (counters.documents_superseded.get(), counters.documents_dead.get());
    assert_eq!((stored + superseded + dead, dead), (93, 1));
    // The older ones may have come first: several requests are under way at once.
    assert_eq!(new, 89);
    assert_eq!((counters.documents_waiting.get(), counters.bytes_waiting.get()), (0, 0));
    assert_eq!(place.letters(), [("7".to_owned(), 5)]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_document_is_kept_once_per_version() {
    let place = Place::new(Gated { refuses: Some("1"), ..Gated::open() });
    for version in [5, 5, 6] {
        let loader = place.start();
        loader.push(documents(0..3, version)).await.unwrap();
        loader.push(documents(0..3, version)).await.unwrap();
        loader.finish().await.unwrap();
    }
    assert_eq!(place.counters.documents_dead.get(), 6, "each verdict is counted");
    assert_eq!(place.letters(), [("1".to_owned(), 5), ("1".to_owned(), 6)]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stands_still_stops_who_pushes() {
    let place = Place::new(Gated { permits: Semaphore::new(0), ..Gated::open() });
    let loader = place.start();
    loader.push(documents(0..10, 1)).await.unwrap();
    loader.push(documents(10..20, 1)).await.unwrap();
    let mut third = Box::pin(loader.push(documents(20..30, 1)));
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut third).await.is_err(), "there is no room");
    assert_eq!(place.counters.documents_waiting.get(), 20);
    place.target.permits.add_permits(1_000);
    third.await.unwrap();
    loader.finish().await.unwrap();
    assert_eq!(place.target.stored.lock().unwrap().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_portion_larger_than_the_room_goes_through_alone() {
    let place = Place::new(Gated::open());
    let loader = place.start();
    loader.push(documents(0..100, 1)).await.unwrap();
    loader.finish().await.unwrap();
    assert_eq!(place.target.stored.lock().unwrap().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_denies_us_ends_the_load_and_says_why() {
    let place = Place::new(Gated { denies: true, ..Gated::open() });
    let loader = place.start();
    let mut refused = None;
    for start in 0..100 {
        refused = refused.or(loader.push(documents(start * 5..start * 5 + 5, 1)).await.err());
    }
    assert_eq!(refused, Some(LoadEnded));
    assert!(place.stop.is_cancelled(), "who makes documents is told");
    assert!(matches!(loader.finish().await, Err(Fatal::Store(StoreError::Denied(_)))));
}
