//! The integration tests: one binary, one line of the index below for each file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop there, its helpers too"
)]

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop there, loudly")]

mod asking; // what is typed finds what was stored: a plain store, tables, JSON, CSV
mod repository; // documents, mappings and files tell the same story
mod rooms; // the map of src/lib.rs: who imports whom, which crate is named where, how long a file is
mod source; // the API client against a server on loopback: keys, parameters and order, as the server sees them
mod support; // what the tests share
//! The integration tests, one binary. One commented line per file.

/// The Elasticsearch store against a real node (`scripts/elasticsearch run -- cargo test`) and against stand-ins.
mod elastic;
//! The integration tests, one binary. Each file has its subject in its first line.

/// Whole answers into normalized pages and documents, and the `normalize` job.
mod normalize;
/// Every file of real posts, against counts taken by other means.
mod samples;
/// The 62 shapes seen in real data, one test each.
mod shapes;
