//! Snapshots read back from a store, whichever it is. They may have been written by anybody: one that makes no sense is
//! passed over, and said.

use bytes::Bytes;

use crate::model::{Snapshot, VideoId};

/// The snapshots that these documents are, oldest first.
pub(super) fn in_time_order(video: &VideoId, documents: &[Bytes]) -> Vec<Snapshot> {
    let mut unreadable = None;
    let mut snapshots: Vec<Snapshot> = Vec::with_capacity(documents.len());
    for document in documents {
        match serde_json::from_slice(document) {
            Ok(snapshot) => snapshots.push(snapshot),
            Err(error) => unreadable = Some(error),
        }
    }
    if let Some(error) = unreadable {
        let number = documents.len() - snapshots.len();
        tracing::warn!("snapshots of the post {video} that cannot be read, and are passed over: {number} ({error})");
    }
    snapshots.sort_by_key(|snapshot| (snapshot.fetched_at, snapshot.stats.play));
    snapshots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_and_without_what_makes_no_sense() {
        let video = VideoId::parse("7517061830164205837").unwrap();
        let documents = [
            r#"{"aweme_id":"7","fetched_at":20,"stats":{"play":5}}"#,
            r#"{"aweme_id":"7","fetched_at":"soon"}"#,
            r#"{"aweme_id":"7","fetched_at":10,"stats":{},"later":1}"#,
        ];
        let found = in_time_order(&video, &documents.map(|text| Bytes::from_static(text.as_bytes())));
        let shown: Vec<_> = found.iter().map(|snapshot| (snapshot.fetched_at, snapshot.stats.play)).collect();
        assert_eq!(shown, [(10, None), (20, Some(5))]);
    }
}
