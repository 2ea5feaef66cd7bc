//! Which posts a question is about, narrowed: to a window, to the viral ones, to those with a tag.

use std::ops::Range;

use crate::model::{Filters, GroupBy, GroupQuestion, Pick, Query, Scope, Tally, Windows};
use crate::store::{StoreError, StoreReader};

/// The posts of a scope that were posted in a window (seconds, UTC).
pub(super) fn within(scope: &Scope, window: &Range<i64>) -> Scope {
    let filters = &scope.filters;
    let since = filters.since.map_or(window.start, |since| since.max(window.start));
    let until = filters.until.map_or(window.end, |until| until.min(window.end));
    let filters = Filters { since: Some(since), until: Some(until), ..filters.clone() };
    Scope { query: scope.query.clone(), filters }
}

/// The posts of a scope of both windows.
pub(super) fn within_both(scope: &Scope, windows: &Windows) -> Scope {
    within(scope, &(windows.earlier.start..windows.recent.end))
}

/// The viral posts of a scope.
pub(super) fn viral(scope: &Scope) -> Scope {
    let filters = Filters { only_viral: true, ..scope.filters.clone() };
    Scope { query: scope.query.clone(), filters }
}

/// The posts of a scope with a tag (folded).
pub(in crate::jobs) fn tagged(scope: &Scope, tag: &str) -> Scope {
    let mut scope = scope.clone();
    scope.filters.hashtags.push(tag.to_owned());
    scope
}

/// Whether a scope holds every post.
pub(super) fn is_everything(scope: &Scope) -> bool {
    scope.query == Query::All && scope.filters == Filters::default()
}

/// What is counted of all posts of a scope.
pub(super) async fn tally(
    reader: &dyn StoreReader,
    scope: &Scope,
    windows: Option<&Windows>,
) -> Result<Tally, StoreError> {
    // No group is asked for, so that what they are grouped by does not matter.
    let (by, pick) = (GroupBy::Creator, Pick::Named(Vec::new()));
    let question = GroupQuestion { scope: scope.clone(), by, pick, windows: windows.cloned() };
    Ok(reader.groups(&question).await?.scope)
}
