//! The integration tests: one binary, one line of the index below for each file.

mod repository; // documents, mappings and files tell the same story
mod rooms; // the map of src/lib.rs: who imports whom, which crate is named where, how long a file is
