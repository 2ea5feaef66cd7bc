//! Each field that an object names is in the mapping of its index, and of a type that the operation takes: on text, or
//! on what is not indexed, Kibana would show an error where a panel should be.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::objects::{all, controls, dashboard, data_view_of, layer, name_of, object, panels, reference, spec};
use crate::repository::root;

/// The field that stands for whole documents.
const RECORDS: &str = "___records___";

/// What is known of a field.
#[derive(Debug, Clone, PartialEq)]
struct Field {
    kind: String,
    /// Whether it can be filtered by.
    searched: bool,
    /// Whether it can be sorted, counted and grouped by.
    counted: bool,
}

type Fields = BTreeMap<String, Field>;

/// The fields of a data view. It computes none itself: that would need a server with scripts, which a core node has
/// not.
fn fields_of(view: &str) -> Fields {
    let mut fields = Fields::new();
    collect(&properties(view.strip_prefix("viralmine-").unwrap()), "", &mut fields);
    let computed = &object("index-pattern", view)["attributes"]["runtimeFieldMap"];
    assert_eq!(*computed, json!({}), "{view}");
    fields
}

/// Until there is a mapping of the snapshots, the part of it that is agreed.
pub fn properties(index: &str) -> Value {
    let path = root().join(format!("mappings/{index}.json"));
    if index == "snapshots" && !path.exists() {
        let (keyword, long) = (json!({"type": "keyword"}), json!({"type": "long"}));
        let date = json!({"type": "date", "format": "epoch_millis"});
        return json!({"aweme_id": keyword, "sec_user_id": keyword, "fetched_at": date, "stats": {"properties": {"play": long}}});
    }
    let template: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    template["template"]["mappings"]["properties"].clone()
}

fn collect(properties: &Value, prefix: &str, fields: &mut Fields) {
    for (name, field) in properties.as_object().unwrap() {
        let name = format!("{prefix}{name}");
        if let Some(inner) = field.get("properties") {
            collect(inner, &format!("{name}."), fields);
            continue;
        }
        let kind = field["type"].as_str().unwrap_or("object").to_owned();
        let counted = field["doc_values"] != false && kind != "text" && kind != "object";
        let searched = field["index"] != false && kind != "object";
        fields.insert(name.clone(), Field { kind, searched, counted });
        if let Some(subfields) = field.get("fields") {
            collect(subfields, &format!("{name}."), fields);
        }
    }
}

/// Why an operation does not take a field; `None` when it does.
fn misfit(fields: &Fields, operation: &str, name: &str) -> Option<String> {
    if (operation == "count") != (name == RECORDS) {
        return Some(format!("{operation} of {name}"));
    }
    if name == RECORDS {
        return None;
    }
    let Some(field) = fields.get(name) else { return Some(format!("{name} is not in the mapping")) };
    let numbers = ["long", "integer", "double", "float"];
    let is_number = numbers.contains(&field.kind.as_str());
    let takes = match operation {
        "exists" => field.searched,
        "term" | "terms" | "unique_count" => is_number || ["keyword", "boolean"].contains(&field.kind.as_str()),
        "date_histogram" => field.kind == "date",
        "sum" | "median" | "max" | "range" => is_number,
        other => return Some(format!("{other} is not judged here: add it")),
    };
    (!takes || !field.counted).then(|| format!("{operation} takes no {} like {name}", field.kind))
}

/// The fields that a filter in Kibana's query language names. Knows as much of it as is used: comparisons, joined by
/// `and`, of names without blanks.
fn filtered(query: &str) -> Vec<String> {
    let comparisons = query.split(" and ").filter(|comparison| !comparison.is_empty());
    let field = |comparison: &str| {
        let end = comparison.find([':', '>', '<', ' ']).unwrap_or_else(|| panic!("{comparison:?} compares nothing"));
        let rest = comparison[end..].trim_start();
        assert!(rest.starts_with([':', '>', '<']) && rest.len() > 2, "{comparison:?}");
        comparison[..end].trim().to_owned()
    };
    comparisons.map(field).collect()
}

fn check_filter(whose: &str, fields: &Fields, filter: &Value) {
    assert_eq!(filter["language"], "kuery", "{whose}");
    for name in filtered(filter["query"].as_str().unwrap()) {
        let field = fields.get(&name).unwrap_or_else(|| panic!("{whose}: {name} is not in the mapping"));
        assert!(field.searched, "{whose}: {name} is not indexed");
    }
}

#[test]
fn each_panel_asks_what_its_fields_can_answer() {
    let mut asked = 0;
    for panel in panels().iter().filter(|panel| panel["type"] == "lens") {
        let (name, fields) = (name_of(panel), fields_of(&data_view_of(panel)));
        check_filter(&name, &fields, &panel["embeddableConfig"]["attributes"]["state"]["query"]);
        for (column, asks) in layer(panel).1["columns"].as_object().unwrap() {
            let whose = format!("{name}, {column}");
            let (operation, field) = (asks["operationType"].as_str().unwrap(), asks["sourceField"].as_str().unwrap());
            assert_eq!(misfit(&fields, operation, field), None, "{whose}");
            let expected = match (operation, fields.get(field).map(|field| field.kind.as_str())) {
                ("terms", Some("keyword")) => "string",
                ("date_histogram", _) => "date",
                _ => "number",
            };
            assert_eq!(asks["dataType"], expected, "{whose}");
            assert_eq!(asks["isBucketed"], ["terms", "date_histogram", "range"].contains(&operation), "{whose}");
            if let Some(filter) = asks.get("filter") {
                check_filter(&whose, &fields, filter);
            }
            asked += 1;
        }
    }
    assert!(asked > 15, "{asked}");
}

/// Every operation on a field within a query or an aggregation of Elasticsearch: `{"sum": {"field": "a"}}` and
/// `{"term": {"a": 1}}`.
fn operations(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                match (name.as_str(), inner.get("field").and_then(Value::as_str), inner.as_object()) {
                    ("term", _, Some(compared)) => {
                        found.extend(compared.keys().map(|field| (name.clone(), field.clone())));
                    }
                    (_, Some(field), _) => found.push((name.clone(), field.to_owned())),
                    _ => operations(inner, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| operations(item, found)),
        _ => {}
    }
}

#[test]
fn each_query_that_a_panel_writes_itself_names_fields_that_are_there() {
    let mut written = 0;
    for panel in panels().iter().filter(|panel| panel["type"] == "visualization") {
        let (name, fields, url) = (name_of(panel), fields_of(&data_view_of(panel)), spec(panel)["data"]["url"].clone());
        assert_eq!(url["%context%"], true, "{name}: the controls count");
        assert_eq!(fields[url["%timefield%"].as_str().unwrap()].kind, "date", "{name}");
        let mut asked = Vec::new();
        operations(&url["body"]["aggs"], &mut asked);
        for (operation, field) in &asked {
            assert_eq!(misfit(&fields, operation, field), None, "{name}");
        }
        assert_eq!(asked.len(), 4, "{name}: {asked:?}");
        written += 1;
    }
    assert_eq!(written, 1);
}

#[test]
fn each_search_shows_and_sorts_by_fields_that_are_there() {
    let mut searches = 0;
    for search in all().iter().filter(|object| object["type"] == "search") {
        let (name, attributes) = (search["id"].as_str().unwrap(), &search["attributes"]);
        let fields = fields_of(&reference(search, "kibanaSavedObjectMeta.searchSourceJSON.index"));
        for column in attributes["columns"].as_array().unwrap() {
            assert!(fields.contains_key(column.as_str().unwrap()), "{name}: {column}");
        }
        for sort in attributes["sort"].as_array().unwrap() {
            let field = &fields[sort[0].as_str().unwrap()];
            assert!(field.counted && ["asc", "desc"].contains(&sort[1].as_str().unwrap()), "{name}: {sort}");
        }
        check_filter(name, &fields, &attributes["kibanaSavedObjectMeta"]["searchSourceJSON"]["query"]);
        searches += 1;
    }
    assert_eq!(searches, 2);
}

#[test]
fn each_control_lists_what_can_be_listed() {
    let mut lists = 0;
    for control in controls().iter().filter(|control| control["type"] == "optionsListControl") {
        let (input, dashboard) = (&control["explicitInput"], dashboard());
        let name = input["id"].as_str().unwrap();
        let fields = fields_of(&reference(&dashboard, &format!("controlGroup_{name}:optionsListDataView")));
        let field = &fields[input["fieldName"].as_str().unwrap()];
        assert!(field.kind == "keyword" && field.counted && field.searched, "{name}: {field:?}");
        lists += 1;
    }
    assert_eq!(lists, 3);
}

#[test]
fn data_views_label_and_format_fields_that_are_there() {
    for view in all().iter().filter(|object| object["type"] == "index-pattern") {
        let (id, attributes) = (view["id"].as_str().unwrap(), &view["attributes"]);
        let fields = fields_of(id);
        for list in ["fieldAttrs", "fieldFormatMap"] {
            for name in attributes[list].as_object().unwrap().keys() {
                assert!(fields.contains_key(name), "{id}: {list} has {name}");
            }
        }
        if let Some(time) = attributes["timeFieldName"].as_str() {
            assert_eq!(fields[time].kind, "date", "{id}");
        }
    }
}

/// What the checks above would find.
#[test]
fn misfits_are_found() {
    let fields = fields_of("viralmine-videos");
    for (operation, field) in [
        ("terms", "video_desc"),
        ("terms", "author_info.avatar"),
        ("terms", "hashtag"),
        ("terms", "stats"),
        ("median", "hashtag_keys"),
        ("sum", "publish_time"),
        ("range", "region"),
        ("date_histogram", "publish_ts"),
        ("count", "stats.play"),
        ("sum", RECORDS),
        ("last_value", "stats.play"),
    ] {
        assert!(misfit(&fields, operation, field).is_some(), "{operation} of {field}");
    }
    assert_eq!(misfit(&fields, "terms", "hashtag_keys"), None);
    assert_eq!(filtered("sec_user_id: * and judged >= 5"), ["sec_user_id", "judged"]);
    assert_eq!(filtered(""), Vec::<String>::new());
}
