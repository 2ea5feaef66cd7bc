//! The lease: one holder at a time, whoever races; what ran out is taken over, what was lost is not given back.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use viralmine::store::elastic::ElasticStore;
use viralmine::store::{Leases, StoreError, StoreWriter};
use viralmine::throttle::clock::Clock;

use super::{Scratch, settings};

const LASTS: Duration = Duration::from_mins(2);

async fn prepared() -> Scratch {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    scratch
}

/// Another process, whose clock shows `time` now.
fn at(scratch: &Scratch, time: &str) -> ElasticStore {
    let moment: Timestamp = time.parse().unwrap();
    ElasticStore::connect(settings(&scratch.url, &scratch.prefix)).unwrap().with_clock(Clock::starting_at(moment))
}

async fn lease(scratch: &Scratch) -> Value {
    let (_, found) = scratch.rest("GET", &format!("{}/_doc/lease", scratch.name("checkpoints")), Value::Null).await;
    found["_source"]["lease"].clone()
}

#[tokio::test]
async fn of_two_that_race_exactly_one_wins() {
    let scratch = prepared().await;
    // An absent document, an empty one, one that ran out: each is another way of writing.
    for round in 0..12 {
        let names: Vec<String> = (0..4).map(|number| format!("process {number}")).collect();
        if round % 3 == 2 {
            at(&scratch, "2020-01-01T00:00:00Z").take_lease("killed long ago", LASTS).await.unwrap();
        }
        let taken = futures::future::join_all(names.iter().map(|name| scratch.store.take_lease(name, LASTS))).await;
        let winners: Vec<&String> =
            names.iter().zip(&taken).filter(|(_, taken)| taken.is_ok()).map(|(name, _)| name).collect();
        let [winner] = winners.as_slice() else { panic!("round {round}: {taken:?}") };
        for refused in taken.iter().filter_map(|taken| taken.as_ref().err()) {
            assert!(matches!(refused, StoreError::Busy(words) if words.contains(winner.as_str())), "{refused:?}");
        }
        assert_eq!(lease(&scratch).await["holder"], json!(winner));
        scratch.store.release_lease(winner).await.unwrap();
        assert_eq!(lease(&scratch).await, Value::Null);
    }
}

#[tokio::test]
async fn a_second_holder_hears_who_has_it_and_until_when() {
    let scratch = prepared().await;
    at(&scratch, "2026-11-22T10:00:00Z").take_lease("replay on laptop", LASTS).await.unwrap();
    let second = at(&scratch, "2026-11-22T10:01:00Z");
    let Err(StoreError::Busy(words)) = second.take_lease("reindex on server", LASTS).await else { panic!("it got it") };
    assert!(words.contains("replay on laptop") && words.contains("2026-11-22T10:02:00Z"), "{words}");
    // What is another's is not given back.
    second.release_lease("reindex on server").await.unwrap();
    assert_eq!(lease(&scratch).await["holder"], "replay on laptop");
}

#[tokio::test]
async fn renewing_makes_it_last_longer() {
    let scratch = prepared().await;
    at(&scratch, "2026-11-22T10:00:00Z").take_lease("first", LASTS).await.unwrap();
    at(&scratch, "2026-11-22T10:01:30Z").take_lease("first", LASTS).await.unwrap();
    let late = at(&scratch, "2026-11-22T10:03:20Z");
    assert!(matches!(late.take_lease("second", LASTS).await, Err(StoreError::Busy(_))));
    // Its own is taken again, even when it ran out.
    at(&scratch, "2026-11-22T11:00:00Z").take_lease("first", LASTS).await.unwrap();
}

#[tokio::test]
async fn what_ran_out_is_taken_over_after_a_grace_and_its_holder_is_told() {
    let scratch = prepared().await;
    let killed = at(&scratch, "2026-11-22T10:00:00Z");
    killed.take_lease("killed", LASTS).await.unwrap();
    // It ran out at 10:02, by a clock that may be the later one.
    let early = at(&scratch, "2026-11-22T10:02:30Z").take_lease("next", LASTS).await;
    assert!(matches!(early, Err(StoreError::Busy(_))), "{early:?}");
    at(&scratch, "2026-11-22T10:03:01Z").take_lease("next", LASTS).await.unwrap();
    let renewed = killed.take_lease("killed", LASTS).await;
    assert!(matches!(&renewed, Err(StoreError::Busy(words)) if words.contains("next")), "{renewed:?}");
    killed.release_lease("killed").await.unwrap();
    assert_eq!(lease(&scratch).await["holder"], "next");
}

#[tokio::test]
async fn without_an_index_no_lease_is_taken_and_none_is_made() {
    let scratch = Scratch::new();
    let taken = scratch.store.take_lease("somebody", LASTS).await;
    assert!(matches!(&taken, Err(StoreError::Missing(words)) if words.contains("viralmine backfill")), "{taken:?}");
    scratch.store.release_lease("somebody").await.unwrap();
    let (status, _) = scratch.rest("GET", &scratch.name("checkpoints"), Value::Null).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_lease_that_cannot_be_read_is_named() {
    let scratch = prepared().await;
    let path = format!("{}/_doc/lease", scratch.name("checkpoints"));
    let body = json!({"lease": {"holder": "a later version", "until": "soon"}});
    scratch.rest("PUT", &path, body).await;
    let taken = scratch.store.take_lease("somebody", LASTS).await;
    assert!(matches!(&taken, Err(StoreError::Broken(words)) if words.contains("document lease")), "{taken:?}");
}

#[tokio::test]
async fn an_index_of_an_older_version_gets_the_fields_first() {
    let scratch = Scratch::new();
    let alias = scratch.name("checkpoints");
    let mut file: Value = serde_json::from_str(include_str!("../../../mappings/checkpoints.json")).unwrap();
    let mut mappings = file["template"]["mappings"].take();
    for field in ["lease", "bulk_settings"] {
        mappings["properties"].as_object_mut().unwrap().remove(field).unwrap();
    }
    let body = json!({"mappings": mappings, "aliases": {alias: {"is_write_index": true}}});
    scratch.rest("PUT", &scratch.name("checkpoints-000001"), body).await;
    scratch.store.prepare().await.unwrap();
    scratch.store.take_lease("somebody", LASTS).await.unwrap();
    assert!(scratch.store.relax_settings().await.unwrap());
}
