//! What is connected to, and how: plain values. Where they come from is the settings room's business.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::model::Credentials;
use crate::model::host::is_loopback;

/// Everything that [`super::Kibana::connect`] needs. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct KibanaSettings {
    /// Kibana's address, without user and password, with its base path and space, if any (`…/s/my-space/`); ends with a
    /// slash.
    pub url: Url,
    /// Who asks.
    pub credentials: Credentials,
    /// PEM file of the authority that signed Kibana's certificate, besides those the system trusts.
    pub ca_cert: Option<PathBuf>,
    /// Limit for one request, from connecting to the answer's last byte.
    pub request_timeout: Duration,
}

impl KibanaSettings {
    /// Whether credentials would cross a network unencrypted.
    #[must_use]
    pub fn is_open_to_eavesdroppers(&self) -> bool {
        let has_credentials = !matches!(self.credentials, Credentials::None);
        has_credentials && self.url.scheme() == "http" && !self.is_loopback()
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.url.host_str().is_some_and(is_loopback)
    }
}
