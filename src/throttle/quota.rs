//! The quota: which key may send, and when. Called by `source` before every request.
//!
//! A pacer of its own rather than `governor`: the spacing changes while it runs (the margin widens after a 429), a key
//! is paused or retired under the feet of those already waiting for it, the key is chosen among several, and all of it
//! runs on tokio's clock, so that tests can pause it. What a pause is made of is said by `wire::reply`.

mod key;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep_until};

use key::Key;

/// The position of a key among the keys given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPosition(usize);

impl KeyPosition {
    /// Counted from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }

    /// Counted from 1, as people are told.
    #[must_use]
    pub fn number(self) -> usize {
        self.0 + 1
    }
}

/// Whether a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// By its pace alone.
    Active,
    /// Not before a pause is over (a 429).
    Paused,
    /// Never again (a 401).
    Retired,
}

/// Every key was retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no API key is left")]
pub struct NoKeyLeft;

/// Hands out the right to send, key by key.
///
/// Sends of one key are (1 s + margin)/rate apart, burst 1, each measured from the moment when the one before was
/// really let go: time lost is not made up for. So any rate + 1 consecutive sends span at least one second plus the
/// margin.
#[derive(Debug)]
pub struct Quota {
    rate: f64,
    /// One waiter at a time looks for a key; the semaphore's queue is first come, first served.
    turnstile: Semaphore,
    /// Tells that waiter that a key was paused or retired.
    changed: Notify,
    /// Never held across an await.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    keys: Vec<Key>,
    first_asked: Option<Instant>,
    last_granted: Option<Instant>,
    granted: u64,
}

/// What a waiter is to do next.
enum Turn {
    Send(KeyPosition),
    WaitUntil(Instant),
    GiveUp,
}

impl Quota {
    /// A quota of `rate` requests a second for each of `keys` keys. Nothing is sent with a key for its first second
    /// (and margin), since the process before may just have used it up; the keys' first sends are spread over one
    /// spacing. A rate below one request in 1,000 s counts as that.
    #[must_use]
    pub fn new(keys: usize, rate: f64, margin: Duration) -> Self {
        let rate = rate.max(0.001);
        let now = Instant::now();
        let keys = (0..keys).map(|position| Key::new(rate, margin, now, position as f64 / keys as f64)).collect();
        Self {
            rate,
            turnstile: Semaphore::new(1),
            changed: Notify::new(),
            state: Mutex::new(State { keys, first_asked: None, last_granted: None, granted: 0 }),
        }
    }

    /// Waits until a request may be sent, and says with which key: the one that may send soonest. The request is to be
    /// sent at once. Waiters are served in the order in which they came; dropping the future gives the place up.
    pub async fn ready(&self) -> Result<KeyPosition, NoKeyLeft> {
        self.state().first_asked.get_or_insert_with(Instant::now);
        let _turn = self.turnstile.acquire().await.map_err(|_closed| NoKeyLeft)?;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change falls between the look and the wait.
            changed.as_mut().enable();
            let turn = self.state().take_turn(Instant::now());
            match turn {
                Turn::Send(key) => return Ok(key),
                Turn::GiveUp => return Err(NoKeyLeft),
                Turn::WaitUntil(moment) => tokio::select! {
                    () = sleep_until(moment) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Lets nothing be sent with `key` for `wait` from now (a 429), and widens its margin, once for each pause.
    pub fn pause(&self, key: KeyPosition, wait: Duration) {
        if let Some(key) = self.state().keys.get_mut(key.0) {
            key.pause(Instant::now(), wait);
        }
        self.changed.notify_waiters();
    }

    /// Lets the next request of `key` be sent so much later: the last one reaches the server that late.
    pub fn delay(&self, key: KeyPosition, late: Duration) {
        if let Some(key) = self.state().keys.get_mut(key.0) {
            key.delay(late);
        }
        self.changed.notify_waiters();
    }

    /// Never uses `key` again (a 401). Says whether that is news.
    pub fn retire(&self, key: KeyPosition) -> bool {
        let news = self.state().keys.get_mut(key.0).is_some_and(Key::retire);
        self.changed.notify_waiters();
        news
    }

    /// How many keys are paused now.
    #[must_use]
    pub fn paused(&self) -> usize {
        let now = Instant::now();
        self.state().keys.iter().filter(|key| key.is_paused(now)).count()
    }

    /// How each key is now, in the order given.
    #[must_use]
    pub fn states(&self) -> Vec<KeyState> {
        let now = Instant::now();
        let state = |key: &Key| match (key.is_retired(), key.is_paused(now)) {
            (true, _) => KeyState::Retired,
            (false, true) => KeyState::Paused,
            (false, false) => KeyState::Active,
        };
        self.state().keys.iter().map(state).collect()
    }

    /// What the provider allows: rate × keys, retired ones left out (requests a second).
    #[must_use]
    pub fn rate_total(&self) -> f64 {
        self.rate * self.state().keys.iter().filter(|key| !key.is_retired()).count() as f64
    }

    /// How far apart the sends of `key` are now, its margin included.
    #[must_use]
    pub fn spacing(&self, key: KeyPosition) -> Duration {
        self.state().keys.get(key.0).map_or(Duration::ZERO, Key::spacing)
    }

    /// The share of the given quota that was used: sends/(elapsed × rate × all keys), where elapsed runs from the first
    /// wait for a key to the end of the last send's spacing. Below 1, by the margin at least; 0 before the first send.
    #[must_use]
    pub fn used(&self) -> f64 {
        let state = self.state();
        let (Some(first), Some(last)) = (state.first_asked, state.last_granted) else { return 0.0 };
        let spacing = state.keys.iter().map(Key::spacing).max().unwrap_or_default();
        let elapsed = last.duration_since(first) + spacing;
        state.granted as f64 / (elapsed.as_secs_f64() * self.rate * state.keys.len() as f64)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_turn(&mut self, now: Instant) -> Turn {
        let soonest =
            self.keys.iter_mut().enumerate().filter_map(|(position, key)| Some((key.may_send_at()?, position, key)));
        let Some((moment, position, key)) = soonest.min_by_key(|(moment, position, _)| (*moment, *position)) else {
            return Turn::GiveUp;
        };
        if moment > now {
            return Turn::WaitUntil(moment);
        }
        key.sent(now);
        self.granted += 1;
        self.last_granted = Some(now);
        Turn::Send(KeyPosition(position))
    }
}

/// At most so many walks side by side: each may hold a page (about a megabyte) in memory.
pub const MOST_WALKS: usize = 256;

/// How many creators are to be walked side by side, so that the quota is used: a walk waits for each answer, so
/// `rate × latency` of them are in flight at any time; half as many again for the spread of latencies, and one that is
/// about to ask. `rate_total` in requests a second over all keys; `latency` from one page's request to the next one's.
#[must_use]
pub fn walks_for(rate_total: f64, latency: Duration) -> usize {
    let in_flight = (rate_total * latency.as_secs_f64() * 1.5).ceil().clamp(0.0, MOST_WALKS as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped on the line above")]
    let walks = in_flight as usize + 1;
    walks.clamp(2, MOST_WALKS)
}
