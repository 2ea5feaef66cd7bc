//! A replay, or a comparison, put together as the commands do it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use viralmine::archive::{DataFolder, DeadLetters};
use viralmine::commands::stores;
use viralmine::jobs::reading::inputs;
use viralmine::jobs::replay::{self, Replay, ReplayOptions, ReplayParts};
use viralmine::jobs::verify::report::{Gap, VerifyReport};
use viralmine::jobs::verify::{self, VerifyOptions, VerifyParts};
use viralmine::model::Counters;
use viralmine::pipeline::deliver::Patience;
use viralmine::pipeline::load::LoadLimits;
use viralmine::store::{Leases, StoreWriter};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

use super::memory::MemoryStore;
use super::place::Place;
use super::run::{Trouble, Troubled, limits};

/// One replay to be made.
pub struct Replaying<'a> {
    /// What is named; nothing for the archive of the data folder.
    pub named: Vec<PathBuf>,
    pub fetched_at: Option<i64>,
    pub data_folder: &'a Path,
    pub stop: CancellationToken,
    pub trouble: Option<Trouble>,
}

impl<'a> Replaying<'a> {
    pub fn of(named: &[&Path], data_folder: &'a Path) -> Self {
        let named = named.iter().map(|path| (*path).to_owned()).collect();
        Self { named, fetched_at: None, data_folder, stop: CancellationToken::new(), trouble: None }
    }

    /// Into a place's store.
    pub async fn into_place(self, place: &Place) -> Replay {
        let _lock = DataFolder::lock(self.data_folder).unwrap();
        let (store, leases) = stores::open_with_leases(&place.settings).await.unwrap();
        self.run(store, leases).await
    }

    pub async fn into_memory(self, store: &Arc<MemoryStore>) -> Replay {
        self.run(Arc::clone(store) as Arc<dyn StoreWriter>, Arc::clone(store) as Arc<dyn Leases>).await
    }

    async fn run(self, store: Arc<dyn StoreWriter>, leases: Arc<dyn Leases>) -> Replay {
        let inputs = inputs::find(&self.named, self.data_folder).unwrap();
        let store = match self.trouble {
            Some(trouble) => Arc::new(Troubled::new(store, trouble)),
            None => store,
        };
        let parts = ReplayParts {
            store,
            leases,
            letters: Arc::new(DeadLetters::open(self.data_folder).unwrap()),
            data_folder: self.data_folder.to_owned(),
            clock: Clock::system(),
            counters: Arc::default(),
            stop: self.stop,
        };
        // Small batches, so that a small archive fills many.
        let (small, patience) = (limits(), patience());
        let limits = LoadLimits { room: small.room, bulk: small.bulk, patience };
        let options = ReplayOptions { inputs, fetched_at: self.fetched_at, threads: 3, limits };
        let replay = replay::run(parts, options).await;
        let report = &replay.report;
        let (records, documents) = (&report.records, &report.documents);
        assert_eq!(records.read, records.pages + records.failed_answers + records.refused, "{records:?}");
        assert_eq!(report.items.received, report.items.skipped + documents.fetched, "{report:?}");
        let settled = documents.stored + documents.superseded + documents.dead;
        assert_eq!(documents.fetched, settled + documents.unsettled, "{documents:?}");
        assert!(documents.unsettled == 0 || replay.interrupted || replay.fatal.is_some(), "{replay:?}");
        let left = self.data_folder.join("spool").read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["lock"], "temporary files are gone");
        replay
    }
}

/// Compares a place's store with what is named; all gaps.
pub async fn compare(place: &Place, named: &[&Path], fetched_at: Option<i64>) -> (VerifyReport, Vec<Gap>) {
    let data = &place.settings.data_dir;
    let named: Vec<PathBuf> = named.iter().map(|path| (*path).to_owned()).collect();
    let counters: Arc<Counters> = Arc::default();
    let parts = VerifyParts {
        contents: stores::open_view(&place.settings).await.unwrap(),
        data_folder: data.clone(),
        spool_folder: data.clone(),
        counters,
        stop: CancellationToken::new(),
    };
    let inputs = inputs::find(&named, data).unwrap();
    let mut gaps = Vec::new();
    let options = VerifyOptions { inputs, fetched_at, threads: 3, patience: patience() };
    let report = verify::run(parts, options, |gap| {
        gaps.push(gap.clone());
        Ok(())
    });
    let report = report.await.unwrap();
    assert_eq!(report.ids.gaps(), gaps.len() as u64);
    let ids = &report.ids;
    assert_eq!(ids.archived, ids.ok + ids.newer + ids.missing + ids.older + ids.dead, "{ids:?}");
    (report, gaps)
}

fn patience() -> Patience {
    Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_secs(20) }
}
