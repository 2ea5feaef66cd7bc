//! The embedded store: one tantivy index per collection, in a folder.
//!
//! How it reads, in the order of the flow: the mappings become a schema (`mapping`, `schema`, `analyzer`, `date`), the
//! folder is locked (`lock`), the versions in use are found (`place`), their indices opened or made (`folder`, `stamp`,
//! `trouble`) and their files checked (`check`), documents are read against the schema (`document`) and written by one
//! thread (`writer`, `engine`, `collection`, `committed`, `merges`), questions are asked (`reader`, `query`,
//! `phrase_prefix`, `negated`, `top`), what is stored is read as it is (`contents`), copied into a next version
//! (`versions`) and looked at (`examine`). Not here: folding and query parsing, which are done once in `model`.

mod analyzer;
mod check;
mod collection;
mod committed;
mod contents;
mod date;
mod document;
mod engine;
mod examine;
mod folder;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod lock;
mod mapping;
mod merges;
mod negated;
mod phrase_prefix;
mod place;
mod query;
mod reader;
mod schema;
mod stamp;
mod top;
mod trouble;
mod versions;
mod writer;

pub use engine::CommitLimits;
pub use examine::EmbeddedExaminer;
pub use reader::EmbeddedReader;
pub use versions::EmbeddedVersions;
pub use writer::EmbeddedWriter;
