//! One round of tracking after another, put together as the command does it, with an observer that remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use viralmine::commands::stores;
use viralmine::jobs::backfill::Backfill;
use viralmine::jobs::track::known::KnownError;
use viralmine::jobs::track::{self, Track, TrackOptions, TrackParts};
use viralmine::model::{Checkpoint, Collection, CreatorId, ObserveError, Observer, TrackedPage, TrackingDocument};
use viralmine::pipeline::Bounds;
use viralmine::simulator::{Simulator, SimulatorOptions};
use viralmine::throttle::clock::Clock;

use crate::support::place::Place;
use crate::support::run::Run;

/// Seconds.
pub const HOUR: u64 = 3600;

/// Runs in one place, whose clock goes with the simulated one.
pub struct Rounds<'a> {
    pub place: &'a Place,
    pub simulator: &'a Simulator,
    pub now: Timestamp,
    pub page_size: u8,
    pub named: Vec<CreatorId>,
    pub budget: Option<u64>,
    pub observer: Arc<Remembering>,
}

impl<'a> Rounds<'a> {
    pub fn new(place: &'a Place, simulator: &'a Simulator) -> Self {
        let now = SimulatorOptions::default().now;
        let (named, observer) = (Vec::new(), Arc::default());
        Self { place, simulator, now, page_size: 35, named, budget: None, observer }
    }

    /// Lets so many seconds pass, for both.
    pub fn pass(&mut self, seconds: u64) {
        self.simulator.advance(Duration::from_secs(seconds));
        self.passed(seconds);
    }

    /// Lets them pass for the runs alone: the simulator's time has passed by itself.
    pub fn passed(&mut self, seconds: u64) {
        self.now = self.now.checked_add(Duration::from_secs(seconds)).unwrap();
    }

    /// A run that may be changed, at this time.
    pub fn prepared(&mut self) -> Run<'a> {
        // Each run is a little later than the one before, as in life.
        self.now = self.now.checked_add(Duration::from_mins(1)).unwrap();
        let mut run = Run::new(self.place, self.simulator);
        run.api.page_size = self.page_size;
        run.limits.room.page_size = usize::from(self.page_size);
        run.api.budget = self.budget;
        run.clock = Clock::starting_at(self.now);
        run
    }

    pub async fn backfill(&mut self) -> Backfill {
        self.backfill_within(Bounds::default()).await
    }

    pub async fn backfill_within(&mut self, bounds: Bounds) -> Backfill {
        let mut run = self.prepared();
        run.bounds = bounds;
        run.api.budget = None;
        run.run().await
    }

    pub async fn track(&mut self) -> Track {
        let run = self.prepared();
        self.track_with(run).await.unwrap()
    }

    pub async fn track_with(&mut self, run: Run<'a>) -> Result<Track, KnownError> {
        let options = TrackOptions {
            named: self.named.clone(),
            region: run.bounds.region.clone(),
            budget: self.budget,
            page_size: usize::from(self.page_size),
            limits: run.limits,
        };
        let run = run.parts().await;
        let view = stores::open_view(&self.place.settings).await.unwrap();
        let observer = Arc::clone(&self.observer) as Arc<dyn Observer>;
        let track = track::run(TrackParts { run, view, observer }, options).await?;
        let report = &track.report;
        let (requests, documents) = (&report.requests, &report.documents);
        assert_eq!(requests.sent, requests.ok + requests.rate_limited + requests.failed, "{requests:?}");
        assert_eq!(report.items.received, report.items.skipped + documents.fetched);
        let settled = documents.stored + documents.superseded + documents.dead;
        assert_eq!(documents.fetched, settled + documents.unsettled, "{documents:?}");
        Ok(track)
    }

    /// The checkpoints of the creators' tracking.
    pub async fn tracking(&self) -> Vec<Option<Checkpoint>> {
        let ids: Vec<String> =
            self.simulator.creators().iter().map(|creator| Checkpoint::tracking_id(creator.as_str())).collect();
        let stored = self.place.writer().await.get(Collection::Checkpoints, &ids).await.unwrap();
        let read = |stored: viralmine::store::StoredDocument| {
            serde_json::from_slice::<TrackingDocument>(&stored.source).unwrap().tracking
        };
        stored.into_iter().map(|stored| stored.map(read)).collect()
    }
}

/// Rounds in both places, after the same backfill; one is to be left `undisturbed`.
pub async fn in_both<'a>(
    undisturbed: &'a Place,
    place: &'a Place,
    simulator: &'a Simulator,
    page_size: u8,
) -> (Rounds<'a>, Rounds<'a>) {
    let of = |place| Rounds { page_size, ..Rounds::new(place, simulator) };
    let (mut undisturbed, mut rounds) = (of(undisturbed), of(place));
    undisturbed.backfill().await;
    rounds.backfill().await;
    (undisturbed, rounds)
}

/// All moments that are kept, by video, in the order of time.
pub async fn moments(place: &Place) -> BTreeMap<String, Vec<Value>> {
    let view = stores::open_view(&place.settings).await.unwrap();
    let (into, mut parts) = tokio::sync::mpsc::channel::<Vec<viralmine::store::ScannedDocument>>(8);
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let taking = async {
        while let Some(part) = parts.recv().await {
            for scanned in part {
                let moment: Value = serde_json::from_slice(&scanned.document.source).unwrap();
                assert_eq!(moment["fetched_at"].as_i64(), Some(scanned.document.version));
                found.entry(moment["aweme_id"].as_str().unwrap().to_owned()).or_default().push(moment);
            }
        }
    };
    let (scanned, ()) = tokio::join!(view.scan(Collection::Snapshots, into), taking);
    scanned.unwrap();
    for of_one in found.values_mut() {
        of_one.sort_by_key(|moment| moment["fetched_at"].as_i64());
    }
    found
}

/// Which counts were seen of which video, whenever that was: what killed runs and others have in common.
pub async fn counts_seen(place: &Place) -> BTreeSet<(String, String)> {
    let of_one = |(id, of_it): (String, Vec<Value>)| {
        of_it.into_iter().map(move |moment| (id.clone(), moment["stats"].to_string()))
    };
    moments(place).await.into_iter().flat_map(of_one).collect()
}

/// Remembers what it was shown, as a ledger does: the same thing once.
#[derive(Debug, Default)]
pub struct Remembering {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// How often a post was shown.
    shown: BTreeMap<String, usize>,
    pinned: BTreeSet<String>,
    new: BTreeSet<String>,
    /// Posts with the counts before and now.
    grown: BTreeSet<(String, String, String)>,
    gone: BTreeSet<String>,
}

impl Remembering {
    pub fn shown(&self) -> BTreeMap<String, usize> {
        self.seen.lock().unwrap().shown.clone()
    }

    /// How many posts were shown as pinned.
    pub fn pinned(&self) -> usize {
        self.seen.lock().unwrap().pinned.len()
    }

    /// The posts that were shown as new.
    pub fn new_posts(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap().new.clone()
    }

    /// The posts whose counts were shown to have changed.
    pub fn grown(&self) -> BTreeSet<(String, String, String)> {
        self.seen.lock().unwrap().grown.clone()
    }

    pub fn gone(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap().gone.clone()
    }
}

#[async_trait]
impl Observer for Remembering {
    async fn page(&self, page: &TrackedPage) -> Result<(), ObserveError> {
        let mut seen = self.seen.lock().unwrap();
        for post in &page.posts {
            *seen.shown.entry(post.id.clone()).or_default() += 1;
            if post.pinned {
                seen.pinned.insert(post.id.clone());
            }
            let document: Value = serde_json::from_slice(&post.document).unwrap();
            assert_eq!(document["fetched_at"].as_i64(), Some(page.fetched_at));
            let Some(before) = &post.before else {
                seen.new.insert(post.id.clone());
                continue;
            };
            let before: Value = serde_json::from_slice(before).unwrap();
            assert!(before["fetched_at"].as_i64() < Some(page.walk), "{before}");
            let (before, now) = (before["stats"].to_string(), document["stats"].to_string());
            if before != now {
                seen.grown.insert((post.id.clone(), before, now));
            }
        }
        Ok(())
    }

    async fn gone(&self, creator: &CreatorId, _: i64, reason: &str) -> Result<(), ObserveError> {
        assert!(reason.contains("not found"), "{reason}");
        self.seen.lock().unwrap().gone.insert(creator.to_string());
        Ok(())
    }
}
