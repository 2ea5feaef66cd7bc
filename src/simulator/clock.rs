//! The simulator's clock: stands still, or runs `speed` times as fast as the real one. What is served depends on it
//! alone, so that a standing clock serves the same bytes for ever. Tests may move it on by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Ids carry the second of posting in 31 bits.
const LAST_SECOND: i64 = i32::MAX as i64;

/// Simulated time.
#[derive(Debug)]
pub(super) struct SimulatorClock {
    started: Instant,
    started_at: i64,
    speed: f64,
    /// What it was moved on by hand (seconds).
    ahead: AtomicI64,
}

impl SimulatorClock {
    /// Shows `now` until time has passed; with `speed` 0, for ever.
    pub(super) fn new(now: Timestamp, speed: f64) -> Self {
        Self { started: Instant::now(), started_at: now.as_second(), speed, ahead: AtomicI64::new(0) }
    }

    /// Simulated seconds since 1970 (UTC).
    pub(super) fn now(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates; the end of time is cut off below")]
        let passed = (self.started.elapsed().as_secs_f64() * self.speed) as i64;
        let passed = passed.saturating_add(self.ahead.load(Ordering::Relaxed));
        self.started_at.saturating_add(passed).min(LAST_SECOND)
    }

    /// Moves the time on at once, whole seconds of it.
    pub(super) fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(LAST_SECOND).min(LAST_SECOND);
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_runs_at_its_speed_or_not_at_all() {
        let now: Timestamp = "2025-06-20T00:00:00Z".parse().unwrap();
        let (standing, running) = (SimulatorClock::new(now, 0.0), SimulatorClock::new(now, 3600.0));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(standing.now(), now.as_second());
        assert_eq!(running.now(), now.as_second() + 1800);
        standing.advance(Duration::from_mins(1));
        assert_eq!(standing.now(), now.as_second() + 60);
    }
}
