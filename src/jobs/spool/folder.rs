//! A spool's folder: `DATA_DIR/spool/PROCESS-N`, with a lock in it that ends with its process, so that the next spool
//! can tell what is left over from what is in use. Several processes may have one in the same data folder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use crate::archive::ArchiveError;

const FOLDER: &str = "spool";
const LOCK: &str = "lock";

#[derive(Debug)]
pub(super) struct SpoolFolder {
    path: PathBuf,
    _lock: File,
}

impl SpoolFolder {
    pub(super) fn create(data_folder: &Path) -> Result<Self, ArchiveError> {
        let parent = data_folder.join(FOLDER);
        let unwritable = |reason| ArchiveError::Unwritable { path: parent.clone(), reason };
        fs::create_dir_all(&parent).map_err(unwritable)?;
        // Whoever makes or removes a folder holds the lock of all: none is taken for left over before its own is
        // locked.
        let all = lock_file(&parent).map_err(unwritable)?;
        all.lock().map_err(unwritable)?;
        remove_left_over(&parent).map_err(unwritable)?;
        let make = || {
            let mut number = 1;
            let path = loop {
                let path = parent.join(format!("{}-{number}", process::id()));
                match fs::create_dir(&path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                    made => break made.map(|()| path)?,
                }
            };
            let lock = lock_file(&path)?;
            lock.lock()?;
            Ok(Self { path, _lock: lock })
        };
        make().map_err(unwritable)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SpoolFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "a spool's folder stays behind; the next one removes it");
        }
    }
}

fn lock_file(folder: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK))
}

fn remove_left_over(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let is_free = lock_file(&entry.path())?.try_lock().is_ok();
        if is_free {
            tracing::debug!(path = %entry.path().display(), "removing what a killed process left");
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
