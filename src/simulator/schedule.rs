//! When a creator posts: the time of each post is computed from its number, and the number from a time, so that a
//! cursor is resolved without a table. Posts are numbered from 0, the oldest, and go on into the future.

use super::draws::{Purpose, hash};

/// No creator's posts reach back further when their number allows it (seconds).
const LONGEST_HISTORY: i64 = 5 * 365 * 86_400;
/// Posts of one creator are never closer than a tenth of this (seconds).
const SHORTEST_INTERVAL: i64 = 10;

/// The posting times of one creator.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    seed: u64,
    creator: u64,
    /// Posts that there are when the simulated time begins.
    pub(super) first_count: i64,
    interval: i64,
    first_slot: i64,
}

impl Schedule {
    /// `count` posts before `now` (seconds, UTC), one each `interval` seconds or more often.
    pub(super) fn new(seed: u64, creator: u64, now: i64, count: i64, interval: i64) -> Self {
        let interval = interval.min(LONGEST_HISTORY / count.max(1)).max(SHORTEST_INTERVAL);
        // The newest post's whole slot, jitter included, lies before now, and the next one's wholly after it.
        let newest_slot = now - (interval - interval / 10);
        Self { seed, creator, first_count: count, interval, first_slot: newest_slot - (count - 1) * interval }
    }

    /// When the post with this number is posted (seconds, UTC); rises strictly with the number.
    pub(super) fn time(&self, post: i64) -> i64 {
        let jitter_span = (self.interval - self.interval / 5).unsigned_abs();
        let jitter = hash(self.seed, Purpose::PostTime, &[self.creator, post.unsigned_abs()]) % jitter_span;
        self.first_slot + post * self.interval + i64::try_from(jitter).unwrap_or(0)
    }

    /// The newest post before `time` (seconds, UTC). A creator without posts never begins.
    pub(super) fn newest_before(&self, time: i64) -> Option<i64> {
        if self.first_count == 0 {
            return None;
        }
        let slot = (time - 1 - self.first_slot).div_euclid(self.interval);
        let post = if self.time(slot.max(0)) < time { slot } else { slot - 1 };
        (post >= 0).then_some(post)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn times_and_numbers_agree(count in 0_i64..2_000, interval in 1_i64..1_000_000, ask in -5_i64..2_010, off in -1_i64..=1) {
            let now = 1_750_377_600;
            let schedule = Schedule::new(1, 2, now, count, interval);
            prop_assert_eq!(schedule.newest_before(now + 1), (count > 0).then_some(count - 1));
            let time = schedule.time(ask.max(0)) + off;
            let by_search = (count > 0).then(|| (0..2_020).rev().find(|&post| schedule.time(post) < time)).flatten();
            prop_assert_eq!(schedule.newest_before(time), by_search);
        }
    }
}
