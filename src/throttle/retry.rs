//! When to try again: capped exponential backoff with jitter. Whether to is said elsewhere (`wire::reply`,
//! the stores' verdicts). The only file that names the `backoff` crate.

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;

/// How delays grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// The first delay, before jitter.
    pub first: Duration,
    /// No computed delay is longer.
    pub longest: Duration,
    /// Tries in all, the first one included; `None` for no limit (the caller has one of its own).
    pub attempts: Option<u32>,
    /// Jitter: a delay is drawn from `delay × (1 ± share)`.
    pub jitter: f64,
}

impl RetryPolicy {
    /// For requests to the API: 0.5 s growing to 30 s, five tries in all.
    pub const API: Self =
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(30), attempts: Some(5), jitter: 0.5 };

    /// For requests to the store: 0.2 s growing to 15 s, until `--give-up-after`.
    pub const STORE: Self =
        Self { first: Duration::from_millis(200), longest: Duration::from_secs(15), attempts: None, jitter: 0.5 };

    /// For messages to a webhook: 1 s growing to a minute, until the round gives up.
    pub const WEBHOOK: Self =
        Self { first: Duration::from_secs(1), longest: Duration::from_mins(1), attempts: None, jitter: 0.5 };
}

/// The delays of one request that is tried again and again.
#[derive(Debug)]
pub struct Retry {
    policy: RetryPolicy,
    backoff: ExponentialBackoff,
    tried: u32,
}

impl Retry {
    /// No try has been made yet.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        let mut backoff = ExponentialBackoff {
            initial_interval: policy.first,
            current_interval: policy.first,
            max_interval: policy.longest,
            multiplier: 2.0,
            randomization_factor: policy.jitter,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        backoff.reset();
        Self { policy, backoff, tried: 0 }
    }

    /// Tries made so far.
    #[must_use]
    pub fn tried(&self) -> u32 {
        self.tried
    }

    /// A try has failed: how long to wait before the next one, or `None` when there is none left.
    /// A delay that the server named beats the computed one, up to the policy's longest.
    pub fn after_failure(&mut self, named_by_server: Option<Duration>) -> Option<Duration> {
        self.tried += 1;
        if self.policy.attempts.is_some_and(|attempts| self.tried >= attempts) {
            return None;
        }
        let computed = self.backoff.next_backoff().unwrap_or(self.policy.longest).min(self.policy.longest);
        Some(named_by_server.map_or(computed, |named| named.min(self.policy.longest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn delays_stay_between_the_jittered_first_and_the_longest(
            first in 1_u64..2_000, longest in 2_000_u64..60_000, failures in 1_usize..40,
        ) {
            let policy = RetryPolicy {
                first: Duration::from_millis(first), longest: Duration::from_millis(longest), attempts: None, jitter: 0.5,
            };
            let mut retry = Retry::new(policy);
            for _ in 0..failures {
                let delay = retry.after_failure(None).unwrap();
                prop_assert!(delay >= policy.first / 2 && delay <= policy.longest, "{delay:?}");
            }
        }

        #[test]
        fn a_named_delay_is_obeyed_up_to_the_cap(named in 0_u64..120) {
            let delay = Retry::new(RetryPolicy::STORE).after_failure(Some(Duration::from_secs(named))).unwrap();
            prop_assert_eq!(delay, Duration::from_secs(named.min(15)));
        }
    }

    #[test]
    fn the_last_attempt_has_no_delay_behind_it() {
        let mut retry = Retry::new(RetryPolicy { attempts: Some(2), ..RetryPolicy::API });
        assert!(retry.after_failure(None).is_some());
        assert!(retry.after_failure(None).is_none());
    }
}
