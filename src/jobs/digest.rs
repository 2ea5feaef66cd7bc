//! What changed, told once: events are found on the pages of a tracking run (`observe`) and behind its score pass
//! (`after_pass`: `outliers`, `bursting`, `silent`), stand in the ledger before anybody acts on them, go to a webhook
//! (`delivery`), and are handed on to be shown.
//!
//! ```text
//! begin     before a round's walks: what is viral by now is known
//! observer  given to the walks: new posts, jumps, renamed, gone, back
//! round     behind the walks and the score pass: outliers, bursting tags, silent creators; delivery; what to show
//! shown     behind the showing
//! ```
//!
//! Killed anywhere between, the next round tells what this one did not.

mod after_pass;
mod bursting;
mod delivery;
mod observe;
mod outliers;
mod silent;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

pub use self::delivery::Delivery;
pub use self::observe::Observing;
use super::tasks;
use crate::archive::{ArchiveError, EventLedger};
use crate::model::{CreatorId, Event, EventKind};
use crate::notify::Webhook;
use crate::pipeline::Fatal;
use crate::pipeline::deliver::Patience;
use crate::store::{Lookup, StoreView};
use crate::throttle::clock::Clock;

/// More events of one round are counted, not shown: they are in the ledger, and go to the webhook.
pub const MOST_SHOWN: usize = 10_000;

/// Events that are read at once.
const AT_ONCE: usize = 1_000;

/// What tells of changes.
#[derive(Clone)]
pub struct DigestParts {
    /// Where events stand; its folder is locked by this process.
    pub ledger: Arc<EventLedger>,
    /// Where they go, if anywhere. Events that are found without one are not sent later.
    pub webhook: Option<Arc<Webhook>>,
    /// The short text of a message, for those who read it in a chat.
    pub text: fn(&[Event]) -> String,
    /// The wall clock.
    pub clock: Clock,
    /// How long the store may stay away.
    pub patience: Patience,
    /// Cancelled by Ctrl-C: what is not delivered by then is left to the next round.
    pub stop: CancellationToken,
}

/// What is to be shown. As JSON, `{"events":[…],"counts":{…}}`, with `left_off` where there are more than are listed,
/// and `webhook` where there is one.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Digest {
    /// The events of this round, and of earlier ones that ended before theirs were shown, in the order in which they
    /// were found.
    pub events: Vec<Event>,
    /// How many of each kind; every kind is there.
    pub counts: BTreeMap<EventKind, u64>,
    /// How many of them are not listed.
    #[serde(skip_serializing_if = "is_none")]
    pub left_off: u64,
    /// What became of the webhook's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Delivery>,
    /// Whether Ctrl-C came before all was looked for; the next round finds the rest.
    #[serde(skip)]
    pub interrupted: bool,
    /// The last one, listed or not.
    #[serde(skip)]
    pub last: Option<Event>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl DigestParts {
    /// What the walks show their pages to; `lookup` is the store that they write to.
    #[must_use]
    pub fn observer(&self, lookup: Arc<dyn Lookup>) -> Observing {
        Observing::new(self.clone(), lookup)
    }

    /// Work on the ledger, off the async threads.
    async fn in_ledger<T: Send + 'static>(
        &self,
        work: impl FnOnce(&EventLedger, i64) -> Result<T, ArchiveError> + Send + 'static,
    ) -> Result<T, Fatal> {
        let (ledger, now) = (Arc::clone(&self.ledger), self.clock.now_ms());
        tasks::blocking(move || work(&ledger, now)).await?.map_err(Fatal::Archive)
    }

    /// Appends events that are not known yet.
    async fn append(&self, events: Vec<Event>) -> Result<usize, Fatal> {
        if events.is_empty() {
            return Ok(0);
        }
        let to_send = self.webhook.is_some();
        self.in_ledger(move |ledger, now| ledger.append(&events, to_send, now)).await
    }
}

/// Before the walks of a round: what is viral by now is taken as known, once and for all, if it was ever scored; `view`
/// is `None` where there is no store yet. Without this call the first [`round`] does it, and so tells of no outlier of
/// its own.
pub async fn begin(parts: &DigestParts, view: Option<&dyn StoreView>) -> Result<(), Fatal> {
    match view {
        Some(view) => after_pass::begin(parts, view).await,
        None => Ok(()),
    }
}

/// Behind the walks and the score pass of a round: finds what the pass brought to light about these creators and all
/// that is stored, delivers, and returns what there is to show. Trouble with the store or the webhook is told as a
/// warning, and what it kept back comes with the next round; an error is the ledger's.
pub async fn round(parts: &DigestParts, view: Option<&dyn StoreView>, creators: &[CreatorId]) -> Result<Digest, Fatal> {
    let mut interrupted = false;
    if let Some(view) = view {
        // The store may be away for long. Given up anywhere, it is as after a kill.
        let looked = parts.stop.run_until_cancelled(after_pass::look(parts, view, creators)).await;
        interrupted = looked.transpose()?.is_none();
    }
    let webhook = match &parts.webhook {
        Some(webhook) => Some(delivery::deliver(parts, webhook).await?),
        None => None,
    };
    let digest = to_show(parts).await?;
    parts.in_ledger(EventLedger::compact_if_due).await?;
    Ok(Digest { webhook, interrupted, ..digest })
}

/// Behind the showing: the next round shows what comes after. Killed before this, it shows the same again.
pub async fn shown(parts: &DigestParts, digest: &Digest) -> Result<(), Fatal> {
    let Some(last) = digest.last.clone() else { return Ok(()) };
    parts.in_ledger(move |ledger, now| ledger.shown(&last, now)).await
}

async fn to_show(parts: &DigestParts) -> Result<Digest, Fatal> {
    let counts = EventKind::ALL.map(|kind| (kind, 0)).into();
    let mut digest = Digest { counts, ..Digest::default() };
    let mut from = 0;
    loop {
        let batch = parts.in_ledger(move |ledger, _| ledger.to_show(from, AT_ONCE)).await?;
        let Some(last) = batch.events.last() else { return Ok(digest) };
        digest.last = Some(last.clone());
        from = batch.next;
        for event in batch.events {
            *digest.counts.entry(event.kind()).or_default() += 1;
            if digest.events.len() < MOST_SHOWN {
                digest.events.push(event);
            } else {
                digest.left_off += 1;
            }
        }
    }
}
