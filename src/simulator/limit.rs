//! The provider's quota, as the server sees it: a sliding window per key. Pure; the caller says what time it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many requests a key may send in any span of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    requests: usize,
    span: Duration,
}

impl Limit {
    /// `rate` requests in any second; a broken rate is kept over a longer span (0.5: one in two seconds, 2.5: three in
    /// 1.2). `None` (no limit) for 0.
    pub(super) fn new(rate: f64) -> Option<Self> {
        let requests = rate.ceil();
        let span = Duration::try_from_secs_f64(requests / rate).ok()?;
        let requests = usize::try_from(super::draws::whole(requests)).ok()?;
        (requests > 0).then_some(Self { requests, span })
    }
}

/// The accepted requests of one key that still count.
#[derive(Debug, Default)]
pub(super) struct KeyWindow {
    accepted: VecDeque<Instant>,
}

impl KeyWindow {
    /// Lets a request in, or says how long until one would be. A refused request does not count.
    pub(super) fn enter(&mut self, limit: Limit, now: Instant) -> Result<(), Duration> {
        while self.accepted.front().is_some_and(|&oldest| now.saturating_duration_since(oldest) >= limit.span) {
            self.accepted.pop_front();
        }
        match self.accepted.front() {
            Some(&oldest) if self.accepted.len() >= limit.requests => {
                Err(limit.span.saturating_sub(now.saturating_duration_since(oldest)))
            }
            _ => {
                self.accepted.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fourth_request_of_a_second_waits_for_the_first_to_leave() {
        let limit = Limit::new(3.0).unwrap();
        let (start, mut window) = (Instant::now(), KeyWindow::default());
        let at = |ms| start + Duration::from_millis(ms);
        for ms in [0, 300, 600] {
            assert_eq!(window.enter(limit, at(ms)), Ok(()));
        }
        assert_eq!(window.enter(limit, at(900)), Err(Duration::from_millis(100)));
        assert_eq!(window.enter(limit, at(1000)), Ok(()));
        assert!(window.enter(limit, at(1299)).is_err());
    }

    #[test]
    fn rates_below_one_and_none_are_kept() {
        assert!(Limit::new(0.0).is_none());
        let limit = Limit::new(0.5).unwrap();
        assert_eq!((limit.requests, limit.span), (1, Duration::from_secs(2)));
    }

    proptest! {
        #[test]
        fn no_span_ever_holds_more_than_the_limit(gaps in prop::collection::vec(0_u64..500, 1..200)) {
            let limit = Limit::new(3.0).unwrap();
            let (mut now, mut window, mut accepted) = (Instant::now(), KeyWindow::default(), Vec::new());
            for gap in gaps {
                now += Duration::from_millis(gap);
                if window.enter(limit, now).is_ok() {
                    accepted.push(now);
                }
            }
            prop_assert!(accepted.windows(4).all(|four| four[3] - four[0] >= Duration::from_secs(1)));
        }
    }
}
