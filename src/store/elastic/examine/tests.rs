//! The judgements on what a server says of itself, without one.

use jiff::Timestamp;
use serde_json::json;

use super::disk::{Limits, judge as judge_disk};
use super::indices::judge_settings;
use super::notes::judge_lease;
use super::*;
use crate::store::elastic::lease::Lease;

fn ours() -> Vec<String> {
    vec!["viralmine-videos".to_owned(), "viralmine-checkpoints".to_owned()]
}

#[test]
fn a_cluster_is_as_bad_as_it_is_for_our_indices() {
    let cases = [
        (json!({"status": "green", "number_of_data_nodes": 1}), Health::Good, "green"),
        (json!({"status": "red"}), Health::Bad, "red"),
        (
            json!({"status": "red", "indices": {"viralmine-videos-000001": {"status": "red"}}}),
            Health::Bad,
            "viralmine-videos-000001",
        ),
        (json!({"status": "red", "indices": {"others": {"status": "red"}}}), Health::Warning, "none of viralmine's"),
        (
            json!({"status": "yellow", "number_of_data_nodes": 1, "unassigned_shards": 1,
                "indices": {"viralmine-videos-000001": {"status": "yellow"}}}),
            Health::Warning,
            "single node",
        ),
        (
            json!({"status": "yellow", "number_of_data_nodes": 3, "indices": {"viralmine-videos-000001": {"status": "yellow"}}}),
            Health::Warning,
            "viralmine-videos-000001",
        ),
        (json!({"status": "yellow", "indices": {"viralmine-videosx": {"status": "yellow"}}}), Health::Good, "other"),
        (json!({}), Health::Bad, "no sense"),
    ];
    for (health, expected, words) in cases {
        let finding = judge_cluster("cluster", &health, &ours());
        assert!(finding.health == expected && finding.words.contains(words), "{health}: {finding:?}");
        assert_eq!(finding.advice.is_none(), expected == Health::Good);
    }
}

const GIB: u64 = 1 << 30;

/// As a server writes them: nested, names with dots, each layer for itself.
fn limits(persistent: Value) -> Value {
    let defaults = json!({
        "threshold_enabled": "true",
        "watermark": {
            "low": "85%", "high": "90%", "flood_stage": "95%", "flood_stage.max_headroom": "100GB",
            "high.max_headroom": "150GB", "low.max_headroom": "200GB", "flood_stage.frozen": "95%",
        },
    });
    let layer = |disk: Value| json!({"cluster": {"routing": {"allocation": {"disk": disk}}}});
    json!({"persistent": layer(persistent), "defaults": layer(defaults)})
}

#[test]
fn a_disk_is_judged_by_the_watermarks_in_force() {
    // total and free GiB of the fullest node; what an operator set; what is said.
    let cases = [
        (100, 50, json!({}), Health::Good, "50.0 GiB of 100.0 GiB free on node fullest"),
        (100, 14, json!({}), Health::Warning, "low watermark"),
        (100, 9, json!({}), Health::Warning, "high watermark"),
        (100, 4, json!({}), Health::Bad, "less than 5.0 GiB"),
        // Of a large disk not 5 % are kept, but 100 GiB.
        (10_000, 250, json!({}), Health::Good, "250.0 GiB"),
        (10_000, 99, json!({}), Health::Bad, "less than 100.0 GiB"),
        (100, 4, json!({"threshold_enabled": "false"}), Health::Warning, "limits are off"),
        (100, 14, json!({"threshold_enabled": false}), Health::Good, "limits are off"),
        (100, 4, json!({"watermark": {"low": "3gb", "high": "2gb", "flood_stage": "1gb"}}), Health::Good, "4.0 GiB"),
        (100, 4, json!({"watermark": {"flood_stage": "0.98"}, "watermark.high": "97%"}), Health::Warning, "low"),
    ];
    for (total, free, set, expected, words) in cases {
        let room = |gib: u64| json!({"total": {"total_in_bytes": total * GIB, "available_in_bytes": gib * GIB}});
        let nodes = json!({"nodes": {
            "a": {"name": "fullest", "roles": ["data_hot", "ingest"], "fs": room(free)},
            "b": {"name": "other", "roles": ["data"], "fs": room(total)},
            "c": {"name": "no data here", "roles": ["master"], "fs": room(0)},
        }});
        let finding = judge_disk(&serde_json::from_value(nodes).unwrap(), &Limits::read(&limits(set.clone())));
        assert!(finding.health == expected && finding.words.contains(words), "{total} {free} {set}: {finding:?}");
        assert_eq!(finding.advice.is_none(), expected == Health::Good);
    }
}

#[test]
fn every_block_is_named_with_what_lifts_it() {
    assert!(judge_settings("videos index", "v-1", &json!({"index.blocks.write": "false"})).is_empty());
    for (setting, advice) in [
        ("index.blocks.read_only_allow_delete", "make room"),
        ("index.blocks.write", "viralmine reindex"),
        ("index.blocks.read_only", "PUT v-1/_settings {\"index.blocks.read_only\": null}"),
        ("index.verified_before_close", "POST v-1/_open"),
    ] {
        let findings = judge_settings("videos index", "v-1", &json!({setting: "true"}));
        let [finding] = findings.as_slice() else { panic!("{setting}: {findings:?}") };
        assert!(finding.health == Health::Bad && finding.words.contains("v-1"), "{finding:?}");
        assert!(finding.advice.as_ref().unwrap().contains(advice), "{finding:?}");
    }
    let findings = judge_settings("videos index", "v-1", &json!({"index.refresh_interval": "-1"}));
    assert_eq!(findings.iter().map(|finding| finding.health).collect::<Vec<_>>(), [Health::Warning]);
}

#[test]
fn a_lease_is_worth_a_word_when_it_ran_out() {
    let until: Timestamp = "2026-11-22T10:00:00.5Z".parse().unwrap();
    let lease = Lease { holder: "replay on laptop".to_owned(), until };
    let at = |text: &str| judge_lease(Some(&lease), text.parse().unwrap());
    let alive = at("2026-11-22T10:00:59Z");
    assert!(
        alive.health == Health::Good && alive.words == "replay on laptop holds it until 2026-11-22T10:00:00Z",
        "{alive:?}"
    );
    assert_eq!(at("2026-11-22T10:01:01Z").health, Health::Warning);
    assert_eq!(judge_lease(None, until).health, Health::Good);
}
