//! Single posts by the detail endpoint, into both stores: what a detail changes, what it leaves, what ends a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use viralmine::archive::{DeadLetters, RawArchive, RecordedPages, segments};
use viralmine::jobs::video::{self, VideoFatal, VideoParts, Videos};
use viralmine::model::{Batch, BatchBuilder, Collection, Counters, Endpoint, Secret, Verdict, VideoId};
use viralmine::pipeline::deliver::Patience;
use viralmine::simulator::{Simulator, SimulatorOptions};
use viralmine::source::{ApiClient, ApiSettings, ApiUrl};
use viralmine::store::{BulkTarget, Lookup, StoreError, StoreWriter, StoredDocument};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

use crate::support::place::{Place, on_both_stores};
use crate::support::run::{Run, quick, simulator};

on_both_stores!(
    a_detail_brings_new_counts_and_leaves_what_only_a_list_has,
    a_post_that_was_not_stored_is_stored_in_part_until_a_list_brings_the_rest,
    a_list_that_was_stored_meanwhile_is_not_overwritten,
    an_unknown_video_fails_alone,
    a_budget_ends_it_with_the_rest_named,
    a_refused_document_is_a_dead_letter,
);

const NOBODY: &str = "1000000000000000000";

fn options() -> SimulatorOptions {
    SimulatorOptions { creators: 3, videos: 20, ..quick() }
}

/// A run over these videos, and the store that it writes to.
struct Asking<'a> {
    place: &'a Place,
    url: String,
    ids: Vec<String>,
    budget: Option<u64>,
    meddling: Meddling,
    stop: CancellationToken,
}

impl<'a> Asking<'a> {
    fn new(place: &'a Place, simulator: &Simulator, ids: impl IntoIterator<Item = String>) -> Self {
        let ids = ids.into_iter().collect();
        Self {
            place,
            url: simulator.url(),
            ids,
            budget: None,
            meddling: Meddling::None,
            stop: CancellationToken::new(),
        }
    }

    async fn run(self) -> Videos {
        let data = &self.place.settings.data_dir;
        let mut api = ApiSettings::new(ApiUrl::parse(&self.url).unwrap(), vec![Secret::new("test-key-1")]);
        (api.rate, api.budget) = (5_000.0, self.budget);
        api.retry =
            RetryPolicy { first: Duration::from_millis(1), longest: Duration::from_millis(5), ..RetryPolicy::API };
        let (counters, stop, clock) = (Arc::new(Counters::default()), self.stop, Clock::system());
        let archive = RawArchive::create(data, &self.place.settings.name(), &self.place.settings.prefix).unwrap();
        let client = ApiClient::new(api, Arc::new(archive), Arc::clone(&counters), clock.clone(), stop.clone());
        let inner = self.place.writer().await;
        let parts = VideoParts {
            client: client.unwrap(),
            store: Arc::new(Meddled { inner, meddling: self.meddling, reads: AtomicUsize::new(0) }),
            dead_letters: Arc::new(DeadLetters::open(data).unwrap()),
            clock,
            counters,
            stop,
            patience: Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(20) },
        };
        let videos = video::run(parts, self.ids.iter().map(|id| VideoId::parse(id).unwrap()).collect()).await;
        let (report, documents) = (&videos.report, &videos.report.documents);
        let not_done = report.videos.failed.len() + report.videos.left.len();
        assert_eq!(report.videos.done + not_done as u64, self.ids.len() as u64);
        assert_eq!(report.items.received, report.items.skipped + documents.fetched);
        assert_eq!(documents.fetched, documents.stored + documents.superseded + documents.dead + documents.unsettled);
        videos
    }
}

/// What happens in the store meanwhile.
enum Meddling {
    None,
    /// Behind the second read of a document, another process stores a newer list's.
    NewerList(Value),
    Refuses,
}

struct Meddled {
    inner: Arc<dyn StoreWriter>,
    meddling: Meddling,
    reads: AtomicUsize,
}

#[async_trait]
impl BulkTarget for Meddled {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        if matches!(self.meddling, Meddling::Refuses) {
            return Ok(vec![Verdict::Refused("refused for the test".into()); batch.items.len()]);
        }
        self.inner.bulk(batch).await
    }
}

#[async_trait]
impl Lookup for Meddled {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let found = self.inner.get(collection, ids).await?;
        if let Meddling::NewerList(document) = &self.meddling
            && self.reads.fetch_add(1, Ordering::SeqCst) == 1
        {
            assert_eq!(store(self.inner.as_ref(), document).await, Verdict::Stored { new: false });
            self.inner.commit().await?;
        }
        Ok(found)
    }
}

#[async_trait]
impl StoreWriter for Meddled {
    async fn prepare(&self) -> Result<(), StoreError> {
        self.inner.prepare().await
    }

    async fn sync(&self) -> Result<(), StoreError> {
        self.inner.sync().await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.inner.commit().await
    }
}

async fn store(writer: &dyn StoreWriter, document: &Value) -> Verdict {
    let mut batch = BatchBuilder::new(Collection::Videos);
    let (id, version) = (document["aweme_id"].as_str().unwrap(), document["fetched_at"].as_i64().unwrap());
    batch.push(id, version, document.to_string().as_bytes());
    writer.bulk(&batch.finish()).await.unwrap().remove(0)
}

/// What a list stores of the simulator's posts.
async fn listed(place: &Place, simulator: &Simulator) -> BTreeMap<String, Value> {
    assert_eq!(Run::new(place, simulator).run().await.report.creators.done, 3);
    place.documents().await
}

async fn a_detail_brings_new_counts_and_leaves_what_only_a_list_has(place: Place) {
    let simulator = simulator(options()).await;
    let listed = listed(&place, &simulator).await;
    let ids: Vec<String> = listed.keys().step_by(7).cloned().collect();
    let writer = place.writer().await;
    for id in &ids {
        assert_eq!(store(writer.as_ref(), &as_it_was_before(&listed[id])).await, Verdict::Stored { new: false });
    }
    drop(writer);
    let asked = simulator.observed().total();
    let videos = Asking::new(&place, &simulator, ids.clone()).run().await;
    assert!(videos.fatal.is_none() && !videos.interrupted && videos.budget_used.is_none(), "{videos:?}");
    let report = &videos.report;
    assert_eq!((report.videos.done, report.documents.new), (ids.len() as u64, 0));
    assert_eq!(report.documents.stored, simulator.observed().total() - asked);
    let after = place.documents().await;
    assert_eq!(after.len(), listed.len());
    for (id, document) in &after {
        if !ids.contains(id) {
            assert_eq!(document, &listed[id], "nobody asked for it");
            continue;
        }
        let before = as_it_was_before(&listed[id]);
        assert!(document["fetched_at"].as_i64() > before["fetched_at"].as_i64());
        let mut expected = listed[id].clone();
        for kept in ["region", "hashtags", "hashtag_keys", "search_text"] {
            expected[kept] = before[kept].clone();
        }
        expected["video_resource"]["width"] = json!(77);
        // Computed again, with the stop words of the region that is kept.
        expected["words"] = document["words"].clone();
        assert!(
            document["words"]
                .as_array()
                .is_some_and(|words| words.len() >= listed[id]["words"].as_array().unwrap().len())
        );
        expected["fetched_at"] = document["fetched_at"].clone();
        assert_eq!(document, &expected);
    }
    let details = archived_details(&place);
    assert_eq!(details.len(), ids.len());
    assert!(ids.iter().all(|id| details[id] == after[id]["fetched_at"]), "the archive has the time that is stored");
}

/// Other counts, another name, and things that no detail carries.
fn as_it_was_before(listed: &Value) -> Value {
    let mut before = listed.clone();
    before["fetched_at"] = json!(listed["fetched_at"].as_i64().unwrap() + 1);
    before["stats"] = json!({ "play": 2, "like": 1, "comment": 0, "share": 0, "collect": 0 });
    before["engagement"] = json!({ "rate": 0.5, "like": 0.5, "comment": 0.0, "share": 0.0, "collect": 0.0 });
    before["author_info"]["nickname"] = json!("an earlier name");
    before["region"] = json!("GB");
    before["video_resource"]["width"] = json!(77);
    for tags in ["hashtags", "hashtag_keys", "search_text"] {
        before[tags].as_array_mut().unwrap().push(json!("onlylisted"));
    }
    before
}

fn archived_details(place: &Place) -> BTreeMap<String, Value> {
    let segments = segments(&place.settings.data_dir).unwrap();
    let pages = segments.iter().flat_map(|segment| RecordedPages::open(segment).unwrap()).map(Result::unwrap);
    let details = pages.filter(|page| page.endpoint == Endpoint::Detail);
    details.map(|page| (page.aweme_id.unwrap(), json!(page.fetched_at))).collect()
}

async fn a_post_that_was_not_stored_is_stored_in_part_until_a_list_brings_the_rest(place: Place) {
    let simulator = simulator(options()).await;
    let lists = listed(&Place::embedded(), &simulator).await;
    let id = lists.keys().next().unwrap().clone();
    let first = Asking::new(&place, &simulator, [id.clone()]).run().await.report;
    assert_eq!((first.videos.done, first.documents.new), (1, 1));
    let partial = place.documents().await.remove(&id).unwrap();
    assert!(partial.get("sec_user_id").is_none() && partial["video_resource"].get("width").is_none(), "{partial}");
    assert_eq!(partial["stats"], lists[&id]["stats"]);
    let again = Asking::new(&place, &simulator, [id.clone()]).run().await.report;
    assert_eq!((again.documents.stored, again.documents.new), (1, 0));
    let twice = place.documents().await.remove(&id).unwrap();
    assert!(twice["fetched_at"].as_i64() > partial["fetched_at"].as_i64());
    let whole = listed(&place, &simulator).await.remove(&id).unwrap();
    let mut expected = lists[&id].clone();
    expected["fetched_at"] = whole["fetched_at"].clone();
    assert_eq!(whole, expected);
}

async fn a_list_that_was_stored_meanwhile_is_not_overwritten(place: Place) {
    let simulator = simulator(options()).await;
    let (id, mut newer) = listed(&place, &simulator).await.into_iter().next().unwrap();
    newer["fetched_at"] = json!(newer["fetched_at"].as_i64().unwrap() + 3_600_000);
    newer["video_desc"] = json!("from a newer list");
    let mut asking = Asking::new(&place, &simulator, [id.clone()]);
    asking.meddling = Meddling::NewerList(newer.clone());
    let report = asking.run().await.report;
    assert_eq!((report.videos.done, report.documents.superseded, report.documents.stored), (1, 1, 0));
    assert_eq!(place.documents().await[&id], newer);
    // What is asked for after that is newer than the list, whatever the clocks say.
    let report = Asking::new(&place, &simulator, [id.clone()]).run().await.report;
    assert_eq!(report.documents.stored, 1);
    assert_eq!(place.documents().await[&id]["fetched_at"], newer["fetched_at"].as_i64().unwrap() + 1);
}

async fn an_unknown_video_fails_alone(place: Place) {
    let simulator = simulator(options()).await;
    let lists = listed(&Place::embedded(), &simulator).await;
    let known: Vec<String> = lists.keys().take(2).cloned().collect();
    let ids = [known[0].clone(), NOBODY.to_owned(), known[1].clone()];
    let videos = Asking::new(&place, &simulator, ids).run().await;
    assert!(videos.fatal.is_none(), "{videos:?}");
    let report = &videos.report.videos;
    assert_eq!((report.done, report.failed.len()), (2, 1));
    let failed = &report.failed[0];
    assert!(failed.aweme_id == NOBODY && failed.error.contains("aweme_id not found"), "{failed:?}");
    assert!(failed.error.contains("check the id"), "{failed:?}");
    assert_eq!(place.documents().await.into_keys().collect::<Vec<_>>(), known);
    // Nothing but unknown ones is no trouble of the API's.
    let alone = Asking::new(&place, &simulator, (0..9).map(|number| format!("100000000000000000{number}"))).run().await;
    assert_eq!((alone.fatal.is_none(), alone.report.videos.failed.len()), (true, 9));
}

async fn a_budget_ends_it_with_the_rest_named(place: Place) {
    let simulator = simulator(options()).await;
    let ids: Vec<String> = listed(&Place::embedded(), &simulator).await.into_keys().take(12).collect();
    let before = simulator.observed().total();
    let mut asking = Asking::new(&place, &simulator, ids.clone());
    asking.budget = Some(5);
    let videos = asking.run().await;
    assert_eq!((videos.budget_used, videos.interrupted, videos.fatal.is_none()), (Some(5), false, true));
    assert_eq!(simulator.observed().total() - before, 5);
    let report = videos.report.videos;
    assert_eq!((report.done, report.left.len()), (5, 7));
    let rest = Asking::new(&place, &simulator, report.left).run().await.report;
    assert_eq!((rest.videos.done, rest.documents.new), (7, 7));
    assert_eq!(place.documents().await.into_keys().collect::<Vec<_>>(), ids);
}

async fn a_refused_document_is_a_dead_letter(place: Place) {
    let simulator = simulator(options()).await;
    let id = listed(&place, &simulator).await.into_keys().next().unwrap();
    let mut asking = Asking::new(&place, &simulator, [id.clone()]);
    asking.meddling = Meddling::Refuses;
    let report = asking.run().await.report;
    assert_eq!((report.videos.failed.len(), report.documents.dead), (1, 1));
    let text = std::fs::read_to_string(place.settings.data_dir.join("dead-letters.ndjson")).unwrap();
    let letter: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&letter["id"], &letter["reason"]), (&json!(id), &json!("refused for the test")));
    assert_eq!((&letter["sec_user_id"], &letter["max_cursor"]), (&Value::Null, &Value::Null));
    assert!(letter["document"].get("sec_user_id").is_none(), "the detail alone: a retry merges it with what is there");
    assert_eq!(
        (&letter["document"]["aweme_id"], &letter["fetched_at"]),
        (&json!(id), &letter["document"]["fetched_at"])
    );
}

#[tokio::test]
async fn an_api_that_fails_for_every_video_ends_the_run() {
    let place = Place::embedded();
    let simulator = simulator(options()).await;
    let mut asking = Asking::new(&place, &simulator, (0..40).map(|number| format!("10000000000000000{number:02}")));
    asking.url = format!("{}/wrong/base", simulator.url());
    let videos = asking.run().await;
    let fatal = videos.fatal.unwrap();
    assert!(matches!(&fatal, VideoFatal::AllFail { words, .. } if words.contains("--api-url")), "{fatal}");
    assert!(!videos.report.videos.left.is_empty(), "not all of them are asked for in vain");
}

#[tokio::test]
async fn a_stop_leaves_the_rest_for_the_next_run() {
    let place = Place::embedded();
    let simulator = simulator(options()).await;
    let asking = Asking::new(&place, &simulator, [NOBODY.to_owned()]);
    asking.stop.cancel();
    let videos = asking.run().await;
    assert!(videos.interrupted && videos.fatal.is_none(), "{videos:?}");
    assert_eq!((videos.report.videos.left, simulator.observed().total()), (vec![NOBODY.to_owned()], 0));
}
