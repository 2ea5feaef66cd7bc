//! What it means when a whole request fails: one judgement for every request of this store.
//!
//! No answer at all, an answer from a stranger, and a refusal by Elasticsearch are told apart, each in words that say
//! what to do. Errors of single documents inside a bulk answer are judged in `verdict`.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;

use super::client::http_error;
use super::settings::{Credentials, ElasticSettings};
use crate::model::credentials::without_credentials;
use crate::model::{Secret, TlsTrouble};
use crate::store::StoreError;

/// Longest piece of the server's own words that goes into an error (characters).
const LONGEST_REASON: usize = 300;

/// What to do about missing rights.
const RIGHTS: &str = ": give the user of ELASTICSEARCH_USERNAME, or the key ELASTICSEARCH_API_KEY, the rights that the \
                      README lists under \"Elasticsearch versions and rights\"";

/// An error object of Elasticsearch.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Reason {
    /// The name of the exception, in snake case.
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    /// The server's words.
    #[serde(rename = "reason", default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    caused_by: Option<Box<Reason>>,
    /// What the shards said, when the error itself is only that they failed.
    #[serde(default)]
    root_cause: Vec<Reason>,
}

impl Reason {
    /// An error without a name: what some parts of the server, and proxies, answer.
    fn of_words(words: &str) -> Self {
        Self { text: Some(words.to_owned()), ..Self::default() }
    }

    /// `type: reason`, cut to a length that fits in a log line; a refused value may be quoted in it whole.
    pub(super) fn words(&self) -> String {
        shortened(&self.all_words())
    }

    fn all_words(&self) -> String {
        // "all shards failed" says nothing.
        if let Some(of_shard) = self.of_shards() {
            return of_shard.all_words();
        }
        match &self.text {
            Some(reason) if self.kind.is_empty() => reason.trim().to_owned(),
            Some(reason) => format!("{}: {}", self.kind, reason.trim()),
            None => self.kind.clone(),
        }
    }

    /// What to do about it, where the server's words do not say; stands behind them.
    pub(super) fn advice(&self) -> &'static str {
        match self.kind.as_str() {
            "cluster_block_exception" if self.speaks_of_a_reindex() => {
                "; writes into the index are held up, as `viralmine reindex` does for a moment: wait until it is done; if it was \
                 killed, run it again or ask `viralmine doctor`; a block that a person set is lifted there (index.blocks.write of its \
                 settings)"
            }
            "cluster_block_exception" => {
                "; the index takes no writes: make room on the server's disk, or lift the block (index.blocks.* of its settings)"
            }
            "security_exception" => RIGHTS,
            "index_closed_exception" => "; the index is closed: open it again",
            _ => "",
        }
    }

    /// The block that a reindexing sets; a person may have set it, too. A full disk has another number.
    fn speaks_of_a_reindex(&self) -> bool {
        self.text.as_deref().is_some_and(|text| text.contains("FORBIDDEN/8/"))
    }

    /// Itself, then what caused it, and so on.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |reason| reason.caused_by.as_deref().or_else(|| reason.of_shards()))
    }

    fn of_shards(&self) -> Option<&Self> {
        self.root_cause
            .first()
            .filter(|cause| self.kind == "search_phase_execution_exception" && cause.kind != self.kind)
    }
}

/// The server as errors speak of it.
pub(super) struct Server {
    /// Ends with a slash.
    url: Url,
    timeout: Duration,
    ca_cert: Option<PathBuf>,
    has_credentials: bool,
    secrets: Vec<Secret>,
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Elasticsearch at {}", self.url)
    }
}

impl Server {
    pub(super) fn new(settings: &ElasticSettings) -> Self {
        let has_credentials = !matches!(settings.credentials, Credentials::None);
        let secrets = settings.credentials.spellings();
        let (url, timeout, ca_cert) = (settings.url.clone(), settings.request_timeout, settings.ca_cert.clone());
        Self { url, timeout, ca_cert, has_credentials, secrets }
    }

    /// Whether an answer from this address is an answer of the server that was asked.
    pub(super) fn owns(&self, answered: &Url) -> bool {
        answered.origin() == self.url.origin() && answered.path().starts_with(self.url.path())
    }

    /// The answer came from elsewhere, after a redirect.
    pub(super) fn moved(&self, answered: &Url) -> StoreError {
        let origin = answered.origin().ascii_serialization();
        StoreError::Unfit(format!("{} redirects to {origin}: name the address that Elasticsearch itself has", self.url))
    }

    /// An answer without Elasticsearch's mark; an error when it cannot be used.
    pub(super) fn stranger(&self, status: u16, is_known: bool) -> Result<(), StoreError> {
        // These mean the same whoever says them: a proxy in front speaks for the server.
        if matches!(status, 401 | 403 | 408 | 413 | 429 | 500..) {
            return Ok(());
        }
        let error = format!("{} answers (HTTP {status}), but not as an Elasticsearch 8 or 9 does", self.url);
        Err(if is_known {
            StoreError::Unavailable(error)
        } else {
            StoreError::Unfit(format!("{error}: check the address and its port (other search servers do not fit)"))
        })
    }

    /// A refusal with this status and body.
    pub(super) fn refusal(&self, status: u16, body: &[u8]) -> StoreError {
        self.judge(status, &read_reason(body))
    }

    /// What a refusal means. `status` is 200 for an error inside an answer.
    pub(super) fn judge(&self, status: u16, error: &Reason) -> StoreError {
        let words = shortened(&self.redacted(error.all_words()));
        let told = format!("{self}: {words} (HTTP {status})");
        match (status, error.kind.as_str()) {
            (413, _) => StoreError::TooLarge(told),
            (401, _) if self.has_credentials => StoreError::Denied(format!(
                "{self} refuses the credentials (401): check ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and \
                 ELASTICSEARCH_PASSWORD; it says: {words}"
            )),
            (401, _) => StoreError::Denied(format!(
                "{self} asks for credentials (401): set ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and \
                 ELASTICSEARCH_PASSWORD"
            )),
            (_, "security_exception") | (403, "") => StoreError::Denied(format!(
                "{self} does not let these credentials do this (403){RIGHTS}; it says: {words}"
            )),
            (_, "index_not_found_exception") => StoreError::Missing(format!(
                "{self} has no videos yet under this index prefix: run `viralmine backfill`"
            )),
            // An expired point in time, a block, overload, an election: the same may succeed later.
            (_, "cluster_block_exception" | "index_closed_exception" | "search_context_missing_exception")
            | (408 | 429 | 500.., _) => StoreError::Unavailable(told + error.advice()),
            _ if error.chain().any(Reason::is_of_too_many_words) => StoreError::Broken(format!(
                "the query asks for more words than {self} takes in one search (indices.query.bool.max_clause_count): \
                     write more letters before the '*' of a phrase, or fewer words"
            )),
            _ if error.chain().any(|reason| reason.kind == "too_many_buckets_exception") => {
                StoreError::Broken(format!(
                    "{self} counts fewer groups in one search than it does by default: set search.max_buckets back to 65536 \
                 in its cluster settings; it says: {words}"
                ))
            }
            _ => StoreError::Broken(told),
        }
    }

    /// An answer that cannot be read. What reads JSON quotes the value that it did not expect, however long it is.
    pub(super) fn nonsense(&self, error: &dyn fmt::Display) -> StoreError {
        let words = shortened(&self.redacted(error.to_string()));
        StoreError::Unavailable(format!("{self} gave an answer that cannot be read: {words}"))
    }

    /// The request got no (whole) answer.
    pub(super) fn no_answer(&self, error: &elasticsearch::Error) -> StoreError {
        let words = shortened(&self.redacted(in_words(error)));
        if http_error(error).is_some_and(reqwest::Error::is_timeout) {
            return StoreError::Unavailable(format!("{self} gave no answer within {:?}", self.timeout));
        }
        if causes(error).any(|cause| io_kind(cause) == Some(ErrorKind::ConnectionRefused)) {
            return StoreError::Unavailable(format!(
                "{} refuses the connection: is Elasticsearch running, and is --store its address?",
                self.url
            ));
        }
        if let Some(trouble) = TlsTrouble::of_words(&words) {
            return StoreError::Unfit(self.distrust(&trouble, &words));
        }
        let hint =
            if self.url.scheme() == "http" { " (a server that speaks TLS needs https:// in --store)" } else { "" };
        StoreError::Unavailable(format!("{self}: {words}{hint}"))
    }

    /// Why the server is not talked to, and what to do.
    fn distrust(&self, trouble: &TlsTrouble, words: &str) -> String {
        let url = &self.url;
        if let Some(fault) = trouble.fault(url.as_str(), url.host_str().unwrap_or_default()) {
            return match trouble {
                TlsTrouble::OtherName { .. } => {
                    format!("{fault}: write a name that it is for into --store, or have it made for this one")
                }
                _ => fault,
            };
        }
        match (&self.ca_cert, trouble) {
            (_, TlsTrouble::NoTls) => format!("{url} speaks no TLS: write http:// in --store"),
            (Some(file), _) => format!(
                "the certificate of {url} is not trusted: --es-ca-cert {} is not of the authority that signed it; name \
                 that authority's PEM file ({words})",
                file.display()
            ),
            (None, _) => format!(
                "the certificate of {url} is not trusted: name its authority's PEM file with --es-ca-cert ({words})"
            ),
        }
    }

    /// A server, or what stands before it, may quote what it was sent.
    pub(super) fn redacted(&self, words: String) -> String {
        without_credentials(words, &self.secrets)
    }
}

const TOO_MANY_WORDS: [&str; 2] = ["too_many_nested_clauses", "too_many_clauses"];

impl Reason {
    /// A phrase with too many words has an error of another type around it, which keeps only its words.
    fn is_of_too_many_words(&self) -> bool {
        TOO_MANY_WORDS.contains(&self.kind.as_str())
            || self.text.as_deref().is_some_and(|text| text.contains("too many nested clauses"))
    }
}

/// `{"error":{…}}`, `{"error":"words"}`, or whatever a proxy sent.
fn read_reason(body: &[u8]) -> Reason {
    #[derive(Deserialize)]
    struct Refusal {
        error: serde_json::Value,
    }
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { error: serde_json::Value::String(words) }) => Reason::of_words(&words),
        Ok(Refusal { error }) => serde_json::from_value(error).unwrap_or_default(),
        Err(_) => Reason::of_words(&String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST_REASON)])),
    }
}

/// The error and its causes in one line, without what repeats.
pub(super) fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    for text in std::iter::once(error).chain(causes(error)).map(ToString::to_string) {
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
    }
    words.join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

fn io_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    error.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
