//! The address of a webhook. Whoever knows it can write into somebody's channel, so that it is a secret: it is shown with
//! its host alone, and what a receiver echoes of it is struck out.

use std::fmt;

use url::{Url, form_urlencoded};

use crate::model::host::is_loopback;
use crate::model::redact::without_secret;
use crate::model::{Secret, TlsTrouble};

/// A shorter piece of the address is no secret, but may be a word ("services", "hooks").
const SHORTEST_SECRET: usize = 9;

/// Why a text is no address of a webhook. Nothing of the text is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL at all.
    #[error("is no URL: it looks like https://hooks.example.com/…")]
    NoUrl,
    /// Another scheme, or no host.
    #[error("must start with http:// or https:// and name a host")]
    NoHttp,
}

/// Where messages go.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookAddress(Url);

impl WebhookAddress {
    /// Reads a URL.
    pub fn parse(text: &Secret) -> Result<Self, AddressError> {
        let url = Url::parse(text.expose()).map_err(|_| AddressError::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(AddressError::NoHttp);
        }
        Ok(Self(url))
    }

    /// The whole of it, to send to. Never hand it to a log, an error or a file.
    pub(super) fn expose(&self) -> &Url {
        &self.0
    }

    /// Whether the host is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        self.host().is_some_and(is_loopback)
    }

    /// Whether what is sent is not encrypted.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme() == "http"
    }

    /// Why its certificate is not trusted; `None` where that is not about the certificate.
    pub(super) fn fault(&self, trouble: &TlsTrouble) -> Option<String> {
        trouble.fault(&format!("the webhook at {self}"), self.host().unwrap_or_default())
    }

    fn host(&self) -> Option<&str> {
        self.0.host_str()
    }

    /// A text without what is secret of the address, however it is spelt there.
    pub(super) fn struck_out_of(&self, text: &[u8]) -> Vec<u8> {
        let url = &self.0;
        let spelt = url.path_segments().into_iter().flatten().chain(url.query());
        let spelt: Vec<&str> = spelt.chain([url.path(), url.username(), url.password().unwrap_or_default()]).collect();
        let meant = spelt.iter().flat_map(|piece| form_urlencoded::parse(piece.as_bytes()));
        let meant: Vec<String> = meant.flat_map(|(name, value)| [name.into_owned(), value.into_owned()]).collect();
        let pieces = spelt.into_iter().chain(meant.iter().map(String::as_str));
        let mut text = text.to_vec();
        for piece in pieces.filter(|piece| piece.len() >= SHORTEST_SECRET) {
            text = without_secret(&text, &Secret::new(piece)).unwrap_or(text);
        }
        text
    }
}

/// `https://hooks.example.com`, and that there is more.
impl fmt::Display for WebhookAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.0.scheme(), self.host().unwrap_or_default())?;
        if let Some(port) = self.0.port() {
            write!(formatter, ":{port}")?;
        }
        formatter.write_str("/…")
    }
}

impl fmt::Debug for WebhookAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> WebhookAddress {
        WebhookAddress::parse(&Secret::new(text)).unwrap()
    }

    #[test]
    fn only_its_host_is_shown() {
        for (text, shown) in [
            ("https://hooks.example.com/services/T0/B0/s3cr3t", "https://hooks.example.com/…"),
            ("http://me:s3cr3t@127.0.0.1:8080?key=s3cr3t#s3cr3t", "http://127.0.0.1:8080/…"),
            (" https://[::1]/s3cr3t\n", "https://[::1]/…"),
        ] {
            let address = address(text);
            assert_eq!(format!("{address} {address:?}"), format!("{shown} {shown}"));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for text in [
            "",
            "hooks.example.com/s3cr3t",
            "ftp://h/s3cr3t",
            "file:///s3cr3t",
            "https://",
            "mailto:s3cr3t@h",
            "javascript:s3cr3t",
        ] {
            let error = WebhookAddress::parse(&Secret::new(text)).unwrap_err();
            assert!(!error.to_string().contains("s3cr3t") && !format!("{error:?}").contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn what_a_receiver_echoes_is_struck_out() {
        let address = address("https://u:passw0rd-x@h/services/T0LONGENOUGH/s%2Fcr3t-token?key=another+secret");
        let echo =
            "no /services/T0LONGENOUGH/s%2Fcr3t-token, nor T0LONGENOUGH, s/cr3t-token, passw0rd-x, another secret";
        let cleaned = String::from_utf8(address.struck_out_of(echo.as_bytes())).unwrap();
        let expected = "no /services/[redacted]/[redacted], nor [redacted], [redacted], [redacted], [redacted]";
        assert_eq!(cleaned, expected);
    }
}
