//! Which creators a round of tracking visits, in which order, and how far back it reads: from what is stored alone.
//! Pure.
//!
//! The rule, which `docs/tracking.md` states for people: young posts are due sooner than old ones, hot ones sooner than
//! others; who is most overdue comes first; every creator's first page comes before anybody's second.

mod depth;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use self::depth::{Segment, segments};
use crate::model::CreatorId;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// By age (seconds, less than): how long after a reading a post is due again (seconds). What is older is never due.
const CLASSES: [(i64, i64); 4] = [(DAY, HOUR), (3 * DAY, 6 * HOUR), (7 * DAY, DAY), (30 * DAY, 7 * DAY)];

/// Hot posts count as one class younger, so that the last class holds them up to this age (seconds).
const HOT_UNTIL: i64 = 90 * DAY;

/// Growth per day from which a post is hot.
const HOT_GROWTH: f64 = 0.2;

/// A creator without young posts is due so long after its last visit (seconds).
const QUIET_INTERVAL: i64 = DAY;

/// No post is due that is older (seconds).
pub const LONGEST_DUE: i64 = HOT_UNTIL;

/// What of a stored post the plan depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Post {
    /// When it was posted (seconds, UTC).
    pub publish_ts: i64,
    /// When its counts were read (ms, UTC).
    pub fetched_at: i64,
    /// Unusual for its creator.
    pub viral: bool,
    /// The share of plays that it gains per day; `None` where that was not measured.
    pub growth: Option<f64>,
}

/// What is known of a creator.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The creator.
    pub creator: CreatorId,
    /// When its newest walk began, of whichever kind (ms, UTC); one that came to no page does not count.
    pub last_visit: i64,
    /// The last visit failed.
    pub has_failed: bool,
    /// Its stored posts of the last [`LONGEST_DUE`] seconds, in any order.
    pub posts: Vec<Post>,
}

/// A creator to be visited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The creator.
    pub creator: CreatorId,
    /// The walk reads back to the posts of this time (seconds, UTC); `None`: only to what is new.
    pub read_back_to: Option<i64>,
    /// Pages that this is expected to take.
    pub pages: u64,
    /// Due posts on them.
    pub due: u64,
}

/// What a round is to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In this order.
    pub visits: Vec<Visit>,
    /// Creators that the budget has no page for.
    pub left: u64,
    /// Posts that are due in all: with the visits', those that the budget leaves for later.
    pub due: u64,
}

impl Post {
    /// How long after a reading it is due again at `now` (seconds); `None`: never on purpose.
    #[must_use]
    pub fn interval(&self, now: i64) -> Option<i64> {
        let age = now.saturating_sub(self.publish_ts);
        let class = CLASSES.iter().position(|(younger_than, _)| age < *younger_than);
        let is_hot = self.viral || self.growth.is_some_and(|growth| growth >= HOT_GROWTH);
        let class = match (class, is_hot) {
            (Some(class), true) => Some(class.saturating_sub(1)),
            (None, true) if age < HOT_UNTIL => Some(CLASSES.len() - 1),
            (class, _) => class,
        };
        class.map(|class| CLASSES[class].1)
    }

    /// Whether it is due at `now` (seconds). From nine tenths of its interval on: a schedule that is a little early,
    /// and a round that takes its time, must not make it wait for a whole turn more.
    #[must_use]
    pub fn is_due(&self, now: i64) -> bool {
        let passed_ms = now.saturating_mul(1000).saturating_sub(self.fetched_at);
        self.interval(now).is_some_and(|interval| passed_ms >= interval * 900)
    }
}

impl Known {
    /// How long after a visit the next one is due (seconds).
    fn interval(&self, now: i64) -> i64 {
        self.posts.iter().filter_map(|post| post.interval(now)).min().unwrap_or(QUIET_INTERVAL)
    }

    /// Time since the last visit, in intervals.
    fn overdue(&self, now: i64) -> f64 {
        let passed = now.saturating_mul(1000).saturating_sub(self.last_visit).max(0);
        passed as f64 / 1000.0 / self.interval(now) as f64
    }

    /// Its posts from the newest one on.
    fn newest_first(&self) -> Vec<Post> {
        let mut posts = self.posts.clone();
        posts.sort_unstable_by_key(|post| std::cmp::Reverse(post.publish_ts));
        posts
    }
}

/// Plans a round at `now` (seconds, UTC), with pages of `page_size` posts. With a `budget` of so many requests the
/// first pages come first; what is left goes to the pages that hold the most due posts for each request. Without one
/// everybody has a turn, those whose last visit failed behind all others; with one, they might never have theirs.
#[must_use]
pub fn plan(mut known: Vec<Known>, now: i64, page_size: usize, budget: Option<u64>) -> Plan {
    known.sort_by(|one, other| most_overdue_first(one, other, now));
    if budget.is_none() {
        known.sort_by_key(|known| known.has_failed);
    }
    let creators: Vec<(CreatorId, Vec<Post>)> =
        known.into_iter().map(|known| (known.creator.clone(), known.newest_first())).collect();
    let due_by_page = |(_, posts): &(CreatorId, Vec<Post>)| -> Vec<u64> {
        let due_on = |page: &[Post]| page.iter().filter(|post| post.is_due(now)).count() as u64;
        posts.chunks(page_size.max(1)).map(due_on).collect()
    };
    let due_by_page: Vec<Vec<u64>> = creators.iter().map(due_by_page).collect();
    let due = due_by_page.iter().flatten().sum();
    let affordable = budget.map_or(creators.len(), |budget| usize::try_from(budget).unwrap_or(usize::MAX));
    let visited = creators.len().min(affordable);
    let depths = depths(&due_by_page[..visited], budget.map(|budget| budget - visited as u64));
    let visits = creators.iter().zip(&due_by_page).zip(&depths);
    let visits = visits.map(|(((creator, posts), due_by_page), &pages)| {
        let read = posts.iter().take(pages.saturating_mul(page_size.max(1)));
        let read_back_to = read.filter(|post| post.is_due(now)).map(|post| post.publish_ts).min();
        let due = due_by_page.iter().take(pages).sum();
        Visit { creator: creator.clone(), read_back_to, pages: pages as u64, due }
    });
    Plan { visits: visits.collect(), left: (creators.len() - visited) as u64, due }
}

fn most_overdue_first(one: &Known, other: &Known, now: i64) -> Ordering {
    other.overdue(now).total_cmp(&one.overdue(now)).then_with(|| one.creator.cmp(&other.creator))
}

/// How many pages to read of each creator: one, and as many more as hold due posts, or, with only so many `more` to be
/// had, those that hold the most for each.
fn depths(due_by_page: &[Vec<u64>], more: Option<u64>) -> Vec<usize> {
    let mut depths = vec![1; due_by_page.len()];
    let mut wanted: Vec<(usize, Segment)> = due_by_page
        .iter()
        .enumerate()
        .flat_map(|(position, due)| segments(due).into_iter().map(move |segment| (position, segment)))
        .collect();
    // Stable: of one creator, nearer segments are never worse than further ones, and stay before them.
    wanted.sort_by(|(_, one), (_, other)| other.by_worth(one));
    let mut left = more.unwrap_or(u64::MAX);
    for (position, segment) in wanted {
        let is_next = depths[position] == segment.from;
        if is_next && segment.pages() <= left {
            left -= segment.pages();
            depths[position] = segment.to;
        }
    }
    depths
}
