//! The integration tests, one binary. Each file has its subject in its first line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should stop there")]

/// Whole answers into normalized pages and documents, and the `normalize` job.
mod normalize;
/// Every file of real posts, against counts taken by other means.
mod samples;
/// The 62 shapes seen in real data, one test each.
mod shapes;
