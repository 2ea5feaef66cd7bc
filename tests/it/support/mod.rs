//! What several tests use.

pub mod naive; // a store that answers by looking at every document
pub mod node; // an Elasticsearch node of a test's own, which it may kill
pub mod place; // the two stores, as places that a scenario runs in
pub mod run; // one backfill, put together as the command does it, with doubles where a test wants them
