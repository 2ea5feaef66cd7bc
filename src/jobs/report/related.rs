//! Which of the most used tags go together: every two of them, by normalized pointwise mutual information.

use futures::future::try_join_all;

use super::answer::{Pair, Related};
use crate::insight::groups::{Figure, GroupRow, sort_by_value};
use crate::insight::relation::npmi;
use crate::jobs::ask::AskError;
use crate::jobs::ask::ranking::Floors;
use crate::jobs::ask::scopes::tagged;
use crate::model::{GroupBy, GroupQuestion, Pick, Scope};
use crate::store::StoreReader;

/// So many tags are compared with each other.
pub(super) const MOST_TAGS: usize = 12;

/// Every two of these tags (rows of the scope, whose posts are `all`) that have any post in common.
pub(super) async fn related(
    reader: &dyn StoreReader,
    scope: &Scope,
    tags: &[GroupRow],
    all: u64,
) -> Result<Related, AskError> {
    let keys: Vec<String> = tags.iter().map(|tag| tag.key.clone()).collect();
    let beside = async |tag: &GroupRow| {
        let pick = Pick::Named(keys.clone());
        let question = GroupQuestion { scope: tagged(scope, &tag.key), by: GroupBy::Hashtag, pick, windows: None };
        reader.groups(&question).await
    };
    let found = try_join_all(tags.iter().map(beside)).await?;
    let min_posts = Floors::default().posts;
    let mut pairs = Vec::new();
    for (one, beside_one) in found.iter().enumerate() {
        for other in one + 1..tags.len() {
            let posts = beside_one.groups.get(other).map_or(0, |(_, tally)| tally.posts);
            if posts == 0 {
                continue;
            }
            let closeness = npmi(posts, tags[one].tally.posts, tags[other].tally.posts, all);
            pairs.push(Pair {
                positions: (one, other),
                one: tags[one].name.clone(),
                other: tags[other].name.clone(),
                posts,
                npmi: closeness.filter(|_| posts >= min_posts).map(Figure),
            });
        }
    }
    // The pairs come in an order of their own, which a stable sort keeps for equal ones.
    sort_by_value(&mut pairs, |pair| pair.npmi.map(|npmi| npmi.0), |_| "");
    Ok(Related { tags: tags.iter().map(|tag| tag.name.clone()).collect(), min_posts, pairs })
}
