//! Whether the scores are those of what is stored: what the last pass recorded beside what the store holds now. Reads
//! only.

use serde::Serialize;

use crate::model::{CORPUS_ID, Collection, Corpus, FORMULAS};
use crate::store::{StoreError, StoreView};

/// How the scores of a store stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whether a pass would find something to do, for all that is known; `viralmine score` makes one.
    pub behind: bool,
    /// When the last pass computed (ms, UTC); null when there was none, or it did not end.
    pub scored_at: Option<i64>,
    /// Videos that it saw.
    pub videos: Option<u64>,
    /// Whether a pass began to write and did not end, or is at it.
    pub unfinished: bool,
    /// Videos that are stored without scores.
    pub unscored: u64,
}

/// Asks the store, which holds so many `videos`. Creators that cannot be read are told, and hold up nothing else.
pub async fn standing(view: &dyn StoreView, videos: u64) -> Result<Standing, StoreError> {
    Ok(standing_and_record(view, videos).await?.0)
}

/// The same of as many videos as there are now, and what the last pass recorded.
pub async fn now(view: &dyn StoreView) -> Result<(Standing, Option<Corpus>), StoreError> {
    let videos = view.count(Collection::Videos).await?;
    standing_and_record(view, videos).await
}

/// What was read of the creators' index, which is made of the videos and can be made again: `None`, and a warning that
/// begins with `untold`, where it cannot be read.
pub(in crate::jobs) fn unless_unreadable<T>(
    read: Result<Option<T>, StoreError>,
    untold: &str,
) -> Result<Option<T>, StoreError> {
    match read {
        Err(error @ (StoreError::Denied(_) | StoreError::Unfit(_) | StoreError::Broken(_))) => {
            tracing::warn!("{untold}: {error}");
            Ok(None)
        }
        read => read,
    }
}

async fn standing_and_record(view: &dyn StoreView, videos: u64) -> Result<(Standing, Option<Corpus>), StoreError> {
    let recorded = unless_unreadable(recorded(view).await, "how the scores stand cannot be told")?;
    let unscored = view.count_unscored().await?;
    let newest = view.newest_fetched_at().await?.unwrap_or(0);
    let is_of_these = |corpus: &Corpus| {
        corpus.videos == videos
            && corpus.newest_fetched_at == newest
            && unscored <= corpus.left
            && !corpus.unfinished
            && corpus.formulas == FORMULAS
    };
    let behind = videos > 0 && !recorded.as_ref().is_some_and(is_of_these);
    let unfinished = recorded.as_ref().is_some_and(|corpus| corpus.unfinished);
    let finished = recorded.as_ref().filter(|_| !unfinished);
    let standing = Standing {
        behind,
        scored_at: finished.map(|corpus| corpus.scored_at),
        videos: finished.map(|corpus| corpus.videos),
        unfinished,
        unscored,
    };
    Ok((standing, recorded))
}

/// What the last pass recorded, or one that is at it; `None` when there was none.
pub async fn recorded(view: &dyn StoreView) -> Result<Option<Corpus>, StoreError> {
    let found = match view.get(Collection::Creators, &[CORPUS_ID.to_owned()]).await {
        // A store that was filled before there were scores has no such index yet.
        Err(StoreError::Missing(_)) => None,
        found => found?.into_iter().next().flatten(),
    };
    let Some(found) = found else { return Ok(None) };
    match serde_json::from_slice(&found.source) {
        Ok(corpus) => Ok(Some(corpus)),
        Err(error) => {
            tracing::warn!("what the last score pass recorded cannot be read ({error}): it counts for none");
            Ok(None)
        }
    }
}
