//! The promises of the quota, on a paused clock.

use std::sync::Arc;

use proptest::prelude::*;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;

const MARGIN: Duration = Duration::from_millis(20);

/// A send, as its producer saw it.
#[derive(Debug, Clone, Copy)]
struct Sent {
    key: usize,
    at: Instant,
}

fn paused_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Producers that think for random whiles between their sends, while pauses (after, key, length) happen.
async fn run(
    quota: Arc<Quota>,
    thinking: Vec<Vec<u64>>,
    pauses: Vec<(u64, usize, u64)>,
) -> (Vec<Sent>, Vec<(usize, Instant, Instant)>) {
    let sends = Arc::new(Mutex::new(Vec::new()));
    let mut producers = JoinSet::new();
    for whiles in thinking {
        let (quota, sends) = (Arc::clone(&quota), Arc::clone(&sends));
        producers.spawn(async move {
            for milliseconds in whiles {
                let key = quota.ready().await.unwrap().index();
                sends.lock().unwrap().push(Sent { key, at: Instant::now() });
                sleep(Duration::from_millis(milliseconds)).await;
            }
        });
    }
    let mut kept = Vec::new();
    for (after, key, length) in pauses {
        sleep(Duration::from_millis(after)).await;
        quota.pause(KeyPosition(key), Duration::from_millis(length));
        kept.push((key, Instant::now(), Instant::now() + Duration::from_millis(length)));
    }
    while producers.join_next().await.is_some() {}
    let sends = sends.lock().unwrap().clone();
    (sends, kept)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spacing_first_second_and_pauses_are_kept(
        keys in 1_usize..4,
        rate in prop_oneof![(1_u32..12).prop_map(f64::from), Just(0.5), Just(2.5)],
        thinking in proptest::collection::vec(proptest::collection::vec(0_u64..900, 1..12), 1..9),
        pauses in proptest::collection::vec((0_u64..3_000, 0_usize..3, 0_u64..5_000), 0..6),
    ) {
        let pauses = pauses.into_iter().map(|(after, key, length)| (after, key % keys, length)).collect();
        paused_runtime().block_on(async move {
            let start = Instant::now();
            let quota = Arc::new(Quota::new(keys, rate, MARGIN));
            let expected: usize = thinking.iter().map(Vec::len).sum();
            let (sends, kept) = run(Arc::clone(&quota), thinking, pauses).await;
            prop_assert_eq!(sends.len(), expected);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
            let window = rate.ceil() as usize + 1;
            for key in 0..keys {
                let at: Vec<Instant> = sends.iter().filter(|sent| sent.key == key).map(|sent| sent.at).collect();
                prop_assert!(at.first().is_none_or(|first| *first >= start + Duration::from_secs(1)));
                for span in at.windows(window).map(|sends| sends[window - 1] - sends[0]) {
                    prop_assert!(span >= Duration::from_secs(1) + MARGIN, "{span:?}");
                }
                for (_, from, until) in kept.iter().filter(|(paused, ..)| *paused == key) {
                    prop_assert!(at.iter().all(|at| at <= from || at >= until));
                }
            }
            prop_assert!(quota.used() < 1.0);
            Ok(())
        })?;
    }

    #[test]
    fn walks_grow_with_rate_and_latency_between_their_bounds(rate in 0.0_f64..1e6, latency in 0_u64..1_000_000) {
        let walks = walks_for(rate, Duration::from_millis(latency));
        prop_assert!((2..=MOST_WALKS).contains(&walks));
        prop_assert!(walks <= walks_for(rate * 2.0, Duration::from_millis(latency)));
    }
}

#[tokio::test(start_paused = true)]
async fn producers_that_never_rest_get_equal_shares_and_nearly_the_whole_quota() {
    let quota = Arc::new(Quota::new(2, 3.0, MARGIN));
    let mut producers = JoinSet::new();
    let end = Instant::now() + Duration::from_mins(1);
    for _ in 0..7 {
        let quota = Arc::clone(&quota);
        producers.spawn(async move {
            let mut sends = 0_u32;
            while Instant::now() < end {
                quota.ready().await.unwrap();
                sends += 1;
            }
            sends
        });
    }
    let shares = producers.join_all().await;
    let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
    assert!(most - least <= 1, "{shares:?}");
    assert!(quota.used() > 0.95 && quota.used() < 1.0, "{}", quota.used());
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_back_those_already_waiting_and_widens_the_margin_once() {
    let quota = Arc::new(Quota::new(1, 1.0, MARGIN));
    let start = Instant::now();
    let waiter = tokio::spawn({
        let quota = Arc::clone(&quota);
        async move { quota.ready().await.map(|_| start.elapsed()) }
    });
    sleep(Duration::from_millis(500)).await;
    quota.pause(KeyPosition(0), Duration::from_secs(15));
    quota.pause(KeyPosition(0), Duration::from_secs(9));
    assert_eq!(quota.paused(), 1);
    assert_eq!(waiter.await.unwrap().unwrap().as_millis(), 15_500);
    assert_eq!(quota.paused(), 0);
    assert_eq!(quota.spacing(KeyPosition(0)).as_millis(), 1_040);
    for _ in 0..10 {
        quota.pause(KeyPosition(0), Duration::from_millis(1));
        quota.ready().await.unwrap();
    }
    assert_eq!(quota.spacing(KeyPosition(0)).as_millis(), 1_250);
}

#[tokio::test(start_paused = true)]
async fn a_retired_key_is_never_handed_out_and_without_keys_every_waiter_hears_so() {
    let quota = Arc::new(Quota::new(2, 3.0, MARGIN));
    assert!(quota.retire(KeyPosition(0)));
    assert!(!quota.retire(KeyPosition(0)));
    for _ in 0..5 {
        assert_eq!(quota.ready().await.unwrap().number(), 2);
    }
    quota.pause(KeyPosition(1), Duration::from_hours(1));
    let before = Instant::now();
    let mut waiters = JoinSet::new();
    for _ in 0..4 {
        let quota = Arc::clone(&quota);
        waiters.spawn(async move { quota.ready().await });
    }
    sleep(Duration::from_secs(1)).await;
    assert!(quota.retire(KeyPosition(1)));
    assert_eq!(waiters.join_all().await, [Err(NoKeyLeft); 4]);
    assert_eq!(before.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_paused_key_does_not_keep_the_others_from_sending() {
    let quota = Quota::new(2, 3.0, MARGIN);
    quota.pause(KeyPosition(0), Duration::from_mins(1));
    for _ in 0..6 {
        assert_eq!(quota.ready().await.unwrap().index(), 1);
    }
}

#[test]
fn walks_by_example() {
    assert_eq!(walks_for(3.0, Duration::from_secs(1)), 6);
    assert_eq!(walks_for(3.0, Duration::from_millis(50)), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_arrives_late_holds_back_the_next_one() {
    let quota = Quota::new(1, 3.0, MARGIN);
    let key = quota.ready().await.unwrap();
    let (sent, late) = (Instant::now(), Duration::from_millis(250));
    quota.delay(key, late);
    quota.ready().await.unwrap();
    let apart = sent.elapsed();
    assert!(apart >= quota.spacing(key) + late, "{apart:?}");
    assert_eq!(quota.paused(), 0, "it is no pause");
}
