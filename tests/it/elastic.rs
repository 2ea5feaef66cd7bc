//! The Elasticsearch store against the real node that `ELASTICSEARCH_URL` names; `failures` needs none.
//! Each test has an index prefix of its own, and takes what it made away afterwards.

mod bulk;
mod contents;
mod creators;
mod examine;
mod failures;
mod groups;
mod journal;
mod lease;
mod search;
mod setup;
mod versions;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};
use viralmine::model::{Batch, BatchBuilder, Collection};
use viralmine::store::elastic::{Credentials, ElasticSettings, ElasticStore};

fn settings(url: &str, prefix: &str) -> ElasticSettings {
    ElasticSettings {
        url: Url::parse(url).expect("an address"),
        prefix: prefix.to_owned(),
        credentials: Credentials::None,
        ca_cert: None,
        compress: false,
        request_timeout: Duration::from_mins(1),
    }
}

fn store(url: &str, prefix: &str) -> ElasticStore {
    ElasticStore::connect(settings(url, prefix)).expect("good settings")
}

/// The node's address. A test that needs a node fails without one: a skipped test proves nothing.
pub fn node_url() -> String {
    std::env::var("ELASTICSEARCH_URL").unwrap_or_else(|_| {
        panic!("this test needs a node: run `scripts/elasticsearch run -- cargo test`, or set ELASTICSEARCH_URL")
    })
}

/// An index prefix that nothing else uses; all of it is deleted at the end, also after a failure.
struct Scratch {
    url: String,
    prefix: String,
    store: ElasticStore,
}

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let url = node_url();
        let prefix = format!("it-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { store: store(&url, &prefix), url, prefix }
    }

    fn name(&self, rest: &str) -> String {
        format!("{}-{rest}", self.prefix)
    }

    /// Sends a request to the node, past the store; the answer's status and JSON.
    async fn rest(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        rest(&self.url, method, path, body).await
    }

    async fn settings_of_videos(&self, body: Value) {
        let (status, answer) = self.rest("PUT", &format!("{}/_settings", self.name("videos-000001")), body).await;
        assert_eq!(status, 200, "{answer}");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        clean_up_blocking(&self.url, &self.prefix);
    }
}

/// Deletes all indices and templates of a prefix, from wherever it is called.
pub fn clean_up_blocking(url: &str, prefix: &str) {
    let (url, prefix) = (url.to_owned(), prefix.to_owned());
    let cleanup = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(clean_up(&url, &prefix));
    };
    // A thread of its own, since a runtime cannot be blocked from inside itself.
    let _ = std::thread::spawn(cleanup).join();
}

async fn clean_up(url: &str, prefix: &str) {
    // By name: a server may forbid to delete by pattern.
    let (_, indices) = rest(url, "GET", &format!("{prefix}-*/_alias?expand_wildcards=all"), Value::Null).await;
    for index in indices.as_object().into_iter().flatten().map(|(index, _)| index) {
        rest(url, "DELETE", index, Value::Null).await;
    }
    for collection in Collection::ALL {
        rest(url, "DELETE", &format!("_index_template/{prefix}-{}", collection.name()), Value::Null).await;
    }
}

/// Sends a request to a node, past the store; the answer's status and JSON.
pub async fn rest(url: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/{path}", url.trim_end_matches('/'));
    let request = client.request(method.parse().expect("a method"), url).header("content-type", "application/json");
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A video as the normalizer makes it, as far as the index is concerned.
fn video(id: &str, changes: Value) -> Value {
    let mut video = json!({
        "aweme_id": id,
        "video_desc": "Summer daily outfit",
        "publish_ts": 1_750_212_365,
        "publish_time": "2025-06-18 02:06:05",
        "is_private": false,
        "author_info": {"uid": "6952369874521", "unique_id": "lily_fashion_us", "nickname": "Lily", "avatar": "https://a/x.jpg",
            "signature": "Daily", "is_verified": true},
        "video_resource": {"duration_ms": 12800, "duration_sec": 12.8, "width": 1080, "height": 1920,
            "cover_img": "https://a/c.jpg", "play_url": "https://a/v.mp4"},
        "music_info": {"music_id": "7489562135987", "music_name": "Vibe", "music_author": "DJ", "music_cover": "https://a/m.jpg"},
        "stats": {"play": 1000, "like": 100, "comment": 10, "share": 5, "collect": 5},
        "hashtags": ["Fashion"],
        "sec_user_id": "MS4wLjABAAAAlily",
        "region": "US",
        "fetched_at": 1_750_300_000_000_i64,
        "kind": "video",
        "hashtag_keys": ["fashion"],
        "search_text": ["summer daily outfit", "fashion"],
        "engagement": {"rate": 0.12, "like": 0.1, "comment": 0.01, "share": 0.005, "collect": 0.005},
    });
    merge(&mut video, changes);
    video
}

fn merge(into: &mut Value, changes: Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (name, change) in changes {
                merge(into.entry(name).or_insert(Value::Null), change);
            }
        }
        (into, change) => *into = change,
    }
}

/// A batch of videos at one version.
fn batch(version: i64, videos: &[Value]) -> Batch {
    let mut builder = BatchBuilder::new(Collection::Videos);
    for video in videos {
        builder.push(video["aweme_id"].as_str().expect("an id"), version, video.to_string().as_bytes());
    }
    builder.finish()
}
