//! Scores into the store: rows of creators that differ from what is stored, videos read again, changed and indexed
//! under the version that they have. A document that the store refuses stays as it is, and the report names it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::part::Changed;
use super::report::{RefusedScore, RefusedScores};
use super::{ScoreError, ScoreParts, unless_broken};
use crate::archive::ArchiveError;
use crate::jobs::replay::Extent;
use crate::model::{BatchBuilder, CORPUS_ID, Collection, Corpus, Counters, CreatorRow, Verdict};
use crate::normalize::scores::with_scores;
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, deliver, patiently};
use crate::pipeline::load::{LoadDocument, LoadLimits, LoadParts, LoadedBatch, Loader, Origin, TakeVerdicts};
use crate::pipeline::size_limit::SizeLimit;
use crate::store::{BulkTarget, StoreView};

/// Videos that are read again in one request, and requests side by side.
const TOGETHER: usize = 500;
const SIDE_BY_SIDE: usize = 3;

/// A pass that writes.
pub(super) struct Writing<'a> {
    view: &'a dyn StoreView,
    target: Arc<dyn BulkTarget>,
    loader: Loader,
    refused: Arc<Refused>,
    patience: Patience,
    limit: SizeLimit,
    origin: Arc<Origin>,
}

impl<'a> Writing<'a> {
    pub(super) fn start(parts: &'a ScoreParts, target: Arc<dyn BulkTarget>, limits: LoadLimits) -> Self {
        let refused = Arc::new(Refused::default());
        let load = LoadParts {
            target: Arc::clone(&target),
            verdicts: Arc::clone(&refused) as Arc<dyn TakeVerdicts>,
            counters: Arc::clone(&parts.counters),
            // Its own: a load that cannot go on says so by itself, and is no stop from outside.
            stop: parts.stop.child_token(),
        };
        Self {
            view: parts.view.as_ref(),
            target,
            loader: Loader::start(load, limits),
            refused,
            patience: limits.patience,
            limit: SizeLimit::new(limits.bulk.bytes),
            origin: Arc::default(),
        }
    }

    /// Writes the rows that differ from what is stored; how many.
    pub(super) async fn creators(&self, rows: Vec<CreatorRow>) -> Result<u64, ScoreError> {
        let mut written = 0;
        for rows in rows.chunks(TOGETHER) {
            let ids: Vec<String> = rows.iter().map(|row| row.sec_user_id.clone()).collect();
            let stored = unless_broken(patiently(self.patience, || self.view.get(Collection::Creators, &ids)).await)?;
            let stored = stored.unwrap_or_else(|| vec![None; ids.len()]);
            let mut batch = BatchBuilder::new(Collection::Creators);
            for (row, stored) in rows.iter().zip(stored) {
                let version = stored.as_ref().map(|stored| stored.version);
                let known = stored.and_then(|stored| serde_json::from_slice::<CreatorRow>(&stored.source).ok());
                if known.as_ref() != Some(row) {
                    // Its newest post may have become another creator's meanwhile: a row's version never falls.
                    let version = version.unwrap_or(row.fetched_at).max(row.fetched_at);
                    let source = serde_json::to_vec(row).map_err(|error| internal(&row.sec_user_id, &error))?;
                    batch.push(&row.sec_user_id, version, &source);
                }
            }
            let asked = batch.len();
            let refused = send(self.target.as_ref(), batch, self.patience, &self.limit).await?;
            written += asked as u64 - refused.count;
            self.refused.all().append(refused);
        }
        Ok(written)
    }

    /// Reads these videos again and writes them with their scores. How many of them were fetched anew meanwhile.
    pub(super) async fn videos(
        &self,
        changed: Vec<Changed>,
        stop: &CancellationToken,
    ) -> Result<(Extent, u64), ScoreError> {
        let chunks: Vec<&[Changed]> = changed.chunks(TOGETHER).collect();
        let mut read = stream::iter(chunks).map(|chunk| self.read(chunk)).buffered(SIDE_BY_SIDE);
        let mut newer = 0;
        while let Some(documents) = read.next().await {
            let (documents, newer_ones) = documents?;
            newer += newer_ones;
            if stop.is_cancelled() || self.loader.push(documents).await.is_err() {
                return Ok((Extent::Part, newer));
            }
        }
        Ok((Extent::Whole, newer))
    }

    async fn read(&self, chunk: &[Changed]) -> Result<(Vec<LoadDocument>, u64), ScoreError> {
        let ids: Vec<String> = chunk.iter().map(|changed| changed.id.clone()).collect();
        let stored = patiently(self.patience, || self.view.get(Collection::Videos, &ids)).await?;
        let (mut documents, mut unreadable) = (Vec::with_capacity(chunk.len()), 0);
        for (changed, stored) in chunk.iter().zip(stored) {
            // Its counts are others by now: these scores are not its own.
            let Some(stored) = stored.filter(|stored| stored.version == changed.version) else { continue };
            let source = match with_scores(&stored.source, &changed.scores) {
                Ok(source) => source,
                Err(error) => {
                    self.refused.all().push(&changed.id, error.to_string());
                    unreadable += 1;
                    continue;
                }
            };
            documents.push(LoadDocument {
                id: changed.id.clone(),
                version: stored.version,
                source: Bytes::from(source),
                origin: Arc::clone(&self.origin),
            });
        }
        let newer = (chunk.len() - documents.len() - unreadable) as u64;
        Ok((documents, newer))
    }

    /// Waits until all of it has its verdict. What was refused.
    pub(super) async fn finish(self) -> Result<RefusedScores, ScoreError> {
        self.loader.finish().await?;
        Ok(std::mem::take(&mut *self.refused.all()))
    }
}

/// Writes what was taken of the whole corpus, or that a pass is at it. Without this record there is no pass.
pub(super) async fn record(target: &dyn BulkTarget, corpus: &Corpus, patience: Patience) -> Result<(), ScoreError> {
    let source = serde_json::to_vec(corpus).map_err(|error| internal(CORPUS_ID, &error))?;
    let mut batch = BatchBuilder::new(Collection::Creators);
    batch.push(CORPUS_ID, corpus.scored_at, &source);
    let limit = SizeLimit::new(batch.bytes());
    match send(target, batch, patience, &limit).await?.first.first() {
        None => Ok(()),
        Some(RefusedScore { error, .. }) => {
            Err(Fatal::Internal(format!("the store refuses the record of the score pass: {error}")).into())
        }
    }
}

async fn send(
    target: &dyn BulkTarget,
    batch: BatchBuilder,
    patience: Patience,
    limit: &SizeLimit,
) -> Result<RefusedScores, ScoreError> {
    if batch.is_empty() {
        return Ok(RefusedScores::default());
    }
    let batch = batch.finish();
    // Rows of creators are no documents of videos: they are counted by who writes them.
    let outcomes = deliver(target, &batch, patience, &Counters::default(), limit).await?;
    let mut refused = RefusedScores::default();
    for (item, outcome) in batch.items.iter().zip(outcomes) {
        if let Verdict::Refused(error) | Verdict::Again(error) = outcome.verdict {
            refused.push(&item.id, error);
        }
    }
    Ok(refused)
}

fn internal(id: &str, error: &serde_json::Error) -> ScoreError {
    Fatal::Internal(format!("the scores of {id} cannot be written into what is stored of it: {error}")).into()
}

/// What has no new scores.
#[derive(Default)]
struct Refused(Mutex<RefusedScores>);

impl Refused {
    fn all(&self) -> MutexGuard<'_, RefusedScores> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TakeVerdicts for Refused {
    fn take(&self, loaded: &LoadedBatch) -> Result<(), ArchiveError> {
        for (item, outcome) in loaded.batch.items.iter().zip(&loaded.outcomes) {
            if let Verdict::Refused(reason) | Verdict::Again(reason) = &outcome.verdict {
                self.all().push(&item.id, reason.clone());
            }
        }
        Ok(())
    }
}
