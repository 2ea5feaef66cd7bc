//! What the scores need of a stored video, read from its JSON, and the scores that stand in it.

use serde::Deserialize;

use crate::insight::baseline::Profile;
use crate::insight::virality::Post;
use crate::model::Virality;
use crate::model::video::Stats;
use crate::normalize::scores::Scores;

/// A stored video.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredVideo {
    /// Its id.
    pub aweme_id: String,
    /// Its creator, as asked; absent when it is known by its detail alone.
    #[serde(default)]
    pub sec_user_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
    /// When it was fetched (ms, UTC).
    pub fetched_at: i64,
    #[serde(default)]
    publish_ts: Option<i64>,
    #[serde(default)]
    author_info: Author,
    /// Its counts; those of a detail may lack some.
    #[serde(default)]
    pub stats: Stats,
    #[serde(default)]
    engagement: Option<Smoothed>,
    #[serde(default)]
    virality: Option<Virality>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Author {
    uid: String,
    unique_id: String,
    nickname: String,
    is_verified: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Smoothed {
    #[serde(default)]
    smoothed: Option<f64>,
}

impl StoredVideo {
    /// What the formulas look at.
    #[must_use]
    pub fn post(&self) -> Post {
        let Stats { play, like, comment, share, collect } = self.stats;
        let interactions = [like, comment, share, collect].into_iter().flatten().fold(0, u64::saturating_add);
        Post { plays: play.unwrap_or(0), interactions, publish_ts: self.publish_ts, fetched_at: self.fetched_at }
    }

    /// Whether it has a place for `engagement.smoothed`: a detail without counts has none.
    #[must_use]
    pub fn has_engagement(&self) -> bool {
        self.engagement.is_some()
    }

    /// The scores that stand in it; `None` when no pass has scored it as it is.
    #[must_use]
    pub fn scores(&self) -> Option<Scores> {
        let smoothed = self.engagement.and_then(|engagement| engagement.smoothed);
        self.virality.map(|virality| Scores { smoothed, virality })
    }

    /// Who its creator is.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let Author { uid, unique_id, nickname, is_verified } = self.author_info.clone();
        Profile { fetched_at: self.fetched_at, unique_id, uid, nickname, is_verified, region: self.region.clone() }
    }
}
