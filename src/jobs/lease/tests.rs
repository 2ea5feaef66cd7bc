//! One holder at a time, however the other one ended; whoever lost it writes nothing more.

use super::*;
use crate::model::{BatchBuilder, Collection};
use crate::throttle::retry::RetryPolicy;

/// A store with one lease, which can be away.
#[derive(Default)]
struct OneLease {
    held: Mutex<Option<(String, Instant)>>,
    is_away: Mutex<bool>,
    bulks: Mutex<usize>,
}

impl OneLease {
    fn holder(&self) -> Option<String> {
        let held = self.held.lock().unwrap();
        held.as_ref().filter(|(_, until)| *until > Instant::now()).map(|(holder, _)| holder.clone())
    }
}

#[async_trait]
impl Leases for OneLease {
    async fn take_lease(&self, holder: &str, lasts: Duration) -> Result<(), StoreError> {
        if *self.is_away.lock().unwrap() {
            return Err(StoreError::Unavailable("nobody there".to_owned()));
        }
        match self.holder() {
            Some(other) if other != holder => Err(StoreError::Busy(format!("{other} has it"))),
            _ => {
                *self.held.lock().unwrap() = Some((holder.to_owned(), Instant::now() + lasts));
                Ok(())
            }
        }
    }

    async fn release_lease(&self, holder: &str) -> Result<(), StoreError> {
        if self.holder().as_deref() == Some(holder) {
            *self.held.lock().unwrap() = None;
        }
        Ok(())
    }
}

#[async_trait]
impl BulkTarget for OneLease {
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        *self.bulks.lock().unwrap() += 1;
        Ok(vec![Verdict::Superseded; batch.items.len()])
    }
}

fn patience() -> Patience {
    Patience { retry: RetryPolicy::STORE, give_up_after: Duration::from_mins(10) }
}

async fn take(store: &Arc<OneLease>) -> Result<Lease, LeaseError> {
    Lease::take(Arc::clone(store) as Arc<dyn Leases>, "replay", patience(), &CancellationToken::new()).await
}

#[tokio::test(start_paused = true)]
async fn it_is_held_for_as_long_as_the_job_runs_and_given_back() {
    let store = Arc::new(OneLease::default());
    let lease = take(&store).await.unwrap();
    sleep(Duration::from_hours(1)).await;
    let holder = store.holder().unwrap();
    assert!(holder.starts_with("replay, process "), "{holder}");
    lease.release().await;
    assert_eq!(store.holder(), None);
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_process_held_is_waited_for() {
    let store = Arc::new(OneLease::default());
    *store.held.lock().unwrap() = Some(("reindex, process 1".to_owned(), Instant::now() + LASTS));
    let started = Instant::now();
    take(&store).await.unwrap().release().await;
    assert!(started.elapsed() >= LASTS && started.elapsed() <= LASTS + ASKED_EVERY, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_that_is_kept_is_named_after_the_wait() {
    let store = Arc::new(OneLease::default());
    let first = take(&store).await.unwrap();
    let error = take(&store).await.err().unwrap();
    assert!(matches!(&error, LeaseError::Held { words } if words.contains("replay, process")), "{error}");
    assert!(error.to_string().contains("run the same command again"), "{error}");
    let stopped = CancellationToken::new();
    stopped.cancel();
    let error = Lease::take(Arc::clone(&store) as Arc<dyn Leases>, "score", patience(), &stopped).await.err().unwrap();
    assert!(matches!(error, LeaseError::Stopped), "{error}");
    first.release().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_lost_it_writes_nothing_more() {
    let store = Arc::new(OneLease::default());
    let lease = take(&store).await.unwrap();
    let guarded = lease.guard(Arc::clone(&store) as Arc<dyn BulkTarget>);
    let batch = BatchBuilder::new(Collection::Videos).finish();
    guarded.bulk(&batch).await.unwrap();

    *store.is_away.lock().unwrap() = true;
    sleep(LASTS * 2).await;
    let error = guarded.bulk(&batch).await.unwrap_err();
    assert!(error.is_passing(), "the store is away, no more: {error}");
    *store.is_away.lock().unwrap() = false;
    guarded.bulk(&batch).await.unwrap();

    *store.is_away.lock().unwrap() = true;
    sleep(LASTS * 2).await;
    *store.is_away.lock().unwrap() = false;
    *store.held.lock().unwrap() = Some(("score, process 2".to_owned(), Instant::now() + LASTS));
    let error = guarded.bulk(&batch).await.unwrap_err();
    assert!(matches!(&error, StoreError::Busy(words) if words.contains("score, process 2")), "{error}");
    assert_eq!(*store.bulks.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_lost_it_while_the_machine_slept_learns_of_it_before_its_own_time_is_up() {
    let store = Arc::new(OneLease::default());
    let lease = take(&store).await.unwrap();
    let guarded = lease.guard(Arc::clone(&store) as Arc<dyn BulkTarget>);
    lease.assure().await.unwrap();
    *store.held.lock().unwrap() = Some(("score, process 2".to_owned(), Instant::now() + LASTS));
    assert!(matches!(lease.assure().await, Err(StoreError::Busy(words)) if words.contains("score, process 2")));
    sleep(RENEWED_EVERY + Duration::from_secs(1)).await;
    let error = guarded.bulk(&BatchBuilder::new(Collection::Videos).finish()).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error}");
    assert_eq!(*store.bulks.lock().unwrap(), 0);
}
