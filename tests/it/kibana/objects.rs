//! The objects of `mappings/kibana.ndjson`, with the JSON inside of their texts unpacked.

use std::fs;

use serde_json::Value;

use crate::repository::root;

/// Attributes that hold JSON as a text.
const PACKED: [&str; 11] = [
    "fieldAttrs",
    "fieldFormatMap",
    "fields",
    "ignoreParentSettingsJSON",
    "optionsJSON",
    "panelsJSON",
    "runtimeFieldMap",
    "searchSourceJSON",
    "sourceFilters",
    "spec",
    "typeMeta",
];

/// All objects, in the order of the file.
pub fn all() -> Vec<Value> {
    let text = fs::read_to_string(root().join("mappings/kibana.ndjson")).unwrap();
    text.lines().map(|line| unpacked(&serde_json::from_str(line).unwrap())).collect()
}

/// The one with this type and id.
pub fn object(kind: &str, id: &str) -> Value {
    let found = all().into_iter().find(|object| object["type"] == kind && object["id"] == id);
    found.unwrap_or_else(|| panic!("no {kind} {id}"))
}

pub fn dashboard() -> Value {
    object("dashboard", "viralmine-dashboard")
}

/// The dashboard's panels.
pub fn panels() -> Vec<Value> {
    dashboard()["attributes"]["panelsJSON"].as_array().unwrap().clone()
}

/// The dashboard's controls.
pub fn controls() -> Vec<Value> {
    let controls = dashboard()["attributes"]["controlGroupInput"]["panelsJSON"].as_object().unwrap().clone();
    controls.into_iter().map(|(_, control)| control).collect()
}

/// A panel's name, which it is known by everywhere.
pub fn name_of(panel: &Value) -> String {
    panel["panelIndex"].as_str().unwrap().to_owned()
}

/// The only layer of a Lens panel: its id, and what it asks.
pub fn layer(panel: &Value) -> (String, Value) {
    let layers =
        panel["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].as_object();
    let layers = layers.unwrap_or_else(|| panic!("{} is no Lens panel", name_of(panel)));
    assert_eq!(layers.len(), 1, "{}", name_of(panel));
    layers.iter().map(|(id, layer)| (id.clone(), layer.clone())).next().unwrap()
}

/// What a Vega panel says of its data and its marks.
pub fn spec(panel: &Value) -> Value {
    let saved = &panel["embeddableConfig"]["savedVis"];
    assert_eq!(saved["type"], "vega", "{}", name_of(panel));
    saved["params"]["spec"].clone()
}

/// The id that a reference of this name leads to.
pub fn reference(object: &Value, name: &str) -> String {
    let found = object["references"].as_array().unwrap().iter().find(|reference| reference["name"] == name);
    found.unwrap_or_else(|| panic!("no reference {name}"))["id"].as_str().unwrap().to_owned()
}

/// The data view that a panel of the dashboard asks: a Lens panel itself, another by way of its search; a Vega panel
/// names the index.
pub fn data_view_of(panel: &Value) -> String {
    let name = name_of(panel);
    if panel["type"] == "visualization" {
        return spec(panel)["data"]["url"]["index"].as_str().unwrap().to_owned();
    }
    if panel["type"] == "search" {
        let search = reference(&dashboard(), &format!("{name}:{}", panel["panelRefName"].as_str().unwrap()));
        return reference(&object("search", &search), "kibanaSavedObjectMeta.searchSourceJSON.index");
    }
    reference(&dashboard(), &format!("{name}:indexpattern-datasource-layer-{}", layer(panel).0))
}

/// With what is JSON inside of texts as JSON.
pub fn unpacked(value: &Value) -> Value {
    each_packed(value, &|value| match value {
        Value::String(text) => unpacked(&serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))),
        other => panic!("not packed: {other}"),
    })
}

/// The other way round.
pub fn packed(value: &Value) -> Value {
    each_packed(value, &|value| Value::String(packed(value).to_string()))
}

fn each_packed(value: &Value, change: &dyn Fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(fields) => {
            let changed = fields.iter().map(|(name, value)| {
                let is_packed = PACKED.contains(&name.as_str());
                (name.clone(), if is_packed { change(value) } else { each_packed(value, change) })
            });
            Value::Object(changed.collect())
        }
        Value::Array(items) => items.iter().map(|item| each_packed(item, change)).collect(),
        other => other.clone(),
    }
}
