//! `DIR/index/writer.lock`: admits one writer (a run, a replay or a reindexing) to all indices of a folder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::trouble;
use crate::store::StoreError;

const LOCK_FILE: &str = "writer.lock";

/// Held while this process may write; released by the system when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

/// What a look at the lock says.
#[derive(Debug)]
pub(super) enum LockState {
    /// Nobody writes.
    Free,
    /// Somebody does.
    Held,
    /// It cannot be opened for writing, so neither can anything else.
    Closed(io::Error),
}

impl WriterLock {
    /// Makes `folder`, that of the indices, and takes its lock.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|error| trouble::unwritable(folder, &error))?;
        let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK_FILE));
        let file = file.map_err(|error| trouble::unwritable(folder, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(trouble::busy(folder)),
            Err(TryLockError::Error(error)) => Err(trouble::unwritable(folder, &error)),
        }
    }

    /// Whether somebody holds it. Makes nothing; holds it for an instant, together with others that only look.
    pub(super) fn look(folder: &Path) -> LockState {
        match File::options().write(true).open(folder.join(LOCK_FILE)) {
            Ok(file) if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) => LockState::Held,
            Ok(_) => LockState::Free,
            Err(error) if error.kind() == io::ErrorKind::NotFound => LockState::Free,
            Err(error) => LockState::Closed(error),
        }
    }
}
