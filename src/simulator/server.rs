//! The HTTP side: each request is judged in the provider's order (key, quota, then what was asked), put on record, and
//! answered after the latency; faults are done to the finished answer (`spoil`), or to how it is sent (`respond`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;

use super::body;
use super::catalog::Catalog;
use super::clock::SimulatorClock;
use super::connection::ResetSwitch;
use super::draws::text_hash;
use super::faults::{FaultKind, Lots};
use super::keys::Keys;
use super::observed::{Observed, ObservedRequest, Outcome};
use super::playback::Playback;
use super::request::{Parameters, Refusal};
use super::respond::{self, json};
use super::spoil::spoilt;
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
    pub(super) lots: Mutex<Lots>,
    pub(super) observed: Mutex<Observed>,
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

type Connection = ConnectInfo<ResetSwitch>;

async fn list(
    State(server): State<Arc<Server>>,
    ConnectInfo(connection): Connection,
    headers: HeaderMap,
    uri: Uri,
    body: Bytes,
) -> Response {
    server.answer(Endpoint::List, &headers, &uri, &body, &connection).await
}

async fn detail(
    State(server): State<Arc<Server>>,
    ConnectInfo(connection): Connection,
    headers: HeaderMap,
    uri: Uri,
    body: Bytes,
) -> Response {
    server.answer(Endpoint::Detail, &headers, &uri, &body, &connection).await
}

/// A panic elsewhere leaves plain data behind, which is still right.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Material {
    fn creator_number(&self, sec_user_id: &str) -> Option<u32> {
        match self {
            Self::Generated(catalog) => catalog.number(sec_user_id),
            Self::Recorded(playback) => playback.number(sec_user_id),
        }
    }
}

impl Server {
    async fn answer(
        &self,
        endpoint: Endpoint,
        headers: &HeaderMap,
        uri: &Uri,
        body: &[u8],
        connection: &ResetSwitch,
    ) -> Response {
        let parameters = Parameters::read(uri, body);
        let reply = self.judge(endpoint, headers, &parameters);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        respond::send(reply.outcome.fault(), reply.status, reply.body, connection).await
    }

    fn judge(&self, endpoint: Endpoint, headers: &HeaderMap, parameters: &Parameters) -> Reply {
        let key = locked(&self.keys).position(headers);
        let fault = key.and_then(|key| self.draw(endpoint, parameters, key));
        let (at, entered) = {
            let mut keys = locked(&self.keys);
            // Taken under the lock, so that the windows see times in order.
            let at = Instant::now();
            let is_refused = fault == Some(FaultKind::Unauthorized);
            (at, key.filter(|_| !is_refused).map(|key| keys.enter(key, at)))
        };
        let reply = match entered {
            None => error(
                401,
                "ApiKey invalid or expired",
                Some(request_id(parameters.subject(endpoint))),
                fault.map_or(Outcome::Unauthorized, Outcome::Fault),
            ),
            Some(Err(wait)) => rate_limited(in_seconds(wait), Outcome::OverQuota),
            Some(Ok(())) => self.reply_with(fault, endpoint, parameters),
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

    fn draw(&self, endpoint: Endpoint, parameters: &Parameters, key: usize) -> Option<FaultKind> {
        let subject = parameters.subject(endpoint);
        let cursor = if endpoint == Endpoint::List { parameters.cursor() } else { "" };
        locked(&self.lots).draw(subject, cursor, key, || self.material.creator_number(subject))
    }

    /// A fault that cannot be done to this answer is not done, and is not put on record.
    fn reply_with(&self, fault: Option<FaultKind>, endpoint: Endpoint, parameters: &Parameters) -> Reply {
        let Some(kind) = fault else { return self.reply(endpoint, parameters) };
        let outcome = Outcome::Fault(kind);
        match kind {
            FaultKind::RateLimited => return rate_limited(locked(&self.lots).wait(), outcome),
            FaultKind::RateLimitedBare => return error(429, "Request frequency limit", None, outcome),
            FaultKind::Gone if endpoint == Endpoint::List => {
                return error(400, Refusal::UnknownCreator.message(), None, outcome);
            }
            FaultKind::Gone => return self.reply(endpoint, parameters),
            FaultKind::Duplicates => {
                let repeated = self.with_repeated_posts(endpoint, parameters);
                return repeated
                    .map_or_else(|| self.reply(endpoint, parameters), |body| Reply { status: 200, body, outcome });
            }
            _ => {}
        }
        let reply = self.reply(endpoint, parameters);
        match spoilt(kind, &reply.body) {
            Some(body) => Reply { body, outcome, ..reply },
            None => reply,
        }
    }

    fn with_repeated_posts(&self, endpoint: Endpoint, parameters: &Parameters) -> Option<Bytes> {
        match (&self.material, endpoint) {
            (Material::Generated(catalog), Endpoint::List) => {
                catalog.list_again(&parameters.list().ok()?, self.clock.now()).ok()?
            }
            _ => None,
        }
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

/// The quota's own words name whole seconds.
fn in_seconds(wait: Duration) -> Duration {
    Duration::from_secs(u64::try_from(wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u64::MAX))
}

fn rate_limited(wait: Duration, outcome: Outcome) -> Reply {
    let wait =
        if wait.subsec_millis() == 0 { format!("{}s", wait.as_secs()) } else { format!("{}ms", wait.as_millis()) };
    error(429, &format!("Request frequency limit, wait {wait}"), None, outcome)
}

/// Errors are told in the body; HTTP says 200, as the provider does.
fn error(code: u16, message: &str, request_id: Option<String>, outcome: Outcome) -> Reply {
    Reply { status: 200, body: body::error(code, message, request_id), outcome }
}

/// The same for the same request, as every answer is.
fn request_id(subject: &str) -> String {
    format!("tk_err_{:06}", text_hash(subject) % 1_000_000)
}
