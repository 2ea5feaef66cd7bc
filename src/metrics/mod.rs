//! `--metrics`: a run's counters as Prometheus text on `/metrics`, and whether it gets on, on `/healthz`.
//!
//! `address` is what is typed, `families` what each metric is called and made of, `text` how it is written down,
//! `health` when a run is well. The counters are only read, at each scrape. Here: the server, which owns its task.

mod address;
mod families;
mod health;
mod text;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use address::{ListenAddress, ListenAddressError};

use crate::model::Counters;

/// What a set of counters counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Creators that are fetched from the API, and stored.
    Creators,
    /// Single videos that are.
    Videos,
    /// What is read from an archive or an older index, and stored.
    Load,
    /// The score pass.
    Score,
}

impl Stage {
    /// The value of the label `stage`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Creators | Self::Videos => "fetch",
            Self::Load => "load",
            Self::Score => "score",
        }
    }
}

/// Why metrics cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// Another process listens there.
    #[error(
        "--metrics {0}: the address is in use, by another run perhaps; give another port, or port 0, which takes a free one"
    )]
    InUse(SocketAddr),
    /// The system does not let us.
    #[error("--metrics {address} cannot be listened on ({reason}): {}", advice(reason))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        reason: io::Error,
    },
}

/// What to do about it.
fn advice(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::AddrNotAvailable => {
            "give an address of this machine, or 0.0.0.0 (IPv6: [::]) with the port, for all of them"
        }
        io::ErrorKind::PermissionDenied => "low ports are the system's own; give another port, 1024 or above",
        _ => "give another address or port",
    }
}

/// Serves the metrics of one process. Dropping it ends it.
#[derive(Debug)]
pub struct Metrics {
    address: SocketAddr,
    watched: Arc<Watched>,
    task: JoinHandle<()>,
}

/// What is served.
#[derive(Debug)]
struct Watched {
    command: &'static str,
    /// Seconds since 1970, UTC.
    started: f64,
    stages: Mutex<Vec<(Stage, Arc<Counters>)>>,
}

impl Metrics {
    /// Listens, and serves from now on; at first nothing but what is known of the process. Must be called inside a
    /// tokio runtime. `command` is the name of what runs: "backfill".
    ///
    /// # Errors
    /// The address is in use, or is none of this machine's.
    pub async fn start(address: ListenAddress, command: &'static str) -> Result<Self, MetricsError> {
        let wanted = address.0;
        let refused = |reason: io::Error| match reason.kind() {
            io::ErrorKind::AddrInUse => MetricsError::InUse(wanted),
            _ => MetricsError::Listen { address: wanted, reason },
        };
        let listener = TcpListener::bind(wanted).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let watched = Arc::new(Watched { command, started, stages: Mutex::default() });
        let task = tokio::spawn(serve(listener, Arc::clone(&watched)));
        Ok(Self { address, watched, task })
    }

    /// Where it listens: with port 0, on which port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves these counters from now on, in place of others of the same stage.
    pub fn watch(&self, stage: Stage, counters: Arc<Counters>) {
        let mut stages = self.watched.stages();
        stages.retain(|(watched, _)| *watched != stage);
        stages.push((stage, counters));
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watched {
    fn stages(&self) -> MutexGuard<'_, Vec<(Stage, Arc<Counters>)>> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, watched: Arc<Watched>) {
    if let Err(error) = axum::serve(listener, router(watched)).await {
        tracing::warn!("the metrics are not served any more ({error}); the run goes on");
    }
}

/// `get` answers HEAD, too, and refuses other methods with 405.
fn router(watched: Arc<Watched>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not found; there are /metrics and /healthz\n") })
        .with_state(watched)
}

async fn index(State(watched): State<Arc<Watched>>) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>viralmine {0}</title>\n\
         <h1>viralmine {0}</h1>\n<p><a href=\"/metrics\">metrics</a>, <a href=\"/healthz\">health</a>\n",
        watched.command
    ))
}

async fn metrics(State(watched): State<Arc<Watched>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, text::CONTENT_TYPE)], families::text(&watched, Instant::now()))
}

async fn healthz(State(watched): State<Arc<Watched>>) -> (StatusCode, String) {
    let stages = watched.stages().clone();
    match health::trouble(&stages, Instant::now()) {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(trouble) => (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n")),
    }
}
