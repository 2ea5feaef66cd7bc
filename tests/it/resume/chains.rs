//! Whose pages an archive holds: other runs' and other walks' are left alone, and where another machine went on the API
//! is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use viralmine::archive::{DeadLetters, RawArchive};
use viralmine::jobs::backfill::{self, Backfill};
use viralmine::model::{Answer, Collection, Counters, CreatorId, Endpoint, Recorder, Verdict};
use viralmine::pipeline::{Archived, Bounds, Parts};
use viralmine::source::{FixedSource, PageRequest, SourceError, SourcePage, VideoSource};
use viralmine::store::{BulkTarget, Lookup, StoreError, StoreWriter, StoredDocument};
use viralmine::throttle::clock::Clock;

use super::{archived_lines, assert_same_end, broken_off, rewrite_archive, unbroken};
use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, Trouble, limits, quick, simulator};

on_both_stores!(
    a_run_that_asks_otherwise_takes_nothing,
    where_another_machine_went_on_the_api_is_asked,
    a_refresh_goes_on_with_its_own_walk,
    a_walk_that_began_again_goes_on_with_its_own_pages,
    a_newer_run_goes_on_behind_several_broken_ones,
);

async fn a_run_that_asks_otherwise_takes_nothing(place: Place) {
    let simulator = simulator(quick()).await;
    broken_off(&place, &simulator, 1).await;
    let stopped_at_once = |change: fn(&mut Run<'_>)| {
        let mut run = Run::new(&place, &simulator);
        change(&mut run);
        // The archive is read before the first request.
        run.budget = Some(0);
        run.run()
    };
    let region = stopped_at_once(|run| {
        run.api.region = Some("GB".into());
        run.bounds.region = Some("GB".into());
    });
    assert_eq!(region.await.report.pages, 0);
    assert_eq!(stopped_at_once(|run| run.api.page_size = 20).await.report.pages, 0);
    let lines = archived_lines(&place);
    for (field, other) in [("\"store\":\"", "\"store\":\"x"), ("\"index_prefix\":\"", "\"index_prefix\":\"x")] {
        let elsewhere: Vec<String> = lines.iter().map(|line| line.replacen(field, other, 1)).collect();
        rewrite_archive(&place, &elsewhere, false);
        assert_eq!(stopped_at_once(|_| {}).await.report.pages, 0, "{field}");
    }
    rewrite_archive(&place, &lines, false);
    let right = stopped_at_once(|_| {}).await;
    assert!(right.report.pages > 0 && right.report.requests.sent == 0, "{right:?}");
}

async fn where_another_machine_went_on_the_api_is_asked(mut place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    let broken = broken_off(&place, &simulator, 1).await.report;
    let (own, elsewhere) = (place.settings.data_dir.clone(), TempDir::new().unwrap());
    // The other machine knows nothing of the first one's pages, and does not come to the end.
    place.settings.data_dir = elsewhere.path().to_owned();
    let mut run = Run::new(&place, &simulator);
    run.budget = Some(7);
    let elsewhere = run.run().await.report;
    assert_eq!((elsewhere.pages_from_archive, elsewhere.requests.ok > 0), (0, true));
    place.settings.data_dir = own;
    let last = Run::new(&place, &simulator).run().await.report;
    assert!(last.pages_from_archive < broken.pages, "{last:?}");
    assert_eq!(last.creators.done, 12);
    // What the other machine had to ask again is paid twice, and no more.
    let sent = simulator.observed().total() - before;
    assert!(sent <= requests + elsewhere.requests.ok, "{sent}");
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

async fn a_refresh_goes_on_with_its_own_walk(place: Place) {
    let simulator = simulator(quick()).await;
    let first = Run::new(&place, &simulator).run().await.report;
    let before = place.documents().await;
    let mut refresh = Run::new(&place, &simulator);
    refresh.bounds.refresh = true;
    refresh.trouble = Some(Trouble::DeniesFrom(1));
    let broken = refresh.run().await.report;
    assert!(broken.documents.unsettled > 0);
    // With or without --refresh: a walk under way goes on.
    let mut last = Run::new(&place, &simulator);
    last.bounds.refresh = true;
    let under_way = place.checkpoints(&simulator.creators()).await;
    let refreshed: Vec<CreatorId> = simulator
        .creators()
        .into_iter()
        .zip(under_way)
        .filter_map(|(creator, checkpoint)| checkpoint.unwrap().end.is_none().then_some(creator))
        .collect();
    last.creators.clone_from(&refreshed);
    let last = last.run().await.report;
    assert_eq!(last.pages_from_archive, broken.pages, "the refresh's own pages, not those of the walk before it");
    assert!(first.pages > 0 && last.creators.done == refreshed.len() as u64);
    let after = place.documents().await;
    let ids: Vec<String> = refreshed.iter().map(ToString::to_string).collect();
    let of_refreshed = |id: &&String| ids.contains(&after[*id]["sec_user_id"].as_str().unwrap().to_owned());
    assert!(after.keys().any(|id| of_refreshed(&id)));
    for id in after.keys().filter(of_refreshed) {
        assert!(after[id]["fetched_at"].as_i64() > before[id]["fetched_at"].as_i64(), "{id}");
    }
}

async fn a_newer_run_goes_on_behind_several_broken_ones(place: Place) {
    let simulator = simulator(quick()).await;
    let (unbroken, requests) = unbroken(&simulator).await;
    let before = simulator.observed().total();
    // Nothing is ever settled: each run takes all that was fetched before it, and goes on behind it.
    let mut fetched = 0;
    for _ in 0..4 {
        let mut run = Run::new(&place, &simulator);
        run.limits.room.documents = 35 * (4 + usize::try_from(fetched).unwrap());
        run.limits.bulk.documents = run.limits.room.documents;
        run.trouble = Some(Trouble::DeniesFrom(1));
        let report = run.run().await.report;
        assert!(report.pages_from_archive <= fetched && report.requests.sent == report.requests.ok);
        fetched += report.requests.ok;
    }
    let last = Run::new(&place, &simulator).run().await.report;
    assert_eq!(last.pages_from_archive, fetched);
    assert_eq!(simulator.observed().total() - before, requests);
    assert_same_end(&place, &unbroken, &simulator.creators()).await;
}

/// A script whose answers are recorded, as the client does it.
struct Recording {
    script: FixedSource,
    archive: RawArchive,
}

#[async_trait]
impl VideoSource for Recording {
    async fn page(&self, request: &PageRequest) -> Result<SourcePage, SourceError> {
        let page = self.script.page(request).await;
        let (status, body, fetched_at) = match &page {
            Ok(page) => (200, page.body.clone(), page.fetched_at),
            Err(error) => {
                let refusal = json!({"code": 400, "msg": error.to_string()}).to_string();
                (400, Bytes::from(refusal), request.fetched_after + 1)
            }
        };
        let answer = Answer {
            endpoint: Endpoint::List,
            subject: request.creator.to_string(),
            max_cursor: Some(request.cursor.clone()),
            walk: Some(request.walk),
            region: None,
            page_size: Some(35),
            fetched_at,
            key: 1,
            status,
            body,
        };
        self.archive.record(&answer).await.unwrap();
        page
    }
}

/// Denies all bulks from the nth on.
struct Denying {
    store: Arc<dyn StoreWriter>,
    from: usize,
    bulks: AtomicUsize,
}

#[async_trait]
impl BulkTarget for Denying {
    async fn bulk(&self, batch: &viralmine::model::Batch) -> Result<Vec<Verdict>, StoreError> {
        let is_videos = batch.collection == Collection::Videos;
        if is_videos && self.bulks.fetch_add(1, Ordering::SeqCst) + 1 >= self.from {
            return Err(StoreError::Denied("401".into()));
        }
        self.store.bulk(batch).await
    }
}

#[async_trait]
impl Lookup for Denying {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.store.get(collection, ids).await
    }
}

#[async_trait]
impl StoreWriter for Denying {
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

/// A page with one post.
#[expect(clippy::unnecessary_wraps, reason = "a script is made of answers")]
fn page(id: u64, cursor: &str, has_more: bool) -> Result<Bytes, SourceError> {
    let post = json!({"aweme_id": (7_000_000_000_000_000_000 + id).to_string(), "desc": "x"});
    let data = json!({"has_more": has_more, "max_cursor": cursor, "aweme_list": [post]});
    Ok(Bytes::from(json!({"code": 0, "data": data}).to_string()))
}

async fn play(place: &Place, creator: &CreatorId, script: FixedSource, denied_from: usize) -> (Backfill, Vec<String>) {
    let settings = &place.settings;
    let archive = RawArchive::create(&settings.data_dir, &settings.name(), &settings.prefix).unwrap();
    let source = Arc::new(Recording { script, archive });
    let store = Denying { store: place.writer().await, from: denied_from, bulks: AtomicUsize::new(0) };
    let parts = Parts {
        source: Arc::clone(&source) as Arc<_>,
        store: Arc::new(store),
        dead_letters: Arc::new(DeadLetters::open(&settings.data_dir).unwrap()),
        archived: Some(Archived {
            data_folder: settings.data_dir.clone(),
            store: settings.name(),
            index_prefix: settings.prefix.clone(),
            page_size: 35,
        }),
        clock: Clock::system(),
        counters: Arc::<Counters>::default(),
        stop: CancellationToken::new(),
    };
    let backfill = backfill::run(parts, vec![creator.clone()], Bounds::default(), limits()).await;
    let asked = source.script.asked().into_iter().map(|request| request.cursor).collect();
    (backfill, asked)
}

async fn a_walk_that_began_again_goes_on_with_its_own_pages(place: Place) {
    let creator = CreatorId::parse("MS4wLjABAAAAscripted001").unwrap();
    let words = "max_cursor expired".to_owned();
    let refused =
        || Err(SourceError::CursorRefused { subject: "creator".into(), cursor: "c1".into(), words: words.clone() });
    // The first walk's page is settled before the second one begins; the second one's is not.
    let script = FixedSource::new().with(&creator, [page(1, "c1", true), refused(), page(2, "c1", true)]);
    let (broken, asked) = play(&place, &creator, script, 2).await;
    assert!(broken.fatal.is_some());
    assert_eq!(asked[..3], ["0", "c1", "0"]);
    // The first walk's refusal of c1 is no answer of the second walk.
    let script = FixedSource::new().with(&creator, [page(3, "c2", false)]);
    let (last, asked) = play(&place, &creator, script, usize::MAX).await;
    assert_eq!((last.report.pages_from_archive, last.report.creators.done), (1, 1), "{last:?}");
    assert_eq!(asked, ["c1"]);
    let checkpoint = place.checkpoints(std::slice::from_ref(&creator)).await.remove(0).unwrap();
    assert_eq!((checkpoint.pages, checkpoint.received), (2, 2));
    assert_eq!(place.documents().await.len(), 3);
}
