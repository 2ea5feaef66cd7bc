//! The next version of the index, from the old one and the archive: every id is in it before the alias moves, newest
//! wins, and at equal versions the archive does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use viralmine::archive::DeadLetters;
use viralmine::commands::stores;
use viralmine::jobs::reading::inputs;
use viralmine::jobs::reindex::{self, Reindex, ReindexError, ReindexParts};
use viralmine::jobs::replay::ReplayOptions;
use viralmine::model::{Batch, BatchBuilder, Collection, Counters, Verdict};
use viralmine::pipeline::Fatal;
use viralmine::pipeline::deliver::Patience;
use viralmine::pipeline::load::LoadLimits;
use viralmine::store::{
    BulkTarget, IndexVersions, Leases, Lookup, ScanSender, StoreError, StoreWriter, StoredDocument, VersionNames,
};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, quick, simulator};

on_both_stores!(
    every_document_is_in_the_next_version_and_the_old_one_goes_when_told,
    at_equal_versions_the_archive_wins_and_newer_ones_stay,
    what_was_stopped_goes_on,
    twice_makes_two_versions,
);

/// With the archive of the place, or with the old index alone.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Both,
    OldIndex,
}

async fn reindex_with(place: &Place, versions: Arc<dyn IndexVersions>, from: From, stop: CancellationToken) -> Reindex {
    let data = &place.settings.data_dir;
    let parts = ReindexParts {
        versions,
        letters: Arc::new(DeadLetters::open(data).unwrap()),
        data_folder: data.clone(),
        clock: Clock::system(),
        counters: Arc::new(Counters::default()),
        stop,
    };
    let patience = Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(20) };
    let inputs = if from == From::Both { inputs::find(&[], data).unwrap() } else { Vec::new() };
    let limits = LoadLimits::saturating(patience);
    reindex::run(parts, ReplayOptions { inputs, fetched_at: None, threads: 2, limits }).await
}

async fn reindex(place: &Place, from: From) -> Reindex {
    let versions = stores::open_versions(&place.settings).await.unwrap();
    reindex_with(place, versions, from, CancellationToken::new()).await
}

#[track_caller]
fn succeeded(reindex: Reindex) -> reindex::report::ReindexReport {
    assert!(reindex.fatal.is_none() && !reindex.interrupted, "{reindex:?}");
    assert!(reindex.report.switched, "{reindex:?}");
    reindex.report
}

async fn filled(place: &Place) {
    let simulator = simulator(quick()).await;
    let report = Run::new(place, &simulator).run().await.report;
    assert!(report.documents.stored > 300, "{report:?}");
}

fn batch(documents: &[(i64, Value)]) -> Batch {
    let mut builder = BatchBuilder::new(Collection::Videos);
    for (version, document) in documents {
        builder.push(document["aweme_id"].as_str().unwrap(), *version, document.to_string().as_bytes());
    }
    builder.finish()
}

async fn store_over(store: &dyn StoreWriter, documents: &[(i64, Value)]) {
    let verdicts = store.bulk(&batch(documents)).await.unwrap();
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stored { .. })), "{verdicts:?}");
    store.commit().await.unwrap();
}

async fn every_document_is_in_the_next_version_and_the_old_one_goes_when_told(place: Place) {
    filled(&place).await;
    let before = place.documents().await;
    let report = succeeded(reindex(&place, From::Both).await);
    assert!(report.old.ends_with("-videos-000001") && report.next.ends_with("-videos-000002"), "{report:?}");
    assert_eq!((report.copied, report.checked), (before.len() as u64, before.len() as u64));
    assert_eq!(report.archive.unwrap().documents.fetched, before.len() as u64);
    assert_eq!(place.documents().await, before);
    let drop_old = async || stores::open_versions(&place.settings).await.unwrap().drop_old().await.unwrap();
    assert_eq!(drop_old().await, [report.old]);
    assert_eq!(drop_old().await, [] as [String; 0]);
    assert_eq!(place.documents().await, before);
}

async fn at_equal_versions_the_archive_wins_and_newer_ones_stay(place: Place) {
    filled(&place).await;
    let before = place.documents().await;
    let mut both: Vec<Value> = before.values().take(2).cloned().collect();
    let (newer, equal) = (both.pop().unwrap(), both.pop().unwrap());
    let version = |document: &Value| document["fetched_at"].as_i64().unwrap();
    let (mut changed_equal, mut changed_newer) = (equal.clone(), newer.clone());
    changed_equal["video_desc"] = json!("as an older normalizer had it");
    changed_newer["video_desc"] = json!("fetched later, without an archive");
    changed_newer["fetched_at"] = json!(version(&newer) + 5);
    let writer = place.writer().await;
    let changes = [(version(&equal), changed_equal.clone()), (version(&newer) + 5, changed_newer.clone())];
    store_over(writer.as_ref(), &changes).await;
    drop(writer);
    let id = |document: &Value| document["aweme_id"].as_str().unwrap().to_owned();

    succeeded(reindex(&place, From::OldIndex).await);
    let copied = place.documents().await;
    assert_eq!((&copied[&id(&equal)], &copied[&id(&newer)]), (&changed_equal, &changed_newer));
    succeeded(reindex(&place, From::Both).await);
    let mended = place.documents().await;
    assert_eq!((&mended[&id(&equal)], &mended[&id(&newer)]), (&equal, &changed_newer));
    assert_eq!(mended.len(), before.len());
}

async fn what_was_stopped_goes_on(place: Place) {
    filled(&place).await;
    let before = place.documents().await;
    let versions = stores::open_versions(&place.settings).await.unwrap();
    let stop = CancellationToken::new();
    // Begun and filled, as a killed process leaves it.
    let names = versions.begin().await.unwrap();
    let first = before.values().next().unwrap().clone();
    let stale = (first["fetched_at"].as_i64().unwrap() - 1, first.clone());
    assert_eq!(versions.bulk(&batch(&[stale])).await.unwrap(), [Verdict::Stored { new: true }]);
    versions.freeze_old(true).await.unwrap();
    drop(versions);
    stop.cancel();
    let versions = stores::open_versions(&place.settings).await.unwrap();
    let stopped = reindex_with(&place, versions, From::Both, stop).await;
    assert!(stopped.interrupted && stopped.fatal.is_none() && !stopped.report.switched, "{stopped:?}");
    assert_eq!(place.documents().await, before, "the old version answers");
    let report = succeeded(reindex(&place, From::Both).await);
    assert_eq!((report.old, report.next), (names.old, names.next));
    assert_eq!(place.documents().await, before);
    // Runs write into the new version.
    store_over(place.writer().await.as_ref(), &[(i64::from(u32::MAX) * 1000, first)]).await;
}

async fn twice_makes_two_versions(place: Place) {
    filled(&place).await;
    let before = place.documents().await;
    succeeded(reindex(&place, From::OldIndex).await);
    let report = succeeded(reindex(&place, From::OldIndex).await);
    assert!(report.next.ends_with("-000003") && report.archive.is_none(), "{report:?}");
    assert_eq!(place.documents().await, before);
    assert_eq!(stores::open_versions(&place.settings).await.unwrap().drop_old().await.unwrap().len(), 2);
    assert_eq!(place.documents().await, before);
}

/// Versions into whose old one a run writes just before the writes are held up, and again after they were let in.
struct WrittenMeanwhile {
    inner: Arc<dyn IndexVersions>,
    run: Arc<dyn StoreWriter>,
    document: Value,
    /// Another process takes the lease once the writes are held up, as after a sleep of this machine.
    loses_lease: bool,
    is_frozen: AtomicBool,
}

#[async_trait]
impl BulkTarget for WrittenMeanwhile {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        self.inner.bulk(batch).await
    }
}

#[async_trait]
impl Lookup for WrittenMeanwhile {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.inner.get(collection, ids).await
    }
}

#[async_trait]
impl Leases for WrittenMeanwhile {
    async fn take_lease(&self, holder: &str, lasts: Duration) -> Result<(), StoreError> {
        if self.loses_lease && self.is_frozen.load(Ordering::Relaxed) {
            return Err(StoreError::Busy("another process has it".to_owned()));
        }
        self.inner.take_lease(holder, lasts).await
    }

    async fn release_lease(&self, holder: &str) -> Result<(), StoreError> {
        self.inner.release_lease(holder).await
    }
}

#[async_trait]
impl IndexVersions for WrittenMeanwhile {
    async fn begin(&self) -> Result<VersionNames, StoreError> {
        self.inner.begin().await
    }

    async fn scan_old(&self, into: ScanSender) -> Result<(), StoreError> {
        self.inner.scan_old(into).await
    }

    async fn next_versions(&self, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
        self.inner.next_versions(ids).await
    }

    async fn commit_next(&self) -> Result<(), StoreError> {
        self.inner.commit_next().await
    }

    async fn freeze_old(&self, frozen: bool) -> Result<(), StoreError> {
        if frozen {
            store_over(self.run.as_ref(), &[(7, self.document.clone())]).await;
        }
        self.inner.freeze_old(frozen).await?;
        self.is_frozen.store(frozen, Ordering::Relaxed);
        if frozen {
            let refused = self.run.bulk(&batch(&[(8, self.document.clone())])).await.unwrap();
            assert!(matches!(refused[0], Verdict::Again(_)), "a run waits meanwhile: {refused:?}");
        }
        Ok(())
    }

    async fn switch(&self) -> Result<(), StoreError> {
        self.inner.switch().await
    }

    async fn drop_old(&self) -> Result<Vec<String>, StoreError> {
        self.inner.drop_old().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_writes_meanwhile_comes_along_and_it_goes_on_in_the_next_version() {
    let place = Place::elastic();
    filled(&place).await;
    let run = place.writer().await;
    let document = json!({"aweme_id": "7000000000000000001", "video_desc": "new", "fetched_at": 7});
    let inner = stores::open_versions(&place.settings).await.unwrap();
    let versions = Arc::new(WrittenMeanwhile {
        inner,
        run: Arc::clone(&run),
        document: document.clone(),
        loses_lease: false,
        is_frozen: AtomicBool::new(false),
    });
    let report = succeeded(reindex_with(&place, versions, From::Both, CancellationToken::new()).await);
    assert_eq!(report.brought_along, 1);
    assert_eq!(place.documents().await["7000000000000000001"], document);
    store_over(run.as_ref(), &[(9, json!({"aweme_id": "7000000000000000002", "fetched_at": 9}))]).await;
    assert!(place.documents().await.contains_key("7000000000000000002"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_the_lease_moves_no_alias_and_lets_no_writes_in_under_the_one_that_has_it() {
    let place = Place::elastic();
    filled(&place).await;
    let before = place.documents().await;
    let run = place.writer().await;
    let inner = stores::open_versions(&place.settings).await.unwrap();
    let versions = Arc::new(WrittenMeanwhile {
        inner,
        run: Arc::clone(&run),
        document: json!({"aweme_id": "7000000000000000001", "fetched_at": 7}),
        loses_lease: true,
        is_frozen: AtomicBool::new(false),
    });
    let reindexing = Arc::clone(&versions) as Arc<dyn IndexVersions>;
    let failed = reindex_with(&place, reindexing, From::OldIndex, CancellationToken::new()).await;
    assert!(matches!(&failed.fatal, Some(ReindexError::Fatal(Fatal::Store(StoreError::Busy(_))))), "{failed:?}");
    assert!(!failed.report.switched && versions.is_frozen.load(Ordering::Relaxed), "{failed:?}");
    drop(versions);
    // The one that has it goes on.
    let report = succeeded(reindex(&place, From::OldIndex).await);
    assert_eq!((report.old, report.next), (failed.report.old, failed.report.next));
    assert_eq!(place.documents().await.len(), before.len() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_the_next_version_does_not_take_keeps_the_alias_where_it_is() {
    let place = Place::elastic();
    filled(&place).await;
    let before = place.documents().await;
    let url = crate::elastic::node_url();
    let index = format!("{}-videos-000001", place.settings.prefix);
    // As somebody's own change to the mapping would have it.
    let mapping = json!({"properties": {"surprise": {"type": "long"}}});
    let answer = reqwest::Client::new().put(format!("{url}/{index}/_mapping")).json(&mapping).send().await.unwrap();
    assert!(answer.status().is_success());
    let run = place.writer().await;
    let odd = json!({"aweme_id": "7000000000000000009", "surprise": 1, "fetched_at": 7});
    store_over(run.as_ref(), &[(7, odd)]).await;
    let failed = reindex(&place, From::Both).await;
    let Some(ReindexError::Missing { count, id, reason, old, .. }) = &failed.fatal else { panic!("{failed:?}") };
    assert_eq!((*count, id.as_str(), old), (1, "7000000000000000009", &index));
    assert!(reason.contains("surprise"), "{reason}");
    assert_eq!((failed.report.copied, failed.report.brought_along), (before.len() as u64, 0));
    assert_eq!(place.documents().await.len(), before.len() + 1);
    // Runs are not held up any more.
    store_over(run.as_ref(), &[(9, json!({"aweme_id": "7000000000000000002", "fetched_at": 9}))]).await;
}
