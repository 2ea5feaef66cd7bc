//! Whole requests that fail: stand-ins play what a real node cannot be made to do. Needs no node.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use viralmine::model::{Collection, Question, Secret};
use viralmine::store::elastic::{Credentials, ElasticStore};
use viralmine::store::{BulkTarget, Lookup, StoreError, StoreReader, StoreWriter};

use super::{batch, settings, store, video};

/// A server that gives every request the same answer, and keeps the head of each.
struct StandIn {
    url: String,
    heads: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl StandIn {
    async fn new(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        let mut answer_headers = HeaderMap::new();
        for (name, value) in headers {
            answer_headers.insert(*name, value.parse().unwrap());
        }
        let body = body.to_owned();
        let answer = move |request: Request| {
            kept.lock().unwrap().push((request.uri().path().to_owned(), request.headers().clone()));
            let answer = (StatusCode::from_u16(status).unwrap(), answer_headers.clone(), body.clone());
            async move { answer }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { url, heads }
    }

    /// One that bears Elasticsearch's mark.
    async fn elastic(status: u16, body: &str) -> Self {
        Self::new(status, &[("x-elastic-product", "Elasticsearch"), ("content-type", "application/json")], body).await
    }

    async fn bulk_error(&self) -> StoreError {
        store(&self.url, "viralmine").bulk(&batch(1, &[video("1", json!({}))])).await.unwrap_err()
    }
}

#[tokio::test]
async fn what_is_no_elasticsearch_is_refused() {
    let stranger = StandIn::new(200, &[("server", "something")], "<html>welcome</html>").await;
    let error = store(&stranger.url, "viralmine").prepare().await.unwrap_err();
    assert!(matches!(&error, StoreError::Unfit(words) if words.contains(&stranger.url)), "{error:?}");
    // One request was enough to know.
    assert_eq!(stranger.heads.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_says_what_to_look_at() {
    // A port that only the system may take, and does not: a freed one might be another test's by now.
    let url = "http://127.0.0.1:1";
    let error = store(url, "viralmine").prepare().await.unwrap_err();
    assert!(error.is_passing() && error.to_string().contains("refuses the connection"), "{error}");
}

#[tokio::test]
async fn silence_ends_at_the_time_limit() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings(&format!("http://{}", listener.local_addr().unwrap()), "viralmine");
    settings.request_timeout = Duration::from_millis(50);
    let error = ElasticStore::connect(settings).unwrap().prepare().await.unwrap_err();
    assert!(error.is_passing() && error.to_string().contains("50ms"), "{error}");
}

#[tokio::test]
async fn tls_and_plain_are_told_apart() {
    let plain = StandIn::elastic(200, "{}").await;
    let error = store(&plain.url.replace("http:", "https:"), "viralmine").prepare().await.unwrap_err();
    assert!(matches!(&error, StoreError::Unfit(words) if words.contains("write http://")), "{error:?}");

    // What a TLS server does to a plain request: it hangs up.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let error = store(&url, "viralmine").prepare().await.unwrap_err();
    assert!(error.is_passing() && error.to_string().contains("https://"), "{error:?}");
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_named_so_whoever_says_it() {
    assert!(matches!(StandIn::elastic(413, "").await.bulk_error().await, StoreError::TooLarge(_)));
    let proxy = StandIn::new(413, &[], "<html>too large</html>").await;
    assert!(matches!(proxy.bulk_error().await, StoreError::TooLarge(_)));
}

#[tokio::test]
async fn overload_and_answers_that_make_no_sense_are_passing() {
    for (status, body) in [
        (429, r#"{"error":{"type":"es_rejected_execution_exception","reason":"busy"},"status":429}"#),
        (503, "<html>no backend</html>"),
        (200, r#"{"errors":false,"items":"#),
        (200, r#"{"errors":false,"items":[]}"#),
        (200, r#"{"errors":false,"items":[{"index":{"status":201}},{"index":{"status":201}}]}"#),
        (200, r#"{"errors":false,"items":[{}]}"#),
    ] {
        let error = StandIn::elastic(status, body).await.bulk_error().await;
        assert!(error.is_passing(), "{status} {body}: {error:?}");
    }
    let partial = r#"{"timed_out":true,"_shards":{"failed":0},"hits":{"total":{"value":1},"hits":[]}}"#;
    let node = StandIn::elastic(200, partial).await;
    let error = store(&node.url, "viralmine").search(&Question { limit: 1, ..Question::all() }).await.unwrap_err();
    assert!(error.is_passing(), "half an answer is none: {error:?}");
    let read = store(&node.url, "viralmine").get(Collection::Videos, &["1".to_owned()]).await;
    assert!(read.is_err_and(|error| error.is_passing()));
}

#[tokio::test]
async fn secrets_are_in_no_error() {
    let credentials = [
        Credentials::ApiKey(Secret::new("aHVudGVyMjpodW50ZXIy")),
        Credentials::ApiKey(Secret::new("hunter2:hunter2")),
        Credentials::Basic { username: "elastic".to_owned(), password: Secret::new("hunter2") },
    ];
    for credentials in credentials {
        for status in [200, 400, 401, 403, 404, 413, 500] {
            let echo =
                r#"{"error":"hunter2 of [ApiKey aHVudGVyMjpodW50ZXIy] or [Basic ZWxhc3RpYzpodW50ZXIy] is wrong"}"#;
            let node = StandIn::elastic(status, echo).await;
            let mut settings = settings(&node.url, "viralmine");
            settings.credentials = credentials.clone();
            let shown = format!("{settings:?}");
            let error = ElasticStore::connect(settings).unwrap().search(&Question::all()).await.unwrap_err();
            assert!(node.heads.lock().unwrap()[0].1.contains_key("authorization"));
            let text = format!("{error} {error:?} {shown}");
            for secret in ["aHVudGVyMjpodW50ZXIy", "ZWxhc3RpYzpodW50ZXIy"] {
                assert!(!text.contains(secret), "{status}: {text}");
            }
            if matches!(credentials, Credentials::Basic { .. }) {
                assert!(!text.contains("hunter2"), "{status}: {text}");
            }
            if status == 401 {
                assert!(matches!(&error, StoreError::Denied(words) if words.contains("ELASTICSEARCH_PASSWORD")));
            }
        }
    }
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_host() {
    let elsewhere = StandIn::elastic(200, "{}").await;
    // Another name of this machine: another host to the client.
    let target = elsewhere.url.replace("127.0.0.1", "localhost");
    for status in [301, 302, 307, 308] {
        let node = StandIn::new(status, &[("location", &format!("{target}/x"))], "").await;
        let mut settings = settings(&node.url, "viralmine");
        settings.credentials = Credentials::Basic { username: "elastic".to_owned(), password: Secret::new("hunter2") };
        let error = ElasticStore::connect(settings).unwrap().prepare().await.unwrap_err();
        assert!(matches!(&error, StoreError::Unfit(words) if words.contains(&target)), "{error:?}");
    }
    let heads = elsewhere.heads.lock().unwrap();
    assert!(!heads.is_empty() && heads.iter().all(|(_, head)| !head.contains_key("authorization")));
}

#[tokio::test]
async fn a_path_in_the_address_stands_before_every_request() {
    let node = StandIn::elastic(200, r#"{"errors":false,"items":[{"index":{"status":201}}]}"#).await;
    for address in [format!("{}/es", node.url), format!("{}/es/", node.url)] {
        let store = store(&address, "viralmine");
        assert!(store.bulk(&batch(1, &[video("1", json!({}))])).await.is_ok());
    }
    let heads = node.heads.lock().unwrap();
    assert!(heads.iter().all(|(path, _)| path == "/es/viralmine-videos/_bulk"), "{heads:?}");
}

/// A server that knows its user for the indices alone: what concerns templates it denies.
async fn without_template_rights(has_indices: bool) -> String {
    let mappings = |file: &str| serde_json::from_str::<Value>(file).unwrap()["template"]["mappings"].clone();
    let videos = mappings(include_str!("../../../mappings/videos.json"));
    let checkpoints = mappings(include_str!("../../../mappings/checkpoints.json"));
    let answer = move |request: Request| {
        let path = request.uri().path();
        let (name, mappings) =
            if path.contains("videos") { ("videos", videos.clone()) } else { ("checkpoints", checkpoints.clone()) };
        let index = format!("viralmine-{name}-000001");
        let denied = json!({"error": {"type": "security_exception", "reason": "unauthorized"}, "status": 403});
        let (status, body) = match path {
            _ if path.starts_with("/_index_template") => (403, denied),
            _ if !has_indices => (404, json!({})),
            _ if path.starts_with("/_alias") => {
                (200, json!({index: {"aliases": {format!("viralmine-{name}"): {"is_write_index": true}}}}))
            }
            _ => (200, json!({index: {"mappings": mappings}})),
        };
        let head = [("x-elastic-product", "Elasticsearch")];
        let answer = (StatusCode::from_u16(status).unwrap(), head, body.to_string());
        async move { answer }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    url
}

#[tokio::test]
async fn rights_on_indices_that_are_there_are_enough() {
    let url = without_template_rights(true).await;
    store(&url, "viralmine").prepare().await.unwrap();
    let url = without_template_rights(false).await;
    let prepared = store(&url, "viralmine").prepare().await;
    assert!(matches!(&prepared, Err(StoreError::Denied(words)) if words.contains("README")), "{prepared:?}");
}
