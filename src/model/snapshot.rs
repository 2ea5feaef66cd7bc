//! A snapshot: one video's counts at one moment. Written by tracking alone; a video's document holds only the newest
//! ones.

use serde::{Deserialize, Serialize};

use super::video::Stats;

/// A document of the snapshots' index. The names are those of a video's document for the same things.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The video.
    pub aweme_id: String,
    /// Its creator, as asked; absent when nobody knows.
    #[serde(default)]
    pub sec_user_id: Option<String>,
    /// The creator's handle at that moment.
    #[serde(default)]
    pub unique_id: String,
    /// The region asked with.
    #[serde(default)]
    pub region: Option<String>,
    /// When it was posted (seconds, UTC).
    #[serde(default)]
    pub publish_ts: Option<i64>,
    /// The moment: when the answer that carried these counts came (ms, UTC); also the document's external version.
    pub fetched_at: i64,
    /// The moment before it: the version that was stored when this answer came (ms, UTC). Absent for the first moment
    /// that is kept of a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<i64>,
    /// The counts.
    #[serde(default)]
    pub stats: Stats,
}

impl Snapshot {
    /// The document's `_id`, `aweme_id-fetched_at`: writing the same moment again repeats nothing.
    #[must_use]
    pub fn id(&self) -> String {
        Self::id_of(&self.aweme_id, self.fetched_at)
    }

    /// The `_id` of this moment (ms, UTC) of a video.
    #[must_use]
    pub fn id_of(aweme_id: &str, fetched_at: i64) -> String {
        format!("{aweme_id}-{fetched_at}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_a_video_has_one_id() {
        let snapshot = Snapshot { aweme_id: "7517061830164205837".into(), fetched_at: 17, ..Snapshot::default() };
        assert_eq!(snapshot.id(), "7517061830164205837-17");
    }
}
