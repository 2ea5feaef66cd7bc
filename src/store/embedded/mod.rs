//! The embedded store: one tantivy index per collection, in a folder.
//!
//! How it reads, in the order of the flow: the mappings become a schema (`mapping`, `schema`, `analyzer`, `date`), the
//! folder is locked (`lock`), the versions in use are found (`place`), their indices opened or made (`folder`, `stamp`,
//! `trouble`; also where nothing may be written: `closed`; creators, which can always be made again: `derived`) and
//! their files checked (`check`, `verified`), documents are read against the schema (`document`) and written by one
//! thread (`writer`, `engine`, `collection`, `committed`, `merges`), questions are asked (`reader`): for videos
//! (`query`, `phrase_prefix`, `negated`, `flag`, `top`), for posts in groups, by columns (`groups`, `pick`, `medians`,
//! `measure`, `slots`, `histogram`, over `posts` and `keys`), for `creators`, for one video's `snapshots`. What is
//! stored is read as it is (`contents`), copied into a next version (`versions`) and looked at (`examine`). Not here:
//! folding and query parsing, which are done once in `model`.

mod analyzer;
mod check;
mod closed;
mod collection;
mod committed;
mod contents;
mod creators;
mod date;
mod derived;
mod document;
mod engine;
mod examine;
mod flag;
mod folder;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod groups;
mod histogram;
mod keys;
mod lock;
mod mapping;
mod measure;
mod medians;
mod merges;
mod negated;
mod phrase_prefix;
mod pick;
mod place;
mod posts;
mod query;
mod reader;
mod schema;
mod slots;
mod snapshots;
mod stamp;
mod top;
mod trouble;
mod verified;
mod versions;
mod writer;

pub use engine::CommitLimits;
pub use examine::EmbeddedExaminer;
pub use reader::EmbeddedReader;
pub use versions::EmbeddedVersions;
pub use writer::EmbeddedWriter;
