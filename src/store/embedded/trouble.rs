//! What went wrong inside tantivy, in words that name the folder and say what to do.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use tantivy::TantivyError;
use tantivy::directory::error::LockError;

use crate::store::StoreError;

/// The index cannot be read.
pub(super) fn unreadable(folder: &Path, error: &TantivyError) -> StoreError {
    let folder = folder.display();
    match error {
        TantivyError::IncompatibleIndex(_) => StoreError::Unfit(format!(
            "the embedded index in {folder} is of another version of the index library ({error}): {}",
            start_again(&folder)
        )),
        TantivyError::LockFailure(LockError::IoError(cause), _) => StoreError::Broken(format!(
            "the embedded index in {folder} cannot be locked while it is opened ({cause}): make the folder writable"
        )),
        // Ours: one document, not the index.
        TantivyError::InternalError(cause) => StoreError::Broken(format!("in the embedded index {folder}: {cause}")),
        _ => broken(&folder, error),
    }
}

/// Opens an index. The index library panics over some damaged files instead of returning an error.
pub(super) fn guard_opening<T>(folder: &Path, open: impl FnOnce() -> tantivy::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(|error| unreadable(folder, &error)),
        Err(_) => Err(broken(&folder.display(), &"a file is cut short or overwritten")),
    }
}

/// The index makes no sense.
pub(super) fn broken(folder: &dyn Display, cause: &dyn Display) -> StoreError {
    StoreError::Broken(format!("the embedded index in {folder} is damaged ({cause}): {}", start_again(folder)))
}

/// The index cannot be written.
pub(super) fn unwritable(folder: &Path, cause: &dyn Display) -> StoreError {
    StoreError::Broken(format!(
        "the embedded index in {} cannot be written ({cause}): see to free disk space and to the folder's permissions, \
         then run the same command again; what was committed is kept",
        folder.display()
    ))
}

/// Another writer holds the folder.
pub(super) fn busy(folder: &Path) -> StoreError {
    StoreError::Busy(format!(
        "another viralmine process is writing to {}: wait until it ends, or name another folder with --data-dir",
        folder.display()
    ))
}

/// How to get a good index again.
pub(super) fn start_again(folder: &dyn Display) -> String {
    format!(
        "delete the folder that holds {folder} with all its indices, then fetch again with `viralmine backfill` (the raw \
         archive beside it is kept)"
    )
}
