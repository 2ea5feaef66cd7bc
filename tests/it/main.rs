//! One binary of integration tests; each file is a theme.

#![allow(clippy::unwrap_used, clippy::expect_used)]

/// Raw answers and recorded pages, written and read back, whole or cut.
mod archive;
/// The provider's API as the simulator plays it, over HTTP.
mod simulator;
