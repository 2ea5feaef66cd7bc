//! Creators worth following: rows of the creators' index, whose figures the score pass made.

use super::AskError;
use super::scopes::is_everything;
use crate::model::{CreatorQuestion, CreatorRow, CreatorSort, GroupBy, GroupQuestion, Pick, Scope};
use crate::store::{StoreError, StoreReader};

/// What is asked of creators.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatorRanking {
    /// In which order.
    pub sort: CreatorSort,
    /// From which median plays on, and below which.
    pub median: (Option<f64>, Option<f64>),
    /// Judged posts at least.
    pub min_judged: u64,
    /// So many at most.
    pub limit: usize,
}

/// Creators in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreatorAnswer {
    /// How many meet the question.
    pub total: u64,
    /// The first of them.
    pub rows: Vec<CreatorRow>,
}

/// The first creators with a post in a scope. Their figures are those of all their posts.
pub async fn rank(
    reader: &dyn StoreReader,
    scope: &Scope,
    ranking: &CreatorRanking,
) -> Result<CreatorAnswer, AskError> {
    let among = if is_everything(scope) { None } else { Some(with_posts_in(reader, scope).await?) };
    let (median_at_least, median_below) = ranking.median;
    let question = CreatorQuestion {
        among,
        median_at_least,
        median_below,
        min_judged: ranking.min_judged,
        sort: ranking.sort,
        limit: ranking.limit,
    };
    let hits = reader.creators(&question).await?;
    let parse = |row: &bytes::Bytes| {
        serde_json::from_slice(row)
            .map_err(|error| StoreError::Broken(format!("a row of the creators' index cannot be read: {error}")))
    };
    let rows = hits.videos.iter().map(parse).collect::<Result<_, _>>()?;
    Ok(CreatorAnswer { total: hits.total, rows })
}

async fn with_posts_in(reader: &dyn StoreReader, scope: &Scope) -> Result<Vec<String>, StoreError> {
    let (by, pick) = (GroupBy::Creator, Pick::Posts(1));
    let found = reader.groups(&GroupQuestion { scope: scope.clone(), by, pick, windows: None }).await?;
    let mut creators: Vec<String> = found.groups.into_iter().map(|(creator, _)| creator).collect();
    creators.sort_unstable();
    Ok(creators)
}
