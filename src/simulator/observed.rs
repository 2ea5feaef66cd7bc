//! What the server saw: the quota is judged here, at the receiving side. Keys appear by their position only.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

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

impl Outcome {
    /// What was done to the answer on demand.
    #[must_use]
    pub const fn fault(self) -> Option<FaultKind> {
        match self {
            Self::Fault(kind) => Some(kind),
            _ => None,
        }
    }

    /// Whether the answer held the whole page (or post) that was asked for.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        match self {
            Self::Answered => true,
            Self::Fault(kind) => kind.leaves_the_page_whole(),
            _ => false,
        }
    }
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

    /// How many requests were spoilt on demand, by kind.
    #[must_use]
    pub fn faults(&self) -> BTreeMap<FaultKind, u64> {
        self.outcomes.iter().filter_map(|(outcome, &count)| Some((outcome.fault()?, count))).collect()
    }

    /// How the remembered requests of each key ended.
    #[must_use]
    pub fn outcomes_by_key(&self) -> BTreeMap<usize, BTreeMap<Outcome, u64>> {
        let mut by_key: BTreeMap<usize, BTreeMap<Outcome, u64>> = BTreeMap::new();
        for request in &self.requests {
            if let Some(key) = request.key {
                *by_key.entry(key).or_default().entry(request.outcome).or_default() += 1;
            }
        }
        by_key
    }

    /// When each key's requests came, whatever their end, in order.
    #[must_use]
    pub fn times_by_key(&self) -> BTreeMap<usize, Vec<Instant>> {
        let mut times: BTreeMap<usize, Vec<Instant>> = BTreeMap::new();
        for request in &self.requests {
            if let Some(key) = request.key {
                times.entry(key).or_default().push(request.at);
            }
        }
        // Two requests of one moment may be put on record in either order.
        for times in times.values_mut() {
            times.sort_unstable();
        }
        times
    }

    /// The most requests of each key, whatever their end, that came within any span of time as long as this.
    #[must_use]
    pub fn most_by_key(&self, span: Duration) -> BTreeMap<usize, usize> {
        self.times_by_key().into_iter().map(|(key, times)| (key, most_within(&times, span))).collect()
    }

    /// How often each page was asked for, whatever the answer, by (creator, cursor).
    #[must_use]
    pub fn pages_asked(&self) -> BTreeMap<(String, String), u64> {
        self.count_pages(|_| true)
    }

    /// How often each page was asked for and came whole: what was paid for, by (creator, cursor).
    #[must_use]
    pub fn pages_answered(&self) -> BTreeMap<(String, String), u64> {
        self.count_pages(Outcome::is_whole)
    }

    fn count_pages(&self, counts: impl Fn(Outcome) -> bool) -> BTreeMap<(String, String), u64> {
        let mut pages = BTreeMap::new();
        for request in self.requests.iter().filter(|request| counts(request.outcome)) {
            if let Some(cursor) = &request.max_cursor {
                *pages.entry((request.subject.clone(), cursor.clone())).or_default() += 1;
            }
        }
        pages
    }
}

/// `times` rise; a span holds its start, and not its end.
fn most_within(times: &[Instant], span: Duration) -> usize {
    let counts = times.iter().enumerate().map(|(first, start)| {
        let end = times.partition_point(|time| *time < *start + span);
        end - first
    });
    counts.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_its_start_and_not_its_end() {
        let start = Instant::now();
        let times: Vec<Instant> = [0, 10, 999, 1000, 1009, 2500].map(|ms| start + Duration::from_millis(ms)).into();
        assert_eq!(most_within(&times, Duration::from_secs(1)), 4);
        assert_eq!(most_within(&times[..4], Duration::from_secs(1)), 3);
        assert_eq!(most_within(&[], Duration::from_secs(1)), 0);
    }
}
