//! Which request opens a connection. It reaches the server later than one on an open connection, by a handshake; the
//! one behind it must not catch up with it, or the server counts both into one second.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a handshake (name look-up, TCP, TLS) is taken to last at most, over a network.
const HANDSHAKE: Duration = Duration::from_millis(250);

/// Counts requests under way. HTTP/1.1 has one on a connection at a time, so a new most means a new connection;
/// connections stay open between requests.
#[derive(Debug)]
pub(super) struct Connections {
    under_way: AtomicUsize,
    most: AtomicUsize,
    handshake: Duration,
}

/// A request under way; dropping it ends it.
#[derive(Debug)]
pub(super) struct UnderWay<'a>(&'a Connections);

impl Connections {
    /// None yet. On one machine (`loopback`) a handshake takes no time.
    pub(super) fn new(loopback: bool) -> Self {
        let handshake = if loopback { Duration::ZERO } else { HANDSHAKE };
        Self { under_way: AtomicUsize::new(0), most: AtomicUsize::new(0), handshake }
    }

    /// A request is about to be sent; how much later than usual it may arrive.
    pub(super) fn enter(&self) -> (UnderWay<'_>, Duration) {
        let under_way = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        let opens = under_way > self.most.fetch_max(under_way, Ordering::Relaxed);
        (UnderWay(self), if opens { self.handshake } else { Duration::ZERO })
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_new_most_of_requests_opens_a_connection() {
        let connections = Connections::new(false);
        let (first, late) = connections.enter();
        assert_eq!(late, HANDSHAKE);
        let (second, late) = connections.enter();
        assert_eq!(late, HANDSHAKE);
        drop((first, second));
        let (_third, late) = connections.enter();
        assert_eq!(late, Duration::ZERO, "there are two open ones");
        assert_eq!(Connections::new(true).enter().1, Duration::ZERO);
    }
}
