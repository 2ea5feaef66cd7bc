//! The index behind each alias: whether there is one, whether its mapping fits, whether it may be written to, and
//! whether what is written is found.

use serde_json::{Map, Value};

use super::{bad, get, good, unseen, warning};
use crate::model::Collection;
use crate::store::elastic::client::Client;
use crate::store::elastic::{ElasticStore, setup};
use crate::store::{Finding, StoreError};

/// What a user needs to see what is looked at here.
const RIGHT: &str = "view_index_metadata (on viralmine's indices)";

pub(super) async fn examine(store: &ElasticStore, collection: Collection) -> Vec<Finding> {
    let about = format!("{} index", collection.name());
    let (client, alias) = (&store.client, store.alias(collection));
    let index = match setup::index_behind(client, &alias, &store.prefix).await {
        Ok(Some(index)) => index,
        Ok(None) => {
            let words = format!("there is no {alias} yet");
            let advice = match collection {
                Collection::Snapshots => return vec![good(&about, format!("{words}: `viralmine track` makes it"))],
                Collection::Creators => "`viralmine score` makes it of the videos",
                Collection::Videos | Collection::Checkpoints => "the first run makes it: `viralmine backfill`",
            };
            return vec![warning(&about, words, advice)];
        }
        Err(StoreError::Unfit(words)) => return vec![bad(&about, words, "put the alias right")],
        Err(error) => return vec![unseen(&about, RIGHT, &error)],
    };
    let settings = match get(client, &format!("{index}/_settings"), &[("flat_settings", "true")]).await {
        Ok(found) => found[&index]["settings"].clone(),
        Err(error) => return vec![unseen(&about, RIGHT, &error)],
    };
    let mut findings = judge_settings(&about, &index, &settings);
    if findings.is_empty() {
        findings.push(good(&about, format!("{index} stands behind {alias} and takes writes")));
    }
    findings.push(mapping(client, collection, &index, &alias).await);
    findings
}

/// What keeps writes out, or keeps them from being found; nothing when all is well.
pub(super) fn judge_settings(about: &str, index: &str, settings: &Value) -> Vec<Finding> {
    let is_set = |name: &str| settings[name] == "true" || settings[name] == true;
    let lift = |block: &str| format!("lift it with PUT {index}/_settings {{\"index.blocks.{block}\": null}}");
    let mut findings = Vec::new();
    if is_set("index.verified_before_close") {
        let words = format!("{index} is closed: it takes no writes and answers no question");
        findings.push(bad(about, words, &format!("open it with POST {index}/_open")));
    }
    if is_set("index.blocks.read_only_allow_delete") {
        let words =
            format!("{index} takes no writes (read_only_allow_delete): the server does that when a disk is full");
        let advice = format!(
            "make room on the disk, then the server lifts the block by itself; or {}",
            lift("read_only_allow_delete")
        );
        findings.push(bad(about, words, &advice));
    }
    if is_set("index.blocks.write") {
        let words =
            format!("{index} takes no writes (block write): `viralmine reindex` sets this before it moves the alias");
        let advice = format!(
            "if a reindex is under way, wait for it; if one was killed, run `viralmine reindex` again; else {}",
            lift("write")
        );
        findings.push(bad(about, words, &advice));
    }
    for block in ["read_only", "read", "metadata"] {
        if is_set(&format!("index.blocks.{block}")) {
            findings.push(bad(about, format!("{index} has the block {block}"), &lift(block)));
        }
    }
    if settings["index.refresh_interval"] == "-1" {
        let words = format!("{index} is not refreshed (refresh_interval -1): what is written is found when a run ends");
        let advice = format!(
            "with --bulk-settings that is meant, and put back at the end of the run or by the next one; else set it with \
             PUT {index}/_settings {{\"index.refresh_interval\": \"5s\"}}"
        );
        findings.push(warning(about, words, &advice));
    }
    findings
}

async fn mapping(client: &Client, collection: Collection, index: &str, alias: &str) -> Finding {
    let about = format!("{} mapping", collection.name());
    let template = match setup::template(collection, alias) {
        Ok(template) => template,
        Err(error) => return bad(&about, error.to_string(), "install viralmine anew"),
    };
    match setup::missing_fields(client, index, &template["template"]["mappings"]).await {
        Ok(Ok(None)) => good(&about, "fits this viralmine".to_owned()),
        Ok(Ok(Some(additions))) => {
            let mut names = Vec::new();
            collect_names("", &additions["properties"], &mut names);
            let lacks = if names.is_empty() { "the setting dynamic: strict".to_owned() } else { names.join(", ") };
            warning(&about, format!("{index} lacks {lacks}"), "the next run that writes adds it")
        }
        Ok(Err(misfit)) => {
            let words = format!(
                "{index} does not fit: its field {} is {}, and viralmine needs {}",
                misfit.field, misfit.real, misfit.needed
            );
            bad(
                &about,
                words,
                match collection {
                    Collection::Videos => "run `viralmine reindex`: it makes a new version of the index that fits",
                    Collection::Creators => "delete that index: `viralmine score` makes it again of the videos",
                    Collection::Snapshots => {
                        "choose another --index-prefix, or delete that index: the earlier counts in it are lost then"
                    }
                    Collection::Checkpoints => {
                        "choose another --index-prefix, or delete that index: creators are then walked anew"
                    }
                },
            )
        }
        Err(error) => unseen(&about, RIGHT, &error),
    }
}

fn collect_names(path: &str, properties: &Value, names: &mut Vec<String>) {
    for (name, field) in properties.as_object().unwrap_or(&Map::new()) {
        let name = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match &field["properties"] {
            Value::Null => names.push(name),
            inner => collect_names(&name, inner, names),
        }
    }
}
