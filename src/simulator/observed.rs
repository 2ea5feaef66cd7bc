//! What the server saw: the quota is judged here, at the receiving side. Keys appear by their position only.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::faults::FaultKind;
use crate::model::Endpoint;

/// Requests that are remembered one by one; older ones only count.
const REMEMBERED: usize = 100_000;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Answered as asked.
    Answered,
    /// Refused with 400: unknown creator or video, wrong parameter.
    Refused,
    /// Refused with 401.
    Unauthorized,
    /// Refused with 429: the key's quota was exceeded.
    OverQuota,
    /// Spoilt on demand.
    Fault(FaultKind),
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedRequest {
    /// When it came.
    pub at: Instant,
    /// The key's position among the keys given, or in the order of appearance when any is accepted, from 1; `None` for
    /// an unknown one.
    pub key: Option<usize>,
    /// Which endpoint was asked.
    pub endpoint: Endpoint,
    /// The creator or video asked for.
    pub subject: String,
    /// The cursor asked with (list only).
    pub max_cursor: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// All that was seen so far.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The newest requests (100,000 at most), in the order in which they came.
    pub requests: VecDeque<ObservedRequest>,
    /// How many ended how, from the start.
    pub outcomes: BTreeMap<Outcome, u64>,
}

impl Observed {
    pub(super) fn add(&mut self, request: ObservedRequest) {
        *self.outcomes.entry(request.outcome).or_default() += 1;
        if self.requests.len() == REMEMBERED {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// All requests, whatever their end.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// How many requests ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// When each key's requests came, whatever their end, in order.
    #[must_use]
    pub fn times_by_key(&self) -> BTreeMap<usize, Vec<Instant>> {
        let mut times: BTreeMap<usize, Vec<Instant>> = BTreeMap::new();
        for request in &self.requests {
            times.entry(request.key.unwrap_or(0)).or_default().push(request.at);
        }
        times.remove(&0);
        // Two requests of one moment may be put on record in either order.
        for times in times.values_mut() {
            times.sort_unstable();
        }
        times
    }

    /// How often each page was asked for and answered as asked: what was paid for, by (creator, cursor).
    #[must_use]
    pub fn pages_answered(&self) -> BTreeMap<(String, String), u64> {
        let mut pages = BTreeMap::new();
        for request in self.requests.iter().filter(|request| request.outcome == Outcome::Answered) {
            if let Some(cursor) = &request.max_cursor {
                *pages.entry((request.subject.clone(), cursor.clone())).or_default() += 1;
            }
        }
        pages
    }
}
