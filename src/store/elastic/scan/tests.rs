//! What no real node can be made to do: a receiver that waits long, answers that are no whole ones.

use std::sync::Arc;

use axum::Router;
use axum::http::Method as HttpMethod;
use axum::http::Uri;
use tokio::sync::{Notify, mpsc};

use super::*;
use crate::store::elastic::{Credentials, ElasticSettings, ElasticStore};

#[test]
fn pages_follow_the_size_of_documents() {
    assert_eq!(next_size(100 * 100, 100), LARGEST_PAGE);
    assert_eq!(next_size(100 * 40_960, 100), 102);
    assert_eq!(next_size(64 << 20, 1), 1);
    assert_eq!(next_size(200, 0), LARGEST_PAGE);
}

/// One document, one page; `renewed` hears of each search that asks for no documents.
async fn one_document(renewed: Arc<Notify>, closed: Arc<Notify>) -> ElasticStore {
    let answer = move |method: HttpMethod, uri: Uri, body: String| {
        let (renewed, closed) = (renewed.clone(), closed.clone());
        async move {
            let is_renewal = body.contains("\"size\":0");
            let hit = json!({"_id": "1", "_version": 7, "_source": {"aweme_id": "1"}, "sort": [0]});
            let answer = match (method, uri.path()) {
                (HttpMethod::DELETE, _) => {
                    closed.notify_one();
                    json!({})
                }
                (_, path) if path.ends_with("/_pit") => json!({"id": "point"}),
                _ if is_renewal => {
                    renewed.notify_one();
                    json!({"timed_out": false, "_shards": {"failed": 0}, "hits": {"hits": []}})
                }
                _ => json!({"timed_out": false, "_shards": {"failed": 0}, "hits": {"hits": [hit]}}),
            };
            ([("x-elastic-product", "Elasticsearch")], answer.to_string())
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    ElasticStore::connect(ElasticSettings {
        url,
        prefix: "viralmine".to_owned(),
        credentials: Credentials::None,
        ca_cert: None,
        compress: false,
        request_timeout: Duration::from_mins(1),
    })
    .unwrap()
}

#[tokio::test]
async fn a_point_in_time_is_renewed_while_the_receiver_waits_and_closed_in_the_end() {
    let (renewed, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let store = one_document(renewed.clone(), closed.clone()).await;
    let (into, mut from) = mpsc::channel(1);
    into.send(Vec::new()).await.unwrap();
    let scan = tokio::spawn(async move {
        scan_patiently(&store.client, "viralmine-videos", Collection::Videos, &into, Duration::from_millis(1)).await
    });
    renewed.notified().await;
    renewed.notified().await;
    assert!(from.recv().await.unwrap().is_empty());
    assert_eq!(from.recv().await.unwrap()[0].document.version, 7);
    assert!(from.recv().await.is_none());
    closed.notified().await;
    scan.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_receiver_that_went_away_closes_the_point_in_time() {
    let closed = Arc::new(Notify::new());
    let store = one_document(Arc::new(Notify::new()), closed.clone()).await;
    let (into, from) = mpsc::channel(1);
    drop(from);
    scan(&store.client, "viralmine-videos", Collection::Videos, &into).await.unwrap();
    closed.notified().await;
}
