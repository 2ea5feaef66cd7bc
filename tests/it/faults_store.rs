//! Whole backfills through a proxy that spoils what passes to a real node, and on a node that blocks writes or is away:
//! nothing lost, nothing twice, counts add up, attempts and memory are bounded, no document is blamed for the node's
//! trouble.

mod blocks; // the node itself lets nothing be written
mod each; // every fault alone, and all of them mixed
mod limits; // bodies that are too large, answers that ask for a wait
mod own_node; // a node of its own: its disk is full, it stops and comes back
mod stalls; // a store that says nothing any more

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use viralmine::jobs::backfill::Backfill;
use viralmine::model::{Checkpoint, Counters};
use viralmine::pipeline::room::RoomLimits;
use viralmine::simulator::Simulator;
use viralmine::throttle::retry::RetryPolicy;

use crate::elastic::node_url;
use crate::support::place::Place;
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::Decide;
use crate::support::run::{Run, quick, simulator};

/// Delays of milliseconds, so that many tries take no time.
const QUICK_RETRY: RetryPolicy =
    RetryPolicy { first: Duration::from_millis(5), longest: Duration::from_millis(40), attempts: None, jitter: 0.5 };

/// A place on the real node, a proxy in front of it, an API, and what a run without faults makes of it.
struct Scene {
    place: Place,
    proxy: FaultProxy,
    api: Simulator,
    expected: Expected,
}

/// What is the same after every run, however troubled.
#[derive(Debug, PartialEq)]
struct Expected {
    documents: BTreeMap<String, Value>,
    checkpoints: Vec<Option<Checkpoint>>,
}

impl Scene {
    async fn new() -> Self {
        Self::on(Place::elastic(), &node_url()).await
    }

    async fn on(place: Place, node: &str) -> Self {
        let api = simulator(quick()).await;
        let faultless = Place::embedded();
        Run::new(&faultless, &api).run().await;
        let expected = found_in(&faultless, &api).await;
        let proxy = FaultProxy::start(node).await;
        // Templates and indices are there before anything is spoilt.
        place.writer().await;
        Self { place, proxy, api, expected }
    }

    /// A run by way of the proxy.
    async fn run(&self, change: impl FnOnce(&mut Run<'_>)) -> Backfill {
        let place = self.place.by_way_of(&self.proxy.url());
        let mut run = Run::new(&place, &self.api);
        run.limits.patience.retry = QUICK_RETRY;
        change(&mut run);
        run.run().await
    }

    async fn assert_all_arrived(&self) {
        assert_eq!(found_in(&self.place, &self.api).await, self.expected);
    }

    /// The dead letters, a JSON object each.
    fn dead_letters(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.place.settings.data_dir.join("dead-letters.ndjson")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

async fn found_in(place: &Place, api: &Simulator) -> Expected {
    Expected {
        documents: place.timeless_documents().await,
        checkpoints: place.timeless_checkpoints(&api.creators()).await,
    }
}

/// The most that ever waited between the API and the store, looked at whenever a request reaches the proxy.
#[derive(Debug, Default)]
struct Most {
    documents: AtomicU64,
    bytes: AtomicU64,
}

impl Most {
    /// The same decisions, and a look at the counters before each.
    fn watching(self: &Arc<Self>, counters: &Arc<Counters>, mut decide: Decide) -> Decide {
        let (most, counters) = (Arc::clone(self), Arc::clone(counters));
        Box::new(move |request| {
            most.documents.fetch_max(counters.documents_waiting.get(), Ordering::SeqCst);
            most.bytes.fetch_max(counters.bytes_waiting.get(), Ordering::SeqCst);
            decide(request)
        })
    }

    fn assert_within(&self, room: RoomLimits) {
        let (documents, bytes) = (self.documents.load(Ordering::SeqCst), self.bytes.load(Ordering::SeqCst));
        assert!(documents > 0, "the counters were looked at while something waited");
        assert!(documents <= room.documents as u64 && bytes <= room.bytes as u64, "{documents} documents, {bytes} B");
    }
}
