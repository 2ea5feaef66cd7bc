//! A proxy on loopback in front of a real node, which spoils requests and answers as it is told to, and keeps record.
//!
//! `wire` reads and writes HTTP, `fault` says what can happen and who decides, `bulk` makes single items fail, `gate`
//! asks for credentials, `observed` is the record. With a TLS side (`support::tls`) it is a server that speaks TLS.

pub mod bulk;
pub mod fault;
pub mod gate;
pub mod observed;
pub mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::BytesMut;
use reqwest::header::{HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use fault::{Decide, Fault, Items};
use observed::{Observed, Seen};
use wire::{Answer, Request};

/// What a proxy in front of a node says for itself, whatever is asked.
pub const HTML: &str = "<html><body>Welcome</body></html>";

/// The proxy. Dropping it closes everything.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    upstream: String,
    client: reqwest::Client,
    decide: Mutex<Decide>,
    limit: Mutex<Option<Limit>>,
    observed: watch::Sender<Observed>,
    tls: Option<TlsAcceptor>,
}

/// The largest body that is let through; anything larger is answered with 413.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// Bytes on the wire: what proxies look at.
    Wire(usize),
    /// Bytes once unpacked: what Elasticsearch looks at.
    Unpacked(usize),
}

/// A connection: its bytes, and how it is torn.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// What follows is no orderly end: the client gets a reset.
    fn tear(&mut self);
}

impl Stream for TcpStream {
    fn tear(&mut self) {
        self.set_zero_linger().unwrap();
    }
}

impl Stream for tokio_rustls::server::TlsStream<TcpStream> {
    fn tear(&mut self) {
        self.get_mut().0.set_zero_linger().unwrap();
    }
}

impl FaultProxy {
    /// Listens, and passes everything on to `upstream` until told otherwise.
    pub async fn start(upstream: &str) -> Self {
        Self::start_with(upstream, None).await
    }

    /// The same for clients that speak TLS.
    pub async fn start_tls(upstream: &str, tls: TlsAcceptor) -> Self {
        Self::start_with(upstream, Some(tls)).await
    }

    async fn start_with(upstream: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared {
            upstream: upstream.trim_end_matches('/').to_owned(),
            client: reqwest::Client::builder().no_proxy().no_gzip().build().unwrap(),
            decide: Mutex::new(fault::none()),
            limit: Mutex::new(None),
            observed: watch::Sender::new(Observed::default()),
            tls,
        });
        let address = listener.local_addr().unwrap();
        let listening = Some(tokio::spawn(accept(listener, Arc::clone(&shared))));
        Self { address, shared, listening }
    }

    /// The address that a client is given.
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Who decides from the next request on.
    pub fn decide(&self, decide: Decide) {
        *locked(&self.shared.decide) = decide;
    }

    pub fn limit(&self, limit: Limit) {
        *locked(&self.shared.limit) = Some(limit);
    }

    pub fn observed(&self) -> Observed {
        self.shared.observed.borrow().clone()
    }

    /// Waits until what was seen is as wanted.
    pub async fn until(&self, wanted: impl Fn(&Observed) -> bool) {
        self.shared.observed.subscribe().wait_for(|observed| wanted(observed)).await.unwrap();
    }

    /// Connections are refused, and open ones closed.
    pub async fn close(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.abort();
            // Only then the port is free.
            let _ = listening.await;
        }
    }

    /// Listens again where it did.
    pub async fn open(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.listening = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

/// Its connections end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                let _ = stream.set_nodelay(true);
                connections.spawn(connection(stream, Arc::clone(&shared)));
            }
            Some(ended) = connections.join_next() => if let Err(error) = ended && error.is_panic() {
                std::panic::resume_unwind(error.into_panic());
            },
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    match &shared.tls {
        None => serve(stream, &shared).await,
        // A handshake that fails is the client's affair.
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, &shared).await;
            }
        }
    }
}

async fn serve(mut stream: impl Stream, shared: &Shared) {
    let mut buffer = BytesMut::new();
    loop {
        match Request::read(&mut stream, &mut buffer).await {
            Ok(Some(request)) => match shared.handle(&mut stream, request).await {
                Ok(true) => {}
                Ok(false) | Err(_) => return,
            },
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let _ = Answer::new(400, &[], HTML).write_whole(&mut stream).await;
                let _ = stream.shutdown().await;
                return;
            }
            Ok(None) | Err(_) => return,
        }
    }
}

impl Shared {
    /// Decides and acts; whether the connection stays open.
    async fn handle(&self, stream: &mut impl Stream, request: Request) -> io::Result<bool> {
        let fault = if self.is_too_large(&request) {
            Fault::Answer(Answer::new(413, &[], ""))
        } else {
            locked(&self.decide)(&request)
        };
        let number = self.see(&request, &fault);
        match fault {
            Fault::Answer(answer) => self.answer(number, stream, &answer).await,
            Fault::Items(items) if request.path().ends_with("/_bulk") => {
                let answer = match items.without_hit(&request) {
                    Some(kept) => self.forward(&kept).await,
                    None => Items::to_nothing(),
                };
                self.answer(number, stream, &items.spoilt(answer, bulk::documents(&request))).await
            }
            // What is no bulk request has no items.
            Fault::Pass | Fault::Items(_) => self.pass_on(number, stream, &request).await,
            Fault::Slow(delay) => {
                let answer = self.forward(&request).await;
                tokio::time::sleep(delay).await;
                self.answer(number, stream, &answer).await
            }
            Fault::Silence { applied } => {
                if applied {
                    self.forward(&request).await;
                }
                // Until the client has enough of it.
                stream.read_u8().await.map(|_| false)
            }
            Fault::Reset { applied } => {
                if applied {
                    let answer = self.forward(&request).await;
                    answer.write(stream, answer.body.len(), answer.body.len() / 2).await?;
                }
                stream.tear();
                Ok(false)
            }
            Fault::Cut => {
                let answer = self.forward(&request).await;
                answer.write(stream, answer.body.len() + 100, answer.body.len()).await?;
                stream.shutdown().await.map(|()| false)
            }
            Fault::Shorter => {
                let answer = self.forward(&request).await;
                let body = bulk::shortened(&answer.body);
                self.answer(number, stream, &Answer { body, ..answer }).await
            }
            Fault::Hold(gate) => {
                gate.pass().await;
                self.pass_on(number, stream, &request).await
            }
        }
    }

    fn is_too_large(&self, request: &Request) -> bool {
        match *locked(&self.limit) {
            None => false,
            Some(Limit::Wire(most)) => request.body.len() > most,
            Some(Limit::Unpacked(most)) => request.unpacked().len() > most,
        }
    }

    /// Puts a request on record; its number there.
    fn see(&self, request: &Request, fault: &Fault) -> usize {
        let is_bulk = request.path().ends_with("/_bulk");
        let seen = Seen {
            method: request.method.clone(),
            path: request.path().to_owned(),
            bytes: request.body.len(),
            documents: if is_bulk { bulk::documents(request) } else { 0 },
            faulted: !matches!(fault, Fault::Pass),
            status: None,
            failed_items: 0,
        };
        let mut number = 0;
        self.observed.send_modify(|observed| {
            number = observed.requests.len();
            observed.requests.push(seen);
        });
        number
    }

    async fn pass_on(&self, number: usize, stream: &mut impl Stream, request: &Request) -> io::Result<bool> {
        let answer = self.forward(request).await;
        self.answer(number, stream, &answer).await
    }

    async fn answer(&self, number: usize, stream: &mut impl Stream, answer: &Answer) -> io::Result<bool> {
        answer.write_whole(stream).await?;
        self.observed.send_modify(|observed| {
            let seen = &mut observed.requests[number];
            seen.status = Some(answer.status);
            if seen.documents > 0 {
                seen.failed_items = bulk::failed_items(answer);
            }
        });
        Ok(true)
    }

    /// Asks the node. One that is away makes a 502, as proxies say it.
    async fn forward(&self, request: &Request) -> Answer {
        const OWN: [&str; 4] = ["host", "content-length", "connection", "accept-encoding"];
        let url = format!("{}{}", self.upstream, request.target);
        let mut asked = self.client.request(request.method.parse().unwrap(), url).body(request.body.clone());
        for (name, value) in request.headers.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
            asked = asked.header(name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
        }
        let answered = async {
            let response = asked.send().await?;
            let status = response.status().as_u16();
            let kept = |name: &str| ["content-type", "x-elastic-product", "warning"].contains(&name);
            let headers = response.headers().iter().filter(|(name, _)| kept(name.as_str()));
            let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
            Ok::<_, reqwest::Error>(Answer { status, headers, body: response.bytes().await? })
        };
        answered.await.unwrap_or_else(|error| Answer::new(502, &[], format!("no backend: {error}")))
    }
}
