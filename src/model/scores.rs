//! The scores that the pass stores: a video's, a creator's, and what it used of the whole corpus. Formulas are
//! `insight`'s.

use serde::{Deserialize, Serialize};

/// `virality` of a video document. Figures are rounded to four significant digits before they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Virality {
    /// Plays over the median of the creator's other judged posts; `None` when there is none, or plays are withheld.
    pub multiple: Option<f64>,
    /// ln of `multiple`, rounded to four decimals, for `timing`; `None` without it.
    pub log_multiple: Option<f64>,
    /// The robust z of ln(1 + plays) among the creator's other judged posts; `None` when it cannot be told.
    pub z: Option<f64>,
    /// z of at least 3.5, and not `immature`.
    pub viral: bool,
    /// Younger than 72 h when fetched, or of unknown age.
    pub immature: bool,
    /// How many other posts the comparison rests on.
    pub basis: u64,
    /// Plays gained per hour between the two moments that growth is measured between; with one moment, plays per hour
    /// since it was posted. `None` when plays are withheld, or of one moment, the time of posting is unknown.
    pub plays_per_hour: Option<f64>,
    /// The share of plays gained per day between two looks at it; `None` without two.
    pub growth: Option<f64>,
    /// Hours between them.
    pub growth_hours: Option<f64>,
}

/// A row of the creators index: profile of the newest fetched post, baseline of all posts stored. `_id` is
/// `sec_user_id`, the external version is `fetched_at`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreatorRow {
    /// The creator, as asked.
    pub sec_user_id: String,
    /// The handle.
    pub unique_id: String,
    /// The platform's number.
    pub uid: String,
    /// The shown name.
    pub nickname: String,
    /// Verified.
    pub is_verified: bool,
    /// The region that its posts were asked in.
    pub region: Option<String>,
    /// `fetched_at` of the newest fetched post (ms, UTC).
    pub fetched_at: i64,
    /// When its newest post was posted (seconds, UTC).
    pub newest_publish_ts: Option<i64>,
    /// Posts stored.
    pub videos: u64,
    /// Of them: evidence for the baseline (mature, plays not withheld).
    pub judged: u64,
    /// Median plays of the judged posts.
    pub median_plays: Option<f64>,
    /// Median of ln(1 + plays) of the judged posts.
    pub log_median: Option<f64>,
    /// Median absolute deviation of the same.
    pub log_mad: Option<f64>,
    /// Share of judged posts with a multiple of at least 3.
    pub hit_rate: Option<f64>,
    /// Judged posts that are viral.
    pub viral: u64,
    /// Posts a week.
    pub posts_per_week: Option<f64>,
    /// Median smoothed engagement of the judged posts.
    pub engagement: Option<f64>,
    /// Median plays of the recent judged posts over that of those before.
    pub trend: Option<f64>,
    /// The share of plays that its posts gained per day between two looks at them; `None` without such a post.
    pub growth: Option<f64>,
}

/// What a pass used of the whole corpus, rounded to two significant digits before use, and recorded: the one document
/// of the creators' index that is no creator, under [`CORPUS_ID`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Corpus {
    /// When the pass computed (ms, UTC); the document's version.
    pub scored_at: i64,
    /// The newest `fetched_at` that it saw (ms, UTC).
    pub newest_fetched_at: i64,
    /// Videos that it saw.
    pub videos: u64,
    /// Those of them that have no scores of its: unreadable, or refused by the store.
    pub left: u64,
    /// Written by a pass that began to write and has not ended; all figures are those of the pass before.
    pub unfinished: bool,
    /// By which formulas it scored (`FORMULAS`).
    pub formulas: u32,
    /// Those of them that could be judged: there is a z, and they were old enough when fetched.
    pub judged: u64,
    /// Judged ones that are viral.
    pub viral: u64,
    /// How many would be, if plays of each creator were drawn from one log-normal distribution; two significant digits.
    pub viral_by_chance: f64,
    /// Median of ln(1 + plays) over all judged posts.
    pub log_median: Option<f64>,
    /// Median absolute deviation of each judged post's ln(1 + plays) from its creator's median.
    pub log_mad: Option<f64>,
    /// a of the engagement prior.
    pub engagement_a: f64,
    /// b of the engagement prior.
    pub engagement_b: f64,
}

/// Counts up when a formula changes, so that older scores are known to be behind.
pub const FORMULAS: u32 = 2;

/// The `_id` of [`Corpus`]; no creator's id holds an asterisk.
pub const CORPUS_ID: &str = "*corpus*";
