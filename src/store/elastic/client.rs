//! One request to the server and its answer's bytes. The only file that names the `elasticsearch` crate.
//! Sends nothing twice; what is no answer is judged in `failure`.

use std::error::Error as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use elasticsearch::auth::Credentials as TransportCredentials;
use elasticsearch::cert::{Certificate, CertificateValidation};
use elasticsearch::http::headers::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use elasticsearch::http::response::Response;
use elasticsearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;

pub(super) use elasticsearch::http::Method;

use super::failure::{self, Server};
use super::settings::{Credentials, ElasticSettings};
use crate::model::host::is_loopback;
use crate::store::StoreError;

/// What a request carries.
pub(super) enum Body {
    /// Nothing.
    Empty,
    /// One JSON text.
    Json(serde_json::Value),
    /// The lines of a bulk request.
    Lines {
        /// The lines, with their newlines.
        bytes: Bytes,
        /// Whether they are gzipped on the way.
        compress: bool,
    },
}

/// The connection to one server.
pub(super) struct Client {
    transport: Transport,
    server: Server,
    /// Whether the server proved to be an Elasticsearch: later strange answers are passing trouble of what is between.
    is_known: AtomicBool,
}

impl Client {
    pub(super) fn new(settings: &ElasticSettings) -> Result<Self, StoreError> {
        let mut builder = TransportBuilder::new(SingleNodeConnectionPool::new(settings.url.clone()))
            .timeout(settings.request_timeout)
            .enable_meta_header(false);
        if settings.url.host_str().is_some_and(is_loopback) {
            // A proxy named in the environment cannot reach this machine's own loopback.
            builder = builder.disable_proxy();
        }
        if let Some(credentials) = transport_credentials(&settings.credentials) {
            builder = builder.auth(credentials);
        }
        if let Some(path) = &settings.ca_cert {
            let unfit =
                |reason: String| StoreError::Unfit(format!("--es-ca-cert {} cannot be used: {reason}", path.display()));
            let pem = std::fs::read(path).map_err(|error| unfit(error.to_string()))?;
            let certificate = Certificate::from_pem(&pem).map_err(|error| unfit(failure::in_words(&error)))?;
            builder = builder.cert_validation(CertificateValidation::Full(certificate));
        }
        let transport =
            builder.build().map_err(|error| StoreError::Unfit(format!("the HTTP client cannot be made: {error}")))?;
        Ok(Self { transport, server: Server::new(settings), is_known: AtomicBool::new(false) })
    }

    /// Sends a request; the answer's bytes when its status is 2xx.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Bytes, StoreError> {
        let (status, bytes) = self.exchange(method, path, query, body).await?;
        if (200..300).contains(&status) { Ok(bytes) } else { Err(self.server.refusal(status, &bytes)) }
    }

    /// The same; `None` at 404, for what may be missing.
    pub(super) async fn find(&self, path: &str, query: &[(&str, &str)]) -> Result<Option<Bytes>, StoreError> {
        self.send_unless(404, Method::Get, path, query, Body::Empty).await
    }

    /// The same; `None` when the answer's status is `expected`, which is no failure then.
    pub(super) async fn send_unless(
        &self,
        expected: u16,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<Option<Bytes>, StoreError> {
        match self.exchange(method, path, query, body).await? {
            (200..300, bytes) => Ok(Some(bytes)),
            (status, _) if status == expected => Ok(None),
            (status, bytes) => Err(self.server.refusal(status, &bytes)),
        }
    }

    /// What a refusal with this status and body means.
    pub(super) fn refusal(&self, status: u16, body: &[u8]) -> StoreError {
        self.server.refusal(status, body)
    }

    /// The server as messages name it.
    pub(super) fn server_name(&self) -> String {
        self.server.to_string()
    }

    /// What is wrong with an error that stands inside a 2xx answer.
    pub(super) fn judge_inner(&self, error: &failure::Reason) -> StoreError {
        self.judge(200, error)
    }

    /// The same, of one that has a status of its own.
    pub(super) fn judge(&self, status: u16, error: &failure::Reason) -> StoreError {
        self.server.judge(status, error)
    }

    /// An answer that cannot be read. Passing: what is between may have cut or replaced it.
    pub(super) fn nonsense(&self, error: &dyn std::fmt::Display) -> StoreError {
        self.server.nonsense(error)
    }

    /// Words of the server without the credentials, should it quote them.
    pub(super) fn redacted(&self, words: String) -> String {
        self.server.redacted(words)
    }

    /// Sends a request; the answer's status and bytes, whatever they say.
    pub(super) async fn exchange(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
    ) -> Result<(u16, Bytes), StoreError> {
        let (headers, body) = encode(body).await.map_err(|error| self.nonsense(&error))?;
        let response = self
            .transport
            .send(method, path, headers, Some(query), body, None)
            .await
            .map_err(|error| self.server.no_answer(&error))?;
        let status = response.status_code().as_u16();
        self.check_origin(&response, status)?;
        let bytes = response.bytes().await.map_err(|error| self.server.no_answer(&error))?;
        Ok((status, bytes))
    }

    fn check_origin(&self, response: &Response, status: u16) -> Result<(), StoreError> {
        // The HTTP client follows redirects (it drops the credentials when the host changes). An answer from
        // elsewhere is not used: a redirected write may have become a read.
        if !self.server.owns(response.url()) {
            return Err(self.server.moved(response.url()));
        }
        let is_elasticsearch = response.headers().get("x-elastic-product").is_some_and(|it| it == "Elasticsearch");
        if is_elasticsearch {
            self.is_known.store(true, Ordering::Relaxed);
            return Ok(());
        }
        self.server.stranger(status, self.is_known.load(Ordering::Relaxed))
    }
}

async fn encode(body: Body) -> std::io::Result<(HeaderMap, Option<Bytes>)> {
    let mut headers = HeaderMap::new();
    let bytes = match body {
        Body::Empty => return Ok((headers, None)),
        Body::Json(value) => Bytes::from(value.to_string()),
        Body::Lines { bytes, compress } => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
            if compress {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                // Megabytes: too long for a thread that also serves the network.
                tokio::task::spawn_blocking(move || gzip(&bytes)).await.map_err(std::io::Error::other)??
            } else {
                bytes
            }
        }
    };
    Ok((headers, Some(bytes)))
}

fn gzip(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish().map(Bytes::from)
}

fn transport_credentials(credentials: &Credentials) -> Option<TransportCredentials> {
    match credentials {
        Credentials::None => None,
        Credentials::ApiKey(key) => Some(match key.expose().split_once(':') {
            Some((id, key)) => TransportCredentials::ApiKey(id.to_owned(), key.to_owned()),
            None => TransportCredentials::EncodedApiKey(key.expose().to_owned()),
        }),
        Credentials::Basic { username, password } => {
            Some(TransportCredentials::Basic(username.clone(), password.expose().to_owned()))
        }
    }
}

/// The HTTP client's own error behind the crate's, when there is one.
pub(super) fn http_error(error: &elasticsearch::Error) -> Option<&reqwest::Error> {
    error.source().and_then(|source| source.downcast_ref())
}
