//! Looks at the server and at what is ours on it, and says what is wrong and what to do. Changes nothing.
//!
//! Here: the server itself and its cluster. `disk` reads its limits, `indices` looks at aliases, mappings, blocks and
//! settings, `notes` at what is under way. Whoever may not see something is told so, and the rest is looked at.

mod disk;
mod indices;
mod notes;

use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use super::ElasticStore;
use super::client::{Body, Client, Method};
use crate::model::Collection;
use crate::store::{Finding, Health, StoreError};

/// Major versions that this program is written for.
const MAJORS: [u64; 2] = [8, 9];

/// Everything, in the order in which it matters. Without a server there is nothing more to look at.
pub(super) async fn examine(store: &ElasticStore) -> Vec<Finding> {
    let server = server(&store.client).await;
    if server.health == Health::Bad {
        return vec![server];
    }
    let mut findings = vec![server, cluster(store).await, disk::examine(&store.client).await];
    for collection in Collection::ALL {
        findings.extend(indices::examine(store, collection).await);
    }
    findings.extend(notes::examine(store).await);
    findings
}

fn good(about: &str, words: String) -> Finding {
    Finding { about: about.to_owned(), health: Health::Good, words, advice: None }
}

fn warning(about: &str, words: String, advice: &str) -> Finding {
    Finding { about: about.to_owned(), health: Health::Warning, words, advice: Some(advice.to_owned()) }
}

fn bad(about: &str, words: String, advice: &str) -> Finding {
    Finding { about: about.to_owned(), health: Health::Bad, words, advice: Some(advice.to_owned()) }
}

/// Something could not be looked at.
fn unseen(about: &str, right: &str, error: &StoreError) -> Finding {
    match error {
        StoreError::Denied(words) => warning(
            about,
            format!("not looked at: {words}"),
            &format!("to have it looked at, give these credentials the privilege {right}"),
        ),
        other => bad(about, other.to_string(), "put that right, and look again"),
    }
}

/// `GET` of a JSON text.
async fn get(client: &Client, path: &str, query: &[(&str, &str)]) -> Result<Value, StoreError> {
    let bytes = client.send(Method::Get, path, query, Body::Empty).await?;
    serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))
}

async fn server(client: &Client) -> Finding {
    const ABOUT: &str = "server";
    let name = client.server_name();
    let version = match version(client).await {
        Ok(version) => version,
        Err(error @ StoreError::Unavailable(_)) => {
            return bad(ABOUT, error.to_string(), "start Elasticsearch, or name its address with --store");
        }
        Err(error @ StoreError::Denied(_)) => {
            return bad(ABOUT, error.to_string(), "set credentials that this server knows");
        }
        Err(error) => return bad(ABOUT, error.to_string(), "name an Elasticsearch 8 or 9 with --store"),
    };
    let Some(version) = version else {
        return good(ABOUT, format!("{name} answers; these credentials may not ask for its version"));
    };
    let major = version.split('.').next().and_then(|major| major.parse().ok());
    if major.is_some_and(|major| MAJORS.contains(&major)) {
        good(ABOUT, format!("{name} answers, version {version}"))
    } else {
        warning(ABOUT, format!("{name} has version {version}"), "use version 8 or 9: nothing else was tried")
    }
}

/// `None` for who may not know it.
async fn version(client: &Client) -> Result<Option<String>, StoreError> {
    #[derive(Deserialize)]
    struct Root {
        version: Number,
    }
    #[derive(Deserialize)]
    struct Number {
        number: String,
    }
    #[derive(Deserialize)]
    struct Nodes {
        #[serde(default)]
        nodes: HashMap<String, Node>,
    }
    #[derive(Deserialize)]
    struct Node {
        version: String,
    }
    let nonsense = |error: serde_json::Error| client.nonsense(&error);
    if let Some(bytes) = allowed(client, "", &[]).await? {
        return serde_json::from_slice::<Root>(&bytes).map(|root| Some(root.version.number)).map_err(nonsense);
    }
    // A server of few modules has no such page.
    let path = "_nodes/_local";
    let Some(bytes) = allowed(client, path, &[("filter_path", "nodes.*.version")]).await? else { return Ok(None) };
    let answer: Nodes = serde_json::from_slice(&bytes).map_err(nonsense)?;
    Ok(answer.nodes.into_values().next().map(|node| node.version))
}

/// `None` where the server knows who asks, and does not answer that.
async fn allowed(client: &Client, path: &str, query: &[(&str, &str)]) -> Result<Option<Bytes>, StoreError> {
    match client.exchange(Method::Get, path, query, Body::Empty).await? {
        (200..300, bytes) => Ok(Some(bytes)),
        (403..=405, _) => Ok(None),
        (status, bytes) => Err(client.refusal(status, &bytes)),
    }
}

async fn cluster(store: &ElasticStore) -> Finding {
    const ABOUT: &str = "cluster";
    let parts = "status,number_of_data_nodes,unassigned_shards,indices.*.status";
    let query = [("level", "indices"), ("filter_path", parts)];
    match get(&store.client, "_cluster/health", &query).await {
        Ok(health) => judge_cluster(ABOUT, &health, &Collection::ALL.map(|collection| store.alias(collection))),
        Err(error) => unseen(ABOUT, "monitor (of the cluster)", &error),
    }
}

fn judge_cluster(about: &str, health: &Value, aliases: &[String]) -> Finding {
    let nodes = health["number_of_data_nodes"].as_u64().unwrap_or_default();
    let is_ours = |name: &str| aliases.iter().any(|alias| name.starts_with(&format!("{alias}-")));
    let indices = health["indices"].as_object();
    let named = |color: &str| -> Vec<&str> {
        let colored = indices.into_iter().flatten().filter(|(name, index)| is_ours(name) && index["status"] == color);
        colored.map(|(name, _)| name.as_str()).collect()
    };
    let (red, yellow) = (named("red"), named("yellow"));
    let unassigned = health["unassigned_shards"].as_u64().unwrap_or_default();
    let look = "ask the server why, with GET _cluster/allocation/explain: often a node is gone, or a disk is full";
    match health["status"].as_str() {
        Some("green") => good(about, format!("green, data nodes: {nodes}")),
        Some("red") if red.is_empty() && indices.is_some_and(|all| !all.is_empty()) => {
            warning(about, "red, but none of viralmine's own indices is".to_owned(), look)
        }
        Some("red") => bad(about, format!("red: there is no copy at hand of a part of {}", list(&red)), look),
        Some("yellow") if yellow.is_empty() => {
            good(about, format!("yellow for other indices than viralmine's, data nodes: {nodes}"))
        }
        Some("yellow") if nodes == 1 => warning(
            about,
            format!("yellow: on a single node replicas have no place (shards without one: {unassigned})"),
            "nothing is wrong with what is stored, but there is no second copy: add a node, or set \
             index.auto_expand_replicas to \"0-1\"",
        ),
        Some("yellow") => warning(about, format!("yellow: replicas are missing of {}", list(&yellow)), look),
        _ => bad(about, "its health makes no sense".to_owned(), "look at GET _cluster/health"),
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "an index".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests;
