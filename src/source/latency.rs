//! How long answers take: smoothed, so that the number of walks side by side can follow it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What one new answer weighs: the last dozen of answers make most of the value.
const WEIGHT: f64 = 0.2;

/// An exponentially weighted mean of the time from a request's send to its last byte.
#[derive(Debug, Default)]
pub(super) struct Latency(Mutex<Option<Duration>>);

impl Latency {
    /// Adds one answer's time; gives the new mean.
    pub(super) fn add(&self, time: Duration) -> Duration {
        let mut mean = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = mean.unwrap_or(time);
        *mean.insert(before.mul_f64(1.0 - WEIGHT) + time.mul_f64(WEIGHT))
    }

    /// The mean; `None` before the first answer.
    pub(super) fn mean(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
