//! The HTTP side: each request is judged in the provider's order (key, quota, then what was asked), put on record, and
//! answered after the latency; faults are done to the finished answer.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::body;
use super::catalog::Catalog;
use super::clock::SimulatorClock;
use super::draws::text_hash;
use super::faults::{FaultKind, Faults};
use super::keys::Keys;
use super::observed::{Observed, ObservedRequest, Outcome};
use super::playback::Playback;
use super::request::{Parameters, Refusal};
use crate::model::Endpoint;

const LIST_PATH: &str = "/api/v1/tiktok/user/post/list";
const DETAIL_PATH: &str = "/api/v1/tiktok/video/detail";

/// Where answers come from.
pub(super) enum Material {
    Generated(Catalog),
    Recorded(Playback),
}

/// All that the handlers share. No lock is held across an await.
pub(super) struct Server {
    pub(super) material: Material,
    pub(super) clock: SimulatorClock,
    pub(super) latency: Duration,
    pub(super) keys: Mutex<Keys>,
    pub(super) faults: Mutex<Faults>,
    pub(super) observed: Mutex<Observed>,
    pub(super) requests: AtomicU64,
}

struct Reply {
    status: u16,
    body: Bytes,
    outcome: Outcome,
}

pub(super) fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route(LIST_PATH, get(list))
        .route(DETAIL_PATH, get(detail))
        .fallback(|| async { json(404, body::error(404, "not found", None)) })
        .with_state(server)
}

async fn list(State(server): State<Arc<Server>>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    server.answer(Endpoint::List, &headers, &uri, &body).await
}

async fn detail(State(server): State<Arc<Server>>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    server.answer(Endpoint::Detail, &headers, &uri, &body).await
}

/// A panic elsewhere leaves plain data behind, which is still right.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    async fn answer(&self, endpoint: Endpoint, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> Response {
        let parameters = Parameters::read(uri, body);
        let reply = self.judge(endpoint, headers, &parameters);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        match reply.outcome {
            Outcome::Fault(FaultKind::Cut) => cut(&reply.body),
            Outcome::Fault(FaultKind::ServerError) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "<html><h1>500 Internal Server Error</h1></html>").into_response()
            }
            _ => json(reply.status, reply.body),
        }
    }

    fn judge(&self, endpoint: Endpoint, headers: &HeaderMap, parameters: &Parameters) -> Reply {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let (at, key, entered) = {
            let mut keys = locked(&self.keys);
            let key = keys.position(headers);
            // Taken under the lock, so that the windows see times in order.
            let at = Instant::now();
            (at, key, key.map(|key| keys.enter(key, at)))
        };
        let reply = match entered {
            None => error(
                401,
                "ApiKey invalid or expired",
                Some(request_id(parameters.subject(endpoint))),
                Outcome::Unauthorized,
            ),
            Some(Err(wait)) => rate_limited(wait, Outcome::OverQuota),
            Some(Ok(())) => match locked(&self.faults).draw(number) {
                Some(fault @ FaultKind::RateLimited) => rate_limited(Duration::from_secs(1), Outcome::Fault(fault)),
                fault => {
                    let reply = self.reply(endpoint, parameters);
                    Reply { outcome: fault.map_or(reply.outcome, Outcome::Fault), ..reply }
                }
            },
        };
        locked(&self.observed).add(ObservedRequest {
            at,
            key,
            endpoint,
            subject: parameters.subject(endpoint).to_owned(),
            max_cursor: (endpoint == Endpoint::List).then(|| parameters.cursor().to_owned()),
            outcome: reply.outcome,
        });
        reply
    }

    fn reply(&self, endpoint: Endpoint, parameters: &Parameters) -> Reply {
        let found = match endpoint {
            Endpoint::List => self.list(parameters),
            Endpoint::Detail => self.detail(parameters),
        };
        match found {
            Ok((status, body)) => Reply { status, body, outcome: Outcome::Answered },
            Err(refusal) => error(400, refusal.message(), None, Outcome::Refused),
        }
    }

    fn list(&self, parameters: &Parameters) -> Result<(u16, Bytes), Refusal> {
        let request = parameters.list()?;
        match &self.material {
            Material::Generated(catalog) => Ok((200, catalog.list(&request, self.clock.now())?)),
            Material::Recorded(playback) => playback.list(&request).map(|recording| (recording.status, recording.body)),
        }
    }

    fn detail(&self, parameters: &Parameters) -> Result<(u16, Bytes), Refusal> {
        let id = parameters.detail()?;
        match &self.material {
            Material::Generated(catalog) => Ok((200, catalog.detail(id, self.clock.now())?)),
            Material::Recorded(playback) => playback.detail(id).map(|recording| (recording.status, recording.body)),
        }
    }
}

fn rate_limited(wait: Duration, outcome: Outcome) -> Reply {
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    error(429, &format!("Request frequency limit, wait {seconds}s"), None, outcome)
}

/// Errors are told in the body; HTTP says 200, as the provider does.
fn error(code: u16, message: &str, request_id: Option<String>, outcome: Outcome) -> Reply {
    Reply { status: 200, body: body::error(code, message, request_id), outcome }
}

/// The same for the same request, as every answer is.
fn request_id(subject: &str) -> String {
    format!("tk_err_{:06}", text_hash(subject) % 1_000_000)
}

fn json(status: u16, body: Bytes) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// Promises the whole body, sends half of it, and drops the connection.
fn cut(body: &Bytes) -> Response {
    let first_half = body.slice(..body.len() / 2);
    let then_fail = async {
        // Lets the first half out to the socket before the connection is given up.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut on demand"))
    };
    let halves = stream::once(async { Ok(first_half) }).chain(stream::once(then_fail));
    let mut response = json(200, Bytes::new());
    *response.body_mut() = Body::from_stream(halves);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    response
}
