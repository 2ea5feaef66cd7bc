//! What is asked of this machine: whether a host is it (all that talks over a network, and the settings), and how much
//! room its disks have (whoever examines a folder).

use std::io;
use std::net::IpAddr;
use std::path::Path;

/// Whether the host part of a URL (an IPv6 address may stand in brackets) is this machine, by its name or its address.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How much may still be written (bytes) to the disk that `path` lies on, or will lie on once it is made.
///
/// # Errors
/// No folder above it can be looked at either.
pub fn free_space(path: &Path) -> io::Result<u64> {
    let path = std::path::absolute(path)?;
    let there = path.ancestors().find(|folder| folder.exists()).unwrap_or(&path);
    fs4::available_space(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_still_to_be_made_has_the_room_of_the_one_above_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let space = free_space(&folder.path().join("not/made/yet")).expect("a disk");
        assert!(space > 0, "this test wrote its folder there");
    }

    #[test]
    fn this_machine_is_known_in_every_spelling() {
        assert!(["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"].into_iter().all(is_loopback));
        assert!(!["", "localhost.example", "10.0.0.1", "[fe80::1]"].into_iter().any(is_loopback));
    }
}
