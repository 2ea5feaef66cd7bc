//! The objects hang together, and are laid out as exports of Kibana 8 are: `docs/kibana.md` names what was followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::objects::{self, all, controls, dashboard, data_view_of, layer, name_of, packed, panels};
use crate::repository::{files_under, root};

/// What a grid is wide, and how many panels a dashboard may have before nobody reads it.
const COLUMNS: u64 = 48;
const MOST_PANELS: usize = 8;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn there_are_three_data_views_two_searches_and_a_dashboard() {
    let ids: Vec<(String, String)> =
        all().iter().map(|object| (text(object, "type").to_owned(), text(object, "id").to_owned())).collect();
    let expected = [
        ("index-pattern", "viralmine-videos"),
        ("index-pattern", "viralmine-creators"),
        ("index-pattern", "viralmine-snapshots"),
        ("search", "viralmine-search-viral"),
        ("search", "viralmine-search-rising"),
        ("dashboard", "viralmine-dashboard"),
    ];
    assert_eq!(ids, expected.map(|(kind, id)| (kind.to_owned(), id.to_owned())), "each is there once, none more");
    for (index, time) in [("videos", Some("publish_time")), ("creators", None), ("snapshots", Some("fetched_at"))] {
        let view = objects::object("index-pattern", &format!("viralmine-{index}"));
        assert_eq!(view["attributes"]["title"], format!("viralmine-{index}"), "an alias of ours");
        assert_eq!(view["attributes"]["timeFieldName"].as_str(), time);
    }
}

/// A Kibana refuses what is newer than itself and migrates what is older. These were seen in exports; 8.9 is the oldest
/// that has them all, as `setup` says.
#[test]
fn versions_are_those_of_the_exports_that_were_followed() {
    let versions = BTreeMap::from([("index-pattern", "8.0.0"), ("search", "7.9.3"), ("dashboard", "8.9.0")]);
    for object in all() {
        assert_eq!(text(&object, "coreMigrationVersion"), "8.8.0");
        assert_eq!(text(&object, "typeMigrationVersion"), versions[text(&object, "type")]);
        assert_eq!(object["managed"], false, "who imports it may change it");
    }
}

#[test]
fn every_reference_leads_to_an_object_and_is_used() {
    let known: BTreeSet<(String, String)> =
        all().iter().map(|object| (text(object, "type").to_owned(), text(object, "id").to_owned())).collect();
    for object in all() {
        let mut names = BTreeSet::new();
        for reference in object["references"].as_array().unwrap() {
            let target = (text(reference, "type").to_owned(), text(reference, "id").to_owned());
            assert!(known.contains(&target), "{} refers to {target:?}", object["id"]);
            assert!(names.insert(text(reference, "name").to_owned()), "{reference} is there twice");
        }
        let used: BTreeSet<String> = match text(&object, "type") {
            "dashboard" => names_used_by_the_dashboard(),
            "search" => {
                let source = &object["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"];
                [text(source, "indexRefName").to_owned()].into()
            }
            _ => BTreeSet::new(),
        };
        assert_eq!(names, used, "{}", object["id"]);
    }
}

fn names_used_by_the_dashboard() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for panel in panels() {
        let name = name_of(&panel);
        if panel["type"] == "search" {
            used.insert(format!("{name}:{}", text(&panel, "panelRefName")));
            continue;
        }
        if panel["type"] == "visualization" {
            // It names its index, which has a data view of the same name.
            objects::object("index-pattern", &data_view_of(&panel));
            continue;
        }
        for inner in panel["embeddableConfig"]["attributes"]["references"].as_array().unwrap() {
            assert_eq!(text(inner, "id"), data_view_of(&panel), "{name}: both lists say the same");
            used.insert(format!("{name}:{}", text(inner, "name")));
        }
    }
    for control in controls().iter().filter(|control| control["type"] == "optionsListControl") {
        used.insert(format!("controlGroup_{}:optionsListDataView", text(&control["explicitInput"], "id")));
    }
    used
}

#[test]
fn panels_fill_the_grid_without_overlapping() {
    let panels = panels();
    assert!((1..=MOST_PANELS).contains(&panels.len()), "{}", panels.len());
    let mut taken: BTreeMap<(u64, u64), String> = BTreeMap::new();
    for panel in &panels {
        let (name, grid) = (name_of(panel), &panel["gridData"]);
        assert_eq!(text(grid, "i"), name);
        assert!(!name.contains(':') && !text(panel, "title").is_empty(), "{name}");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| grid[side].as_u64().unwrap());
        assert!(x + w <= COLUMNS && w >= 8 && h >= 8, "{name}: {grid}");
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            if let Some(other) = taken.insert(cell, name.clone()) {
                panic!("{name} lies on {other}");
            }
        }
    }
    let rows = taken.keys().map(|(_, y)| y + 1).max().unwrap();
    assert_eq!(taken.len() as u64, rows * COLUMNS, "nothing is left empty");
}

#[test]
fn the_controls_are_hashtag_creator_region_and_date() {
    let controls = controls();
    let mut order: Vec<u64> = controls.iter().map(|control| control["order"].as_u64().unwrap()).collect();
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2, 3]);
    let kinds: BTreeMap<&str, &str> =
        controls.iter().map(|control| (text(&control["explicitInput"], "title"), text(control, "type"))).collect();
    let list = "optionsListControl";
    assert_eq!(kinds, [("Hashtag", list), ("Creator", list), ("Region", list), ("Date", "timeSlider")].into());
    for (name, control) in dashboard()["attributes"]["controlGroupInput"]["panelsJSON"].as_object().unwrap() {
        assert_eq!(text(&control["explicitInput"], "id"), name);
    }
    let attributes = &dashboard()["attributes"];
    assert!(
        attributes["timeRestore"] == true && attributes["timeFrom"].is_string() && attributes["timeTo"].is_string()
    );
}

/// Every text within `value` that stands under one of `names`, alone or in a list.
fn named_in(value: &Value, names: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                match inner {
                    Value::String(text) if names.contains(&name.as_str()) => found.push(text.clone()),
                    Value::Array(texts) if names.contains(&name.as_str()) => {
                        found.extend(texts.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    inner => named_in(inner, names, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named_in(item, names, found)),
        _ => {}
    }
}

#[test]
fn what_a_panel_shows_it_asks_for() {
    let accessors = ["xAccessor", "splitAccessor", "accessors", "tagAccessor", "valueAccessor", "columnId"];
    for panel in panels().iter().filter(|panel| panel["type"] == "lens") {
        let (name, (id, layer)) = (name_of(panel), layer(panel));
        let state = &panel["embeddableConfig"]["attributes"]["state"];
        let columns: BTreeSet<String> = layer["columns"].as_object().unwrap().keys().cloned().collect();
        let order: Vec<&str> = layer["columnOrder"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(order.len(), columns.len(), "{name}: each column once");
        assert!(order.iter().all(|column| columns.contains(*column)), "{name}: {order:?}");
        let is_bucketed = |column: &&&str| layer["columns"][**column]["isBucketed"] == true;
        let buckets = order.iter().take_while(is_bucketed).count();
        assert_eq!(buckets, order.iter().filter(is_bucketed).count(), "{name}: buckets come first");

        let (mut shown, mut sorted_by, mut layers) = (Vec::new(), Vec::new(), Vec::new());
        named_in(&state["visualization"], &accessors, &mut shown);
        named_in(&layer["columns"], &["columnId"], &mut sorted_by);
        named_in(&state["visualization"], &["layerId"], &mut layers);
        assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), columns, "{name} shows each column, and no other");
        assert!(sorted_by.iter().all(|column| columns.contains(column)), "{name} sorts by {sorted_by:?}");
        assert_eq!(layers, [id], "{name}");
    }
}

/// `mappings/kibana/*.json` are to be read and changed. After a change that is meant:
/// `VIRALMINE_BLESS=1 cargo test --test it kibana::structure` writes what is imported anew.
#[test]
fn the_readable_files_tell_the_same_as_what_is_imported() {
    let files = files_under("mappings/kibana");
    let read = |file| serde_json::from_str::<Value>(&fs::read_to_string(file).unwrap()).unwrap();
    let readable: Vec<Value> = files.iter().map(read).collect();
    let path = root().join("mappings/kibana.ndjson");
    if std::env::var_os("VIRALMINE_BLESS").is_some_and(|value| value == "1") {
        let lines: Vec<String> = readable.iter().map(|object| format!("{}\n", packed(object))).collect();
        fs::write(&path, lines.concat()).unwrap();
    }
    assert_eq!(all(), readable, "mappings/kibana.ndjson differs from mappings/kibana/*.json");
}
