//! Documents of the old version into the next one: all of them, or those that it lacks.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ReindexError;
use crate::archive::ArchiveError;
use crate::jobs::tasks;
use crate::model::{Counters, Verdict};
use crate::pipeline::deliver::{Patience, patiently};
use crate::pipeline::load::{LoadDocument, LoadLimits, LoadParts, LoadedBatch, Loader, Origin, TakeVerdicts};
use crate::store::{BulkTarget, IndexVersions, ScannedDocument, StoreError};

/// Which documents of the old version are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// All.
    All,
    /// Those whose id the next version does not have, or has in an older version.
    Lacking,
}

/// What was copied.
#[derive(Debug, Default)]
pub(super) struct Copied {
    /// Documents of the old version.
    pub(super) read: u64,
    /// Those sent to the next one.
    pub(super) sent: u64,
    /// Those of them that it did not refuse.
    pub(super) taken: u64,
    /// The first that it refused, with the reason.
    pub(super) first_refused: Option<(String, String)>,
}

/// Copies. A stop ends it between two parts of the scan.
pub(super) async fn copy(
    versions: Arc<dyn IndexVersions>,
    target: Arc<dyn BulkTarget>,
    which: Which,
    limits: LoadLimits,
    stop: &CancellationToken,
) -> Result<Copied, ReindexError> {
    let refused = Arc::new(Refused::default());
    let (verdicts, counters) = (Arc::clone(&refused) as Arc<dyn TakeVerdicts>, Arc::new(Counters::default()));
    // Its own: a load that cannot go on says so by itself, and is no stop from outside.
    let own_stop = stop.child_token();
    let loader = Loader::start(LoadParts { target, verdicts, counters, stop: own_stop.clone() }, limits);
    let (into, parts) = tasks::from_a_scan();
    let (scanned, pushed) = tokio::join!(
        versions.scan_old(into),
        push_all(versions.as_ref(), &loader, parts, which, limits.patience, &own_stop)
    );
    // Why the load ended says more than what failed because of it.
    loader.finish().await?;
    let mut copied = pushed?;
    scanned?;
    let mut refused = refused.0.lock().unwrap_or_else(PoisonError::into_inner);
    copied.taken = copied.sent.saturating_sub(refused.count);
    copied.first_refused = refused.first.take();
    drop(refused);
    Ok(copied)
}

async fn push_all(
    versions: &dyn IndexVersions,
    loader: &Loader,
    mut parts: mpsc::Receiver<Vec<ScannedDocument>>,
    which: Which,
    patience: Patience,
    stop: &CancellationToken,
) -> Result<Copied, StoreError> {
    let (mut copied, origin) = (Copied::default(), Arc::new(Origin::default()));
    while let Some(scanned) = parts.recv().await {
        if stop.is_cancelled() {
            break;
        }
        copied.read += scanned.len() as u64;
        let chosen = match which {
            Which::All => scanned,
            Which::Lacking => lacking(versions, scanned, patience).await?,
        };
        copied.sent += chosen.len() as u64;
        let documents = chosen.into_iter().map(|ScannedDocument { id, document }| LoadDocument {
            id,
            version: document.version,
            source: document.source,
            origin: Arc::clone(&origin),
        });
        // Nobody takes them any more once the load has ended, which says why by itself.
        if loader.push(documents.collect()).await.is_err() {
            break;
        }
    }
    Ok(copied)
}

async fn lacking(
    versions: &dyn IndexVersions,
    scanned: Vec<ScannedDocument>,
    patience: Patience,
) -> Result<Vec<ScannedDocument>, StoreError> {
    let ids: Vec<String> = scanned.iter().map(|scanned| scanned.id.clone()).collect();
    let known = patiently(patience, || versions.next_versions(&ids)).await?;
    let is_lacking = |(_, known): &(ScannedDocument, Option<i64>)| known.is_none();
    let is_older = |(scanned, known): &(ScannedDocument, Option<i64>)| {
        known.is_some_and(|version| version < scanned.document.version)
    };
    let both = scanned.into_iter().zip(known).filter(|both| is_lacking(both) || is_older(both));
    Ok(both.map(|(scanned, _)| scanned).collect())
}

/// What the next version refuses stays in the old one: it becomes no dead letter, it keeps the alias from moving.
#[derive(Default)]
struct Refused(Mutex<Refusals>);

#[derive(Default)]
struct Refusals {
    count: u64,
    first: Option<(String, String)>,
}

impl TakeVerdicts for Refused {
    fn take(&self, loaded: &LoadedBatch) -> Result<(), ArchiveError> {
        for (item, outcome) in loaded.batch.items.iter().zip(&loaded.outcomes) {
            if let Verdict::Refused(reason) | Verdict::Again(reason) = &outcome.verdict {
                let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                refused.count += 1;
                refused.first.get_or_insert_with(|| (item.id.clone(), reason.clone()));
            }
        }
        Ok(())
    }
}
