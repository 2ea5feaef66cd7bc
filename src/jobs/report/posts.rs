//! Posts in three orders: unusual for their creator, rising, engaging. What each means is told in `docs/scores.md`.

use serde::Deserialize;

use super::answer::{Post, PostList, Posts};
use crate::jobs::ask::{AskError, search};
use crate::model::{Filters, Hits, Kind, Question, Scope, Sort, Virality, post_link};
use crate::store::{StoreError, StoreReader};

/// Posts of each order.
const UNUSUAL: usize = 20;
const OTHERS: usize = 10;

/// The first posts of each order.
pub(super) async fn lists(reader: &dyn StoreReader, scope: &Scope) -> Result<Posts, AskError> {
    let list = async |sort, only_viral, limit| {
        let filters = Filters { only_viral, ..scope.filters.clone() };
        let question = Question { query: scope.query.clone(), filters, sort, limit };
        read(&search(reader, &question).await?)
    };
    let (unusual, rising, engaging) = tokio::try_join!(
        list(Sort::Z, true, UNUSUAL),
        list(Sort::PlaysPerHour, false, OTHERS),
        list(Sort::SmoothedEngagement, false, OTHERS),
    )?;
    Ok(Posts {
        unusual,
        rising: having(rising, |post| post.plays_per_hour),
        engaging: having(engaging, |post| post.engagement),
    })
}

/// Posts without the figure come last in its order, and say nothing there.
fn having(mut list: PostList, figure: fn(&Post) -> Option<f64>) -> PostList {
    list.posts.retain(|post| figure(post).is_some());
    list
}

fn read(hits: &Hits) -> Result<PostList, AskError> {
    let post = |document: &bytes::Bytes| {
        let stored: Stored = serde_json::from_slice(document)
            .map_err(|error| StoreError::Broken(format!("a stored video cannot be read: {error}")))?;
        Ok(Post::from(stored))
    };
    let posts = hits.videos.iter().map(post).collect::<Result<_, StoreError>>()?;
    Ok(PostList { total: hits.total, posts })
}

/// The part of a stored video that is shown; a post known only by its detail has less of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stored {
    aweme_id: String,
    sec_user_id: Option<String>,
    kind: Option<String>,
    video_desc: Option<String>,
    publish_ts: Option<i64>,
    fetched_at: Option<i64>,
    author_info: Author,
    video_resource: Resource,
    stats: Stats,
    engagement: Engagement,
    virality: Option<Virality>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Author {
    unique_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    cover_img: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    play: u64,
    like: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Engagement {
    smoothed: Option<f64>,
}

impl From<Stored> for Post {
    fn from(stored: Stored) -> Self {
        let virality = stored.virality.unwrap_or_default();
        let kind = if stored.kind.as_deref() == Some(Kind::Photo.name()) { Kind::Photo } else { Kind::Video };
        Self {
            link: post_link(&stored.author_info.unique_id, &stored.aweme_id, kind),
            aweme_id: stored.aweme_id,
            unique_id: stored.author_info.unique_id,
            sec_user_id: stored.sec_user_id,
            video_desc: stored.video_desc.unwrap_or_default(),
            publish_ts: stored.publish_ts,
            fetched_at: stored.fetched_at,
            kind: stored.kind,
            cover_img: stored.video_resource.cover_img.filter(|address| !address.is_empty()),
            plays: stored.stats.play,
            likes: stored.stats.like,
            engagement: stored.engagement.smoothed,
            z: virality.z,
            multiple: virality.multiple,
            plays_per_hour: virality.plays_per_hour,
        }
    }
}
