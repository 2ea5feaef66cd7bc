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
    let outcomes = deliver(store, &batch(ids), patience(), &Counters::default()).await?;
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
    let outcomes = deliver(&store, &batch(&["1", "2"]), patience(), &Counters::default()).await;
    assert!(matches!(outcomes, Err(StoreError::Broken(_))), "{outcomes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_falls_silent_ends_the_delivery_after_the_limit_too() {
    let store = Scripted { falls_silent: true, ..scripted([Err(StoreError::Unavailable("refused".into()))]) };
    let limit = Duration::from_secs(5);
    let started = Instant::now();
    let delivered =
        deliver(&store, &batch(&["1"]), Patience { give_up_after: limit, ..patience() }, &Counters::default()).await;
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
    let delivered = deliver(&store, &batch(&["1"]), patience, &Counters::default()).await;
    assert!(matches!(delivered, Err(StoreError::Unavailable(reason)) if reason == "refused"));
    assert_eq!(started.elapsed().as_secs(), 20);
}
