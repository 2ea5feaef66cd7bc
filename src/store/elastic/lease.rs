//! The right to write under old versions: one document among the checkpoints, which one process has until it gives it
//! back or lets it run out. Who renews it, and when, is the job's business.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::note::Note;
use crate::store::StoreError;

/// How long after its end a lease still counts: holder and taker read the clocks of different machines. Clocks further
/// apart than this, the taker's ahead, could let two write at once.
pub(super) const GRACE: Duration = Duration::from_mins(1);

/// Who loses so often against others finds a holder when it looks again.
const ATTEMPTS: usize = 5;

/// Who has the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lease {
    pub(super) holder: String,
    pub(super) until: Timestamp,
}

impl Lease {
    /// Whether nobody else may have it yet.
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        self.until.checked_add(GRACE).is_ok_and(|end| now < end)
    }
}

/// The document that holds it.
pub(super) fn note<'a>(client: &'a Client, checkpoints: &'a str) -> Note<'a> {
    Note { client, alias: checkpoints, id: "lease", field: "lease" }
}

/// Takes or renews it for `holder`, or takes one over that ran out.
pub(super) async fn take(note: &Note<'_>, holder: &str, lasts: Duration, now: Timestamp) -> Result<(), StoreError> {
    let until = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
    let own = Lease { holder: holder.to_owned(), until };
    for _ in 0..ATTEMPTS {
        let found = note.read::<Lease>().await?;
        match found.content {
            Some(other) if other.holder != holder && other.is_alive(now) => return Err(busy(&other)),
            Some(other) if other.holder != holder => {
                tracing::warn!("takes over the store's lease of {}, which ran out at {:.0}", other.holder, other.until);
            }
            _ => {}
        }
        if note.write(Some(&own), found.mark, now).await?.is_some() {
            return Ok(());
        }
    }
    Err(StoreError::Busy("other processes took the store's lease faster, again and again: try again later".to_owned()))
}

/// Gives it back, unless it is another's by now.
pub(super) async fn release(note: &Note<'_>, holder: &str, now: Timestamp) -> Result<(), StoreError> {
    let found = note.read::<Lease>().await?;
    if found.content.is_some_and(|lease| lease.holder == holder) {
        // Refused when another took it over since.
        note.write::<Lease>(None, found.mark, now).await?;
    }
    Ok(())
}

fn busy(other: &Lease) -> StoreError {
    StoreError::Busy(format!(
        "{} holds this store's lease until {:.0}: wait until it is done (if it was killed: until a minute after that), \
         since only one process at a time may write under old versions",
        other.holder, other.until
    ))
}
