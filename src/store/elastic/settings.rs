//! What is connected to, and how: plain values, checked before any request. Where they come from is the settings
//! room's business.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

pub use crate::model::Credentials;
use crate::store::StoreError;

/// Everything that [`super::ElasticStore::connect`] needs.
#[derive(Debug, Clone)]
pub struct ElasticSettings {
    /// The server's address, without user and password; a path (of a proxy in front of it) is kept.
    pub url: Url,
    /// The start of all index, alias and template names.
    pub prefix: String,
    /// Who asks.
    pub credentials: Credentials,
    /// PEM file of the authority that signed the server's certificate, besides those the system trusts.
    pub ca_cert: Option<PathBuf>,
    /// Whether bulk requests are sent gzipped: worth it over a network, a waste of time on one machine.
    pub compress: bool,
    /// Limit for one request, from connecting to the answer's last byte.
    pub request_timeout: Duration,
}

impl ElasticSettings {
    /// Longest prefix: names of up to 255 bytes are allowed, and version and collection follow.
    const LONGEST_PREFIX: usize = 200;

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if !matches!(self.url.scheme(), "http" | "https") || self.url.host_str().is_none() {
            return unfit("the store's address must be http://host:port or https://host:port");
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return unfit(
                "the store's address carries a user or a password: take it out and set ELASTICSEARCH_USERNAME and \
                 ELASTICSEARCH_PASSWORD, or ELASTICSEARCH_API_KEY",
            );
        }
        if self.url.query().is_some() || self.url.fragment().is_some() {
            return unfit("the store's address must end with its host, port or path: no '?' and no '#'");
        }
        if !is_index_prefix(&self.prefix) {
            return unfit(&format!(
                "--index-prefix {:?} is no start of an index name: small letters, digits, '-', '_' and '.', a letter or \
                 digit first, at most {} of them",
                self.prefix,
                Self::LONGEST_PREFIX
            ));
        }
        if let Credentials::ApiKey(key) = &self.credentials
            && !key.expose().bytes().all(|byte| byte.is_ascii_graphic())
        {
            return unfit("ELASTICSEARCH_API_KEY holds blanks or other characters that no API key has");
        }
        Ok(())
    }
}

/// Stricter than the server: only what needs no escaping in a path either.
fn is_index_prefix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=ElasticSettings::LONGEST_PREFIX).contains(&text.len())
        && text.bytes().all(allowed)
        && text.as_bytes()[0].is_ascii_alphanumeric()
}

fn unfit<T>(reason: &str) -> Result<T, StoreError> {
    Err(StoreError::Unfit(reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    fn settings(url: &str, prefix: &str, credentials: Credentials) -> ElasticSettings {
        ElasticSettings {
            url: Url::parse(url).unwrap(),
            prefix: prefix.to_owned(),
            credentials,
            ca_cert: None,
            compress: false,
            request_timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn each_wrong_setting_is_refused_by_name() {
        let key = |text| Credentials::ApiKey(Secret::new(text));
        let cases = [
            (settings("ftp://host", "viralmine", Credentials::None), "http://"),
            (settings("http://elastic:hunter2@host", "viralmine", Credentials::None), "ELASTICSEARCH_PASSWORD"),
            (settings("http://host/?pretty", "viralmine", Credentials::None), "no '?'"),
            (settings("http://host", "Viral", Credentials::None), "--index-prefix \"Viral\""),
            (settings("http://host", "", Credentials::None), "--index-prefix"),
            (settings("http://host", "a,b", Credentials::None), "--index-prefix"),
            (settings("http://host", "-a", Credentials::None), "--index-prefix"),
            (settings("http://host", "viralmine", key("hunter2\nx")), "ELASTICSEARCH_API_KEY"),
        ];
        for (settings, word) in cases {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("hunter2"), "{error}");
        }
        assert!(settings("https://host/es/", "viralmine-2", key("abc==")).check().is_ok());
    }
}
