//! What a score pass brings to light, one look after another. A look that the store does not let us take is told, and
//! taken by the next round: nothing of what it would have found is lost, since all of it is read from what is stored.

use super::{DigestParts, bursting, outliers, silent};
use crate::jobs::ask::AskError;
use crate::jobs::score::standing;
use crate::model::CreatorId;
use crate::pipeline::Fatal;
use crate::pipeline::deliver::patiently;
use crate::store::{StoreError, StoreView};

/// Why a look was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookError {
    /// Neither will the others be.
    #[error(transparent)]
    Fatal(Fatal),
    /// The store, for now.
    #[error(transparent)]
    Ask(#[from] AskError),
}

impl From<Fatal> for LookError {
    fn from(error: Fatal) -> Self {
        match error {
            Fatal::Store(error) => Self::Ask(error.into()),
            error => Self::Fatal(error),
        }
    }
}

impl From<StoreError> for LookError {
    fn from(error: StoreError) -> Self {
        Self::Ask(error.into())
    }
}

/// Takes as known what is viral now, if that was not done yet and scores are there.
pub(super) async fn begin(parts: &DigestParts, view: &dyn StoreView) -> Result<(), Fatal> {
    if parts.ledger.standing(|standing| standing.begun) {
        return Ok(());
    }
    unless_told(take_as_known(parts, view).await, "which posts are viral already")
}

/// Before any pass came to its end nothing is viral, and everything would be newly so behind it.
async fn take_as_known(parts: &DigestParts, view: &dyn StoreView) -> Result<(), LookError> {
    let recorded = patiently(parts.patience, || standing::recorded(view)).await?;
    let has_scores = recorded.is_some_and(|corpus| !corpus.unfinished);
    if has_scores { outliers::take_as_known(parts, view).await } else { Ok(()) }
}

/// Looks for outliers, bursting tags and silent creators.
pub(super) async fn look(parts: &DigestParts, view: &dyn StoreView, creators: &[CreatorId]) -> Result<(), Fatal> {
    let is_first = !parts.ledger.standing(|standing| standing.begun);
    let outliers =
        async { if is_first { take_as_known(parts, view).await } else { outliers::look(parts, view).await } };
    unless_told(outliers.await, "which posts are newly viral")?;
    unless_told(bursting::look(parts, view).await, "which hashtags are bursting")?;
    unless_told(silent::look(parts, view, creators).await, "which creators went silent")
}

fn unless_told(look: Result<(), LookError>, what: &str) -> Result<(), Fatal> {
    match look {
        // Missing: nothing was stored yet.
        Ok(()) | Err(LookError::Ask(AskError::Store(StoreError::Missing(_)))) => Ok(()),
        Err(LookError::Fatal(error)) => Err(error),
        Err(LookError::Ask(error)) => {
            tracing::warn!("{what} could not be asked for: {error}; it is told the next time");
            Ok(())
        }
    }
}
