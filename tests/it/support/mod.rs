//! What several tests use.

pub mod browser; // a headless Chromium, and what it sees
pub mod kibana; // Kibana as far as `setup` asks it: its status, its import of saved objects
pub mod memory; // a store in memory, for many small runs
pub mod naive; // a store that answers by looking at every document
pub mod node; // an Elasticsearch node of a test's own, which it may kill
pub mod place; // the two stores, as places that a scenario runs in
pub mod proxy; // a proxy in front of a real node that spoils what passes, as it is told to
pub mod records; // archive records made by hand, and files of them
pub mod rerun; // replays and comparisons, put together as the commands do it
pub mod run; // one backfill, put together as the command does it, with doubles where a test wants them
pub mod tls; // authorities and certificates for listeners that speak TLS
