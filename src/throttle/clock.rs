//! The program's wall clock: the system's, or one that starts at `VIRALMINE_NOW` when that is set, and runs on from
//! there.
//!
//! It may fall back, as the system's does; who needs rising times (`fetched_at`, versions) sees to it. Intervals are
//! never measured with it: those use `tokio::time::Instant`, which tests can pause.

use std::time::Instant;

use jiff::Timestamp;

/// Tells the time of day (UTC).
#[derive(Debug, Clone)]
pub struct Clock {
    /// `None` for the system's, which is read each time: an `Instant` stands still while a laptop sleeps.
    started: Option<(Instant, Timestamp)>,
}

impl Clock {
    /// The system's time.
    #[must_use]
    pub fn system() -> Self {
        Self { started: None }
    }

    /// A clock that shows `moment` now and runs on from there.
    #[must_use]
    pub fn starting_at(moment: Timestamp) -> Self {
        Self { started: Some((Instant::now(), moment)) }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let Some((started, started_at)) = self.started else { return Timestamp::now() };
        jiff::SignedDuration::try_from(started.elapsed())
            .ok()
            .and_then(|elapsed| started_at.checked_add(elapsed).ok())
            .unwrap_or(started_at)
    }

    /// Now, in milliseconds since 1970 (UTC).
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_starts_where_it_is_told_and_runs_forward() {
        let moment: Timestamp = "2025-06-18T02:06:05Z".parse().unwrap();
        let clock = Clock::starting_at(moment);
        let (first, second) = (clock.now_ms(), clock.now_ms());
        assert!(first >= moment.as_millisecond() && second >= first);
    }
}
