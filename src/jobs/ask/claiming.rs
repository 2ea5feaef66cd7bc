//! What is claimed of measured groups: their creators are asked for only where the counts alone leave a claim possible.

use super::scopes::{viral, within};
use crate::insight::claims;
use crate::insight::groups::{Background, GroupRow};
use crate::model::{Group, Measure, Scope, Windows};
use crate::store::{StoreError, StoreReader};

/// Sets `lifted` and `bursting` of each row, a row for each group. `recent`: the groups' measures in the recent window,
/// where they are known; else they are taken where a burst is possible.
pub(super) async fn claim(
    reader: &dyn StoreReader,
    scope: &Scope,
    windows: Option<&Windows>,
    background: &Background,
    groups: &[Group],
    rows: &mut [GroupRow],
    recent: Option<&[Measure]>,
) -> Result<(), StoreError> {
    let possible: Vec<(bool, bool)> = rows.iter().map(|row| row.may_be_claimed(background)).collect();
    let recent_scope = windows.map(|windows| within(scope, &windows.recent));
    let recent = async {
        match (recent, &recent_scope) {
            (Some(known), _) => Ok(known.iter().cloned().map(Some).collect()),
            (None, Some(scope)) => some_of(reader, scope, groups, |position| possible[position].0).await,
            (None, None) => Ok(vec![None; groups.len()]),
        }
    };
    let viral_scope = viral(scope);
    let viral = some_of(reader, &viral_scope, groups, |position| possible[position].1);
    let (recent, viral) = tokio::try_join!(recent, viral)?;
    for ((row, recent), viral) in rows.iter_mut().zip(&recent).zip(&viral) {
        let Background { scope, bursts, lifts } = background;
        row.bursting =
            recent.as_ref().is_some_and(|recent| claims::bursts(&row.tally, scope, &recent.posts_by_creator, *bursts));
        row.lifted =
            viral.as_ref().is_some_and(|viral| claims::lifted(&row.tally, scope, &viral.posts_by_creator, *lifts));
    }
    Ok(())
}

/// Measures the groups at the positions that are wanted.
async fn some_of(
    reader: &dyn StoreReader,
    scope: &Scope,
    groups: &[Group],
    is_wanted: impl Fn(usize) -> bool,
) -> Result<Vec<Option<Measure>>, StoreError> {
    let wanted: Vec<Group> = groups
        .iter()
        .enumerate()
        .filter(|(position, _)| is_wanted(*position))
        .map(|(_, group)| group.clone())
        .collect();
    let measures = if wanted.is_empty() { Vec::new() } else { reader.measure(scope, &wanted, None).await? };
    let mut measures = measures.into_iter();
    Ok((0..groups.len()).map(|position| if is_wanted(position) { measures.next() } else { None }).collect())
}
