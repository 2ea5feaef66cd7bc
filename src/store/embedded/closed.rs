//! A folder that may be closed to us: on a read-only mount, or another user's. The index library locks it whenever
//! segments are opened, so that no writer removes them meanwhile, and opens the lock's file for writing, which would
//! forbid all questions there. Where that is refused, the lock is taken on the file opened for reading, or, as long as
//! no writer has made that file, not at all. Everything else is the library's own.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    DirectoryLock, FileHandle, Lock, META_LOCK, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};
use tantivy::{Directory, TantivyError};

/// The folder of an index.
#[derive(Debug, Clone)]
pub(super) struct MaybeClosed {
    folder: PathBuf,
    files: MmapDirectory,
}

impl MaybeClosed {
    /// Opens it; nothing is made.
    pub(super) fn open(folder: &Path) -> Result<Self, TantivyError> {
        Ok(Self { folder: folder.to_owned(), files: MmapDirectory::open(folder)? })
    }

    /// Holds off whoever wants to remove segments, and nobody who reads them, too.
    fn lock_for_reading(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let held = match File::open(self.folder.join(&lock.filepath)) {
            Ok(file) => {
                file.lock_shared().map_err(LockError::wrap_io_error)?;
                Some(file)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(LockError::wrap_io_error(error)),
        };
        Ok(DirectoryLock::from(Box::new(held)))
    }
}

impl Directory for MaybeClosed {
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        match self.files.acquire_lock(lock) {
            Err(LockError::IoError(error)) if lock.filepath == META_LOCK.filepath && is_closed(&error) => {
                self.lock_for_reading(lock)
            }
            acquired => acquired,
        }
    }

    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.files.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        // The library's own way would leave it to its owner alone.
        let mut file = like_others().tempfile_in(&self.folder)?;
        file.write_all(data)?;
        file.as_file().sync_data()?;
        file.persist(self.folder.join(path))?;
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn watch(&self, watch_callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(watch_callback)
    }
}

/// A file that is to be put in a place, with the permissions that the system gives every new file, as all others of an
/// index have them.
fn like_others() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn who_may_read_other_files_may_read_what_is_replaced() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        let closed = MaybeClosed::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("other"), "").unwrap();
        for text in ["{}", "{\"opstamp\":1}"] {
            closed.atomic_write(Path::new("meta.json"), text.as_bytes()).unwrap();
            assert_eq!(closed.atomic_read(Path::new("meta.json")).unwrap(), text.as_bytes());
            assert_eq!(mode("meta.json"), mode("other"));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn readers_hold_off_who_removes_segments_and_not_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let (closed, writer) = (MaybeClosed::open(folder.path()).unwrap(), MmapDirectory::open(folder.path()).unwrap());
        closed.lock_for_reading(&META_LOCK).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
        let at_once = Lock { filepath: META_LOCK.filepath.clone(), is_blocking: false };
        drop(writer.acquire_lock(&at_once).unwrap());
        let readers = [closed.lock_for_reading(&META_LOCK).unwrap(), closed.lock_for_reading(&META_LOCK).unwrap()];
        assert!(matches!(writer.acquire_lock(&at_once), Err(LockError::LockBusy)));
        drop(readers);
        drop(writer.acquire_lock(&at_once).unwrap());
    }
}
