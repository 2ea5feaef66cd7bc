//! One request over HTTP: sends it with a key and reads the answer to its end. The only file that names reqwest's
//! client. No waiting, no retry, no judgement: that is `client`'s, which a scripted transport can stand under in tests.

#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, redirect};

use super::request::Ask;
use super::{ApiSettings, ApiUrl, Params, SourceError};
use crate::model::TlsTrouble;
use crate::throttle::quota::KeyPosition;

/// A larger answer is cut off and counts as failed: a page of 35 posts has some hundred KB.
const LARGEST_ANSWER: u64 = 64 * 1024 * 1024;

/// So much of it is kept, to see what it was: all of it, try after try, would fill the archive.
const KEPT_OF_TOO_LARGE: usize = 64 * 1024;

/// An answer of which at least the head came.
#[derive(Debug, Clone)]
pub(super) struct RawReply {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) date: Option<String>,
    /// The body, unpacked; only its beginning when `cut` is set.
    pub(super) body: Bytes,
    /// Why the body is not whole.
    pub(super) cut: Option<String>,
}

/// No answer came; says why and what to do.
#[derive(Debug, Clone)]
pub(super) enum Unanswered {
    /// It may come another time.
    Passing(String),
    /// What is there is not talked to: its certificate does not fit, or it speaks no TLS.
    Distrusted(String),
}

/// Sends one request once.
#[async_trait]
pub(super) trait Transport: Send + Sync {
    async fn send(&self, ask: &Ask, key: KeyPosition) -> Result<RawReply, Unanswered>;
}

/// The API itself.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    base_url: ApiUrl,
    params: Params,
    /// `Authorization` by key position; marked as sensitive, so that `Debug` hides them.
    bearers: Vec<HeaderValue>,
    request_timeout: Duration,
}

impl Http {
    pub(super) fn new(settings: &ApiSettings) -> Result<Self, SourceError> {
        let mut builder = Client::builder()
            .user_agent(concat!("viralmine/", env!("CARGO_PKG_VERSION")))
            // The key goes to the host that was named, and to no other.
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.request_timeout)
            .tcp_nodelay(true)
            .gzip(true);
        if settings.base_url.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder
            .build()
            .map_err(|error| SourceError::Settings(format!("no HTTP client can be made: {}", root_cause(&error))))?;
        let bearers = settings.keys.iter().map(|key| {
            let mut bearer = HeaderValue::try_from(format!("Bearer {}", key.expose())).ok()?;
            bearer.set_sensitive(true);
            Some(bearer)
        });
        let bearers = bearers
            .collect::<Option<_>>()
            .ok_or_else(|| SourceError::Settings("an API key holds a character that no header may hold".to_owned()))?;
        let (base_url, params) = (settings.base_url.clone(), settings.params);
        Ok(Self { client, base_url, params, bearers, request_timeout: settings.request_timeout })
    }

    /// Reads the body to its end; what came before a failure is kept, and of too large a body the beginning.
    async fn read(&self, mut response: Response) -> (Bytes, Option<String>) {
        let mut body = BytesMut::new();
        let announced = response.content_length().unwrap_or(0);
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return (body.freeze(), None),
                Err(error) => {
                    let reason = format!("the answer was cut off after {} bytes ({})", body.len(), self.cause(&error));
                    return (body.freeze(), Some(reason));
                }
            }
            if announced.max(body.len() as u64) > LARGEST_ANSWER {
                let beginning = &body[..body.len().min(KEPT_OF_TOO_LARGE)];
                let reason = format!("the answer is larger than {} MiB", LARGEST_ANSWER >> 20);
                return (Bytes::copy_from_slice(beginning), Some(reason));
            }
        }
    }

    fn unanswered(&self, error: &reqwest::Error) -> Unanswered {
        let (base_url, cause) = (&self.base_url, self.cause(error));
        if let Some(trouble) = TlsTrouble::of_words(&cause) {
            return Unanswered::Distrusted(self.distrust(&trouble, &cause));
        }
        Unanswered::Passing(if error.is_connect() {
            format!("the API at {base_url} cannot be reached ({cause}): check --api-url and the network")
        } else if base_url.is_plain() && !error.is_timeout() {
            format!(
                "the API at {base_url} gave no answer ({cause}); a server that speaks TLS needs https:// in --api-url"
            )
        } else {
            format!("the API at {base_url} gave no answer ({cause})")
        })
    }

    /// Why the server is not talked to, and what to do.
    fn distrust(&self, trouble: &TlsTrouble, cause: &str) -> String {
        let (base_url, host) = (&self.base_url, self.base_url.host());
        match (trouble.fault(&format!("the API at {base_url}"), host), trouble) {
            (Some(fault), _) => format!("{fault}; check --api-url"),
            (None, TlsTrouble::NoTls) => {
                format!("the API at {base_url} speaks no TLS: write http:// in --api-url if it is on your own network")
            }
            (None, _) => format!(
                "the certificate of the API at {base_url} is not trusted ({cause}): check --api-url; if its authority is \
                 your own, name that authority's PEM file in SSL_CERT_FILE"
            ),
        }
    }

    fn cause(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() && !error.is_connect() {
            return format!("not done within {:?}", self.request_timeout);
        }
        root_cause(error)
    }
}

#[async_trait]
impl Transport for Http {
    async fn send(&self, ask: &Ask, key: KeyPosition) -> Result<RawReply, Unanswered> {
        let request = self.client.get(self.base_url.endpoint(ask.endpoint));
        let request = match self.params {
            Params::Query => request.query(&ask.parameters()),
            Params::Body => {
                let body =
                    serde_json::to_vec(&ask.parameters()).map_err(|error| Unanswered::Passing(error.to_string()))?;
                request.header(CONTENT_TYPE, "application/json").body(body)
            }
        };
        let bearer = self.bearers.get(key.index());
        let bearer = bearer.ok_or_else(|| Unanswered::Passing(format!("there is no key {}", key.number())))?;
        let response = request.header(AUTHORIZATION, bearer).send().await.map_err(|error| self.unanswered(&error))?;
        let status = response.status().as_u16();
        let retry_after = header(response.headers(), &RETRY_AFTER);
        let date = header(response.headers(), &DATE);
        let (body, cut) = self.read(response).await;
        Ok(RawReply { status, retry_after, date, body, cut })
    }
}

fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The innermost cause: "Connection refused (os error 111)" says more than "error sending request".
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
