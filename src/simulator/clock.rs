//! The simulator's clock: stands still, or runs `speed` times as fast as the real one. What is served depends on it
//! alone, so that a standing clock serves the same bytes for ever.

use jiff::Timestamp;
use tokio::time::Instant;

/// Ids carry the second of posting in 31 bits.
const LAST_SECOND: i64 = i32::MAX as i64;

/// Simulated time.
#[derive(Debug, Clone)]
pub(super) struct SimulatorClock {
    started: Instant,
    started_at: i64,
    speed: f64,
}

impl SimulatorClock {
    /// Shows `now` until time has passed; with `speed` 0, for ever.
    pub(super) fn new(now: Timestamp, speed: f64) -> Self {
        Self { started: Instant::now(), started_at: now.as_second(), speed }
    }

    /// Simulated seconds since 1970 (UTC).
    pub(super) fn now(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates; the end of time is cut off below")]
        let passed = (self.started.elapsed().as_secs_f64() * self.speed) as i64;
        self.started_at.saturating_add(passed).min(LAST_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_runs_at_its_speed_or_not_at_all() {
        let now: Timestamp = "2025-06-20T00:00:00Z".parse().unwrap();
        let (standing, running) = (SimulatorClock::new(now, 0.0), SimulatorClock::new(now, 3600.0));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(standing.now(), now.as_second());
        assert_eq!(running.now(), now.as_second() + 1800);
    }
}
