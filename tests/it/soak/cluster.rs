//! A cluster of three nodes loses a data node in the middle of a run, which comes back; then its elected master.

use serde_json::json;

use crate::elastic::rest;
use crate::kills::nodes::{Corpus, LongRun};
use crate::kills::tell;
use crate::support::node::{Node, until};

/// Slow enough to last while two nodes are killed and started, one after the other: 6,400 pages, three and a half
/// minutes.
const CORPUS: Corpus = Corpus { creators: 200, page_size: 10 };
const RATE: u64 = 30;

/// So much is written before a kill, and while a node is missing.
const WRITES: u64 = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: scripts/soak"]
async fn that_loses_a_data_node_and_then_its_master() {
    let nodes = Node::start_cluster(3).await;
    let master = elected(&nodes[0]).await;
    let mut others = (0..nodes.len()).filter(|&node| node != master);
    let (talked_to, other) = (others.next().unwrap(), others.next().unwrap());
    let mut run = LongRun::start(nodes[talked_to].url(), &CORPUS, RATE).await;
    until_written(&nodes[talked_to], &mut run, WRITES).await;
    keep_copies_off(&nodes[talked_to], talked_to, &run).await;
    for (role, victim) in [("a data node", other), ("the elected master", master)] {
        until_whole(&nodes[talked_to], &mut run).await;
        let primary = holder_of_the_primary(&nodes[talked_to], &run).await;
        assert_eq!(elected(&nodes[talked_to]).await, master);
        nodes[victim].kill().await;
        let asked = run.asked();
        until_whole_enough_to_write(&nodes[talked_to], &run).await;
        let written = nodes[talked_to].written(&run.videos()).await;
        until_written(&nodes[talked_to], &mut run, written + WRITES).await;
        tell(format!(
            "{role} killed behind {asked} requests ({}): the run goes on without it, to {}",
            if primary == victim { "it held the primary" } else { "it held the replica" },
            run.asked()
        ));
        nodes[victim].start_again().await;
    }
    until_whole(&nodes[talked_to], &mut run).await;
    let documents = run.ends_as_if_nothing_had_happened().await;
    tell(format!("a cluster that lost two nodes, one after the other: {documents} documents, no page asked twice"));
}

/// The master's number, from 0: the nodes' names count from 1.
async fn elected(node: &Node) -> usize {
    let masters = node.get("_cat/master?format=json").await;
    number_of(masters[0]["node"].as_str().unwrap())
}

async fn holder_of_the_primary(node: &Node, run: &LongRun) -> usize {
    let shards = node.get(&format!("_cat/shards/{}?format=json", run.videos())).await;
    let primary = shards.as_array().unwrap().iter().find(|shard| shard["prirep"] == "p").unwrap();
    number_of(primary["node"].as_str().unwrap())
}

fn number_of(name: &str) -> usize {
    name.strip_prefix("node-").unwrap().parse::<usize>().unwrap() - 1
}

/// So that both of the nodes that are killed hold a copy of everything.
async fn keep_copies_off(node: &Node, number: usize, run: &LongRun) {
    let settings = json!({"index.routing.allocation.exclude._name": format!("node-{}", number + 1)});
    let (status, answer) = rest(node.url(), "PUT", &format!("{}-*/_settings", run.prefix()), settings).await;
    assert_eq!(status, 200, "{answer}");
}

/// All nodes are there, and every primary has its replica.
async fn until_whole(node: &Node, run: &mut LongRun) {
    until("the cluster is whole", async || {
        run.assert_under_way();
        is_healthy(node, run, "wait_for_status=green&wait_for_no_relocating_shards=true&wait_for_nodes=3").await
    })
    .await;
}

/// Every primary is there.
async fn until_whole_enough_to_write(node: &Node, run: &LongRun) {
    until("the replicas are primaries", async || is_healthy(node, run, "wait_for_status=yellow").await).await;
}

async fn is_healthy(node: &Node, run: &LongRun, wanted: &str) -> bool {
    let health = node.get(&format!("_cluster/health/{}-*?{wanted}&timeout=1s", run.prefix())).await;
    health["timed_out"] == false
}

async fn until_written(node: &Node, run: &mut LongRun, documents: u64) {
    until("the cluster has written", async || {
        run.assert_under_way();
        node.written(&run.videos()).await >= documents
    })
    .await;
}
