//! One message to a webhook over HTTP, and what the answer means. No retry: that is the caller's, who also knows which
//! messages are left. The only file of this room that names reqwest.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, redirect};
use serde::Serialize;

use super::answer::{Meaning, meaning};
use super::{Answer, WebhookAddress};
use crate::model::{Event, TlsTrouble};
use crate::throttle::retry::RetryPolicy;
use crate::wire::reply::wait_in_header;

/// So much of what a receiver answers is shown (characters).
const LONGEST_WORDS: usize = 200;

/// So much of it is read (bytes).
const MOST_READ: usize = 4096;

/// Tells a receiver which messages are the same one, sent again.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// All that is needed to send.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where to.
    pub address: WebhookAddress,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a request may take in all.
    pub request_timeout: Duration,
    /// The delays between tries.
    pub retry: RetryPolicy,
    /// For so long a round sends and tries again before it leaves what is left to the next one; a request that is under
    /// way is waited for.
    pub give_up_after: Duration,
}

impl WebhookSettings {
    /// The usual times: 10 s to connect, 30 s for a request, two minutes for a round.
    #[must_use]
    pub fn new(address: WebhookAddress) -> Self {
        Self {
            address,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            retry: RetryPolicy::WEBHOOK,
            give_up_after: Duration::from_mins(2),
        }
    }
}

/// What is sent: JSON with these two keys.
#[derive(Debug, Clone, Serialize)]
pub struct Message<'a> {
    /// For people: chat services show this one.
    pub text: &'a str,
    /// For programs.
    pub events: &'a [Event],
}

/// A webhook.
#[derive(Debug)]
pub struct Webhook {
    client: Client,
    settings: WebhookSettings,
}

impl Webhook {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// No HTTP client can be made, in words.
    pub fn new(settings: WebhookSettings) -> Result<Self, String> {
        let mut builder = Client::builder()
            .user_agent(concat!("viralmine/", env!("CARGO_PKG_VERSION")))
            // What is in the address, and in the events, is for the host that was named, and no other.
            .redirect(redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.request_timeout);
        if settings.address.is_loopback() {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| format!("no HTTP client can be made: {}", root_cause(&error)))?;
        Ok(Self { client, settings })
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &WebhookSettings {
        &self.settings
    }

    /// Sends a message once.
    pub async fn post(&self, message: &Message<'_>) -> Answer {
        let body = match serde_json::to_vec(message) {
            Ok(body) => body,
            Err(error) => return Answer::Closed(error.to_string()),
        };
        let request = self
            .client
            .post(self.settings.address.expose().clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(IDEMPOTENCY_KEY, idempotency_key(message.events))
            .body(body);
        match request.send().await {
            Ok(response) => self.judge(response).await,
            Err(error) => self.unanswered(&error),
        }
    }

    async fn judge(&self, response: Response) -> Answer {
        let (status, headers) = (response.status(), response.headers());
        let wait = wait_in_header(header(headers, &RETRY_AFTER), header(headers, &DATE));
        if status.is_success() {
            return Answer::Taken;
        }
        let address = &self.settings.address;
        let reason = format!("the webhook at {address} answered {status}{}", self.words(response).await);
        match meaning(status.as_u16()) {
            Meaning::Again => Answer::Again { reason, wait },
            Meaning::Unfit => Answer::Unfit { status: status.as_u16(), reason },
            Meaning::Closed(what_to_do) => Answer::Closed(format!("{reason}; {what_to_do}")),
        }
    }

    /// The start of an answer, fit to be shown: one line, no control characters, nothing of the address.
    async fn words(&self, mut response: Response) -> String {
        let mut body = Vec::new();
        while body.len() < MOST_READ {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // A secret that is cut in two would not be known.
                Err(_) => return String::new(),
            }
        }
        let text = String::from_utf8_lossy(&self.settings.address.struck_out_of(&body)).into_owned();
        let is_harmful = |character: char| {
            character.is_control()
                || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        };
        let harmless = text.replace(is_harmful, " ");
        let line: String =
            harmless.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_WORDS).collect();
        if line.is_empty() { String::new() } else { format!(": {line:?}") }
    }

    fn unanswered(&self, error: &reqwest::Error) -> Answer {
        let address = &self.settings.address;
        let cause = self.cause(error);
        let Some(trouble) = TlsTrouble::of_words(&cause) else {
            let what = if error.is_connect() { "cannot be reached" } else { "gave no answer" };
            let hint = if address.is_plain() && !error.is_timeout() { "; does it speak https?" } else { "" };
            return Answer::Again { reason: format!("the webhook at {address} {what} ({cause}{hint})"), wait: None };
        };
        Answer::Closed(match (address.fault(&trouble), trouble) {
            (Some(fault), _) => format!("{fault}; check --webhook"),
            (None, TlsTrouble::NoTls) => {
                format!("the webhook at {address} speaks no TLS: write http:// if it is on your own network")
            }
            (None, _) => format!(
                "the certificate of the webhook at {address} is not trusted ({cause}): check --webhook; if its authority is \
                 your own, name that authority's PEM file in SSL_CERT_FILE"
            ),
        })
    }

    /// The library's errors name the whole address; their innermost causes do not.
    fn cause(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() && !error.is_connect() {
            return format!("not done within {:?}", self.settings.request_timeout);
        }
        let cause = self.settings.address.struck_out_of(root_cause(error).as_bytes());
        String::from_utf8_lossy(&cause).into_owned()
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The innermost cause; of an error without one, what kind it is.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(inner) = cause.and_then(Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "no reason is given".to_owned(), ToString::to_string)
}

/// Follows from the ids alone (FNV-1a, 128 bits): a message that is sent again whole has the same one.
fn idempotency_key(events: &[Event]) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = events.iter().flat_map(|event| event.id.bytes().chain([0]));
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("viralmine-{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{EventPost, Happening, NewPost};

    fn events(ids: &[&str]) -> Vec<Event> {
        let event = |id: &&str| {
            let post = EventPost { aweme_id: (*id).to_owned(), ..EventPost::default() };
            Event::new(1, Happening::NewPost(NewPost { post }))
        };
        ids.iter().map(event).collect()
    }

    #[test]
    fn the_key_follows_from_the_ids() {
        let key = idempotency_key(&events(&["1", "2"]));
        assert_eq!(key, idempotency_key(&events(&["1", "2"])));
        let others = [&["1"][..], &["2", "1"], &["12"], &["1", "2", "3"], &[]].map(|ids| idempotency_key(&events(ids)));
        assert!(!others.contains(&key), "{others:?}");
        assert_eq!(others[4], "viralmine-6c62272e07bb014262b821756295c58d", "FNV's own start, of nothing");
    }
}
