//! The embedded store: one tantivy index per collection, in a folder.
//!
//! How it reads, in the order of the flow: the mappings become a schema (`mapping`, `schema`, `analyzer`, `date`),
//! the folder is locked, opened or made (`folder`, `trouble`), documents are read against the schema (`document`)
//! and written by one thread (`writer`, `engine`, `collection`, `committed`), questions are asked (`reader`,
//! `query`, `phrase_prefix`, `negated`, `top`). Not here: folding and query parsing, which are done once in `model`.

mod analyzer;
mod check;
mod collection;
mod committed;
mod contents;
mod date;
mod document;
mod engine;
mod folder;
mod lock;
mod mapping;
mod negated;
mod phrase_prefix;
mod place;
mod query;
mod reader;
mod schema;
mod stamp;
mod top;
mod trouble;
mod writer;

pub use engine::CommitLimits;
pub use reader::EmbeddedReader;
pub use writer::EmbeddedWriter;
