//! The integration tests, one binary. One commented line per file.

/// The Elasticsearch store against a real node (`scripts/elasticsearch run -- cargo test`) and against stand-ins.
mod elastic;
