//! A webhook's other side: answers by a script, then as it judges, or takes everything; and keeps what it was sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// One message, as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub key: String,
    pub body: Value,
    /// The status that it was answered with; `None` for none.
    pub answered: Option<u16>,
}

impl Received {
    pub fn ids(&self) -> Vec<String> {
        self.body["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// An answer.
#[derive(Clone)]
pub enum Reply {
    /// With this status, header and body.
    Status(u16, Option<(&'static str, String)>, String),
    /// None, ever.
    Silence,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Status(status, None, String::new())
    }
}

#[derive(Clone, Default)]
pub struct Receiver {
    pub address: String,
    script: Arc<Mutex<VecDeque<Reply>>>,
    received: Arc<Mutex<Vec<Received>>>,
    /// What is answered behind the script; nothing: taken.
    judge: Arc<Mutex<Option<Judge>>>,
    /// Called with each message, before it is answered.
    watch: Arc<Mutex<Option<Watch>>>,
}

type Judge = Box<dyn Fn(&Received) -> Option<Reply> + Send>;
type Watch = Box<dyn Fn(usize) + Send>;

impl Receiver {
    pub async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Self { address, script: Arc::new(Mutex::new(script.into_iter().collect())), ..Self::default() };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// An address on it that holds a secret.
    pub fn url(&self) -> String {
        format!("{}/services/{}", self.address, super::delivery::TOKEN)
    }

    pub fn watch(&self, watch: impl Fn(usize) + Send + 'static) {
        *self.watch.lock().unwrap() = Some(Box::new(watch));
    }

    pub fn judge(&self, judge: impl Fn(&Received) -> Option<Reply> + Send + 'static) {
        *self.judge.lock().unwrap() = Some(Box::new(judge));
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The ids of all messages that were answered with 2xx, in order.
    pub fn taken(&self) -> Vec<String> {
        let received = self.received();
        received.iter().filter(|one| one.answered == Some(200)).flat_map(Received::ids).collect()
    }
}

async fn take(State(receiver): State<Receiver>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut message = Received {
        path: uri.path().to_owned(),
        key: headers["idempotency-key"].to_str().unwrap().to_owned(),
        body: serde_json::from_slice(&body).unwrap(),
        answered: None,
    };
    let scripted = receiver.script.lock().unwrap().pop_front();
    let judged = || receiver.judge.lock().unwrap().as_ref().and_then(|judge| judge(&message));
    let reply = scripted.or_else(judged).unwrap_or_else(|| Reply::status(200));
    message.answered = if let Reply::Status(status, ..) = &reply { Some(*status) } else { None };
    assert_eq!(headers["content-type"], "application/json");
    let count = {
        let mut all = receiver.received.lock().unwrap();
        all.push(message);
        all.len()
    };
    if let Some(watch) = receiver.watch.lock().unwrap().as_ref() {
        watch(count);
    }
    match reply {
        Reply::Silence => std::future::pending().await,
        Reply::Status(status, header, body) => {
            let status = StatusCode::from_u16(status).unwrap();
            let mut response = (status, body).into_response();
            if let Some((name, value)) = header {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
    }
}
