//! Blocks on the real index (what a full disk sets, and what a person sets): the trouble is the node's and no
//! document's.

use std::time::Duration;

use serde_json::{Value, json};
use viralmine::pipeline::Fatal;

use super::Scene;
use crate::elastic::{node_url, rest};
use crate::support::proxy::fault::{Fault, Gate, from_bulk};

impl Scene {
    /// Sets or lifts blocks of the videos' index, past everything.
    pub(super) async fn block(&self, node: &str, settings: &Value) {
        let path = format!("{}-videos-000001/_settings", self.place.settings.prefix);
        let (status, answer) = rest(node, "PUT", &path, settings.clone()).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Bulk requests of videos from this number (from 1) on wait until the gate is opened.
    pub(super) fn hold_bulks_from(&self, number: usize) -> Gate {
        let gate = Gate::default();
        self.proxy.decide(from_bulk(number, Fault::Hold(gate.clone())));
        gate
    }
}

const BLOCKS: [&str; 3] = ["read_only_allow_delete", "write", "read_only"];

fn set(block: &str, value: &Value) -> Value {
    json!({"index": {"blocks": {block: value}}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_waits_while_the_index_is_blocked_and_goes_on() {
    for block in BLOCKS {
        let scene = Scene::new().await;
        let gate = scene.hold_bulks_from(3);
        let trouble = async {
            gate.reached().await;
            scene.block(&node_url(), &set(block, &json!(true))).await;
            gate.open();
            // Refused as a whole, and several times.
            scene.proxy.until(|seen| seen.bulks_of("videos").filter(|one| one.failed_items > 0).count() >= 4).await;
            scene.block(&node_url(), &set(block, &Value::Null)).await;
        };
        let (backfill, ()) = tokio::join!(scene.run(|_| {}), trouble);
        let documents = &backfill.report.documents;
        assert!(backfill.fatal.is_none() && backfill.report.creators.done == 12, "{block}: {backfill:?}");
        assert_eq!((documents.stored, documents.dead), (documents.fetched, 0));
        assert!(scene.dead_letters().is_empty(), "{block} is no fault of a document");
        scene.assert_all_arrived().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_on_an_index_that_stays_blocked_ends_and_can_be_resumed() {
    for block in BLOCKS {
        let scene = Scene::new().await;
        let gate = scene.hold_bulks_from(3);
        let trouble = async {
            gate.reached().await;
            scene.block(&node_url(), &set(block, &json!(true))).await;
            gate.open();
        };
        let run = scene.run(|run| run.limits.patience.give_up_after = Duration::from_secs(1));
        let (backfill, ()) = tokio::join!(run, trouble);
        let Some(Fatal::Store(error)) = &backfill.fatal else { panic!("{block}: {backfill:?}") };
        let words = error.to_string();
        assert!(words.contains("cluster_block_exception") && words.contains("index.blocks"), "{words}");
        assert!(backfill.report.documents.unsettled > 0 && backfill.report.documents.dead == 0);
        assert!(scene.dead_letters().is_empty(), "{block} is no fault of a document");
        scene.block(&node_url(), &set(block, &Value::Null)).await;
        let resumed = scene.run(|_| {}).await;
        assert_eq!(resumed.report.creators.done, 12, "{block}: {resumed:?}");
        scene.assert_all_arrived().await;
    }
}
