//! What a run keeps on disk besides the store: raw answers, recorded pages, dead letters, the data folder's lock.
//!
//! `raw` writes every answer before anybody parses it (`record` makes its line, `segment` its file), `recorded`
//! reads archives and hand-made pages back (`input` opens any of them, compressed or not), `dead_letters` keeps
//! the documents that a store refused, `events` what tracking found and what became of it, both through `appended` and
//! `draft`; `data_folder` keeps two writers out of one folder, `summary` counts what lies there. Jobs and commands call
//! these; nothing here knows what an answer means.

mod appended;
pub mod data_folder;
pub mod dead_letters;
mod draft;
pub mod events;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod input;
mod lines;
mod measure;
pub mod raw;
mod record;
pub mod recorded;
pub mod segment;
pub mod summary;

use std::io;
use std::path::PathBuf;

pub use data_folder::DataFolder;
pub use dead_letters::reader::{DeadLetterReader, LetterError, ReadLetter};
pub use dead_letters::{DeadLetter, DeadLetters};
pub use events::EventLedger;
pub use input::open_input;
pub use measure::bytes_per_record;
pub use raw::RawArchive;
pub use record::refuse_newer;
pub use recorded::{RecordedError, RecordedPage, RecordedPages, RecordedResponse};
pub use segment::{segments, segments_since};
pub use summary::FolderSummary;

/// What went wrong with a file or folder of this room; each message names it and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Something else stands where the folder should be.
    #[error("{} is no folder: give another --data-dir", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder cannot be made or written.
    #[error("the folder {} cannot be written ({reason}): check its permissions and the disk, or give another --data-dir", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// Another process fetches or writes with this folder.
    #[error("the data folder {} is in use by another viralmine{}: wait for it to end, or give another --data-dir", path.display(), process_words(*process))]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The other process, when its id could be read.
        process: Option<u32>,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// A file cannot be opened or read.
    #[error("{} cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
}

fn process_words(process: Option<u32>) -> String {
    process.map(|id| format!(" (process {id})")).unwrap_or_default()
}
