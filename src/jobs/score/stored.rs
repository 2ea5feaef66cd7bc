//! What the scores need of a stored video, read from its JSON, and the scores that stand in it.

use serde::{Deserialize, Deserializer};

use crate::insight::baseline::Profile;
use crate::insight::virality::Post;
use crate::model::Virality;
use crate::model::video::{Given, Stats};
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
    virality: Option<StoredVirality>,
}

/// As a pass of this or of an earlier version left it.
#[derive(Debug, Clone, Copy, Deserialize)]
struct StoredVirality {
    multiple: Option<f64>,
    log_multiple: Option<f64>,
    z: Option<f64>,
    viral: bool,
    immature: bool,
    basis: u64,
    plays_per_hour: Option<f64>,
    /// Not there at all before there was growth.
    #[serde(default, deserialize_with = "given")]
    growth: Given<f64>,
    growth_hours: Option<f64>,
}

fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Given<f64>, D::Error> {
    Option::deserialize(value).map(|value| value.map_or(Given::Unknown, Given::Value))
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
        self.virality.map(|stored| {
            let StoredVirality { multiple, log_multiple, z, viral, immature, basis, plays_per_hour, .. } = stored;
            let (growth, growth_hours) = (stored.growth.value().copied(), stored.growth_hours);
            let virality =
                Virality { multiple, log_multiple, z, viral, immature, basis, plays_per_hour, growth, growth_hours };
            Scores { smoothed, virality }
        })
    }

    /// Whether every score of this program's stands in it, be it as null: an earlier version had fewer.
    #[must_use]
    pub fn has_every_score(&self) -> bool {
        self.virality.is_some_and(|virality| !virality.growth.is_absent())
    }

    /// Who its creator is.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let Author { uid, unique_id, nickname, is_verified } = self.author_info.clone();
        Profile { fetched_at: self.fetched_at, unique_id, uid, nickname, is_verified, region: self.region.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video(virality: &str) -> StoredVideo {
        let json =
            format!(r#"{{"aweme_id":"7","fetched_at":5,"engagement":{{"smoothed":0.5}},"virality":{virality}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn scores_from_before_there_was_growth_are_read_and_are_not_all() {
        let old = r#"{"multiple":2.5,"log_multiple":0.9163,"z":1.5,"viral":false,"immature":false,"basis":9,"plays_per_hour":3.0"#;
        let read = video(&format!("{old}}}"));
        let scores = read.scores().unwrap();
        assert_eq!((scores.virality.z, scores.virality.growth, read.has_every_score()), (Some(1.5), None, false));
        let read = video(&format!("{old},\"growth\":null,\"growth_hours\":null}}"));
        assert_eq!((read.scores(), read.has_every_score()), (Some(scores), true));
        let read = video(&format!("{old},\"growth\":-0.25,\"growth_hours\":24}}"));
        let virality = read.scores().unwrap().virality;
        assert_eq!((virality.growth, virality.growth_hours, read.has_every_score()), (Some(-0.25), Some(24.0), true));
        assert_eq!((video("null").scores(), video("null").has_every_score()), (None, false));
    }
}
