//! The room on the data nodes' disks, against the limits at which the server stops taking shards or writes.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::{bad, get, good, unseen, warning};
use crate::store::Finding;
use crate::store::elastic::client::Client;

const ABOUT: &str = "disk";

/// Where the settings of the disk's limits stand, below persistent, transient and default ones; the first counts.
const LAYERS: [&str; 3] = ["transient", "persistent", "defaults"];

#[derive(Debug, Deserialize)]
pub(super) struct Nodes {
    #[serde(default)]
    nodes: HashMap<String, Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
    fs: FileSystem,
}

#[derive(Debug, Deserialize)]
struct FileSystem {
    total: Room,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Room {
    #[serde(rename = "total_in_bytes")]
    total: u64,
    #[serde(rename = "available_in_bytes")]
    available: u64,
}

impl Node {
    fn holds_data(&self) -> bool {
        self.roles.iter().any(|role| role.starts_with("data"))
    }

    fn words(&self) -> String {
        let Room { total, available } = self.fs.total;
        format!("{} of {} free on node {}", in_gib(available), in_gib(total), self.name)
    }
}

pub(super) async fn examine(client: &Client) -> Finding {
    let parts = "nodes.*.name,nodes.*.roles,nodes.*.fs.total";
    let nodes = get(client, "_nodes/stats/fs", &[("filter_path", parts)]).await;
    let settings =
        get(client, "_cluster/settings", &[("include_defaults", "true"), ("filter_path", "**.allocation.disk")]).await;
    let (nodes, settings) = match (nodes, settings) {
        (Ok(nodes), Ok(settings)) => (nodes, settings),
        (Err(error), _) | (_, Err(error)) => return unseen(ABOUT, "monitor (of the cluster)", &error),
    };
    match serde_json::from_value(nodes) {
        Ok(nodes) => judge(&nodes, &Limits::read(&settings)),
        Err(error) => bad(ABOUT, client.nonsense(&error).to_string(), "look at GET _nodes/stats/fs"),
    }
}

pub(super) fn judge(nodes: &Nodes, limits: &Limits) -> Finding {
    let spare = |node: &Node, watermark| limits.kept_free(node.fs.total.total, watermark);
    let is_below = |node: &&Node, watermark| spare(node, watermark).is_some_and(|free| node.fs.total.available < free);
    let mut data: Vec<&Node> = nodes.nodes.values().filter(|node| node.holds_data()).collect();
    data.sort_by_key(|node| node.fs.total.available);
    let Some(fullest) = data.first() else {
        return warning(ABOUT, "no data node tells of its disk".to_owned(), "look at GET _nodes/stats/fs");
    };
    let below = |watermark| data.iter().copied().find(|node| is_below(node, watermark));
    if let Some(node) = below("flood_stage") {
        let words =
            format!("{}: at less than {} ", node.words(), in_gib(spare(node, "flood_stage").unwrap_or_default()));
        let advice =
            "make room on that disk; the server lifts its block by itself when there is more than the high watermark";
        return if limits.are_heeded() {
            bad(ABOUT, format!("{words}the server makes indices read-only"), advice)
        } else {
            warning(
                ABOUT,
                format!("{words}a server usually makes indices read-only, this one's limits are off"),
                advice,
            )
        };
    }
    if !limits.are_heeded() {
        return good(ABOUT, format!("{} (the server's own limits are off)", fullest.words()));
    }
    if let Some(node) = below("high") {
        let words = format!("{}: past the high watermark, shards are moved away from it", node.words());
        return warning(ABOUT, words, "make room: at the flood stage the server takes no more writes");
    }
    if let Some(node) = below("low") {
        let words = format!("{}: past the low watermark, a new index gets no place there", node.words());
        return warning(ABOUT, words, "make room before `viralmine reindex`, which makes a new index");
    }
    good(ABOUT, fullest.words())
}

/// The server's settings of `cluster.routing.allocation.disk`, by the rest of their names.
#[derive(Debug, Default)]
pub(super) struct Limits(HashMap<String, String>);

impl Limits {
    pub(super) fn read(settings: &Value) -> Self {
        let mut limits = HashMap::new();
        for layer in LAYERS {
            flatten("", &settings[layer]["cluster"]["routing"]["allocation"]["disk"], &mut limits);
        }
        Self(limits)
    }

    fn are_heeded(&self) -> bool {
        self.0.get("threshold_enabled").is_none_or(|enabled| enabled != "false")
    }

    /// How many bytes of a disk the server wants free at a watermark; `None` when that cannot be told.
    fn kept_free(&self, total: u64, watermark: &str) -> Option<u64> {
        let text = self.0.get(&format!("watermark.{watermark}"))?;
        let headroom = self.0.get(&format!("watermark.{watermark}.max_headroom")).and_then(|text| bytes(text));
        match used_share(text) {
            Some(used) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share between 0 and 1 of a disk's bytes"
                )]
                let free = (total as f64 * (1.0 - used)) as u64;
                Some(headroom.map_or(free, |headroom| free.min(headroom)))
            }
            None => bytes(text),
        }
    }
}

/// Nested objects and names with dots come mixed: `{"watermark": {"low": …, "low.max_headroom": …}}`.
fn flatten(path: &str, value: &Value, into: &mut HashMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, into);
            }
        }
        Value::String(text) => drop(into.entry(path.to_owned()).or_insert_with(|| text.clone())),
        Value::Bool(_) | Value::Number(_) => drop(into.entry(path.to_owned()).or_insert_with(|| value.to_string())),
        Value::Null | Value::Array(_) => {}
    }
}

/// `95%` or `0.95`.
fn used_share(text: &str) -> Option<f64> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse::<f64>().ok()?,
    };
    (0.0..=1.0).contains(&share).then_some(share)
}

/// `100GB`, `1.5tb`; `None` for `-1`, which means no limit.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let (number, factor) = [("pb", 50), ("tb", 40), ("gb", 30), ("mb", 20), ("kb", 10), ("b", 0)]
        .into_iter()
        .find_map(|(unit, power)| Some((text.strip_suffix(unit)?, 1_u64 << power)))?;
    let number: f64 = number.trim().parse().ok().filter(|number| *number >= 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative; `as` saturates")]
    let bytes = (number * factor as f64) as u64;
    Some(bytes)
}

fn in_gib(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1_u32 << 30))
}
