//! The API client from outside, against a small server on loopback: what the server sees, over several pages and keys.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop there")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use tokio_util::sync::CancellationToken;
use viralmine::model::{Counters, CreatorId, Secret, WithoutRecord};
use viralmine::source::{ApiClient, ApiSettings, ApiUrl, PageRequest, Params, SourceError, VideoSource};
use viralmine::throttle::clock::Clock;
use viralmine::throttle::retry::RetryPolicy;

const CREATOR: &str = "MS4wLjABAAAA8fKxxxxxxx";
const DETAIL: &str = include_str!("../fixtures/api/detail-response.json");
const LIST: &str = include_str!("../fixtures/api/list-response.json");
const REFUSED_KEY: &str = include_str!("../fixtures/api/error-401.json");
const REFUSED_CREATOR: &str = include_str!("../fixtures/api/error-400.json");

/// Keys and parameters, in the order of arrival.
type Seen = Arc<Mutex<Vec<(String, HashMap<String, String>)>>>;

/// Knows the key `tk_good` and one creator, and answers as the provider does: errors in the body, under HTTP 200.
async fn answer(
    State(seen): State<Seen>,
    headers: HeaderMap,
    Query(parameters): Query<HashMap<String, String>>,
) -> (StatusCode, &'static str) {
    let key = headers["authorization"].to_str().unwrap().to_owned();
    let mut seen = seen.lock().unwrap();
    seen.push((key.clone(), parameters.clone()));
    let body = match (key.as_str(), parameters.get("sec_user_id").map(String::as_str)) {
        ("Bearer tk_good", Some(CREATOR)) => LIST,
        ("Bearer tk_good", None) => DETAIL,
        ("Bearer tk_good", Some(_)) => REFUSED_CREATOR,
        _ => REFUSED_KEY,
    };
    (StatusCode::OK, body)
}

async fn serve() -> (String, Seen) {
    let seen = Seen::default();
    let router = Router::new()
        .route("/api/v1/tiktok/user/post/list", get(answer))
        .route("/api/v1/tiktok/video/detail", get(answer))
        .with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

fn client(url: &str, keys: &[&str], counters: &Arc<Counters>) -> ApiClient {
    let settings = ApiSettings {
        base_url: ApiUrl::parse(url).unwrap(),
        keys: keys.iter().copied().map(Secret::new).collect(),
        rate: 1000.0,
        quota_margin: Duration::ZERO,
        region: Some("US".to_owned()),
        page_size: 20,
        params: Params::Query,
        connect_timeout: Duration::from_secs(10),
        request_timeout: Duration::from_mins(1),
        retry: RetryPolicy { first: Duration::from_millis(1), longest: Duration::from_millis(2), ..RetryPolicy::API },
        budget: None,
        unnamed_pause: Duration::from_secs(15),
    };
    ApiClient::new(settings, Arc::new(WithoutRecord), Arc::clone(counters), Clock::system(), CancellationToken::new())
        .unwrap()
}

fn page_of(creator: &str, cursor: &str) -> PageRequest {
    PageRequest {
        creator: CreatorId::parse(creator).unwrap(),
        cursor: cursor.to_owned(),
        walk: 1_750_000_000_000,
        fetched_after: 1_750_000_000_000,
    }
}

#[tokio::test]
async fn a_run_fails_over_to_the_good_key_and_pages_on_with_it() {
    let (url, seen) = serve().await;
    let counters = Arc::new(Counters::default());
    let client = client(&url, &["tk_bad", "tk_good"], &counters);
    let first = client.page(&page_of(CREATOR, "0")).await.unwrap();
    assert_eq!(first.body, LIST);
    let next = PageRequest { fetched_after: first.fetched_at, ..page_of(CREATOR, "1750236985000") };
    assert!(client.page(&next).await.unwrap().fetched_at > first.fetched_at);
    assert_eq!(client.detail("7528963259874125698", 0).await.unwrap().body, DETAIL);
    let refused = client.page(&page_of("MS4wLjABAAAAnobody", "0")).await.unwrap_err();
    assert!(matches!(&refused, SourceError::CreatorRefused { words, .. } if words == "sec_user_id not found"));

    let seen = seen.lock().unwrap();
    let keys: Vec<&str> = seen.iter().map(|(key, _)| key.as_str()).collect();
    let good = "Bearer tk_good";
    assert_eq!(keys, ["Bearer tk_bad", good, good, good, good]);
    let expected = [("sec_user_id", CREATOR), ("max_cursor", "1750236985000"), ("limit", "20"), ("region", "US")];
    assert_eq!(seen[2].1, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(seen[3].1, [("aweme_id".to_owned(), "7528963259874125698".to_owned())].into());
    let counted = (counters.requests_sent.get(), counters.requests_ok.get(), counters.requests_failed.get());
    assert_eq!((counted, counters.keys_retired.get()), ((5, 3, 2), 1));
    assert!(client.quota_used() > 0.0 && client.latency().is_some() && client.walks_wanted() >= 2);
}

#[tokio::test]
async fn an_api_that_cannot_be_reached_is_named_after_the_last_try() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let counters = Arc::new(Counters::default());
    let error = client(&url, &["tk_good"], &counters).page(&page_of(CREATOR, "0")).await.unwrap_err();
    let message = error.to_string();
    for part in [&url, CREATOR, "5 tries", "cannot be reached", "--api-url"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!((counters.requests_sent.get(), counters.requests_failed.get()), (5, 5));
}
