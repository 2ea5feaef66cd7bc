//! Makes what a run needs on the server, once and again: template, index behind its alias, mapping. Two processes may
//! do so at the same time. The bodies are `mappings/*.json`, as they are.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Body, Client, Method};
use super::mapping::{self, Misfit};
use super::versions;
use crate::model::Collection;
use crate::store::StoreError;

/// The body of a composable index template, for the default prefix.
const fn template_file(collection: Collection) -> &'static str {
    match collection {
        Collection::Videos => include_str!("../../../mappings/videos.json"),
        Collection::Creators => include_str!("../../../mappings/creators.json"),
        Collection::Snapshots => include_str!("../../../mappings/snapshots.json"),
        Collection::Checkpoints => include_str!("../../../mappings/checkpoints.json"),
    }
}

/// Creators are made of the videos, so nothing is lost with their index.
pub(super) const WAY_OUT_OF_CREATORS: &str = "delete that index, then run `viralmine score`, which makes it again";

/// Makes or checks all of one collection.
pub(super) async fn prepare(
    client: &Client,
    prefix: &str,
    collection: Collection,
    alias: &str,
) -> Result<(), StoreError> {
    let template = template(collection, alias)?;
    // Templates are a right on the whole cluster: who was given an index that is there does without one.
    let denied = match put_template(client, alias, &template).await {
        Err(error @ StoreError::Denied(_)) => Some(error),
        other => other.map(|()| None)?,
    };
    let index = match (index_behind(client, alias, prefix).await?, denied) {
        (Some(index), _) => index,
        (None, Some(error)) => return Err(error),
        (None, None) => create_index(client, alias, prefix).await?,
    };
    let way_out = match collection {
        Collection::Videos => format!("run `viralmine reindex`, choose an --index-prefix other than {prefix}"),
        Collection::Checkpoints | Collection::Snapshots => format!("choose an --index-prefix other than {prefix}"),
        Collection::Creators => {
            return fit_mapping(client, &index, &template["template"]["mappings"], WAY_OUT_OF_CREATORS).await;
        }
    };
    fit_mapping(client, &index, &template["template"]["mappings"], &format!("{way_out}, or delete that index")).await
}

/// The body of a collection's index template, for the index patterns of this alias.
pub(super) fn template(collection: Collection, alias: &str) -> Result<Value, StoreError> {
    let mut template: Value = serde_json::from_str(template_file(collection))
        .map_err(|error| StoreError::Broken(format!("mappings/{}.json: {error}", collection.name())))?;
    template["index_patterns"] = json!([format!("{alias}-*")]);
    Ok(template)
}

/// Leaves a template of the same or a later version alone.
pub(super) async fn put_template(client: &Client, name: &str, template: &Value) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct Templates {
        index_templates: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        index_template: Versioned,
    }
    #[derive(Deserialize)]
    struct Versioned {
        version: Option<i64>,
    }
    let path = format!("_index_template/{name}");
    if let Some(bytes) = client.find(&path, &[]).await? {
        let found: Templates = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
        let version = found.index_templates.first().and_then(|named| named.index_template.version);
        if version >= template["version"].as_i64() {
            return Ok(());
        }
    }
    client.send(Method::Put, &path, &[], Body::Json(template.clone())).await.map(drop)
}

/// The one concrete index behind an alias.
pub(super) async fn index_behind(client: &Client, alias: &str, prefix: &str) -> Result<Option<String>, StoreError> {
    let Some(bytes) = client.find(&format!("_alias/{alias}"), &[]).await? else {
        return Ok(None);
    };
    let found: serde_json::Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    match names.as_slice() {
        [] => Ok(None),
        [name] if found[*name]["aliases"][alias]["is_write_index"] == false => Err(StoreError::Unfit(format!(
            "the alias {alias} is for reading only (is_write_index is false for its index {name}): set it to true, or \
             choose an --index-prefix other than {prefix}"
        ))),
        [name] => Ok(Some((*name).to_owned())),
        _ => Err(StoreError::Unfit(format!(
            "the alias {alias} stands for several indices ({}), it must stand for one: take the alias off the others, \
             or choose an --index-prefix other than {prefix}",
            names.join(", ")
        ))),
    }
}

async fn create_index(client: &Client, alias: &str, prefix: &str) -> Result<String, StoreError> {
    if client.find(&format!("{alias}/_settings"), &[("filter_path", "*.settings.index.uuid")]).await?.is_some() {
        // Unless another process made index and alias since we looked.
        return index_behind(client, alias, prefix).await?.ok_or_else(|| {
            StoreError::Unfit(format!(
                "{alias} is an index, where viralmine needs an alias of that name: choose an --index-prefix other than \
                 {prefix}, or delete that index"
            ))
        });
    }
    refuse_headless(client, alias).await?;
    let index = format!("{alias}-000001");
    let body = json!({ "aliases": { alias: { "is_write_index": true } } });
    let Err(refused) = client.send(Method::Put, &index, &[], Body::Json(body)).await else {
        return Ok(index);
    };
    if client.find(&format!("{index}/_settings"), &[("filter_path", "*.settings.index.uuid")]).await?.is_none() {
        return Err(refused);
    }
    if let Some(index) = index_behind(client, alias, prefix).await? {
        // Another process was faster, by a moment.
        return Ok(index);
    }
    // An index without its alias (restored from a snapshot, say).
    let add = json!({ "add": { "index": index, "alias": alias, "is_write_index": true } });
    client.send(Method::Post, "_aliases", &[], Body::Json(json!({ "actions": [add] }))).await?;
    Ok(index)
}

/// An alias that was lost must not come to stand for an old version again, nor for an empty one.
async fn refuse_headless(client: &Client, alias: &str) -> Result<(), StoreError> {
    match versions::newest_finished(client, alias).await? {
        Some(name) if name != format!("{alias}-000001") => Err(StoreError::Unfit(format!(
            "the alias {alias} is missing, and there are later versions of its index than the first: put it on the one that \
             is to be used ({name} is the newest)"
        ))),
        _ => Ok(()),
    }
}

/// Adds the fields that an index lacks; refuses one that contradicts, in words that end with `way_out`.
pub(super) async fn fit_mapping(client: &Client, index: &str, needed: &Value, way_out: &str) -> Result<(), StoreError> {
    match missing_fields(client, index, needed).await? {
        Ok(None) => Ok(()),
        Ok(Some(body)) => client.send(Method::Put, &format!("{index}/_mapping"), &[], Body::Json(body)).await.map(drop),
        Err(misfit) => Err(refusal(index, &misfit, way_out)),
    }
}

/// Why an index is not used, in words that end with `way_out`.
pub(super) fn refusal(index: &str, Misfit { field, real, needed }: &Misfit, way_out: &str) -> StoreError {
    StoreError::Unfit(format!(
        "the index {index} does not fit: its field {field} is {real}, and viralmine needs {needed}; {way_out}"
    ))
}

/// What the index lacks of the mapping that is needed, or what contradicts it.
pub(super) async fn missing_fields(
    client: &Client,
    index: &str,
    needed: &Value,
) -> Result<Result<Option<Value>, Misfit>, StoreError> {
    let bytes = client.send(Method::Get, &format!("{index}/_mapping"), &[], Body::Empty).await?;
    let found: Value = serde_json::from_slice(&bytes).map_err(|error| client.nonsense(&error))?;
    Ok(mapping::additions(needed, &found[index]["mappings"]))
}
