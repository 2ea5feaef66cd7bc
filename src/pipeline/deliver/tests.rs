//! Delivery against a store that answers from a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::model::{BatchBuilder, Collection};

type Answer = Result<Vec<Verdict>, StoreError>;

/// Answers each bulk from the script and notes the ids that it was sent.
struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    sent: Mutex<Vec<String>>,
    /// When the script is over, no more answers come at all.
    falls_silent: bool,
}

#[async_trait]
impl BulkTarget for Scripted {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        let ids: Vec<&str> = batch.items.iter().map(|item| item.id.as_str()).collect();
        self.sent.lock().unwrap().push(ids.join(","));
        let next = self.answers.lock().unwrap().pop_front();
        match next {
            None if self.falls_silent => std::future::pending().await,
            next => next.unwrap_or_else(|| Ok(vec![Verdict::Stored { new: true }; batch.items.len()])),
        }
    }
}

fn scripted(answers: impl IntoIterator<Item = Answer>) -> Scripted {
    Scripted { answers: Mutex::new(answers.into_iter().collect()), sent: Mutex::default(), falls_silent: false }
}

fn batch(ids: &[&str]) -> Batch {
    let mut builder = BatchBuilder::new(Collection::Videos);
    for id in ids {
        builder.push(id, 1, b"{}");
    }
    builder.finish()
}

fn patience() -> Patience {
    Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_mins(10) }
}

async fn run(store: &Scripted, ids: &[&str]) -> Result<Vec<(Verdict, u32)>, StoreError> {
    let outcomes = deliver(store, &batch(ids), patience(), &Counters::default(), &SizeLimit::new(usize::MAX)).await?;
    Ok(outcomes.into_iter().map(|outcome| (outcome.verdict, outcome.attempts)).collect())
}

fn again() -> Verdict {
    Verdict::Again("503".into())
}

#[tokio::test(start_paused = true)]
async fn only_what_may_succeed_later_is_sent_again() {
    let refused = Verdict::Refused("strict".into());
    let store = scripted([
        Ok(vec![Verdict::Stored { new: true }, again(), refused.clone(), again()]),
        Ok(vec![again(), Verdict::Superseded]),
    ]);
    let outcomes = run(&store, &["a", "b", "c", "d"]).await.unwrap();
    assert_eq!(
        outcomes,
        [
            (Verdict::Stored { new: true }, 1),
            (Verdict::Stored { new: true }, 3),
            (refused, 1),
            (Verdict::Superseded, 2)
        ]
    );
    assert_eq!(*store.sent.lock().unwrap(), ["a,b,c,d", "b,d", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_large_is_halved_down_to_the_document() {
    let large = || Err(StoreError::TooLarge("413".into()));
    let store = scripted([large(), large(), large()]);
    let outcomes = run(&store, &["a", "b", "c", "d"]).await.unwrap();
    assert_eq!(*store.sent.lock().unwrap(), ["a,b,c,d", "a,b", "a", "b", "c,d"]);
    assert!(matches!(&outcomes[0].0, Verdict::Refused(reason) if reason.contains("413")));
    assert!(outcomes[1..].iter().all(|(verdict, _)| *verdict == Verdict::Stored { new: true }));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_away_ends_the_delivery_after_the_limit() {
    let store = scripted((0..1_000).map(|_| Err(StoreError::Unavailable("refused".into()))));
    let started = Instant::now();
    let error = run(&store, &["a"]).await.unwrap_err();
    assert!(error.is_passing());
    let waited = started.elapsed();
    assert!(waited >= Duration::from_mins(10) && waited <= Duration::from_mins(11), "{waited:?}");
    assert!(store.sent.lock().unwrap().len() < 200, "tries are spaced");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_denies_us_is_not_asked_again() {
    let store = scripted([Err(StoreError::Denied("401".into()))]);
    assert!(matches!(run(&store, &["a"]).await, Err(StoreError::Denied(_))));
    assert_eq!(store.sent.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_verdict_too_few_is_an_error_and_no_verdict_on_another_document() {
    let store = scripted([Ok(vec![Verdict::Stored { new: true }])]);
    let outcomes =
        deliver(&store, &batch(&["1", "2"]), patience(), &Counters::default(), &SizeLimit::new(usize::MAX)).await;
    assert!(matches!(outcomes, Err(StoreError::Broken(_))), "{outcomes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_falls_silent_ends_the_delivery_after_the_limit_too() {
    let store = Scripted { falls_silent: true, ..scripted([Err(StoreError::Unavailable("refused".into()))]) };
    let limit = Duration::from_secs(5);
    let started = Instant::now();
    let patience = Patience { give_up_after: limit, ..patience() };
    let delivered = deliver(&store, &batch(&["1"]), patience, &Counters::default(), &SizeLimit::new(usize::MAX)).await;
    assert!(matches!(delivered, Err(StoreError::Unavailable(_))), "{delivered:?}");
    let waited = started.elapsed();
    assert!(waited >= limit && waited <= limit + LAST_TRY, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn the_delays_end_at_the_limit_with_a_last_try() {
    let store = scripted((0..1_000).map(|_| Err(StoreError::Unavailable("refused".into()))));
    let started = Instant::now();
    let limit = Duration::from_secs(20);
    let patience = Patience { give_up_after: limit, ..patience() };
    let delivered = deliver(&store, &batch(&["1"]), patience, &Counters::default(), &SizeLimit::new(usize::MAX)).await;
    assert!(matches!(delivered, Err(StoreError::Unavailable(reason)) if reason == "refused"));
    assert_eq!(started.elapsed().as_secs(), 20);
}

/// Takes requests of so many bytes at most, and notes the size of each one that it refused.
struct Narrow {
    most: usize,
    refused: Mutex<Vec<usize>>,
}

#[async_trait]
impl BulkTarget for Narrow {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        if batch.body.len() > self.most {
            self.refused.lock().unwrap().push(batch.body.len());
            return Err(StoreError::TooLarge("413".into()));
        }
        Ok(vec![Verdict::Stored { new: true }; batch.items.len()])
    }
}

/// A batch of documents with so many bytes each, their action lines aside.
fn batch_of_sizes(sizes: &[usize]) -> Batch {
    let mut builder = BatchBuilder::new(Collection::Videos);
    for (number, size) in sizes.iter().enumerate() {
        builder.push(&number.to_string(), 1, &vec![b'x'; *size]);
    }
    builder.finish()
}

async fn refusals_of(store: &Narrow, limit: &SizeLimit, sizes: &[usize]) -> (Vec<usize>, usize) {
    let delivered = deliver(store, &batch_of_sizes(sizes), patience(), &Counters::default(), limit).await.unwrap();
    let dead = delivered.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Refused(_))).count();
    (std::mem::take(&mut *store.refused.lock().unwrap()), dead)
}

#[tokio::test(start_paused = true)]
async fn a_size_that_was_refused_is_not_sent_again() {
    let store = Narrow { most: 300_000, refused: Mutex::default() };
    let limit = SizeLimit::new(usize::MAX);
    let sizes = [10_000; 80];
    let (refused, dead) = refusals_of(&store, &limit, &sizes).await;
    // The whole, its first half; the second half is known to be too large by then.
    assert_eq!((refused.len(), dead), (2, 0), "{refused:?}");
    let learnt = limit.learnt().unwrap();
    assert!(learnt > 200_000 && learnt <= 300_000, "{learnt}");
    for _ in 0..3 {
        assert_eq!(refusals_of(&store, &limit, &sizes).await, (vec![], 0), "no size is refused twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_document_that_is_too_large_alone_teaches_nothing() {
    let store = Narrow { most: 300_000, refused: Mutex::default() };
    for giant in 0..8 {
        let limit = SizeLimit::new(usize::MAX);
        let mut sizes = [10_000; 8];
        sizes[giant] = 400_000;
        let (refused, dead) = refusals_of(&store, &limit, &sizes).await;
        assert!(refused.len() > 1 && refused.iter().all(|bytes| *bytes > 400_000), "{refused:?}");
        assert_eq!((dead, limit.learnt()), (1, None));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_sent_again_behind_a_refusal_teaches_the_same() {
    let large = || Err(StoreError::TooLarge("413".into()));
    // The whole is refused; its first half finds no store, then has an item to be sent again; the second half is taken.
    let store = scripted([
        large(),
        Err(StoreError::Unavailable("reset".into())),
        Ok(vec![again(), Verdict::Superseded]),
        Ok(vec![Verdict::Superseded]),
    ]);
    let limit = SizeLimit::new(1 << 20);
    deliver(&store, &batch(&["a", "b", "c", "d"]), patience(), &Counters::default(), &limit).await.unwrap();
    assert_eq!(*store.sent.lock().unwrap(), ["a,b,c,d", "a,b", "a,b", "a", "c,d"]);
    assert!(limit.learnt().is_some());
}
