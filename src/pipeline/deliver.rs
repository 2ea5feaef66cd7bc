//! One batch, until each of its documents has a final verdict: what may succeed later is sent again, only
//! that, after a growing delay; what is too large is halved, and its size remembered (`size_limit`). When the store
//! stays away past a limit, it says so.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::Shared;
use super::size_limit::SizeLimit;
use crate::model::{Batch, Counters, Verdict};
use crate::store::{BulkTarget, StoreError};
use crate::throttle::retry::{Retry, RetryPolicy};

/// A request that is silent for so long is spoken of: until then there is nothing to be seen but bars that stand still.
const SILENCE: Duration = Duration::from_secs(10);

/// How long the try may take that is made when the limit is reached.
const LAST_TRY: Duration = Duration::from_secs(1);

/// How long a store may stay away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// The delays between tries.
    pub retry: RetryPolicy,
    /// Without any progress for so long, the run ends, resumable.
    pub give_up_after: Duration,
}

/// A final verdict ([`Verdict::Stored`], [`Verdict::Superseded`] or [`Verdict::Refused`]) and the tries it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Requests that carried the document.
    pub attempts: u32,
}

impl Outcome {
    pub(super) fn count(&self, counters: &Counters) {
        match &self.verdict {
            Verdict::Stored { new } => {
                counters.documents_stored.add(1);
                counters.documents_new.add(u64::from(*new));
            }
            Verdict::Superseded => counters.documents_superseded.add(1),
            Verdict::Refused(_) | Verdict::Again(_) => counters.documents_dead.add(1),
        }
    }
}

/// A part of the batch that is to be sent: its documents' positions in the whole.
struct Part {
    batch: Batch,
    positions: Vec<usize>,
    attempts: u32,
    /// The refused request that it is a half of, by number.
    half_of: Option<usize>,
}

/// Sends `batch` until every document has its outcome, by position.
///
/// # Errors
/// [`StoreError::Unavailable`] when nothing got through for `give_up_after`; every other error at once.
pub async fn deliver(
    store: &dyn BulkTarget,
    batch: &Batch,
    patience: Patience,
    counters: &Counters,
    limit: &SizeLimit,
) -> Result<Vec<Outcome>, StoreError> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.items.len()];
    let mut parts = vec![Part::whole(batch)];
    let mut refusals = Refusals { limit, seen: Vec::new() };
    let mut trouble = Trouble::new(patience);
    let _under_way = counters.store.begin(patience.give_up_after);
    while let Some(mut part) = parts.pop() {
        if refusals.would_repeat(&part) {
            parts.extend(part.halves(None));
            continue;
        }
        part.attempts += 1;
        counters.bulks_sent.add(1);
        let sent_at = Instant::now();
        let answer = trouble.ask(store.bulk(&part.batch)).await;
        counters.bulks.add(sent_at.elapsed(), part.batch.body.len(), part.batch.items.len());
        counters.bulks_failed.add(u64::from(answer.is_err()));
        match answer {
            Ok(verdicts) => {
                refusals.taken(&part);
                let again = keep_final(&part, verdicts, &mut outcomes);
                if again.positions.len() < part.positions.len() {
                    trouble.forget();
                    counters.store.got_on();
                }
                if let Some(reason) = again.reason {
                    let rest = part.only(&again.positions);
                    counters.documents_retried.add(rest.positions.len() as u64);
                    parts.push(rest);
                    trouble.wait(&StoreError::Unavailable(reason)).await?;
                }
            }
            Err(StoreError::TooLarge(reason)) if part.positions.len() == 1 => {
                let verdict =
                    Verdict::Refused(format!("the store takes no request as large as this document: {reason}"));
                outcomes[part.positions[0]] = Some(Outcome { verdict, attempts: part.attempts });
            }
            Err(StoreError::TooLarge(_)) => {
                let number = refusals.refused(&part);
                parts.extend(part.halves(Some(number)));
            }
            Err(error) if error.is_passing() => {
                counters.documents_retried.add(part.positions.len() as u64);
                parts.push(part);
                trouble.wait(&error).await?;
            }
            Err(error) => return Err(error),
        }
    }
    let missing = || StoreError::Broken("the store gave fewer verdicts than it was sent documents".to_owned());
    outcomes.into_iter().collect::<Option<_>>().ok_or_else(missing)
}

/// The same for what is no document of a run's report (checkpoints, snapshots): the run's bars show that the store is
/// waited for, and count nothing.
pub(super) async fn deliver_uncounted(shared: &Shared, batch: &Batch) -> Result<Vec<Outcome>, StoreError> {
    let uncounted = Counters::default();
    let _under_way = shared.counters.store.begin(shared.patience.give_up_after);
    deliver(shared.store.as_ref(), batch, shared.patience, &uncounted, &shared.size_limit).await
}

/// Runs a request of another kind (reading checkpoints, a commit) with the same patience.
pub async fn patiently<T, F>(patience: Patience, mut request: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut trouble = Trouble::new(patience);
    loop {
        match trouble.ask(request()).await {
            Err(error) if error.is_passing() => trouble.wait(&error).await?,
            done => return done,
        }
    }
}

/// What of a part is to be sent again: positions in the part, and the first reason.
struct Again {
    positions: Vec<usize>,
    reason: Option<String>,
}

fn keep_final(part: &Part, verdicts: Vec<Verdict>, outcomes: &mut [Option<Outcome>]) -> Again {
    let mut again = Again { positions: Vec::new(), reason: None };
    for (position, verdict) in verdicts.into_iter().enumerate() {
        if let Verdict::Again(reason) = verdict {
            again.positions.push(position);
            again.reason.get_or_insert_with(|| format!("document {}: {reason}", part.batch.items[position].id));
        } else {
            outcomes[part.positions[position]] = Some(Outcome { verdict, attempts: part.attempts });
        }
    }
    again
}

impl Part {
    fn whole(batch: &Batch) -> Self {
        Self { batch: batch.clone(), positions: (0..batch.items.len()).collect(), attempts: 0, half_of: None }
    }

    fn only(&self, positions: &[usize]) -> Self {
        if positions.len() == self.positions.len() {
            let (batch, positions) = (self.batch.clone(), self.positions.clone());
            return Self { batch, positions, attempts: self.attempts, half_of: None };
        }
        let whole = positions.iter().map(|&position| self.positions[position]).collect();
        Self { batch: self.batch.subset(positions), positions: whole, attempts: self.attempts, half_of: None }
    }

    /// The second half first: parts are taken from the end.
    fn halves(self, half_of: Option<usize>) -> [Self; 2] {
        let (first, second) = self.batch.halves();
        let (left, right) = self.positions.split_at(first.items.len());
        let part = |batch, positions: &[usize]| Self {
            batch,
            positions: positions.to_vec(),
            attempts: self.attempts,
            half_of,
        };
        [part(second, right), part(first, left)]
    }
}

/// The requests of one delivery that were refused as too large.
struct Refusals<'a> {
    limit: &'a SizeLimit,
    /// Their bytes, and how many of their halves were taken.
    seen: Vec<(usize, u8)>,
}

impl Refusals<'_> {
    /// Whether the store has taught us that it takes nothing as large; a document alone is tried all the same.
    fn would_repeat(&self, part: &Part) -> bool {
        part.positions.len() > 1 && self.limit.learnt().is_some_and(|largest| part.batch.body.len() > largest)
    }

    /// The number of the refusal.
    fn refused(&mut self, part: &Part) -> usize {
        self.seen.push((part.batch.body.len(), 0));
        self.seen.len() - 1
    }

    fn taken(&mut self, part: &Part) {
        self.limit.taken(part.batch.body.len());
        let Some((bytes, halves)) = part.half_of.and_then(|number| self.seen.get_mut(number)) else { return };
        *halves += 1;
        if *halves == 2 {
            self.limit.refused_whole(*bytes);
        }
    }
}

/// How long the store has been away: since the first request that nothing came of was sent.
struct Trouble {
    patience: Patience,
    since: Option<Instant>,
    retry: Retry,
}

impl Trouble {
    fn new(patience: Patience) -> Self {
        Self { patience, since: None, retry: Retry::new(patience.retry) }
    }

    fn forget(&mut self) {
        *self = Self::new(self.patience);
    }

    /// Waits for an answer, and says so when it takes long; a store that is silent for too long is one that stays away.
    async fn ask<T>(&mut self, request: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.since.get_or_insert_with(Instant::now);
        let mut request = pin!(request);
        let limit = self.left().max(LAST_TRY);
        if limit > SILENCE {
            tokio::select! {
                biased;
                done = &mut request => return done,
                () = sleep(SILENCE) => tracing::warn!(
                    "the store has not answered for {} s; waiting for it, nothing is lost", SILENCE.as_secs()
                ),
            }
        }
        let rest = if limit > SILENCE { limit.saturating_sub(SILENCE) } else { limit };
        let silent = || Err(StoreError::Unavailable(format!("no answer within {:.0} s", limit.as_secs_f64())));
        timeout(rest, request).await.unwrap_or_else(|_elapsed| silent())
    }

    /// How much of the patience is left.
    fn left(&self) -> Duration {
        let away = self.since.map(|since| since.elapsed()).unwrap_or_default();
        self.patience.give_up_after.saturating_sub(away)
    }

    async fn wait(&mut self, error: &StoreError) -> Result<(), StoreError> {
        let left = self.left();
        if left.is_zero() {
            return Err(error.clone());
        }
        // Not beyond the limit: the last try is made when it is reached.
        let delay = self.retry.after_failure(None).unwrap_or(self.patience.retry.longest).min(left);
        tracing::warn!("{error}; sending again in {:.1} s, nothing is lost", delay.as_secs_f64());
        sleep(delay).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
