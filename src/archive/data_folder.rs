//! The data folder and its exclusive lock: two processes that fetch or write with one folder would fetch twice and
//! mix their records. Reading beside a writer needs no lock. Commands take it before any request.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::{fs, io, process};

use super::ArchiveError;

/// A data folder that this process alone writes to, until this value is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// The name of the lock's file; it stays in the folder, unlocked, when nobody holds it.
    pub const LOCK_FILE: &str = "viralmine.lock";

    /// Makes the folder when it is missing and locks it. Fails at once when another process holds the lock.
    pub fn lock(folder: &Path) -> Result<Self, ArchiveError> {
        make_folder(folder)?;
        let unwritable = |reason| ArchiveError::Unwritable { path: folder.to_owned(), reason };
        let mut lock = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(folder.join(Self::LOCK_FILE))
            .map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ArchiveError::Locked { path: folder.to_owned(), process: holder(&mut lock) });
            }
            Err(TryLockError::Error(reason)) => return Err(unwritable(reason)),
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", process::id())).map_err(unwritable)?;
        Ok(Self { path: folder.to_owned(), _lock: lock })
    }

    /// Whether a process writes to the folder now, and which, when its id can be read. A folder that is not there is
    /// not in use. Takes no lock that would refuse a writer, but for an instant.
    #[must_use]
    pub fn in_use_by(folder: &Path) -> Option<Option<u32>> {
        let mut lock = File::open(folder.join(Self::LOCK_FILE)).ok()?;
        matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)).then(|| holder(&mut lock))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a folder with its parents, and proves that a file can be made in it.
pub(super) fn make_folder(folder: &Path) -> Result<(), ArchiveError> {
    if folder.exists() && !folder.is_dir() {
        return Err(ArchiveError::NotAFolder { path: folder.to_owned() });
    }
    fs::create_dir_all(folder)
        .and_then(|()| prove_writable(folder))
        .map_err(|reason| ArchiveError::Unwritable { path: folder.to_owned(), reason })
}

/// A full disk lets files be made but not filled, and would be found only behind the first paid page.
const PROBE_BYTES: usize = 256 << 10;

fn prove_writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".viralmine-probe-{}", process::id()));
    let written = File::create(&probe).and_then(|mut file| {
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.sync_data()
    });
    let removed = fs::remove_file(probe);
    written?;
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// The id that the lock's holder wrote; some systems do not let us read a locked file.
pub(super) fn holder(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/data");
        let first = DataFolder::lock(&path).unwrap();
        let refusal = DataFolder::lock(&path).unwrap_err();
        assert_eq!(DataFolder::in_use_by(&path), Some(Some(process::id())));
        assert!(matches!(refusal, ArchiveError::Locked { process: Some(id), .. } if id == process::id()), "{refusal}");
        drop(first);
        assert_eq!(DataFolder::in_use_by(&path), None);
        assert_eq!(DataFolder::lock(&path).unwrap().path(), path);
    }

    #[test]
    fn a_file_in_the_folders_place_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::write(&path, "").unwrap();
        assert!(matches!(DataFolder::lock(&path), Err(ArchiveError::NotAFolder { .. })));
        assert!(matches!(DataFolder::lock(&path.join("below")), Err(ArchiveError::Unwritable { .. })));
    }
}
