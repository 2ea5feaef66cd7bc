//! The embedded store: one tantivy index per collection, in a folder.
//!
//! How it reads, in the order of the flow: the mappings become a schema (`mapping`, `schema`, `analyzer`, `date`),
//! the folder is locked, opened or made (`folder`, `trouble`), documents are read against the schema (`document`)
//! and written by one thread (`writer`, `engine`, `collection`, `committed`), questions are asked (`reader`,
//! `query`, `phrase_prefix`, `negated`, `top`). Not here: folding and query parsing, which are done once in `model`.

mod analyzer;
mod collection;
mod committed;
mod date;
mod document;
mod engine;
mod folder;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod mapping;
mod negated;
mod phrase_prefix;
mod query;
mod reader;
mod schema;
mod top;
mod trouble;
mod writer;

pub use engine::CommitLimits;
pub use reader::EmbeddedReader;
pub use writer::EmbeddedWriter;
