//! A creator's row: profile of its newest fetched post, and what is usual for it. Pure; `jobs::score` stores it.

use super::moments::{Moments, creator_growth};
use super::others::Others;
use super::rounding::to_four_digits;
use super::virality::{Baseline, Post};
use crate::model::{Corpus, CreatorRow, Virality};

/// A post that has this multiple of its creator's other posts' median is a hit.
pub const HIT_FROM: f64 = 3.0;

/// So many of the newest posts tell how often a creator posts.
pub const NEWEST_POSTS: usize = 30;

/// Posts of the last so many seconds before the corpus's newest fetch are recent.
pub const RECENT: i64 = 30 * DAY;

/// With fewer posts on either side there is no trend.
const FEWEST_OF_TREND: usize = 3;

const DAY: i64 = 24 * 60 * 60;

/// Who a creator is, as its newest fetched post says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// `fetched_at` of that post (ms, UTC).
    pub fetched_at: i64,
    /// The handle.
    pub unique_id: String,
    /// The platform's number.
    pub uid: String,
    /// The shown name.
    pub nickname: String,
    /// Verified.
    pub is_verified: bool,
    /// The region that it was asked in.
    pub region: Option<String>,
}

/// One of the creator's posts with its scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The post.
    pub post: Post,
    /// `engagement.smoothed`.
    pub smoothed: Option<f64>,
    /// `virality`.
    pub virality: Virality,
    /// What its growth is measured between.
    pub moments: Option<Moments>,
}

/// The row of the creator of all these posts.
#[must_use]
pub fn creator_row(
    sec_user_id: &str,
    profile: Profile,
    baseline: &Baseline,
    posts: &[Judged],
    corpus: &Corpus,
) -> CreatorRow {
    let evidence = || posts.iter().filter(|judged| judged.post.is_evidence());
    let multiples: Vec<f64> = evidence().filter_map(|judged| judged.virality.multiple).collect();
    let hits = multiples.iter().filter(|multiple| **multiple >= HIT_FROM).count();
    let logs = Others::new(baseline.logs(), None);
    let log_median = logs.median();
    let log_mad = log_median.and_then(|median| logs.median_deviation(median));
    let engagement = median(evidence().filter_map(|judged| judged.smoothed).collect());
    CreatorRow {
        sec_user_id: sec_user_id.to_owned(),
        unique_id: profile.unique_id,
        uid: profile.uid,
        nickname: profile.nickname,
        is_verified: profile.is_verified,
        region: profile.region,
        fetched_at: profile.fetched_at,
        newest_publish_ts: posts.iter().filter_map(|judged| judged.post.publish_ts).max(),
        videos: posts.len() as u64,
        judged: baseline.plays().len() as u64,
        median_plays: baseline.median_plays(),
        log_median: log_median.map(to_four_digits),
        log_mad: log_mad.map(to_four_digits),
        hit_rate: (!multiples.is_empty()).then(|| to_four_digits(hits as f64 / multiples.len() as f64)),
        viral: posts.iter().filter(|judged| judged.virality.viral).count() as u64,
        posts_per_week: posts_per_week(posts),
        engagement: engagement.map(to_four_digits),
        trend: trend(posts, corpus.newest_fetched_at),
        growth: creator_growth(posts.iter().filter_map(|judged| judged.moments)),
    }
}

/// The newest 30 posts (or as many as there are) by when they were posted: one less than they are, over the time from
/// the oldest to the newest of them, a day at least. `None` of fewer than two posts with a date.
fn posts_per_week(posts: &[Judged]) -> Option<f64> {
    let mut times: Vec<i64> = posts.iter().filter_map(|judged| judged.post.publish_ts).collect();
    times.sort_unstable();
    let newest = &times[times.len().saturating_sub(NEWEST_POSTS)..];
    let (first, last) = (newest.first()?, newest.last()?);
    let days = last.saturating_sub(*first).max(DAY) as f64 / DAY as f64;
    (newest.len() > 1).then(|| to_four_digits((newest.len() - 1) as f64 * 7.0 / days))
}

/// Median plays of the recent posts over that of the earlier ones.
fn trend(posts: &[Judged], newest_fetched_at: i64) -> Option<f64> {
    let from = newest_fetched_at.saturating_sub(RECENT * 1000);
    let (mut recent, mut earlier) = (Vec::new(), Vec::new());
    for post in posts.iter().map(|judged| judged.post).filter(Post::is_evidence) {
        let posted = post.publish_ts?.saturating_mul(1000);
        if posted >= from { recent.push(post.plays as f64) } else { earlier.push(post.plays as f64) }
    }
    let is_enough = recent.len() >= FEWEST_OF_TREND && earlier.len() >= FEWEST_OF_TREND;
    let both = median(recent).zip(median(earlier)).filter(|_| is_enough);
    both.map(|(recent, earlier)| to_four_digits(recent / earlier))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    Others::new(&values, None).median()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FETCHED: i64 = 1_750_000_000_000;

    fn judged(posts: &[(u64, i64)], corpus: &Corpus) -> (Baseline, Vec<Judged>) {
        let post = |&(plays, days_old): &(u64, i64)| Post {
            plays,
            interactions: plays / 10,
            publish_ts: Some(FETCHED / 1000 - days_old * DAY),
            fetched_at: FETCHED,
        };
        let posts: Vec<Post> = posts.iter().map(post).collect();
        let baseline = Baseline::of(&posts);
        let judge = |post: &Post| Judged {
            post: *post,
            smoothed: crate::insight::prior::smoothed(post.interactions, post.plays, 0.0, 0.0),
            virality: baseline.compare(post, corpus).virality,
            moments: None,
        };
        let judged = posts.iter().map(judge).collect();
        (baseline, judged)
    }

    fn row(posts: &[(u64, i64)]) -> CreatorRow {
        let corpus = Corpus { newest_fetched_at: FETCHED, ..Corpus::default() };
        let (baseline, judged) = judged(posts, &corpus);
        creator_row("MS4w", Profile::default(), &baseline, &judged, &corpus)
    }

    #[test]
    fn a_row_counts_what_is_evidence_and_all_that_is_stored() {
        // The last two are withheld and too young.
        let row = row(&[(100, 70), (120, 63), (90, 56), (400, 10), (440, 9), (420, 8), (0, 7), (5_000, 1)]);
        assert_eq!((row.videos, row.judged, row.median_plays), (8, 6, Some(260.0)));
        // Beside the others' median of 120 (of 90, 100, 120, 400, 440): 420 is 3.5 of it, as the other two are.
        assert_eq!((row.hit_rate, row.engagement), (Some(0.5), Some(0.1)));
        assert_eq!(row.trend, Some(4.2));
        // Seven steps in 69 days.
        assert_eq!(row.posts_per_week, Some(0.7101));
        assert_eq!(row.newest_publish_ts, Some(FETCHED / 1000 - DAY));
    }

    #[test]
    fn what_few_posts_cannot_tell_is_null() {
        let one = row(&[(100, 70)]);
        assert_eq!((one.hit_rate, one.posts_per_week, one.trend, one.log_mad), (None, None, None, Some(0.0)));
        let withheld = row(&[(0, 70), (0, 60)]);
        assert_eq!((withheld.median_plays, withheld.engagement, withheld.judged), (None, None, 0));
        assert_eq!(withheld.posts_per_week, Some(0.7));
        assert_eq!(row(&[(1, 70), (1, 60), (1, 50), (9, 9), (9, 8)]).trend, None);
    }
}
