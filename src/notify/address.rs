//! The address of a webhook. Whoever knows it can write into somebody's channel, so that it is a secret: it is shown
//! with its host alone, and what a receiver echoes of it is struck out.

use std::cmp::Reverse;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use url::{Url, form_urlencoded};

use crate::model::host::is_loopback;
use crate::model::redact::without_secret;
use crate::model::{Secret, TlsTrouble};

/// A shorter piece of the path is no secret, but may be a word ("services", "hooks").
const SHORTEST_OF_PATH: usize = 9;

/// Who writes a name, a password or a parameter into an address seldom means a word by it.
const SHORTEST_SECRET: usize = 4;

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
        let of_path = url.path_segments().into_iter().flatten().chain([url.path()]);
        let of_path = of_path.flat_map(spellings).filter(|piece| piece.len() >= SHORTEST_OF_PATH);
        let (name, password) = (url.username(), url.password().unwrap_or_default());
        // As it is sent, in a header.
        let login = BASE64_STANDARD.encode(format!("{}:{}", decoded(name), decoded(password)));
        let others = [url.query().unwrap_or_default(), name, password];
        let others =
            others.into_iter().flat_map(spellings).chain((!name.is_empty() || !password.is_empty()).then_some(login));
        let mut pieces: Vec<String> = of_path.chain(others.filter(|piece| piece.len() >= SHORTEST_SECRET)).collect();
        // A piece that is struck out first would leave the rest of one that it is in.
        pieces.sort_by_key(|piece| Reverse(piece.len()));
        pieces.dedup();
        let mut text = text.to_vec();
        for piece in pieces {
            text = without_secret(&text, &Secret::new(&piece)).unwrap_or(text);
        }
        text
    }
}

/// A piece of an address and its names and values, as they stand there and as they are meant.
fn spellings(piece: &str) -> Vec<String> {
    let parts = piece.split(['&', '=']);
    let meant =
        form_urlencoded::parse(piece.as_bytes()).flat_map(|(name, value)| [name.into_owned(), value.into_owned()]);
    let spelt = [piece].into_iter().chain(parts).flat_map(|part| [part.to_owned(), decoded(part)]);
    spelt.chain(meant).collect()
}

/// Without its percent signs; a plus stays one.
fn decoded(piece: &str) -> String {
    let one_value = piece.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(one_value.as_bytes()).map(|(name, _)| name.into_owned()).collect()
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
        let struck_out = |address: &str, echo: &str| {
            String::from_utf8(self::address(address).struck_out_of(echo.as_bytes())).unwrap()
        };
        let long = "https://u:passw0rd-x@h/services/T0LONGENOUGH/s%2Fcr3t-token?key=another+secret";
        let echo =
            "no T0LONGENOUGH, s%2Fcr3t-token, s/cr3t-token, passw0rd-x, another+secret, another secret in services";
        let expected = "no [redacted], [redacted], [redacted], [redacted], [redacted], [redacted] in services";
        assert_eq!(struck_out(long, echo), expected);
        let whole = struck_out(long, "no /services/T0LONGENOUGH/s%2Fcr3t-token, nor ?key=another+secret");
        assert_eq!(whole, "no [redacted], nor ?[redacted]");
        let short = "https://lily:s%2B3+t@h/hooks/x?token=s3cr3t&v=1";
        let echo = "lily, s+3+t, Basic bGlseTpzKzMrdA==, s3cr3t, v=1 of hooks";
        assert_eq!(struck_out(short, echo), "[redacted], [redacted], Basic [redacted], [redacted], v=1 of hooks");
    }
}
