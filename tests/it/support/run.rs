//! One backfill, put together as the command does it, with doubles where a test wants them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use viralmine::archive::{DeadLetters, RawArchive};
use viralmine::jobs::backfill::{self, Backfill};
use viralmine::model::{Batch, Collection, Counters, CreatorId, Recorder, Secret, Verdict, WithoutRecord};
use viralmine::pipeline::deliver::Patience;
use viralmine::pipeline::index::BulkLimits;
use viralmine::pipeline::room::RoomLimits;
use viralmine::pipeline::{Archived, Bounds, Limits, Parts};
use viralmine::simulator::{Simulator, SimulatorOptions};
use viralmine::source::{ApiClient, ApiSettings, ApiUrl, KeyReport, PageRequest, SourceError, SourcePage, VideoSource};
use viralmine::store::{BulkTarget, Lookup, StoreError, StoreWriter, StoredDocument};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

use super::place::Place;

/// A simulator without latency, quota or faults.
pub fn quick() -> SimulatorOptions {
    SimulatorOptions { creators: 12, videos: 50, rate: 0.0, latency: Duration::ZERO, ..SimulatorOptions::default() }
}

pub async fn simulator(options: SimulatorOptions) -> Simulator {
    Simulator::start(options).await.unwrap()
}

/// Small sizes, so that a small corpus fills many batches and the room.
pub fn limits() -> Limits {
    Limits {
        room: RoomLimits { documents: 350, bytes: 1 << 20, page_size: 35 },
        bulk: BulkLimits { bytes: 200_000, documents: 60, age: Duration::from_millis(200), in_flight: 2 },
        patience: Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(20) },
    }
}

/// One run to be made.
pub struct Run<'a> {
    pub place: &'a Place,
    pub creators: Vec<CreatorId>,
    pub api: ApiSettings,
    pub bounds: Bounds,
    pub limits: Limits,
    pub stop: CancellationToken,
    pub counters: Arc<Counters>,
    /// Stops the run behind so many pages received.
    pub stop_after_pages: Option<usize>,
    /// What happens behind each page received.
    pub after_each_page: Box<dyn Fn() + Send + Sync>,
    /// Lets so many requests through; then the budget is used up.
    pub budget: Option<usize>,
    /// Creators that are walked side by side; as many as the source wants, if not said.
    pub walks: Option<usize>,
    /// Keeps no answers.
    pub without_archive: bool,
    /// What stands between the run and the store.
    pub trouble: Option<Trouble>,
    /// The run's wall clock.
    pub clock: Clock,
}

impl<'a> Run<'a> {
    /// A run over all creators of a simulator, as quick as it answers.
    pub fn new(place: &'a Place, simulator: &Simulator) -> Self {
        let keys = vec![Secret::new("test-key-1")];
        let mut api = ApiSettings::new(ApiUrl::parse(&simulator.url()).unwrap(), keys);
        api.rate = 5_000.0;
        api.retry =
            RetryPolicy { first: Duration::from_millis(1), longest: Duration::from_millis(5), ..RetryPolicy::API };
        api.unnamed_pause = Duration::from_millis(5);
        Self {
            place,
            creators: simulator.creators(),
            api,
            bounds: Bounds::default(),
            limits: limits(),
            stop: CancellationToken::new(),
            counters: Arc::default(),
            stop_after_pages: None,
            after_each_page: Box::new(|| ()),
            budget: None,
            walks: None,
            without_archive: false,
            trouble: None,
            clock: Clock::system(),
        }
    }

    pub async fn run(self) -> Backfill {
        let (creators, bounds, limits) = (self.creators.clone(), self.bounds.clone(), self.limits);
        let backfill = backfill::run(self.parts().await, creators, bounds, limits).await;
        let report = &backfill.report;
        let (requests, documents) = (&report.requests, &report.documents);
        assert_eq!(requests.sent, requests.ok + requests.rate_limited + requests.failed, "{requests:?}");
        assert_eq!(report.items.received, report.items.skipped + documents.fetched);
        if backfill.fatal.is_none() {
            assert_eq!(report.pages, requests.ok + report.pages_from_archive, "{report:?}");
        }
        let settled = documents.stored + documents.superseded + documents.dead;
        assert_eq!(documents.fetched, settled + documents.unsettled, "{documents:?}");
        assert!(documents.unsettled == 0 || backfill.fatal.is_some(), "{documents:?}");
        backfill
    }

    /// What the command opens for a run.
    pub async fn parts(self) -> Parts {
        let data = &self.place.settings.data_dir;
        let settings = &self.place.settings;
        let archive: Arc<dyn Recorder> = if self.without_archive {
            Arc::new(WithoutRecord)
        } else {
            Arc::new(RawArchive::create(data, &settings.name(), &settings.prefix).unwrap())
        };
        let clock = self.clock;
        let page_size = self.api.page_size;
        let client =
            ApiClient::new(self.api, archive, Arc::clone(&self.counters), clock.clone(), self.stop.clone()).unwrap();
        let store = self.place.writer().await;
        let store: Arc<dyn StoreWriter> = match self.trouble {
            Some(trouble) => Arc::new(Troubled::new(store, trouble)),
            None => store,
        };
        let source = Stopping {
            inner: client,
            after_each_page: self.after_each_page,
            pages: AtomicUsize::new(0),
            after: self.stop_after_pages.unwrap_or(usize::MAX),
            asked: AtomicUsize::new(0),
            budget: self.budget.unwrap_or(usize::MAX),
            walks: self.walks,
            stop: self.stop.clone(),
        };
        Parts {
            source: Arc::new(source),
            store,
            dead_letters: Arc::new(DeadLetters::open(data).unwrap()),
            archived: Some(Archived {
                data_folder: data.clone(),
                store: self.place.settings.name(),
                index_prefix: self.place.settings.prefix.clone(),
                page_size,
            }),
            clock,
            counters: self.counters,
            stop: self.stop,
        }
    }
}

/// A source that asks the run to stop behind a number of pages, as Ctrl-C would, and one that has a budget.
struct Stopping {
    inner: ApiClient,
    after_each_page: Box<dyn Fn() + Send + Sync>,
    pages: AtomicUsize,
    after: usize,
    asked: AtomicUsize,
    budget: usize,
    walks: Option<usize>,
    stop: CancellationToken,
}

#[async_trait]
impl VideoSource for Stopping {
    async fn page(&self, request: &PageRequest) -> Result<SourcePage, SourceError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) >= self.budget {
            let subject = format!("creator {}", request.creator);
            return Err(SourceError::BudgetUsed { subject, budget: self.budget as u64 });
        }
        let page = self.inner.page(request).await;
        if page.is_ok() {
            (self.after_each_page)();
        }
        if page.is_ok() && self.pages.fetch_add(1, Ordering::SeqCst) + 1 >= self.after {
            self.stop.cancel();
        }
        page
    }

    fn walks_wanted(&self) -> usize {
        self.walks.unwrap_or_else(|| self.inner.walks_wanted())
    }

    fn quota_used(&self) -> f64 {
        self.inner.quota_used()
    }

    fn keys(&self) -> Vec<KeyReport> {
        self.inner.keys()
    }
}

/// What goes wrong between a run and its store.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// From the nth bulk request on (from 1), the store denies us.
    DeniesFrom(usize),
    /// From the nth bulk request on, the store fails, and so many of the documents that it took are durable.
    FailsFrom(usize, u64),
    /// Each nth bulk request finds no store, and some items of the one behind it are to be sent again.
    Shaky(usize),
    /// This document is refused.
    Refuses(String),
    /// At the nth bulk request, the run is asked to stop.
    StopsAt(usize, CancellationToken),
    /// Nothing ever gets through.
    Away,
    /// Requests of more bytes are too large; how many were refused so is counted.
    Narrow(usize, Arc<AtomicUsize>),
    /// Checkpoints cannot be read, and the run is asked to stop meanwhile.
    StoppedWhileAway(CancellationToken),
}

/// A store with a trouble in front of it.
pub struct Troubled {
    store: Arc<dyn StoreWriter>,
    trouble: Trouble,
    bulks: AtomicUsize,
}

impl Troubled {
    pub fn new(store: Arc<dyn StoreWriter>, trouble: Trouble) -> Self {
        Self { store, trouble, bulks: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl BulkTarget for Troubled {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        if batch.collection == Collection::Checkpoints {
            return self.store.bulk(batch).await;
        }
        let number = self.bulks.fetch_add(1, Ordering::SeqCst) + 1;
        match &self.trouble {
            Trouble::DeniesFrom(first) if number >= *first => Err(StoreError::Denied("401: not for you".into())),
            Trouble::FailsFrom(first, _) if number >= *first => Err(StoreError::Broken("the disk is full".into())),
            Trouble::Away => Err(StoreError::Unavailable("nobody there".into())),
            Trouble::Shaky(each) if number.is_multiple_of(*each) => Err(StoreError::Unavailable("reset".into())),
            Trouble::Shaky(each) if number % each == 1 => {
                // Stored for real, yet reported as failed: sending it again must change nothing.
                let mut verdicts = self.store.bulk(batch).await?;
                for verdict in verdicts.iter_mut().step_by(7) {
                    *verdict = Verdict::Again("503".into());
                }
                Ok(verdicts)
            }
            Trouble::Refuses(id) => {
                let others: Vec<usize> =
                    (0..batch.items.len()).filter(|&position| batch.items[position].id != *id).collect();
                let mut verdicts = vec![Verdict::Refused("refused for the test".into()); batch.items.len()];
                if !others.is_empty() {
                    let of_others = self.store.bulk(&batch.subset(&others)).await?;
                    for (position, verdict) in others.into_iter().zip(of_others) {
                        verdicts[position] = verdict;
                    }
                }
                Ok(verdicts)
            }
            Trouble::Narrow(most, refused) if batch.body.len() > *most => {
                refused.fetch_add(1, Ordering::SeqCst);
                Err(StoreError::TooLarge("413".into()))
            }
            Trouble::StopsAt(nth, stop) => {
                if number == *nth {
                    stop.cancel();
                }
                self.store.bulk(batch).await
            }
            Trouble::DeniesFrom(_)
            | Trouble::FailsFrom(..)
            | Trouble::Shaky(_)
            | Trouble::Narrow(..)
            | Trouble::StoppedWhileAway(_) => self.store.bulk(batch).await,
        }
    }
}

#[async_trait]
impl Lookup for Troubled {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        if let Trouble::StoppedWhileAway(stop) = &self.trouble {
            stop.cancel();
            return Err(StoreError::Unavailable("nobody there".into()));
        }
        self.store.get(collection, ids).await
    }
}

#[async_trait]
impl StoreWriter for Troubled {
    async fn prepare(&self) -> Result<(), StoreError> {
        self.store.prepare().await
    }

    async fn sync(&self) -> Result<(), StoreError> {
        self.store.sync().await
    }

    async fn commit(&self) -> Result<(), StoreError> {
        self.store.commit().await
    }

    fn durable_after_failure(&self) -> Option<u64> {
        match &self.trouble {
            Trouble::FailsFrom(_, durable) => Some(*durable),
            _ => self.store.durable_after_failure(),
        }
    }
}
