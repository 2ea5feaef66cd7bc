//! What it means when Kibana does not answer, or something else does: each in words that say what to do, without the
//! credentials, should they be quoted.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use url::Url;

use super::settings::KibanaSettings;
use super::{KibanaError, Version};
use crate::model::credentials::without_credentials;
use crate::model::{Credentials, Secret, TlsTrouble};

/// Longest piece of the server's own words that goes into an error (characters).
const LONGEST_REASON: usize = 300;

/// What to set.
const VARIABLES: &str = "KIBANA_API_KEY, or KIBANA_USERNAME and KIBANA_PASSWORD (without them, those of Elasticsearch \
                         are sent)";

/// An answer, whatever it says.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Where it sends us.
    pub(super) location: Option<String>,
    /// What Elasticsearch says of itself.
    pub(super) product: Option<String>,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What Kibana writes of an error; `None` when it is not in its form.
    fn message(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Refusal {
            message: String,
        }
        serde_json::from_slice::<Refusal>(&self.body).ok().map(|refusal| refusal.message)
    }

    fn starts_with(&self, words: &str) -> bool {
        self.body.trim_ascii_start().starts_with(words.as_bytes())
    }
}

/// The Kibana as errors speak of it.
#[derive(Debug)]
pub(super) struct Server {
    url: Url,
    timeout: Duration,
    ca_cert: Option<PathBuf>,
    has_credentials: bool,
    secrets: Vec<Secret>,
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kibana at {}", self.url)
    }
}

impl Server {
    pub(super) fn new(settings: &KibanaSettings) -> Self {
        let has_credentials = !matches!(settings.credentials, Credentials::None);
        let (url, timeout, ca_cert) = (settings.url.clone(), settings.request_timeout, settings.ca_cert.clone());
        Self { url, timeout, ca_cert, has_credentials, secrets: settings.credentials.spellings() }
    }

    /// Who else may answer: Elasticsearch itself, or somebody who sends us elsewhere.
    pub(super) fn check_origin(&self, reply: &Reply) -> Result<(), KibanaError> {
        let url = &self.url;
        if reply.product.as_deref() == Some("Elasticsearch") {
            return Err(KibanaError::NotKibana(format!(
                "{url} is an Elasticsearch, not a Kibana: name Kibana's own address with --kibana (its port is 5601, unless \
                 it was set to another)"
            )));
        }
        if (300..400).contains(&reply.status) {
            // Without what it may have put behind it: what was sent, say.
            let place = reply.location.as_deref().and_then(|place| place.split(['?', '#']).next());
            let elsewhere = place.map(|place| self.shown(place)).unwrap_or_default();
            return Err(KibanaError::NotKibana(format!(
                "{url} redirects to {elsewhere} (HTTP {}): name the address that Kibana itself has, with its base path, or \
                 set credentials, if that is a page to log in at: {VARIABLES}",
                reply.status
            )));
        }
        Ok(())
    }

    /// A Kibana before the oldest that will do.
    pub(super) fn too_old(&self, number: &str, oldest: Version) -> KibanaError {
        KibanaError::TooOld(format!(
            "{self} has version {}, and the objects are for Kibana {oldest} and later: update it, or name another with \
             --kibana (OpenSearch Dashboards does not fit)",
            self.shown(number)
        ))
    }

    /// It knows itself that something is wrong.
    pub(super) fn unwell(&self, level: &str) -> KibanaError {
        KibanaError::NotReady(format!(
            "{self} is {} by its own word: wait until it is available ({}api/status tells why it is not), then run the \
             same command again",
            self.shown(level),
            self.url
        ))
    }

    /// It tells strangers nothing.
    pub(super) fn reserved(&self) -> KibanaError {
        KibanaError::Denied(self.asks_for_credentials())
    }

    /// An answer that is not the one asked for.
    pub(super) fn refusal(&self, reply: &Reply) -> KibanaError {
        let status = reply.status;
        let message = reply.message();
        let words = self.shown(&message.clone().unwrap_or_else(|| String::from_utf8_lossy(&reply.body).into_owned()));
        let is_html = reply.starts_with("<");
        match (status, message) {
            (401, _) if self.has_credentials => KibanaError::Denied(format!(
                "{self} refuses the credentials (401): check {VARIABLES}; it says: {words}"
            )),
            (401, _) => KibanaError::Denied(self.asks_for_credentials()),
            (403, _) => KibanaError::Denied(format!(
                "{self} does not let these credentials do this (403): give their user the Kibana privilege \"Saved Objects \
                 Management: All\" in this space; it says: {words}"
            )),
            (404, Some(_)) => KibanaError::NotKibana(format!(
                "{self} knows no such page (404): check the space (…/s/NAME) and the base path in --kibana; it says: {words}"
            )),
            (413, _) => KibanaError::Refused(format!(
                "what stands before {self} takes no request of this size (413): let it take some hundred KB, or import by \
                 hand what --kibana-export writes"
            )),
            (429 | 500.., _) => KibanaError::NotReady(format!(
                "{self} does not work now (HTTP {status}): wait until it does, then run the same command again; it says: \
                 {words}"
            )),
            (400..500, Some(_)) => {
                KibanaError::Refused(format!("{self} refuses the objects (HTTP {status}); it says: {words}"))
            }
            _ => {
                let what = if is_html { "a page for people".to_owned() } else { format!("{words:?}") };
                KibanaError::NotKibana(format!(
                    "{} answers (HTTP {status}), but not as a Kibana does ({what}): check the address, its port and its base \
                     path in --kibana",
                    self.url
                ))
            }
        }
    }

    fn asks_for_credentials(&self) -> String {
        format!("{self} asks for credentials (401): set {VARIABLES}")
    }

    /// The request got no (whole) answer.
    pub(super) fn no_answer(&self, error: &reqwest::Error) -> KibanaError {
        let url = &self.url;
        if error.is_timeout() {
            return KibanaError::Unreachable(format!("{self} gave no answer within {:?}", self.timeout));
        }
        let cause = self.shown(&root_cause(error));
        if causes(error).any(|cause| io_kind(cause) == Some(ErrorKind::ConnectionRefused)) {
            return KibanaError::Unreachable(format!(
                "{url} refuses the connection: is Kibana running, and is --kibana its address?"
            ));
        }
        if let Some(trouble) = TlsTrouble::of_words(&cause) {
            return KibanaError::Unreachable(self.distrust(&trouble, &cause));
        }
        let hint = if url.scheme() == "http" { " (one that speaks TLS needs https:// in --kibana)" } else { "" };
        KibanaError::Unreachable(format!("{self} cannot be reached: {cause}{hint}"))
    }

    /// Why the server is not talked to, and what to do.
    fn distrust(&self, trouble: &TlsTrouble, cause: &str) -> String {
        let url = &self.url;
        match (trouble.fault(url.as_str(), url.host_str().unwrap_or_default()), trouble, &self.ca_cert) {
            (Some(fault), TlsTrouble::OtherName { .. }, _) => {
                format!("{fault}: write a name that it is for into --kibana, or have it made for this one")
            }
            (Some(fault), ..) => fault,
            (None, TlsTrouble::NoTls, _) => format!("{url} speaks no TLS: write http:// in --kibana"),
            (None, _, Some(file)) => format!(
                "the certificate of {url} is not trusted: --es-ca-cert {} is not of the authority that signed it; name \
                 that authority's PEM file, with both authorities in it if Elasticsearch has another ({cause})",
                file.display()
            ),
            (None, _, None) => format!(
                "the certificate of {url} is not trusted: name its authority's PEM file with --es-ca-cert ({cause})"
            ),
        }
    }

    /// The server's words, fit for a message.
    pub(super) fn shown(&self, words: &str) -> String {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = without_credentials(words, &self.secrets);
        match words.char_indices().nth(LONGEST_REASON) {
            Some((end, _)) => format!("{}…", &words[..end]),
            None => words,
        }
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
}

/// The innermost cause: "Connection refused (os error 111)" says more than "error sending request".
fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}
