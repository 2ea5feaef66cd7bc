//! Snapshots out of documents: the counts of a video at the moment that its document tells of.

use serde::Deserialize;

use crate::model::Snapshot;
use crate::model::video::Stats;

/// What of a video's document a snapshot keeps.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    sec_user_id: Option<String>,
    #[serde(default)]
    author_info: Author,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    publish_ts: Option<i64>,
    #[serde(default)]
    stats: Stats,
}

#[derive(Default, Deserialize)]
struct Author {
    #[serde(default)]
    unique_id: String,
}

/// The counts of a document (JSON) of this version (ms, UTC); `None` when it carries none, or cannot be read.
pub(super) fn snapshot(id: &str, document: &[u8], version: i64, previous: Option<i64>) -> Option<Snapshot> {
    let kept: Kept = match serde_json::from_slice(document) {
        Ok(kept) => kept,
        Err(error) => {
            tracing::warn!("the stored video {id} cannot be read ({error}): its counts of that moment are not kept");
            return None;
        }
    };
    (kept.stats != Stats::default()).then(|| Snapshot {
        aweme_id: id.to_owned(),
        sec_user_id: kept.sec_user_id,
        unique_id: kept.author_info.unique_id,
        region: kept.region,
        publish_ts: kept.publish_ts,
        fetched_at: version,
        previous,
        stats: kept.stats,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_document_are_kept_with_whose_they_are() {
        let document =
            br#"{"aweme_id":"7","sec_user_id":"MS4w","author_info":{"unique_id":"lily","uid":"1"},"region":null,
            "publish_ts":5,"fetched_at":9,"stats":{"play":3,"like":0,"comment":0,"share":0,"collect":0}}"#;
        let kept = snapshot("7", document, 9, Some(4)).unwrap();
        assert_eq!((kept.id().as_str(), kept.unique_id.as_str(), kept.previous), ("7-9", "lily", Some(4)));
        assert_eq!((kept.publish_ts, kept.stats.play, kept.region), (Some(5), Some(3), None));
    }

    #[test]
    fn a_document_without_counts_has_no_moment() {
        assert_eq!(snapshot("7", br#"{"aweme_id":"7","stats":{}}"#, 9, None), None);
        assert_eq!(snapshot("7", b"[", 9, None), None);
    }
}
