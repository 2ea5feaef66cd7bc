//! How many requests may still be sent (`--budget`): retries and failed ones count, since they are paid, too.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number of requests that is never exceeded, whoever asks at the same time.
#[derive(Debug)]
pub(super) struct Budget {
    /// `None`: any number.
    requests: Option<u64>,
    left: AtomicU64,
}

/// The right to send one request. Dropped unspent (a wait that was given up), it goes back.
#[derive(Debug)]
pub(super) struct Permit<'a>(Option<&'a AtomicU64>);

/// Nothing is left of so many requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used(pub(super) u64);

impl Budget {
    pub(super) fn new(requests: Option<u64>) -> Self {
        Self { requests, left: AtomicU64::new(requests.unwrap_or_default()) }
    }

    pub(super) fn take(&self) -> Result<Permit<'_>, Used> {
        let Some(requests) = self.requests else { return Ok(Permit(None)) };
        let one_less = |left: u64| left.checked_sub(1);
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        taken.map(|_| Permit(Some(&self.left))).map_err(|_| Used(requests))
    }
}

impl Permit<'_> {
    /// The request is being sent.
    pub(super) fn spend(mut self) {
        self.0 = None;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(left) = self.0 {
            left.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_spent_goes_back() {
        let budget = Budget::new(Some(2));
        let (first, second) = (budget.take().unwrap(), budget.take().unwrap());
        assert_eq!(budget.take().unwrap_err(), Used(2));
        drop(first);
        budget.take().unwrap().spend();
        second.spend();
        assert_eq!(budget.take().unwrap_err(), Used(2));
    }

    #[test]
    fn no_budget_is_no_limit_and_none_at_all_is_one() {
        let (unlimited, nothing) = (Budget::new(None), Budget::new(Some(0)));
        (0..9).for_each(|_| unlimited.take().unwrap().spend());
        assert_eq!(nothing.take().unwrap_err(), Used(0));
    }

    #[test]
    fn threads_together_spend_no_more_than_there_is() {
        let budget = Budget::new(Some(1_000));
        let spend = || (0..1_000).filter(|_| budget.take().map(Permit::spend).is_ok()).count();
        let total: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(spend)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(total, 1_000);
    }
}
