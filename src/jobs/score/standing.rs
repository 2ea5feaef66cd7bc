//! Whether the scores are those of what is stored: what the last pass recorded beside what the store holds now. Reads only.

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

/// Asks the store. `videos` is how many it holds. Creators that cannot be read are told, and hold up nothing else.
pub async fn standing(view: &dyn StoreView, videos: u64) -> Result<Standing, StoreError> {
    let recorded = match recorded(view).await {
        Err(error @ (StoreError::Denied(_) | StoreError::Unfit(_) | StoreError::Broken(_))) => {
            tracing::warn!("how the scores stand cannot be told: {error}");
            None
        }
        recorded => recorded?,
    };
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
    let finished = recorded.filter(|_| !unfinished);
    Ok(Standing {
        behind,
        scored_at: finished.as_ref().map(|corpus| corpus.scored_at),
        videos: finished.map(|corpus| corpus.videos),
        unfinished,
        unscored,
    })
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
