//! Whether a host is this machine: asked by all that talks over a network, and by the settings.

use std::net::IpAddr;

/// Whether the host part of a URL (an IPv6 address may stand in brackets) is this machine, by its name or its address.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_in_every_spelling() {
        assert!(["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"].into_iter().all(is_loopback));
        assert!(!["", "localhost.example", "10.0.0.1", "[fe80::1]"].into_iter().any(is_loopback));
    }
}
