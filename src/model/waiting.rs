//! How long a run has been waiting: for the store to get on with what it was sent, and for its oldest page to be
//! settled. Rooms say when a wait begins and ends, metrics only read.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Whether the store gets on with what is under way. Nothing under way is no standstill.
#[derive(Debug, Default)]
pub struct StoreWatch(Mutex<Watched>);

#[derive(Debug, Default)]
struct Watched {
    under_way: u64,
    /// When the store last got on, or the first of what is under way began.
    got_on: Option<Instant>,
    give_up_after: Duration,
}

/// How long nothing has got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standstill {
    /// For so long.
    pub lasts: Duration,
    /// The run ends after so long.
    pub give_up_after: Duration,
}

/// Something that the store was asked for and that is under way until this is dropped.
#[derive(Debug)]
pub struct UnderWay<'a>(&'a StoreWatch);

impl StoreWatch {
    /// Something begins that the store may keep waiting for `give_up_after`.
    pub fn begin(&self, give_up_after: Duration) -> UnderWay<'_> {
        let mut watched = locked(&self.0);
        if watched.under_way == 0 {
            watched.got_on = Some(Instant::now());
        }
        watched.under_way += 1;
        watched.give_up_after = give_up_after;
        drop(watched);
        UnderWay(self)
    }

    /// The store got on with something.
    pub fn got_on(&self) {
        locked(&self.0).got_on = Some(Instant::now());
    }

    /// How long it has not, at `now`; `None` while nothing is under way.
    #[must_use]
    pub fn standstill(&self, now: Instant) -> Option<Standstill> {
        let watched = locked(&self.0);
        let since = watched.got_on.filter(|_| watched.under_way > 0)?;
        Some(Standstill { lasts: now.saturating_duration_since(since), give_up_after: watched.give_up_after })
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut watched = locked(&self.0.0);
        watched.under_way -= 1;
        watched.got_on = Some(Instant::now());
    }
}

/// When the pages came that are not settled yet.
#[derive(Debug, Default)]
pub struct Unsettled(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    since: BTreeMap<u64, Instant>,
}

impl Unsettled {
    /// A page came; the number that it is known by.
    pub fn enter(&self) -> u64 {
        let mut open = locked(&self.0);
        let number = open.next;
        open.next += 1;
        open.since.insert(number, Instant::now());
        number
    }

    /// It is settled, or the run gives up on it.
    pub fn leave(&self, number: u64) {
        locked(&self.0).since.remove(&number);
    }

    /// How old the oldest of them is at `now`; `None` when everything is settled.
    #[must_use]
    pub fn oldest(&self, now: Instant) -> Option<Duration> {
        locked(&self.0).since.values().next().map(|&since| now.saturating_duration_since(since))
    }
}

/// A panic elsewhere leaves plain data behind, which is still right.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_store_stands_still_only_while_something_is_under_way() {
        let watch = StoreWatch::default();
        assert_eq!(watch.standstill(Instant::now() + MINUTE), None);
        let first = watch.begin(MINUTE);
        let second = watch.begin(MINUTE);
        let still = watch.standstill(Instant::now() + MINUTE).unwrap();
        assert!(still.lasts >= MINUTE && still.give_up_after == MINUTE);
        let before = Instant::now();
        drop(first);
        assert!(watch.standstill(before).unwrap().lasts.is_zero(), "one that ended is progress");
        drop(second);
        assert_eq!(watch.standstill(Instant::now() + MINUTE), None);
        let _third = watch.begin(MINUTE);
        let before = Instant::now();
        watch.got_on();
        assert!(watch.standstill(before).unwrap().lasts.is_zero());
    }

    #[test]
    fn the_oldest_page_is_the_first_that_is_not_settled() {
        let pages = Unsettled::default();
        let first = pages.enter();
        let after_the_first = Instant::now();
        let second = pages.enter();
        let now = Instant::now() + MINUTE;
        let oldest = pages.oldest(now).unwrap();
        assert!(oldest >= now - after_the_first);
        pages.leave(first);
        assert!(pages.oldest(now).unwrap() <= now - after_the_first);
        pages.leave(second);
        assert_eq!(pages.oldest(now), None);
    }
}
