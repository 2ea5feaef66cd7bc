//! A row: what a question over the whole corpus needs of one video, read from its stored JSON.

use serde::Deserialize;

/// The part of a stored video that group-by questions use.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Row {
    /// The video.
    pub aweme_id: String,
    /// Its creator, as asked; absent when the post is known only by its detail.
    pub sec_user_id: Option<String>,
    /// Its counts; a post known only by a detail without them has none.
    #[serde(default)]
    pub stats: RowStats,
    /// Hashtags as received.
    #[serde(default)]
    pub hashtags: Vec<String>,
    /// The same, folded, position by position.
    #[serde(default)]
    pub hashtag_keys: Vec<String>,
    /// When it was posted (seconds, UTC).
    #[serde(default)]
    pub publish_ts: Option<i64>,
    /// When it was fetched (ms, UTC).
    #[serde(default)]
    pub fetched_at: i64,
    /// Its scores; a post that no pass has seen has none.
    #[serde(default)]
    pub virality: RowVirality,
}

/// The scores a row carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub struct RowVirality {
    /// Unusual for its creator.
    #[serde(default)]
    pub viral: bool,
    /// The share of plays gained per day between its two newest moments.
    #[serde(default)]
    pub growth: Option<f64>,
}

/// The counts a row carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct RowStats {
    /// Plays; 0 when withheld.
    #[serde(default)]
    pub play: u64,
}

impl Row {
    /// The fields of `_source` that a row is made of.
    pub const SOURCE_FIELDS: [&'static str; 9] = [
        "aweme_id",
        "sec_user_id",
        "stats.play",
        "hashtags",
        "hashtag_keys",
        "publish_ts",
        "fetched_at",
        "virality.viral",
        "virality.growth",
    ];
}
