//! Something that changed, as tracking tells it: plain data with a stable id. `insight::changes` and `jobs::digest`
//! find them, `archive::events` keeps them, the digest and the webhook show them. Their JSON is documented in
//! docs/tracking-events.md and only ever gets more keys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Stable: seen twice, the same change has the same id.
    pub id: String,
    /// When it was seen (ms, UTC): of a post, when the answer that told of it came.
    pub at: i64,
    /// What it is.
    #[serde(flatten)]
    pub what: Happening,
}

/// What changed; `kind` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Happening {
    /// A known creator posted.
    NewPost(NewPost),
    /// A post's plays jumped between two looks.
    Jump(Jump),
    /// A post is newly viral: unusual for its creator.
    Outlier(Outlier),
    /// A hashtag is newly said to burst.
    Bursting(Bursting),
    /// A creator has posted nothing for unusually long.
    Silent(Silent),
    /// A creator has another handle.
    Renamed(Renamed),
    /// The API does not know the creator any more, or withholds it.
    Gone(Gone),
    /// A creator that was gone answers again.
    Back(Back),
}

/// Whose change it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The creator.
    pub sec_user_id: String,
    /// Its handle; empty when it is not known.
    #[serde(default)]
    pub unique_id: String,
}

/// The post that it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EventPost {
    /// Its creator.
    #[serde(flatten)]
    pub creator: Who,
    /// The post.
    pub aweme_id: String,
    /// Its address, as far as that can be told.
    #[serde(default)]
    pub link: Option<String>,
    /// The start of its text.
    #[serde(default)]
    pub text: String,
    /// When it was posted (seconds, UTC).
    #[serde(default)]
    pub publish_ts: Option<i64>,
    /// Its plays now; 0 when withheld.
    #[serde(default)]
    pub plays: u64,
    /// Plays per hour since it was posted (of an outlier: as it is stored).
    #[serde(default)]
    pub plays_per_hour: Option<f64>,
}

/// See [`Happening::NewPost`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewPost {
    /// The post.
    #[serde(flatten)]
    pub post: EventPost,
}

/// See [`Happening::Jump`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    /// The post.
    #[serde(flatten)]
    pub post: EventPost,
    /// Its plays at the look before.
    pub plays_before: u64,
    /// When that was (ms, UTC).
    pub before_at: i64,
    /// Plays gained.
    pub gained: u64,
    /// Plays now over plays before.
    pub multiple: f64,
    /// Hours between the two looks.
    pub hours: f64,
    /// Plays gained per hour between them.
    pub per_hour: f64,
    /// Plays per hour from its posting to the look before.
    pub usual_per_hour: f64,
}

/// See [`Happening::Outlier`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outlier {
    /// The post.
    #[serde(flatten)]
    pub post: EventPost,
    /// Plays over the median of the creator's other posts.
    pub multiple: Option<f64>,
    /// The robust z among them.
    pub z: Option<f64>,
}

/// See [`Happening::Bursting`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bursting {
    /// The tag as most of its posts write it, without `#`.
    pub hashtag: String,
    /// The same, folded: what questions group by.
    pub key: String,
    /// Its posts in all.
    pub posts: u64,
    /// Its creators in all.
    pub creators: u64,
    /// Its posts in the recent window.
    pub recent: u64,
    /// Its posts in the window before.
    pub earlier: u64,
    /// How its share grew from the one to the other.
    pub growth: Option<f64>,
    /// Length of a window (days).
    pub window_days: i64,
    /// The last second of the recent window (seconds, UTC).
    pub window_end: i64,
}

/// See [`Happening::Silent`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silent {
    /// Who.
    #[serde(flatten)]
    pub creator: Who,
    /// When it last posted (seconds, UTC).
    pub newest_publish_ts: i64,
    /// For how long it has posted nothing, when it was last looked at (days).
    pub days: f64,
    /// Its usual gap between posts: the median of the recent ones (days).
    pub usual_days: Option<f64>,
}

/// See [`Happening::Renamed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renamed {
    /// Who, with the handle of now.
    #[serde(flatten)]
    pub creator: Who,
    /// The handle before.
    pub unique_id_before: String,
}

/// See [`Happening::Gone`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Who.
    #[serde(flatten)]
    pub creator: Who,
    /// The walk that was refused: its start (ms, UTC).
    pub walk: i64,
    /// The API's words.
    pub reason: String,
}

/// See [`Happening::Back`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Back {
    /// Who.
    #[serde(flatten)]
    pub creator: Who,
    /// The walk that was answered: its start (ms, UTC).
    pub walk: i64,
    /// When the creator was found to be gone (ms, UTC).
    pub gone_at: i64,
}

/// The kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// [`Happening::NewPost`].
    NewPost,
    /// [`Happening::Jump`].
    Jump,
    /// [`Happening::Outlier`].
    Outlier,
    /// [`Happening::Bursting`].
    Bursting,
    /// [`Happening::Silent`].
    Silent,
    /// [`Happening::Renamed`].
    Renamed,
    /// [`Happening::Gone`].
    Gone,
    /// [`Happening::Back`].
    Back,
}

impl EventKind {
    /// All of them, in the order in which a digest shows them.
    pub const ALL: [Self; 8] =
        [Self::NewPost, Self::Jump, Self::Outlier, Self::Bursting, Self::Silent, Self::Renamed, Self::Gone, Self::Back];

    /// As it stands in JSON and at the start of ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewPost => "new-post",
            Self::Jump => "jump",
            Self::Outlier => "outlier",
            Self::Bursting => "bursting",
            Self::Silent => "silent",
            Self::Renamed => "renamed",
            Self::Gone => "gone",
            Self::Back => "back",
        }
    }
}

impl Event {
    /// An event with the id that follows from what it is and when it was seen (ms, UTC).
    #[must_use]
    pub fn new(at: i64, what: Happening) -> Self {
        let subject = match &what {
            Happening::NewPost(new) => new.post.aweme_id.clone(),
            Happening::Jump(jump) => format!("{}-{at}", jump.post.aweme_id),
            Happening::Outlier(outlier) => outlier.post.aweme_id.clone(),
            Happening::Bursting(bursting) => format!("{}:{}", bursting.key, day(bursting.window_end)),
            Happening::Silent(silent) => format!("{}:{}", silent.creator.sec_user_id, silent.newest_publish_ts),
            Happening::Renamed(renamed) => format!("{}:{at}", renamed.creator.sec_user_id),
            Happening::Gone(gone) => format!("{}:{}", gone.creator.sec_user_id, gone.walk),
            Happening::Back(back) => format!("{}:{}", back.creator.sec_user_id, back.walk),
        };
        Self { id: format!("{}:{subject}", what.kind().name()), at, what }
    }

    /// The id that a post has, or would have, as an outlier.
    #[must_use]
    pub fn outlier_id(aweme_id: &str) -> String {
        format!("{}:{aweme_id}", EventKind::Outlier.name())
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.what.kind()
    }
}

impl Happening {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::NewPost(_) => EventKind::NewPost,
            Self::Jump(_) => EventKind::Jump,
            Self::Outlier(_) => EventKind::Outlier,
            Self::Bursting(_) => EventKind::Bursting,
            Self::Silent(_) => EventKind::Silent,
            Self::Renamed(_) => EventKind::Renamed,
            Self::Gone(_) => EventKind::Gone,
            Self::Back(_) => EventKind::Back,
        }
    }

    /// The creator that it is about; none for a tag.
    #[must_use]
    pub const fn creator(&self) -> Option<&Who> {
        match self {
            Self::NewPost(NewPost { post }) | Self::Jump(Jump { post, .. }) | Self::Outlier(Outlier { post, .. }) => {
                Some(&post.creator)
            }
            Self::Silent(Silent { creator, .. })
            | Self::Renamed(Renamed { creator, .. })
            | Self::Gone(Gone { creator, .. })
            | Self::Back(Back { creator, .. }) => Some(creator),
            Self::Bursting(_) => None,
        }
    }

    /// The post that it is about, if it is about one.
    #[must_use]
    pub const fn post(&self) -> Option<&EventPost> {
        match self {
            Self::NewPost(NewPost { post }) | Self::Jump(Jump { post, .. }) | Self::Outlier(Outlier { post, .. }) => {
                Some(post)
            }
            _ => None,
        }
    }
}

/// The day (UTC) of a second; the seconds themselves where they are in no year that can be computed with.
fn day(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |day| day.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests;
