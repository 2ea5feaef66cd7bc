//! What went wrong inside tantivy, in words that name the folder and say what to do, and the guard against its panics.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Display;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

use crate::store::StoreError;

/// The index cannot be read.
pub(super) fn unreadable(folder: &Path, error: &TantivyError) -> StoreError {
    let shown = folder.display();
    match error {
        TantivyError::IncompatibleIndex(_) | TantivyError::OpenReadError(OpenReadError::IncompatibleIndex(_)) => {
            StoreError::Unfit(format!(
                "the embedded index in {shown} is of another version of the index library ({error}): use the viralmine \
                 that made it, or {}",
                rebuild(&shown)
            ))
        }
        TantivyError::LockFailure(LockError::IoError(cause), _) => StoreError::Broken(format!(
            "the embedded index in {shown} cannot be locked while it is opened ({cause}): make the folder writable"
        )),
        // Ours: one document, not the index.
        TantivyError::InternalError(cause) => StoreError::Broken(format!("in the embedded index {shown}: {cause}")),
        TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) => {
            broken(folder, &format!("{} is missing", file.display()))
        }
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }) if is_of_the_system(io_error) => {
            inaccessible(&folder.join(filepath), io_error)
        }
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }) => {
            broken(folder, &format!("{}: {io_error}", filepath.display()))
        }
        TantivyError::IoError(cause) if is_of_the_system(cause) => inaccessible(folder, cause),
        _ => broken(folder, &in_words(error)),
    }
}

/// The library's error in words: what it says of files is a dump of its own types.
pub(super) fn in_words(error: &TantivyError) -> String {
    let of_file = |path: &Path, cause: &io::Error| format!("{}: {cause}", path.display());
    match error {
        TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, filepath })
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath })
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error, directory_path: filepath }) => {
            of_file(filepath, io_error)
        }
        TantivyError::OpenWriteError(error) => error.to_string(),
        TantivyError::OpenReadError(error) => error.to_string(),
        TantivyError::OpenDirectoryError(error) => error.to_string(),
        TantivyError::LockFailure(LockError::IoError(cause), _) | TantivyError::IoError(cause) => cause.to_string(),
        TantivyError::LockFailure(error, _) => error.to_string(),
        // It quotes the file's name as programmers do.
        _ => error.to_string().replace('"', ""),
    }
}

/// Whether the operating system refused (no permission, too many open files, a failing disk), so that the files may be
/// whole. A missing file is none of that.
fn is_of_the_system(error: &io::Error) -> bool {
    error.raw_os_error().is_some() && error.kind() != io::ErrorKind::NotFound
}

/// Runs what may meet damaged files: over some of them the index library panics instead of returning an error.
pub(super) fn guard<T>(folder: &Path, act: impl FnOnce() -> tantivy::Result<T>) -> Result<T, StoreError> {
    caught(folder, || act().map_err(|error| unreadable(folder, &error)))
}

/// The same for what has its own words.
pub(super) fn caught<T>(folder: &Path, act: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    thread_local!(static GUARDED: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    // A panic that becomes an error is not printed.
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if GUARDED.get() {
                tracing::debug!("stopped over a damaged file: {panic}");
            } else {
                before(panic);
            }
        }));
    });
    let outside = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(act));
    GUARDED.set(outside);
    done.unwrap_or_else(|panic| Err(broken(folder, &format!("a file makes no sense: {}", message(panic.as_ref())))))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.and_then(|text| text.lines().next()).unwrap_or("no more is known")
}

/// The index makes no sense.
pub(super) fn broken(folder: &Path, cause: &dyn Display) -> StoreError {
    let folder = folder.display();
    StoreError::Broken(format!("the embedded index in {folder} is damaged ({cause}): {}", rebuild(&folder)))
}

/// The operating system lets us not read it.
pub(super) fn inaccessible(path: &Path, cause: &io::Error) -> StoreError {
    StoreError::Broken(format!(
        "{} cannot be read ({cause}): see to its permissions and to the disk, then run the same command again",
        path.display()
    ))
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
        "another viralmine process is writing to {}: wait until it ends, or name another folder with --store or --data-dir",
        folder.display()
    ))
}

/// How to get a good index again when one is not whole. Checkpoints may not outlive their videos, so all must go.
pub(super) fn rebuild(folder: &dyn Display) -> String {
    format!(
        "move the folder `index` (of {folder}) away, then run `viralmine replay`, which builds it again from the raw \
         archive beside it without a request (only not how far each creator's walk had come: a later backfill walks them again)"
    )
}
