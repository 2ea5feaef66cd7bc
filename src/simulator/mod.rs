//! Room 6: the provider's API on loopback, for tests, demos and trying things without a key or a cent.
//!
//! Generated posts are computed when they are asked for, from the seed alone (`draws`): a creator (`creator`,
//! `schedule`, `ids`), its posts (`post`, `caption`, `vocabulary`, `popularity`), the JSON (`body`), the pages
//! (`catalog`). `planted` hides among them what the questions should find. `playback` serves recorded pages instead.
//! `server` judges requests (`keys`, `limit`, `request`, `faults`), keeps record of them (`observed`), spoils answers
//! on demand (`spoil`) and sends them (`respond`, over a `connection`). It never uses the normalizer, or it would test
//! itself.

mod body;
mod caption;
mod catalog;
mod clock;
mod connection;
mod creator;
mod draws;
pub mod faults;
mod ids;
mod keys;
mod limit;
pub mod observed;
pub mod options;
pub mod planted;
pub mod playback;
mod popularity;
mod post;
mod request;
mod respond;
mod schedule;
mod server;
mod spoil;
mod vocabulary;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use faults::{FaultKind, Faults, FaultsError};
pub use observed::{Observed, ObservedRequest, Outcome};
pub use options::SimulatorOptions;
pub use planted::strength::Strength;
pub use planted::truth::Truth;
pub use playback::PlaybackError;

use crate::model::CreatorId;
use catalog::Catalog;
use clock::SimulatorClock;
use connection::{ResetSwitch, Resettable};
use faults::Lots;
use playback::Playback;
use server::{Material, Server, locked};

/// How long answers under way may take at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The port is taken.
    #[error("port {0} is in use: give another --port, or none for a free one")]
    PortInUse(u16),
    /// The port cannot be listened on.
    #[error("port {port} cannot be listened on: {reason}")]
    Listen {
        /// The port.
        port: u16,
        /// What the operating system said.
        reason: io::Error,
    },
    /// The recorded pages cannot be played.
    #[error(transparent)]
    Pages(#[from] PlaybackError),
    /// An option makes no sense; says which values do.
    #[error("cannot simulate with {0}")]
    Options(String),
}

/// A running simulator. Dropping it ends it at once; [`Simulator::shutdown`] lets answers under way end first.
pub struct Simulator {
    address: SocketAddr,
    server: Arc<Server>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Reads recorded pages if there are any, listens on 127.0.0.1, and serves from now on.
    pub async fn start(options: SimulatorOptions) -> Result<Self, SimulatorError> {
        options.check()?;
        let listener = listen(options.port).await?;
        let unlistened = |reason| SimulatorError::Listen { port: options.port, reason };
        let address = listener.local_addr().map_err(unlistened)?;
        let material = match options.from.clone() {
            None => Material::Generated(Catalog { corpus: options.corpus() }),
            Some(path) => {
                let reading = tokio::task::spawn_blocking(move || Playback::read(&path));
                Material::Recorded(reading.await.map_err(|error| unlistened(io::Error::other(error)))??)
            }
        };
        let server = Arc::new(Server {
            material,
            clock: SimulatorClock::new(options.started_at(), options.clock_speed),
            latency: options.latency,
            keys: keys::Keys::new(&options.keys, options.rate).into(),
            lots: Lots::of(options.faults).into(),
            observed: Observed::default().into(),
        });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Arc::clone(&server), stopped));
        Ok(Self { address, server, stop: Some(stop), task })
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All creators that can be asked for. Recorded ones that are no `sec_user_id` are left out.
    #[must_use]
    pub fn creators(&self) -> Vec<CreatorId> {
        let parsed = |id: String| CreatorId::parse(&id).ok();
        match &self.server.material {
            Material::Generated(catalog) => catalog.creator_ids().filter_map(parsed).collect(),
            Material::Recorded(playback) => playback.creator_ids().filter_map(parsed).collect(),
        }
    }

    /// How many posts a generated creator has now; `None` for an unknown or a recorded one.
    #[must_use]
    pub fn video_count(&self, creator: &CreatorId) -> Option<u64> {
        match &self.server.material {
            Material::Generated(catalog) => catalog.count(creator.as_str(), self.server.clock.now()),
            Material::Recorded(_) => None,
        }
    }

    /// What was planted among the generated posts, as of the start; `None` when recorded pages are played. Goes through
    /// all posts: a second or two for a million.
    #[must_use]
    pub fn truth(&self) -> Option<Truth> {
        match &self.server.material {
            Material::Generated(catalog) => Some(Truth::of(&catalog.corpus)),
            Material::Recorded(_) => None,
        }
    }

    /// The requests seen so far.
    #[must_use]
    pub fn observed(&self) -> Observed {
        locked(&self.server.observed).clone()
    }

    /// Other faults from the next request on; pages and tries are counted anew.
    pub fn set_faults(&self, faults: Faults) {
        *locked(&self.server.lots) = Lots::of(faults);
    }

    /// Moves the simulated time on at once, whole seconds of it: posts appear and counts grow.
    pub fn advance(&self, by: Duration) {
        self.server.clock.advance(by);
    }

    /// Takes no more requests, and returns when the answers under way are out, or after two seconds.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if tokio::time::timeout(LAST_ANSWERS, &mut self.task).await.is_err() {
            tracing::debug!("the simulator ends with connections open");
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Simulator").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn listen(port: u16) -> Result<TcpListener, SimulatorError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|reason| match reason.kind() {
        io::ErrorKind::AddrInUse => SimulatorError::PortInUse(port),
        _ => SimulatorError::Listen { port, reason },
    })
}

async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    stopped: impl Future<Output = Result<(), oneshot::error::RecvError>> + Send + 'static,
) -> io::Result<()> {
    axum::serve(Resettable(listener), server::router(server).into_make_service_with_connect_info::<ResetSwitch>())
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        })
        .await
}
