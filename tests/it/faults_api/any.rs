//! Whatever mixture of faults: as long as it leaves the API's word intact, the run ends as one without faults would.

use proptest::prelude::*;
use serde_json::Value;
use viralmine::simulator::SimulatorOptions;

use super::{fault_free, faults, tireless};
use crate::support::place::Place;
use crate::support::run::{quick, simulator};

/// So many of the simulator's creators are walked.
const CREATORS: usize = 4;

/// Those after which trying again, or going on, brings everything; `hang` would need its time-out each time.
const LOSE_NOTHING: [&str; 11] =
    ["429", "429-bare", "500", "502", "html", "truncated", "cut", "reset", "slow", "null", "duplicates"];

/// Up to five kinds, of all requests or of some, together at most three quarters of them.
fn specification() -> impl Strategy<Value = String> + use<> {
    let target = prop_oneof![
        4 => Just(String::new()),
        1 => (1..=3_u32).prop_map(|number| format!("@try-{number}")),
        1 => (1..=4_u32).prop_map(|number| format!("@page-{number}")),
        1 => (1..=4_u32).prop_map(|number| format!("@creator-{number}")),
    ];
    let part = (prop::sample::select(&LOSE_NOTHING[..]), target, 1..=15_u32);
    (prop::collection::btree_map("[a-e]", part, 1..=5), any::<u64>()).prop_map(|(parts, seed)| {
        let mut spec = format!("wait=0.005,seed={seed}");
        let mut kinds = Vec::new();
        for (name, target, percent) in parts.into_values() {
            if !kinds.contains(&name) {
                kinds.push(name);
                spec = format!("{spec},{name}{target}={}", f64::from(percent) / 100.0);
            }
        }
        spec
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn what_can_be_tried_again_changes_nothing(spec in specification(), page_size in 5..=35_u8, keys in 1..=3_usize) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let outcome: Result<(), TestCaseError> = runtime.block_on(async {
            let place = Place::embedded();
            let simulator = simulator(SimulatorOptions { faults: faults(&spec), ..quick() }).await;
            let mut run = tireless(&place, &simulator);
            (run.api.page_size, run.api.keys) = (page_size, super::three_keys()[..keys].to_vec());
            run.creators.truncate(CREATORS);
            let is_walked = |document: &Value| run.creators.iter().any(|creator| document["sec_user_id"] == creator.as_str());
            let mut expected = fault_free().await.documents.clone();
            expected.retain(|_, document| is_walked(document));
            let backfill = run.run().await;
            prop_assert!(backfill.fatal.is_none() && backfill.warnings.is_empty(), "{backfill:?}");
            prop_assert_eq!(backfill.report.creators.done, CREATORS as u64);
            prop_assert!(place.timeless_documents().await == expected, "other documents");
            let observed = simulator.observed();
            prop_assert_eq!(backfill.report.requests.sent, observed.total());
            prop_assert!(observed.pages_answered().values().all(|times| *times == 1));
            Ok(())
        });
        outcome?;
    }
}
