//! A node of the test's own, since it is made to suffer: its disk is full, it stops in the middle and comes back.

use std::time::Duration;

use serde_json::{Value, json};
use viralmine::pipeline::Fatal;

use super::Scene;
use crate::elastic::rest;
use crate::support::node::Node;
use crate::support::place::Place;

/// Sets the free space below which the node blocks all indices; `None`: as it was.
async fn watermarks(node: &Node, flood_stage: Option<&str>) {
    let setting = |value: Option<&str>| value.map_or(Value::Null, Value::from);
    let disk = json!({
        "threshold_enabled": flood_stage.map(|_| true),
        "watermark": {"low": setting(flood_stage), "high": setting(flood_stage), "flood_stage": setting(flood_stage)},
    });
    let settings = json!({"persistent": {
        "cluster": {"routing": {"allocation": {"disk": disk}}, "info": {"update": {"interval": "10s"}}},
    }});
    let (status, answer) = rest(node.url(), "PUT", "_cluster/settings", settings).await;
    assert_eq!(status, 200, "{answer}");
}

/// Waits until the node has, or has no longer, blocked the index for its disk.
async fn until_blocked(node: &Node, place: &Place, blocked: bool) {
    let path = format!("{}-videos-000001/_settings?filter_path=**.blocks", place.settings.prefix);
    while rest(node.url(), "GET", &path, Value::Null).await.1.to_string().contains("read_only_allow_delete") != blocked
    {
        // The server waits for us: there never is a second node.
        rest(node.url(), "GET", "_cluster/health?wait_for_nodes=2&timeout=1s", Value::Null).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_on_the_nodes_side() {
    let node = Node::start().await;
    let scene = Scene::on(Place::elastic_at(node.url()), node.url()).await;
    let gate = scene.hold_bulks_from(3);
    let trouble = async {
        gate.reached().await;
        // No disk has so much left.
        watermarks(&node, Some("100pb")).await;
        until_blocked(&node, &scene.place, true).await;
        gate.open();
    };
    let run = scene.run(|run| run.limits.patience.give_up_after = Duration::from_secs(90));
    // The run waits as long as the disk is full, and goes on when there is room again.
    let room_again = async {
        trouble.await;
        scene.proxy.until(|seen| seen.bulks_of("videos").filter(|one| one.failed_items > 0).count() >= 4).await;
        watermarks(&node, None).await;
        scene.block(node.url(), &json!({"index": {"blocks": {"read_only_allow_delete": null}}})).await;
    };
    let (backfill, ()) = tokio::join!(run, room_again);
    assert!(backfill.fatal.is_none() && backfill.report.creators.done == 12, "{backfill:?}");
    assert_eq!(backfill.report.documents.dead, 0);
    scene.assert_all_arrived().await;

    // A disk that stays full ends the run, resumable.
    watermarks(&node, Some("100pb")).await;
    until_blocked(&node, &scene.place, true).await;
    let ended = scene
        .run(|run| {
            run.bounds.refresh = true;
            run.limits.patience.give_up_after = Duration::from_secs(1);
        })
        .await;
    let Some(Fatal::Store(error)) = &ended.fatal else { panic!("{ended:?}") };
    assert!(error.to_string().contains("flood-stage") && error.to_string().contains("make room"), "{error}");
    assert!(scene.dead_letters().is_empty());
    watermarks(&node, None).await;
    scene.block(node.url(), &json!({"index": {"blocks": {"read_only_allow_delete": null}}})).await;
    let resumed = scene.run(|run| run.bounds.refresh = true).await;
    assert_eq!(resumed.report.creators.done, 12, "{resumed:?}");
    assert_eq!(scene.place.timeless_documents().await, scene.expected.documents);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_in_the_middle_and_comes_back() {
    let node = Node::start().await;
    let scene = Scene::on(Place::elastic_at(node.url()), node.url()).await;
    let gate = scene.hold_bulks_from(3);
    let trouble = async {
        gate.reached().await;
        node.kill().await;
        gate.open();
        scene.proxy.until(|seen| seen.requests.iter().filter(|one| one.status == Some(502)).count() >= 3).await;
        node.start_again().await;
    };
    let run = scene.run(|run| run.limits.patience.give_up_after = Duration::from_mins(2));
    let (backfill, ()) = tokio::join!(run, trouble);
    assert!(backfill.fatal.is_none() && backfill.report.creators.done == 12, "{backfill:?}");
    let documents = &backfill.report.documents;
    assert_eq!((documents.stored, documents.dead), (documents.fetched, 0));
    scene.assert_all_arrived().await;
}
