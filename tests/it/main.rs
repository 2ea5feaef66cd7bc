//! Tests from the outside, one binary. One commented line per file.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop there, loudly")]

mod asking; // what is typed finds what was stored: a plain store, tables, JSON, CSV
mod support; // helpers
