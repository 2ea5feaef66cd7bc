//! The integration tests, one binary. One commented line per file.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops there, helpers included")]

/// The Elasticsearch store against a real node (`scripts/elasticsearch run -- cargo test`) and against stand-ins.
mod elastic;
