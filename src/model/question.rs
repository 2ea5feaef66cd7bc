//! A question as the stores get it: no clock, no flags, everything resolved.

use bytes::Bytes;

use super::Query;

/// Video or photo post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A video.
    Video,
    /// A photo post.
    Photo,
}

impl Kind {
    /// As it stands in the document's `kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Photo => "photo",
        }
    }
}

/// What all hits must meet; an absent filter lets everything through.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters {
    /// Folded hashtags (`hashtag_keys`), all of them.
    pub hashtags: Vec<String>,
    /// `sec_user_id`, `author_info.unique_id` or `author_info.uid`, exactly.
    pub creator: Option<String>,
    /// `region`, exactly.
    pub region: Option<String>,
    /// Posted at or after (`publish_ts`, seconds, UTC).
    pub since: Option<i64>,
    /// Posted before (`publish_ts`, seconds, UTC).
    pub until: Option<i64>,
    /// `stats.play` at least.
    pub min_plays: Option<u64>,
    /// `kind`, exactly.
    pub kind: Option<Kind>,
    /// Only posts with `virality.viral`.
    pub only_viral: bool,
}

/// The order of hits: highest first, ties by `aweme_id` (ascending), a missing value last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// `stats.play`.
    #[default]
    Plays,
    /// How well the text matches, by the engine's own BM25.
    Score,
    /// `publish_ts`.
    Date,
    /// `engagement.rate`.
    Engagement,
    /// `engagement.smoothed`.
    SmoothedEngagement,
    /// `virality.z`.
    Z,
    /// `virality.multiple`.
    Multiple,
    /// `virality.plays_per_hour`.
    PlaysPerHour,
    /// `virality.growth`.
    Growth,
}

/// A question for videos.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What the text and the hashtags must hold.
    pub query: Query,
    /// What else must hold.
    pub filters: Filters,
    /// The order.
    pub sort: Sort,
    /// At most so many hits; more than 10,000 are paged through inside the store.
    pub limit: usize,
}

impl Question {
    /// All videos, by plays, without a limit.
    #[must_use]
    pub fn all() -> Self {
        Self { query: Query::All, filters: Filters::default(), sort: Sort::Plays, limit: usize::MAX }
    }
}

/// The order of creators: highest first, ties by `sec_user_id` (ascending), a missing value last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CreatorSort {
    /// `hit_rate`.
    #[default]
    HitRate,
    /// `median_plays`.
    MedianPlays,
    /// `engagement`.
    Engagement,
    /// `trend`.
    Trend,
    /// `growth`.
    Growth,
}

impl CreatorSort {
    /// The field of the creators' index.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::HitRate => "hit_rate",
            Self::MedianPlays => "median_plays",
            Self::Engagement => "engagement",
            Self::Trend => "trend",
            Self::Growth => "growth",
        }
    }
}

/// A question for rows of the creators' index.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatorQuestion {
    /// Only these creators (`sec_user_id`), sorted and without doubles; `None` for all.
    pub among: Option<Vec<String>>,
    /// `median_plays` at least this; a row without one does not meet it.
    pub median_at_least: Option<f64>,
    /// `median_plays` less than this.
    pub median_below: Option<f64>,
    /// `judged` at least this.
    pub min_judged: u64,
    /// The order.
    pub sort: CreatorSort,
    /// At most so many.
    pub limit: usize,
}

/// The hits of a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// How many videos match, exactly.
    pub total: u64,
    /// The documents' JSON, as stored, in order.
    pub videos: Vec<Bytes>,
}
