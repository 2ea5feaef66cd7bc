//! A user's own groups of posts: categories of products, across markets and languages.

use super::AskError;
use super::claiming::claim;
use super::ranking::Ranking;
use super::scopes::tally;
use crate::insight::claims::Tested;
use crate::insight::groups::{Background, GroupKind, GroupOrder, GroupRow, sort_by_value};
use crate::model::{Group, Query, Scope};
use crate::store::StoreReader;

/// A category: the posts that its query finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// As the user writes it.
    pub name: String,
    /// Any of its tags and words.
    pub query: Query,
}

/// The first categories of the posts of a scope, by the order, floors, windows and limit of a ranking. A post is in
/// each category that finds it.
pub async fn rank(
    reader: &dyn StoreReader,
    scope: &Scope,
    categories: &[Category],
    ranking: &Ranking,
) -> Result<Vec<GroupRow>, AskError> {
    let windows = ranking.windows.as_ref();
    let groups: Vec<Group> = categories.iter().map(|category| Group::Query(category.query.clone())).collect();
    let (counted, measures) = tokio::try_join!(tally(reader, scope, windows), reader.measure(scope, &groups, windows))?;
    // None was chosen for what it has, so that there is no floor to make up for.
    let tested = Tested { groups: categories.len() as u64, floor: 0 };
    let background = Background { scope: counted, bursts: tested, lifts: tested };
    let named = categories.iter().zip(measures);
    let mut rows: Vec<GroupRow> = named
        .map(|(category, measure)| GroupRow::of(GroupKind::Category, category.name.clone(), measure, &counted))
        .collect();
    claim(reader, scope, windows, &background, &groups, &mut rows, None).await?;
    if !matches!(ranking.order, GroupOrder::Posts | GroupOrder::Plays) {
        rows.retain(|row| row.tally.posts >= ranking.floors.posts && row.creators >= ranking.floors.creators);
    }
    sort_by_value(&mut rows, |row| row.value(ranking.order), |row| &row.key);
    rows.truncate(ranking.limit);
    Ok(rows)
}

#[cfg(test)]
mod tests;
