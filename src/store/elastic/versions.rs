//! The versions of the videos' index behind their alias, and the next one, which a reindexing fills.
//!
//! While it is being filled, the next version stands behind an alias of its own (`viralmine-videos-next`). That marks
//! it as unfinished, for whoever goes on after a kill, until the request that moves the videos' alias takes the mark
//! off too; and a bulk that asks for an alias never makes a deleted index anew.
//!
//! A run that writes meanwhile names the videos' alias. While the old version is frozen its documents are refused for
//! the index's trouble (403), so it waits and sends them again; once the alias is moved they reach the next version.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::{Body, Client, Method};
use super::{ElasticStore, bulk, read, scan, setup};
use crate::model::{Batch, Collection, Verdict};
use crate::store::{BulkTarget, IndexVersions, Leases, Lookup, ScanSender, StoreError, StoredDocument, VersionNames};

/// The versions of one prefix's videos.
pub struct ElasticVersions {
    store: ElasticStore,
    /// What [`IndexVersions::begin`] found.
    names: Mutex<Option<VersionNames>>,
}

impl ElasticVersions {
    /// Prepares the index of the checkpoints, where the lease lies; the videos' index may be any viralmine's.
    pub async fn open(store: ElasticStore) -> Result<Self, StoreError> {
        let alias = store.alias(Collection::Checkpoints);
        setup::prepare(&store.client, &store.prefix, Collection::Checkpoints, &alias).await?;
        Ok(Self { store, names: Mutex::new(None) })
    }

    fn alias(&self) -> String {
        self.store.alias(Collection::Videos)
    }

    fn names(&self) -> Result<VersionNames, StoreError> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner).clone();
        names.ok_or_else(|| StoreError::Broken("the next version of the videos' index was not begun".to_owned()))
    }

    async fn current(&self) -> Result<Option<String>, StoreError> {
        setup::index_behind(&self.store.client, &self.alias(), &self.store.prefix).await
    }
}

#[async_trait]
impl IndexVersions for ElasticVersions {
    async fn begin(&self) -> Result<VersionNames, StoreError> {
        let (client, alias) = (&self.store.client, self.alias());
        let template = setup::template(Collection::Videos, &alias)?;
        setup::put_template(client, &alias, &template).await?;
        let old = self.current().await?.ok_or_else(|| {
            StoreError::Unfit(format!("there is nothing behind {alias} to reindex: run `viralmine backfill` first"))
        })?;
        let all = versions(client, &alias).await?;
        let mappings = &template["template"]["mappings"];
        let next = match unfinished(&all, &alias, &old)? {
            Some(next) => go_on_with(client, next, mappings).await?,
            None => create(client, &alias, next_name(&all, &alias), mappings).await?,
        };
        let names = VersionNames { old, next };
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = Some(names.clone());
        Ok(names)
    }

    /// What was answered before the call is made findable first.
    async fn scan_old(&self, into: ScanSender) -> Result<(), StoreError> {
        let old = self.names()?.old;
        read::refresh(&self.store.client, &old).await?;
        scan::scan(&self.store.client, &old, Collection::Videos, &into).await
    }

    async fn next_versions(&self, ids: &[String]) -> Result<Vec<Option<i64>>, StoreError> {
        read::versions(&self.store.client, &self.names()?.next, ids).await
    }

    /// Durable it is already; this makes it findable.
    async fn commit_next(&self) -> Result<(), StoreError> {
        read::refresh(&self.store.client, &self.names()?.next).await
    }

    async fn freeze_old(&self, frozen: bool) -> Result<(), StoreError> {
        let (client, old) = (&self.store.client, self.names()?.old);
        if frozen { freeze(client, &old).await } else { thaw(client, &old).await }
    }

    async fn switch(&self) -> Result<(), StoreError> {
        let (client, alias, VersionNames { old, next }) = (&self.store.client, self.alias(), self.names()?);
        match self.current().await? {
            // The answer to an earlier request for it got lost.
            Some(current) if current == next => return Ok(()),
            Some(current) if current == old => {}
            current => {
                return Err(StoreError::Unfit(format!(
                    "the alias {alias} was moved from {old} to {} meanwhile, so it is left there: reindex again",
                    current.as_deref().unwrap_or("nowhere")
                )));
            }
        }
        // Whoever let writes in again (another reindex, a person) may have let some in that the next version lacks.
        if !is_frozen(client, &old).await? {
            return Err(StoreError::Unfit(format!(
                "writes into {old} were let in again before {alias} was moved to {next}, so it stays: reindex again"
            )));
        }
        read::refresh(client, &next).await?;
        let actions = json!([
            { "remove": { "index": old, "alias": alias, "must_exist": true } },
            { "add": { "index": next, "alias": alias, "is_write_index": true } },
            { "remove": { "index": next, "alias": mark(&alias), "must_exist": true } },
        ]);
        client.send(Method::Post, "_aliases", &[], Body::Json(json!({ "actions": actions }))).await.map(drop)
    }

    async fn drop_old(&self) -> Result<Vec<String>, StoreError> {
        let (client, alias) = (&self.store.client, self.alias());
        let Some(current) = self.current().await?.as_deref().and_then(|name| number(name, &alias)) else {
            // A name without a number says of no version that it is older.
            return Ok(Vec::new());
        };
        let mut dropped = Vec::new();
        for version in versions(client, &alias).await? {
            if version.number < current && version.aliases.is_empty() {
                client.send_unless(404, Method::Delete, &version.name, &[], Body::Empty).await?;
                dropped.push(version.name);
            }
        }
        Ok(dropped)
    }
}

#[async_trait]
impl BulkTarget for ElasticVersions {
    /// Videos go into the next version; all else, which has no versions, to where it is.
    async fn bulk(&self, batch: &Batch) -> Result<Vec<Verdict>, StoreError> {
        match batch.collection {
            Collection::Videos => {
                bulk::send(&self.store.client, &mark(&self.alias()), batch, self.store.compress).await
            }
            Collection::Creators | Collection::Snapshots | Collection::Checkpoints => self.store.bulk(batch).await,
        }
    }
}

#[async_trait]
impl Lookup for ElasticVersions {
    /// Videos in the next version; all else, which has no versions, where it is.
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        match collection {
            Collection::Videos => read::get(&self.store.client, &mark(&self.alias()), ids).await,
            Collection::Creators | Collection::Snapshots | Collection::Checkpoints => {
                self.store.get(collection, ids).await
            }
        }
    }
}

#[async_trait]
impl Leases for ElasticVersions {
    async fn take_lease(&self, holder: &str, lasts: Duration) -> Result<(), StoreError> {
        self.store.take_lease(holder, lasts).await
    }

    async fn release_lease(&self, holder: &str) -> Result<(), StoreError> {
        self.store.release_lease(holder).await
    }
}

/// The alias of the version that is being filled.
pub(super) fn mark(alias: &str) -> String {
    format!("{alias}-next")
}

/// An index whose name is the alias and a number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version {
    name: String,
    number: u64,
    aliases: Vec<String>,
}

fn number(name: &str, alias: &str) -> Option<u64> {
    let digits = name.strip_prefix(alias)?.strip_prefix('-')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// All of them, by number.
async fn versions(client: &Client, alias: &str) -> Result<Vec<Version>, StoreError> {
    #[derive(Deserialize)]
    struct Listed {
        #[serde(default)]
        aliases: Map<String, Value>,
    }
    let path = format!("{alias}-*/_alias");
    let Some(bytes) = client.find(&path, &[("expand_wildcards", "all")]).await? else { return Ok(Vec::new()) };
    let listed: std::collections::HashMap<String, Listed> =
        serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    let version = |(name, listed): (String, Listed)| {
        let number = number(&name, alias)?;
        Some(Version { name, number, aliases: listed.aliases.into_iter().map(|(alias, _)| alias).collect() })
    };
    let mut versions: Vec<Version> = listed.into_iter().filter_map(version).collect();
    versions.sort_by_key(|version| version.number);
    Ok(versions)
}

/// The newest version that no reindexing is filling.
pub(super) async fn newest_finished(client: &Client, alias: &str) -> Result<Option<String>, StoreError> {
    let mark = mark(alias);
    let newest_first = versions(client, alias).await?.into_iter().rev();
    let mut finished = newest_first.filter(|version| !version.aliases.contains(&mark));
    Ok(finished.next().map(|version| version.name))
}

/// The version that a reindexing is filling, or left behind.
pub(super) async fn being_filled(client: &Client, alias: &str) -> Result<Option<String>, StoreError> {
    let mark = mark(alias);
    let mut marked = versions(client, alias).await?.into_iter().filter(|version| version.aliases.contains(&mark));
    Ok(marked.next().map(|version| version.name))
}

/// The version that an earlier reindexing left behind. One without the mark is a version that was in use before the
/// alias was moved back, or somebody's copy: not gone on with.
fn unfinished<'a>(all: &'a [Version], alias: &str, old: &str) -> Result<Option<&'a str>, StoreError> {
    let mark = mark(alias);
    let marked: Vec<&str> =
        all.iter().filter(|version| version.aliases.contains(&mark)).map(|version| version.name.as_str()).collect();
    match marked.as_slice() {
        [] => Ok(None),
        [next] if *next != old => Ok(Some(next)),
        _ => Err(StoreError::Unfit(format!(
            "the alias {mark} marks the version that a reindexing fills, and stands for {}: take it off",
            marked.join(", ")
        ))),
    }
}

fn next_name(all: &[Version], alias: &str) -> String {
    let highest = all.last().map_or(0, |version| version.number);
    format!("{alias}-{:06}", highest.saturating_add(1))
}

/// Settings come from the template, which may be somebody's own; the mapping must be this program's.
async fn create(client: &Client, alias: &str, name: String, mappings: &Value) -> Result<String, StoreError> {
    let body = json!({ "mappings": mappings, "aliases": { mark(alias): { "is_write_index": true } } });
    client.send(Method::Put, &name, &[], Body::Json(body)).await?;
    Ok(name)
}

async fn go_on_with(client: &Client, next: &str, mappings: &Value) -> Result<String, StoreError> {
    let way_out = "an earlier reindex left it unfinished: delete that index, and reindex again";
    setup::fit_mapping(client, next, mappings, way_out).await?;
    if is_frozen(client, next).await? {
        thaw(client, next).await?;
    }
    Ok(next.to_owned())
}

/// Returns when the block is in force on every shard, and what was being written before is done.
async fn freeze(client: &Client, index: &str) -> Result<(), StoreError> {
    if block(client, index).await? {
        return Ok(());
    }
    // It was there already, and perhaps not yet in force everywhere when its maker was killed: only a block that is
    // new is waited for.
    thaw(client, index).await?;
    if block(client, index).await? && is_frozen(client, index).await? {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!("the server does not yet keep writes out of {index} on every shard")))
}

async fn block(client: &Client, index: &str) -> Result<bool, StoreError> {
    #[derive(Deserialize)]
    struct Blocked {
        acknowledged: bool,
        shards_acknowledged: bool,
    }
    let bytes = client.send(Method::Put, &format!("{index}/_block/write"), &[], Body::Empty).await?;
    let blocked: Blocked = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    Ok(blocked.acknowledged && blocked.shards_acknowledged)
}

async fn thaw(client: &Client, index: &str) -> Result<(), StoreError> {
    let body = Body::Json(json!({ "index.blocks.write": null }));
    client.send(Method::Put, &format!("{index}/_settings"), &[], body).await.map(drop)
}

async fn is_frozen(client: &Client, index: &str) -> Result<bool, StoreError> {
    let path = format!("{index}/_settings/index.blocks.write");
    let bytes = client.send(Method::Get, &path, &[("flat_settings", "true")], Body::Empty).await?;
    let found: Value = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    Ok(found[index]["settings"]["index.blocks.write"] == "true")
}
