//! Scores into the store: rows of creators that differ from what is stored, videos read again, changed and indexed under the
//! version that they have. A store that refuses a score has a defect, or we have: the pass ends and names the document.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::part::Changed;
use super::{ScoreError, ScoreParts};
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
            let stored = patiently(self.patience, || self.view.get(Collection::Creators, &ids)).await?;
            let mut batch = BatchBuilder::new(Collection::Creators);
            for (row, stored) in rows.iter().zip(stored) {
                let known = stored.and_then(|stored| serde_json::from_slice::<CreatorRow>(&stored.source).ok());
                if known.as_ref() != Some(row) {
                    let source = serde_json::to_vec(row).map_err(|error| internal(&row.sec_user_id, &error))?;
                    batch.push(&row.sec_user_id, row.fetched_at, &source);
                }
            }
            written += batch.len() as u64;
            send(self.target.as_ref(), batch, self.patience, &self.limit).await?;
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
        let mut documents = Vec::with_capacity(chunk.len());
        for (changed, stored) in chunk.iter().zip(stored) {
            // Its counts are others by now: these scores are not its own.
            let Some(stored) = stored.filter(|stored| stored.version == changed.version) else { continue };
            let source = with_scores(&stored.source, &changed.scores).map_err(|error| internal(&changed.id, &error))?;
            documents.push(LoadDocument {
                id: changed.id.clone(),
                version: stored.version,
                source: Bytes::from(source),
                origin: Arc::clone(&self.origin),
            });
        }
        let newer = (chunk.len() - documents.len()) as u64;
        Ok((documents, newer))
    }

    /// Waits until all of it has its verdict.
    pub(super) async fn finish(self) -> Result<(), ScoreError> {
        let ended = self.loader.finish().await;
        if let Some((id, reason)) = self.refused.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(refusal(&id, &reason));
        }
        Ok(ended?)
    }
}

/// Writes what was taken of the whole corpus.
pub(super) async fn record(target: &dyn BulkTarget, corpus: &Corpus, patience: Patience) -> Result<(), ScoreError> {
    let source = serde_json::to_vec(corpus).map_err(|error| internal(CORPUS_ID, &error))?;
    let mut batch = BatchBuilder::new(Collection::Creators);
    batch.push(CORPUS_ID, corpus.scored_at, &source);
    let limit = SizeLimit::new(batch.bytes());
    send(target, batch, patience, &limit).await
}

async fn send(
    target: &dyn BulkTarget,
    batch: BatchBuilder,
    patience: Patience,
    limit: &SizeLimit,
) -> Result<(), ScoreError> {
    if batch.is_empty() {
        return Ok(());
    }
    let batch = batch.finish();
    // Rows of creators are no documents of videos: they are counted by who writes them.
    let outcomes = deliver(target, &batch, patience, &Counters::default(), limit).await?;
    let refused = batch.items.iter().zip(outcomes).find_map(|(item, outcome)| match outcome.verdict {
        Verdict::Refused(reason) | Verdict::Again(reason) => Some(refusal(&item.id, &reason)),
        Verdict::Stored { .. } | Verdict::Superseded => None,
    });
    refused.map_or(Ok(()), Err)
}

fn refusal(id: &str, reason: &str) -> ScoreError {
    Fatal::Internal(format!("the store refuses the scores of {id}: {reason}")).into()
}

fn internal(id: &str, error: &serde_json::Error) -> ScoreError {
    Fatal::Internal(format!("the scores of {id} cannot be written into what is stored of it: {error}")).into()
}

/// The first video that the store refused, with the reason. It stays as it is.
#[derive(Default)]
struct Refused(Mutex<Option<(String, String)>>);

impl TakeVerdicts for Refused {
    fn take(&self, loaded: &LoadedBatch) -> Result<(), ArchiveError> {
        for (item, outcome) in loaded.batch.items.iter().zip(&loaded.outcomes) {
            if let Verdict::Refused(reason) | Verdict::Again(reason) = &outcome.verdict {
                let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                refused.get_or_insert_with(|| (item.id.clone(), reason.clone()));
            }
        }
        Ok(())
    }
}
