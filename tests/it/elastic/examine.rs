//! What `doctor` hears of a server: each thing that can be wrong, with what to do, also for who may only read.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use serde_json::{Value, json};
use viralmine::store::elastic::ElasticVersions;
use viralmine::store::{Examine, Finding, Health, IndexVersions, Leases, StoreWriter};
use viralmine::throttle::clock::Clock;

use super::{Scratch, store};

fn of<'a>(findings: &'a [Finding], about: &str) -> &'a Finding {
    let found = findings.iter().find(|finding| finding.about == about);
    found.unwrap_or_else(|| panic!("nothing about {about}: {findings:?}"))
}

/// Every word of a finding.
fn words(finding: &Finding) -> String {
    format!("{} {}", finding.words, finding.advice.as_deref().unwrap_or_default())
}

#[track_caller]
fn says(findings: &[Finding], about: &str, health: Health, parts: &[&str]) {
    let finding = of(findings, about);
    assert_eq!(finding.health, health, "{finding:?}");
    assert_eq!(finding.advice.is_none(), health == Health::Good, "{finding:?}");
    for part in parts {
        assert!(words(finding).contains(part), "{part}: {finding:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_well_has_nothing_but_good_findings() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    let findings = scratch.store.examine().await;
    let abouts: Vec<&str> = findings.iter().map(|finding| finding.about.as_str()).collect();
    let expected = [
        "server",
        "cluster",
        "disk",
        "videos index",
        "videos mapping",
        "creators index",
        "creators mapping",
        "snapshots index",
        "snapshots mapping",
        "checkpoints index",
        "checkpoints mapping",
        "lease",
    ];
    assert_eq!(abouts, expected);
    // How full this machine is, and what else lies on its node, is not for this test to say.
    for finding in findings.iter().filter(|finding| !["disk", "cluster"].contains(&finding.about.as_str())) {
        assert!(finding.health == Health::Good && finding.advice.is_none(), "{finding:?}");
    }
    assert!(of(&findings, "server").words.contains("version "), "{findings:?}");
    assert!(of(&findings, "disk").words.contains("GiB free on node"), "{findings:?}");
}

#[tokio::test]
async fn an_empty_server_says_what_makes_the_indices() {
    let scratch = Scratch::new();
    let findings = scratch.store.examine().await;
    for about in ["videos index", "checkpoints index"] {
        says(&findings, about, Health::Warning, &["there is no", "viralmine backfill"]);
    }
    says(&findings, "snapshots index", Health::Good, &["there is no", "viralmine track"]);
    let (_, indices) = scratch.rest("GET", &format!("{}-*", scratch.prefix), Value::Null).await;
    assert_eq!(indices, json!({}), "looking makes nothing");
}

#[tokio::test]
async fn each_trouble_of_an_index_is_named_with_its_cure() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    let index = scratch.name("videos-000001");
    for (block, part) in
        [("write", "viralmine reindex"), ("read_only_allow_delete", "make room"), ("read_only", "lift it")]
    {
        scratch.settings_of_videos(json!({format!("index.blocks.{block}"): true})).await;
        says(&scratch.store.examine().await, "videos index", Health::Bad, &[&index, part]);
        scratch.settings_of_videos(json!({format!("index.blocks.{block}"): null})).await;
    }
    scratch.settings_of_videos(json!({"index.refresh_interval": "-1"})).await;
    says(&scratch.store.examine().await, "videos index", Health::Warning, &["refresh_interval -1"]);
    scratch.settings_of_videos(json!({"index.refresh_interval": null})).await;

    scratch.settings_of_videos(json!({"index.auto_expand_replicas": "false", "index.number_of_replicas": 1})).await;
    let findings = scratch.store.examine().await;
    assert_ne!(of(&findings, "cluster").health, Health::Good, "a replica has no place: {findings:?}");

    scratch.rest("POST", &format!("{index}/_close"), Value::Null).await;
    says(&scratch.store.examine().await, "videos index", Health::Bad, &["closed", "_open"]);
    scratch.rest("POST", &format!("{index}/_open"), Value::Null).await;

    scratch.rest("PUT", &scratch.name("videos-second"), json!({"aliases": {scratch.name("videos"): {}}})).await;
    says(&scratch.store.examine().await, "videos index", Health::Bad, &["several"]);
}

#[tokio::test]
async fn a_mapping_that_lacks_is_told_from_one_that_contradicts() {
    let scratch = Scratch::new();
    let lacking = json!({"mappings": {"dynamic": "strict", "properties": {"stats": {"properties": {"play": {"type": "long"}}}}},
        "aliases": {scratch.name("videos"): {}}});
    scratch.rest("PUT", &scratch.name("videos-000001"), lacking).await;
    let contradicting = json!({"mappings": {"properties": {"cursor": {"type": "text"}}},
        "aliases": {scratch.name("checkpoints"): {}}});
    scratch.rest("PUT", &scratch.name("checkpoints-000001"), contradicting).await;
    let findings = scratch.store.examine().await;
    says(&findings, "videos mapping", Health::Warning, &["stats.collect", "search_text", "next run"]);
    says(&findings, "checkpoints mapping", Health::Bad, &["cursor", "keyword"]);
    let body = json!({"properties": {"search_text": {"type": "text"}}});
    scratch.rest("PUT", &format!("{}/_mapping", scratch.name("videos-000001")), body).await;
    says(&scratch.store.examine().await, "videos mapping", Health::Bad, &["search_text", "viralmine reindex"]);
}

#[tokio::test]
async fn what_is_under_way_or_was_left_is_told() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    scratch.store.take_lease("replay on laptop", Duration::from_mins(1)).await.unwrap();
    scratch.store.relax_settings().await.unwrap();
    let versions = ElasticVersions::open(store(&scratch.url, &scratch.prefix)).await.unwrap();
    let names = versions.begin().await.unwrap();
    let findings = scratch.store.examine().await;
    says(&findings, "lease", Health::Good, &["replay on laptop holds it until"]);
    says(&findings, "bulk settings", Health::Warning, &[&names.old, "next run"]);
    says(&findings, "reindex", Health::Warning, &[&names.next, "viralmine reindex"]);

    let long_ago = Clock::starting_at("2020-01-01T00:00:00Z".parse().unwrap());
    scratch.store.release_lease("replay on laptop").await.unwrap();
    store(&scratch.url, &scratch.prefix)
        .with_clock(long_ago)
        .take_lease("killed", Duration::from_mins(1))
        .await
        .unwrap();
    says(&scratch.store.examine().await, "lease", Health::Warning, &["killed held it until 2020-01-01T00:01:00Z"]);
}

/// A server in front of the node that knows its user as a mere reader.
async fn reader_only(node: &str) -> String {
    let node = node.trim_end_matches('/').to_owned();
    let answer = move |request: Request| {
        let url = format!("{node}{}", request.uri());
        let path = request.uri().path();
        let is_read = path.contains("/_doc/") || path.ends_with("/_search") || path.ends_with("/_count");
        async move {
            let head = [("x-elastic-product", "Elasticsearch")];
            if !is_read {
                let denied =
                    json!({"error": {"type": "security_exception", "reason": "action is unauthorized"}, "status": 403});
                return (StatusCode::FORBIDDEN, head, denied.to_string());
            }
            let answer = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
            (answer.status(), head, answer.text().await.unwrap())
        }
    };
    listen(Router::new().fallback(answer)).await
}

async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn who_may_only_read_is_told_what_was_not_looked_at() {
    let scratch = Scratch::new();
    scratch.store.prepare().await.unwrap();
    scratch.store.take_lease("replay on laptop", Duration::from_mins(1)).await.unwrap();
    let findings = store(&reader_only(&scratch.url).await, &scratch.prefix).examine().await;
    says(&findings, "server", Health::Good, &["may not ask for its version"]);
    for about in ["cluster", "disk"] {
        says(&findings, about, Health::Warning, &["not looked at", "monitor"]);
    }
    for about in ["videos index", "checkpoints index", "reindex"] {
        says(&findings, about, Health::Warning, &["not looked at", "view_index_metadata"]);
    }
    says(&findings, "lease", Health::Good, &["replay on laptop"]);
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_the_only_finding() {
    let findings = store("http://127.0.0.1:1", "viralmine").examine().await;
    says(&findings, "server", Health::Bad, &["refuses the connection", "--store"]);
    assert_eq!(findings.len(), 1);

    let head = [("x-elastic-product", "Elasticsearch")];
    let refusing = Router::new().fallback(move || async move { (StatusCode::UNAUTHORIZED, head, "{}") });
    let findings = store(&listen(refusing).await, "viralmine").examine().await;
    says(&findings, "server", Health::Bad, &["ELASTICSEARCH_API_KEY"]);
    assert_eq!(findings.len(), 1);

    let stranger = Router::new().fallback(|| async { "welcome" });
    let findings = store(&listen(stranger).await, "viralmine").examine().await;
    says(&findings, "server", Health::Bad, &["not as an Elasticsearch 8 or 9"]);
    assert_eq!(findings.len(), 1);
}

#[tokio::test]
async fn a_full_distribution_tells_its_version_on_its_first_page() {
    for (version, health) in [("8.19.2", Health::Good), ("9.5.3", Health::Good), ("7.17.29", Health::Warning)] {
        let head = [("x-elastic-product", "Elasticsearch")];
        let answer = move |request: Request| {
            let body = if request.uri().path() == "/" { json!({"version": {"number": version}}) } else { json!({}) };
            async move { (head, body.to_string()) }
        };
        let findings = store(&listen(Router::new().fallback(answer)).await, "viralmine").examine().await;
        says(&findings, "server", health, &[version]);
    }
}
