//! `--metrics ADDR` as it is typed: an address of this machine and a port. Names are not looked up.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// Where metrics are served. Without a host it is this machine alone (127.0.0.1), not every interface of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress(pub(super) SocketAddr);

/// What was typed is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "give an address and a port, such as 127.0.0.1:9464 or [::1]:9464; :9464 is 127.0.0.1, port 0 takes a free one"
)]
pub struct ListenAddressError;

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, ListenAddressError> {
        let text = text.trim();
        let on_this_machine =
            text.rsplit_once(':').filter(|(host, _)| host.is_empty() || host.eq_ignore_ascii_case("localhost"));
        let address = match on_this_machine {
            Some((_, port)) => port.parse().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok(),
            None => text.parse().ok(),
        };
        address.map(Self).ok_or(ListenAddressError)
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_this_machine() {
        for (typed, meant) in [
            (":9464", "127.0.0.1:9464"),
            ("localhost:0", "127.0.0.1:0"),
            ("127.0.0.1:9464", "127.0.0.1:9464"),
            ("0.0.0.0:9464", "0.0.0.0:9464"),
            ("[::1]:9464", "[::1]:9464"),
        ] {
            assert_eq!(typed.parse::<ListenAddress>().map(|address| address.to_string()), Ok(meant.to_owned()));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in ["", "9464", ":", "127.0.0.1", "::1", ":99999", "http://127.0.0.1:9464", "example.com:80"] {
            assert_eq!(typed.parse::<ListenAddress>(), Err(ListenAddressError), "{typed}");
        }
    }
}
