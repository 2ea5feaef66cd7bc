//! The snapshots of one video. Only tracking writes them, so their index may be missing.

use bytes::Bytes;
use serde_json::json;

use super::client::Client;
use super::{read, search};
use crate::model::{Collection, Hits, VideoId};
use crate::store::StoreError;

/// So many come in one request; nearly no post has more, and paging takes three.
const AT_ONCE: usize = 10_000;

/// The documents of one video, oldest first.
pub(super) async fn of_video(client: &Client, alias: &str, video: &VideoId) -> Result<Vec<Bytes>, StoreError> {
    let body = json!({
        "query": { "term": { "aweme_id": video.as_str() } },
        // A moment of a video has one document, so there are no ties but among those made by hand.
        "sort": [{ "fetched_at": "asc" }],
        "track_total_hits": false,
    });
    let mut found = search::search_body(client, alias, AT_ONCE, body.clone()).await;
    if found.as_ref().is_ok_and(|hits| hits.videos.len() >= AT_ONCE) {
        found = search::search_body(client, alias, usize::MAX, body).await;
    }
    read::none_without_index(Collection::Snapshots, found, Hits::default()).map(|hits| hits.videos)
}
