//! What the API client needs to know, and the checks that come before any request.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

use super::SourceError;
use crate::model::host::is_loopback;
use crate::model::{Endpoint, Secret};
use crate::throttle::retry::RetryPolicy;

/// Everything the API client needs. `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Where the API is.
    pub base_url: ApiUrl,
    /// The keys, in the order given; at least one, each once.
    pub keys: Vec<Secret>,
    /// Requests a second that the provider allows for each key.
    pub rate: f64,
    /// What is added to each second of quota.
    pub quota_margin: Duration,
    /// The region asked with, if any (US, GB, JP…).
    pub region: Option<String>,
    /// Videos a page, 1 to 35.
    pub page_size: u8,
    /// Where the parameters go.
    pub params: Params,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long a whole request may take, from its start to the body's last byte.
    pub request_timeout: Duration,
    /// How failed answers are tried again.
    pub retry: RetryPolicy,
    /// Requests at most, retries and failed ones included; `None` for any number, 0 to ask nothing.
    pub budget: Option<u64>,
    /// How long a key pauses after a 429 that names no wait; doubled with each further one of the same request.
    pub unnamed_pause: Duration,
}

/// Where a request's parameters go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Params {
    /// Into the query string.
    #[default]
    Query,
    /// Into a JSON body beside the GET, as the provider's document shows them.
    Body,
}

impl ApiSettings {
    /// What the provider allows each key (requests a second).
    pub const USUAL_RATE: f64 = 3.0;

    /// What is added to each second of quota, for clocks that differ.
    pub const USUAL_MARGIN: Duration = Duration::from_millis(20);

    /// The largest page that the API gives (posts).
    pub const LARGEST_PAGE: u8 = 35;

    /// The provider's usual terms: 3 requests a second, 35 posts a page, parameters in the query string.
    #[must_use]
    pub fn new(base_url: ApiUrl, keys: Vec<Secret>) -> Self {
        Self {
            base_url,
            keys,
            rate: Self::USUAL_RATE,
            quota_margin: Self::USUAL_MARGIN,
            region: None,
            page_size: Self::LARGEST_PAGE,
            params: Params::default(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(1),
            retry: RetryPolicy::API,
            budget: None,
            unnamed_pause: Duration::from_secs(15),
        }
    }

    /// Says what is wrong with the settings, by the names of their flags, before any request.
    pub fn check(&self) -> Result<(), SourceError> {
        Self::check_pace(self.rate, self.page_size)?;
        let wrong = |words: String| Err(SourceError::Settings(words));
        if self.keys.is_empty() {
            return wrong("no API key is given: set VIRALMINE_API_KEYS (comma-separated), or --api-keys-file FILE (one key a line)".to_owned());
        }
        for (position, key) in self.keys.iter().enumerate() {
            let number = position + 1;
            let is_visible = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
            if !is_visible(key.expose()) {
                return wrong(format!(
                    "API key {number} is empty or holds a blank or a character that no header may hold"
                ));
            }
            if let Some(earlier) = self.keys[..position].iter().position(|other| other == key) {
                return wrong(format!(
                    "API keys {} and {number} are the same: its quota would be exceeded",
                    earlier + 1
                ));
            }
        }
        Ok(())
    }

    /// The same for what is said of requests alone, whoever sends them.
    pub fn check_pace(rate: f64, page_size: u8) -> Result<(), SourceError> {
        let wrong = |words: String| Err(SourceError::Settings(words));
        if !(rate.is_finite() && rate >= 0.001) {
            return wrong(format!("--rate {rate} is no number of requests a second (0.001 or more)"));
        }
        if !(1..=Self::LARGEST_PAGE).contains(&page_size) {
            let largest = Self::LARGEST_PAGE;
            return wrong(format!(
                "--page-size {page_size} is not in 1 to {largest}, the posts that the API gives a page"
            ));
        }
        Ok(())
    }
}

/// The API's base URL: http or https, perhaps with a path in front of the endpoints; without user, password or query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl(Url);

impl ApiUrl {
    /// Reads a URL. A text that may hold a password is not repeated in the error.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let wrong =
            |words: &str| Err(SourceError::Settings(format!("the API URL {words} (--api-url, VIRALMINE_API_URL)")));
        let Ok(mut url) = Url::parse(text.trim()) else {
            return wrong("is no URL: it looks like https://api.example.com");
        };
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return wrong("must start with http:// or https:// and name a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return wrong("must hold no user or password: keys go into VIRALMINE_API_KEYS or --api-keys-file");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return wrong("must hold no query (?…) and no fragment (#…)");
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The URL of an endpoint.
    pub(super) fn endpoint(&self, endpoint: Endpoint) -> Url {
        let path = match endpoint {
            Endpoint::List => "api/v1/tiktok/user/post/list",
            Endpoint::Detail => "api/v1/tiktok/video/detail",
        };
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        url
    }

    /// Whether the host is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.0.host_str().is_some_and(is_loopback)
    }

    /// The host as it was named.
    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether requests are not encrypted.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Whether keys would cross a network unencrypted.
    pub(super) fn is_open_to_eavesdroppers(&self) -> bool {
        self.is_plain() && !self.is_loopback()
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_stand_behind_any_prefix() {
        for (base, expected) in [
            ("https://api.example.com", "https://api.example.com/api/v1/tiktok/user/post/list"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/api/v1/tiktok/user/post/list"),
            (" https://h/gateway/x// ", "https://h/gateway/x/api/v1/tiktok/user/post/list"),
        ] {
            assert_eq!(ApiUrl::parse(base).unwrap().endpoint(Endpoint::List).as_str(), expected);
        }
        let url = ApiUrl::parse("https://h/").unwrap();
        assert_eq!(url.endpoint(Endpoint::Detail).path(), "/api/v1/tiktok/video/detail");
        assert_eq!(url.to_string(), "https://h");
    }

    #[test]
    fn urls_that_hold_secrets_or_make_no_sense_are_refused_without_being_repeated() {
        for text in ["", "api.example.com", "ftp://h", "http://", "https://u:tk_secret@h", "https://h?key=tk_secret"] {
            let message = ApiUrl::parse(text).unwrap_err().to_string();
            assert!(message.contains("--api-url") && !message.contains("tk_secret"), "{message}");
        }
    }

    #[test]
    fn loopback_is_known_in_every_spelling() {
        for (text, loopback) in [
            ("http://localhost:1", true),
            ("http://127.0.0.9", true),
            ("http://[::1]:3", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(ApiUrl::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
    }
}
