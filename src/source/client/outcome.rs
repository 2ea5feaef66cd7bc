//! Counts one sent request and its one outcome, also when the future is dropped midway, so that the sums add up.

use crate::model::Counters;
use crate::wire::reply::Judgement;

/// A sent request that is not judged yet; dropped so, it has failed.
pub(super) struct Outcome<'a> {
    counters: &'a Counters,
    judged: bool,
}

impl<'a> Outcome<'a> {
    /// A request is being sent.
    pub(super) fn sent(counters: &'a Counters) -> Self {
        counters.requests_sent.add(1);
        Self { counters, judged: false }
    }

    /// It was answered.
    pub(super) fn is(mut self, judgement: &Judgement) {
        match judgement {
            Judgement::Success => self.counters.requests_ok.add(1),
            Judgement::RateLimited { .. } => self.counters.requests_rate_limited.add(1),
            _ => return,
        }
        self.judged = true;
    }
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        if !self.judged {
            self.counters.requests_failed.add(1);
        }
    }
}
