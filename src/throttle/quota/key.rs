//! One key's pace: when it may send next. No waiting here, and no choosing among keys (that is `quota`'s).

use std::time::Duration;

use tokio::time::Instant;

/// The first widening of a margin that was given as nothing.
const SMALLEST_WIDENED_MARGIN: Duration = Duration::from_millis(20);

/// No margin widens beyond this: a quarter of the quota is given up at most.
const WIDEST_MARGIN: Duration = Duration::from_millis(250);

/// No pause is longer, whatever was asked for.
const LONGEST_PAUSE: Duration = Duration::from_hours(168);

/// The state of one key.
#[derive(Debug)]
pub(super) struct Key {
    rate: f64,
    margin: Duration,
    /// By spacing alone.
    next_send: Instant,
    paused_until: Option<Instant>,
    retired: bool,
}

impl Key {
    /// A key that sends nothing for a second and its margin, and then for `share` of a spacing.
    pub(super) fn new(rate: f64, margin: Duration, now: Instant, share: f64) -> Self {
        let mut key = Self { rate, margin, next_send: now, paused_until: None, retired: false };
        key.next_send = now + Duration::from_secs(1) + margin + key.spacing().mul_f64(share);
        key
    }

    /// (1 s + margin)/rate, rounded up to the nanosecond, so that rate of them are never short of a second.
    pub(super) fn spacing(&self) -> Duration {
        let window = Duration::from_secs(1) + self.margin;
        Duration::from_secs_f64(((window.as_nanos() as f64 / self.rate).ceil() + 1.0) / 1e9)
    }

    /// When the next request may be sent; `None` for a retired key.
    pub(super) fn may_send_at(&self) -> Option<Instant> {
        let moment = self.paused_until.map_or(self.next_send, |until| until.max(self.next_send));
        (!self.retired).then_some(moment)
    }

    /// A request is being sent now.
    pub(super) fn sent(&mut self, now: Instant) {
        self.paused_until = None;
        self.next_send = now + self.spacing();
    }

    /// The request just sent arrives so much later than usual.
    pub(super) fn delay(&mut self, late: Duration) {
        self.next_send += late;
    }

    /// Pauses. The margin doubles when the key was not paused yet: the 429s that answer requests already under way
    /// belong to the same trouble.
    pub(super) fn pause(&mut self, now: Instant, wait: Duration) {
        let until = now + wait.min(LONGEST_PAUSE);
        if !self.is_paused(now) {
            let widest = self.margin.max(WIDEST_MARGIN);
            let spacing_before = self.spacing();
            self.margin = (self.margin * 2).clamp(SMALLEST_WIDENED_MARGIN, widest);
            self.next_send += self.spacing().saturating_sub(spacing_before);
        }
        self.paused_until = Some(self.paused_until.map_or(until, |earlier| earlier.max(until)));
    }

    /// Retires; says whether it was in use until now.
    pub(super) fn retire(&mut self) -> bool {
        !std::mem::replace(&mut self.retired, true)
    }

    pub(super) fn is_paused(&self, now: Instant) -> bool {
        !self.retired && self.paused_until.is_some_and(|until| until > now)
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired
    }
}
