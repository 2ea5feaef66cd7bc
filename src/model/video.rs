//! The provider's normalized model of a post: same keys, same order as the provider's sample.
//!
//! A field that is `None` is not written: a detail yields only what it carries. [`Video::complete`] fills
//! every field for an item of a list. What the stores hold besides is added by `normalize`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};

use super::Skip;

/// A normalized page, as `normalize` prints it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NormalizedPage<'a> {
    /// The cursor of the next page; empty when there is none.
    pub next_cursor: Cow<'a, str>,
    /// Whether there is more.
    pub has_more: bool,
    /// The posts, in the order of the answer.
    pub video_list: Vec<Video<'a>>,
    /// What was left out, and why; not printed.
    #[serde(skip)]
    pub skipped: Vec<Skip>,
}

/// A field that may be absent, or known to be unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// Not carried: not written.
    #[default]
    Absent,
    /// Written as `null`.
    Unknown,
    /// Written as it is.
    Value(T),
}

impl<T> Given<T> {
    /// Whether nothing is to be written.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if there is one.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }

    fn or_unknown(&mut self) {
        if self.is_absent() {
            *self = Self::Unknown;
        }
    }
}

impl<T: Serialize> Serialize for Given<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

/// A post.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Video<'a> {
    /// The post's id: 19 digits, so a text.
    pub aweme_id: Cow<'a, str>,
    /// The text, as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_desc: Option<Cow<'a, str>>,
    /// When it was posted (seconds, UTC).
    #[serde(skip_serializing_if = "Given::is_absent")]
    pub publish_ts: Given<i64>,
    /// The same as `yyyy-MM-dd HH:mm:ss`, UTC.
    #[serde(skip_serializing_if = "Given::is_absent")]
    pub publish_time: Given<String>,
    /// Whether only its creator sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_private: Option<bool>,
    /// Who posted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_info: Option<AuthorInfo<'a>>,
    /// Its moving or still pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_resource: Option<VideoResource<'a>>,
    /// Its sound; `{}` when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music_info: Option<MusicInfo<'a>>,
    /// Its counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
    /// Its hashtags, without `#`, as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashtags: Option<Vec<Cow<'a, str>>>,
}

/// Who posted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuthorInfo<'a> {
    /// The account's number, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<Cow<'a, str>>,
    /// The handle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<Cow<'a, str>>,
    /// The name shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<Cow<'a, str>>,
    /// The picture's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Cow<'a, str>>,
    /// The profile's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Cow<'a, str>>,
    /// Whether the platform vouches for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_verified: Option<bool>,
}

/// The pictures.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct VideoResource<'a> {
    /// Length (ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Length (s), to one decimal, ties to even.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_sec: Option<f64>,
    /// Width (pixels).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
    /// Height (pixels).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The cover's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover_img: Option<Cow<'a, str>>,
    /// The video's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub play_url: Option<Cow<'a, str>>,
}

/// The sound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MusicInfo<'a> {
    /// The sound's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music_id: Option<Cow<'a, str>>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music_name: Option<Cow<'a, str>>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music_author: Option<Cow<'a, str>>,
    /// Its cover's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music_cover: Option<Cow<'a, str>>,
}

/// The counts at the time of fetching.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Plays; 0 when withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub play: Option<u64>,
    /// Likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<u64>,
    /// Comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<u64>,
    /// Shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<u64>,
    /// Bookmarks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect: Option<u64>,
}

impl Video<'_> {
    /// Fills every field that is absent: text "", number 0, flag false, `music_info` {}, hashtags [], the time
    /// of posting null.
    pub fn complete(&mut self) {
        self.video_desc.get_or_insert_default();
        self.publish_ts.or_unknown();
        self.publish_time.or_unknown();
        self.is_private.get_or_insert_default();
        self.author_info.get_or_insert_default().complete();
        self.video_resource.get_or_insert_default().complete();
        let music = self.music_info.get_or_insert_default();
        if *music != MusicInfo::default() {
            music.complete();
        }
        self.stats.get_or_insert_default().complete();
        self.hashtags.get_or_insert_default();
    }
}

impl AuthorInfo<'_> {
    fn complete(&mut self) {
        let texts = [&mut self.uid, &mut self.unique_id, &mut self.nickname, &mut self.avatar, &mut self.signature];
        for text in texts {
            text.get_or_insert_default();
        }
        self.is_verified.get_or_insert_default();
    }
}

impl VideoResource<'_> {
    fn complete(&mut self) {
        for number in [&mut self.duration_ms, &mut self.width, &mut self.height] {
            number.get_or_insert_default();
        }
        self.duration_sec.get_or_insert_default();
        self.cover_img.get_or_insert_default();
        self.play_url.get_or_insert_default();
    }
}

impl MusicInfo<'_> {
    fn complete(&mut self) {
        for text in [&mut self.music_id, &mut self.music_name, &mut self.music_author, &mut self.music_cover] {
            text.get_or_insert_default();
        }
    }
}

impl Stats {
    fn complete(&mut self) {
        for count in [&mut self.play, &mut self.like, &mut self.comment, &mut self.share, &mut self.collect] {
            count.get_or_insert_default();
        }
    }
}
