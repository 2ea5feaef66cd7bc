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

/// A shorter piece of the path that has no digit, and is not the last one, may be a word ("services", "hooks").
const SHORTEST_WITHOUT_DIGIT: usize = 9;

/// What is shorter is no secret.
const SHORTEST_SECRET: usize = 4;

/// What a parameter may have as its value without being a secret.
const NO_SECRETS: [&str; 2] = ["true", "false"];

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
        let mut pieces: Vec<String> =
            self.of_path().into_iter().chain(self.of_query()).chain(self.of_login()).collect();
        pieces.retain(|piece| piece.len() >= SHORTEST_SECRET);
        // A piece that is struck out first would leave the rest of one that it is in.
        pieces.sort_by_key(|piece| Reverse(piece.len()));
        pieces.dedup();
        let mut text = text.to_vec();
        for piece in pieces {
            text = without_secret(&text, &Secret::new(&piece)).unwrap_or(text);
        }
        text
    }

    fn of_path(&self) -> Vec<String> {
        let url = &self.0;
        let pieces: Vec<&str> = url.path_segments().into_iter().flatten().filter(|piece| !piece.is_empty()).collect();
        // A token stands at the end, mostly.
        let last = pieces.last().copied().into_iter().flat_map(spellings);
        let parts = pieces.iter().flat_map(|piece| [*piece].into_iter().chain(piece.split(['&', '=', ';'])));
        let is_no_word = |part: &String| {
            part.len() >= SHORTEST_WITHOUT_DIGIT || part.contains(|letter: char| letter.is_ascii_digit())
        };
        let others = parts.chain([url.path()]).flat_map(spellings).filter(is_no_word);
        last.chain(others).collect()
    }

    /// The values of the parameters: their names are words, with which a receiver says what it misses.
    fn of_query(&self) -> Vec<String> {
        let parameters = self.0.query().unwrap_or_default().split('&');
        // Without a name it is a value.
        let values = parameters.map(|parameter| parameter.split_once('=').map_or(parameter, |(_, value)| value));
        let secrets = values.filter(|value| NO_SECRETS.iter().all(|word| !value.eq_ignore_ascii_case(word)));
        secrets.flat_map(spellings).collect()
    }

    /// Name and password, alone and as they are sent, in a header.
    fn of_login(&self) -> Vec<String> {
        let (name, password) = (self.0.username(), self.0.password().unwrap_or_default());
        if name.is_empty() && password.is_empty() {
            return Vec::new();
        }
        let header = BASE64_STANDARD.encode(format!("{}:{}", decoded(name), decoded(password)));
        [name, password].into_iter().flat_map(spellings).chain([header]).collect()
    }
}

/// A piece of an address, as it stands there and as it is meant.
fn spellings(piece: &str) -> [String; 3] {
    [piece.to_owned(), decoded(piece), decoded(&piece.replace('+', " "))]
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

    fn struck_out(address: &str, echo: &str) -> String {
        String::from_utf8(self::address(address).struck_out_of(echo.as_bytes())).unwrap()
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
        let long = "https://u:passw0rd-x@h/services/T0LONGENOUGH/s%2Fcr3t-token?key=another+secret";
        let echo =
            "no T0LONGENOUGH, s%2Fcr3t-token, s/cr3t-token, passw0rd-x, another+secret, another secret in services";
        let expected = "no [redacted], [redacted], [redacted], [redacted], [redacted], [redacted] in services";
        assert_eq!(struck_out(long, echo), expected);
        let whole = struck_out(long, "no /services/T0LONGENOUGH/s%2Fcr3t-token, nor ?key=another+secret");
        assert_eq!(whole, "no [redacted], nor ?key=[redacted]");
        let short = "https://lily:s%2B3+t@h/hooks/x?token=s3cr3t&v=1";
        let echo = "lily, s+3+t, Basic bGlseTpzKzMrdA==, s3cr3t, v=1 of hooks";
        assert_eq!(struck_out(short, echo), "[redacted], [redacted], Basic [redacted], [redacted], v=1 of hooks");
    }

    #[test]
    fn what_a_receiver_says_of_parameters_stays_readable() {
        for (address, echo, shown) in [
            ("https://h/hook?wait=true&token=s3cr3t", "invalid wait token", "invalid wait token"),
            ("https://h/hook?wait=true&token=s3cr3t", "wait=true token=s3cr3t", "wait=true token=[redacted]"),
            ("https://h/hook?WAIT=False&token=a%2Bb%3D%3D", "False token a+b==", "False token [redacted]"),
            ("https://h/hook?token=abc==", "token abc==, token=abc==", "token [redacted], token=[redacted]"),
            ("https://h/hook?s3cr3t", "no s3cr3t here", "no [redacted] here"),
            ("https://h/hook?token=two+words", "two words, two+words", "[redacted], [redacted]"),
        ] {
            assert_eq!(struck_out(address, echo), shown);
        }
    }

    #[test]
    fn short_pieces_of_the_path_are_struck_out() {
        for (address, echo, shown) in [
            ("https://h/hook/abc12345", "unknown token abc12345", "unknown token [redacted]"),
            ("https://h/hook/abcd/", "unknown hook abcd", "unknown hook [redacted]"),
            ("https://h/hook/a1b2/json", "unknown hook a1b2", "unknown hook [redacted]"),
            ("https://h/services/hook/abc", "services: no hook abc", "services: no hook abc"),
            ("https://h/hook/t=ab12/send", "no ab12 in hook", "no [redacted] in hook"),
            ("https://h/v1/hook/s%2Fc", "v1: no hook s%2Fc or s/c", "v1: no hook [redacted] or s/c"),
        ] {
            assert_eq!(struck_out(address, echo), shown);
        }
    }
}
