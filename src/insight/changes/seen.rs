//! What the rules need of a document, read from its JSON. `jobs::digest` tells of outliers by the same.

use serde::Deserialize;

use crate::insight::HOUR;
use crate::insight::rounding::to_four_digits;
use crate::model::event::{EventPost, Who};
use crate::model::video::Stats;
use crate::model::{Kind, post_link};

/// So much of a post's text goes into an event (characters).
const LONGEST_TEXT: usize = 200;

/// A stored video, or one about to be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Its creator, as asked.
    pub sec_user_id: Option<String>,
    /// When it was fetched (ms, UTC).
    pub fetched_at: Option<i64>,
    /// When it was posted (seconds, UTC).
    pub publish_ts: Option<i64>,
    /// What the score pass stored.
    pub virality: Option<Scored>,
    kind: Option<String>,
    video_desc: Option<String>,
    author_info: Option<Author>,
    stats: Option<Stats>,
}

/// The scores of a stored video; absent before the first pass.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Scored {
    /// Plays over the median of the creator's other posts.
    pub multiple: Option<f64>,
    /// The robust z among them.
    pub z: Option<f64>,
    /// Whether it stands out.
    pub viral: bool,
    /// Plays per hour.
    pub plays_per_hour: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Author {
    uid: Option<String>,
    unique_id: Option<String>,
}

impl Seen {
    /// Reads a document; `None` when it is none.
    #[must_use]
    pub fn read(document: &[u8]) -> Option<Self> {
        serde_json::from_slice(document).ok()
    }

    /// Plays; 0 when withheld.
    #[must_use]
    pub fn plays(&self) -> u64 {
        self.stats.and_then(|stats| stats.play).unwrap_or(0)
    }

    /// The creator's handle; empty when it is not known.
    #[must_use]
    pub fn handle(&self) -> &str {
        self.author_info.as_ref().and_then(|author| author.unique_id.as_deref()).unwrap_or_default()
    }

    /// The account's number; empty when it is not known.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.author_info.as_ref().and_then(|author| author.uid.as_deref()).unwrap_or_default()
    }

    /// When it was posted (ms, UTC).
    #[must_use]
    pub fn posted_at(&self) -> Option<i64> {
        self.publish_ts.map(|posted| posted.saturating_mul(1000))
    }

    /// The post as an event tells of it, looked at then (ms, UTC).
    #[must_use]
    pub fn post(&self, aweme_id: &str, creator: &Who, fetched_at: i64) -> EventPost {
        let kind = if self.kind.as_deref() == Some(Kind::Photo.name()) { Kind::Photo } else { Kind::Video };
        EventPost {
            creator: creator.clone(),
            aweme_id: aweme_id.to_owned(),
            link: post_link(&creator.unique_id, aweme_id, kind),
            text: self.video_desc.as_deref().unwrap_or_default().chars().take(LONGEST_TEXT).collect(),
            publish_ts: self.publish_ts,
            plays: self.plays(),
            plays_per_hour: self.plays_per_hour(fetched_at),
        }
    }

    /// Since it was posted, at least an hour; `None` when either is unknown.
    fn plays_per_hour(&self, fetched_at: i64) -> Option<f64> {
        let age = fetched_at.saturating_sub(self.posted_at()?).max(HOUR);
        (self.plays() > 0).then(|| to_four_digits(self.plays() as f64 / (age as f64 / HOUR as f64)))
    }
}
