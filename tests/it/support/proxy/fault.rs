//! What can be done to one request, and who decides it: a script, a seeded draw, or any closure.

use std::time::Duration;

use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio_util::sync::CancellationToken;

use super::wire::{Answer, Request};

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing: it goes to the node, and the node's answer back.
    Pass,
    /// 200, but each nth item of the bulk request fails so.
    Items(Items),
    /// This answer; the node is not asked.
    Answer(Answer),
    /// The node's answer comes late.
    Slow(Duration),
    /// No answer ever comes; the node may have done its work.
    Silence { applied: bool },
    /// The connection is reset: before the node is asked, or in the middle of its answer.
    Reset { applied: bool },
    /// The node's answer breaks off: its length is claimed longer than what comes.
    Cut,
    /// A well-formed bulk answer without its last item, or a well-formed answer that says nothing.
    Shorter,
    /// The request waits at the gate, and passes when it is opened.
    Hold(Gate),
}

/// Items of a bulk request that fail.
#[derive(Debug, Clone)]
pub struct Items {
    /// The first of each so many.
    pub each: usize,
    pub status: u16,
    pub kind: &'static str,
    pub reason: &'static str,
    /// Whether the node indexes them all the same.
    pub applied: bool,
}

impl Items {
    pub fn rejected(each: usize, applied: bool) -> Fault {
        Self::fail(each, 429, "es_rejected_execution_exception", "rejected execution of primary operation", applied)
    }

    pub fn unavailable(each: usize, applied: bool) -> Fault {
        Self::fail(each, 503, "unavailable_shards_exception", "primary shard is not active", applied)
    }

    /// 400, yet about the index and not about the document.
    pub fn misdirected(each: usize, applied: bool) -> Fault {
        Self::fail(each, 400, "illegal_argument_exception", "no write index is defined for alias [x]", applied)
    }

    /// 400 about the document itself.
    pub fn unparsable(each: usize, applied: bool) -> Fault {
        Self::fail(each, 400, "document_parsing_exception", "failed to parse field [publish_ts]", applied)
    }

    pub fn fail(each: usize, status: u16, kind: &'static str, reason: &'static str, applied: bool) -> Fault {
        Fault::Items(Self { each, status, kind, reason, applied })
    }
}

/// Where a request waits until the test lets it on.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    arrived: CancellationToken,
    opened: CancellationToken,
}

impl Gate {
    /// Waits until a request is at the gate.
    pub async fn reached(&self) {
        self.arrived.cancelled().await;
    }

    pub fn open(&self) {
        self.opened.cancel();
    }

    pub(super) async fn pass(&self) {
        self.arrived.cancel();
        self.opened.cancelled().await;
    }
}

/// Decides what happens to each request, in the order in which they come.
pub type Decide = Box<dyn FnMut(&Request) -> Fault + Send>;

/// Every request passes.
pub fn none() -> Decide {
    Box::new(|_| Fault::Pass)
}

/// Each nth request of a run meets the faults in turn.
pub fn each(nth: usize, faults: Vec<Fault>) -> Decide {
    let mut count = 0;
    Box::new(move |request| {
        if !request.is_of_a_run() {
            return Fault::Pass;
        }
        count += 1;
        if count % nth == 0 { faults[(count / nth - 1) % faults.len()].clone() } else { Fault::Pass }
    })
}

/// From the nth bulk request of videos (from 1) on, requests of the run meet the fault.
pub fn from_bulk(nth: usize, fault: Fault) -> Decide {
    let mut bulks = 0;
    Box::new(move |request| {
        bulks += usize::from(request.is_bulk_of("videos"));
        if bulks >= nth && request.is_of_a_run() { fault.clone() } else { Fault::Pass }
    })
}

/// This share of the requests of a run meets one of the faults; the seed chooses.
pub fn drawn(seed: u64, share: f64, faults: Vec<Fault>) -> Decide {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Box::new(move |request| {
        let is_hit = request.is_of_a_run() && random.random_bool(share);
        if is_hit { faults.choose(&mut random).cloned().unwrap_or(Fault::Pass) } else { Fault::Pass }
    })
}
