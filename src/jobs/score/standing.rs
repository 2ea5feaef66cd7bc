//! Whether the scores are those of what is stored: what the last pass recorded beside what the store holds now. Reads only.

use serde::Serialize;

use crate::model::{CORPUS_ID, Collection, Corpus};
use crate::store::{StoreError, StoreView};

/// How the scores of a store stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Whether a pass would find something to do, for all that is known; `viralmine score` makes one.
    pub behind: bool,
    /// When the last pass ended (ms, UTC); null when there was none.
    pub scored_at: Option<i64>,
    /// Videos that it saw.
    pub videos: Option<u64>,
    /// Videos that are stored without scores.
    pub unscored: u64,
}

/// Asks the store. `videos` is how many it holds.
pub async fn standing(view: &dyn StoreView, videos: u64) -> Result<Standing, StoreError> {
    let recorded = recorded(view).await?;
    let unscored = view.count_unscored().await?;
    let newest = view.newest_fetched_at().await?.unwrap_or(0);
    let is_of_these = |corpus: &Corpus| corpus.videos == videos && corpus.newest_fetched_at == newest;
    Ok(Standing {
        behind: videos > 0 && (unscored > 0 || !recorded.as_ref().is_some_and(is_of_these)),
        scored_at: recorded.as_ref().map(|corpus| corpus.scored_at),
        videos: recorded.as_ref().map(|corpus| corpus.videos),
        unscored,
    })
}

/// What the last pass recorded; `None` when there was none.
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
