//! What lies in a data folder, counted without opening anything for writing: for `status` and `doctor`. Blocking.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Serialize;

use super::data_folder::{DataFolder, holder};
use super::dead_letters::FILE as DEAD_LETTERS;
use super::{ArchiveError, segments};

/// The content of a data folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FolderSummary {
    /// Segments of the raw archive.
    pub segments: u64,
    /// Their size on disk (bytes).
    pub archive_bytes: u64,
    /// Lines of the dead-letter file.
    pub dead_letters: u64,
    /// Whether another process fetches or writes with the folder now.
    pub in_use: bool,
    /// That process, when its id could be read.
    pub process: Option<u32>,
}

impl FolderSummary {
    /// Looks at a folder; one that is not there yet holds nothing.
    pub fn of(data_folder: &Path) -> Result<Self, ArchiveError> {
        let mut summary = Self::default();
        for segment in segments(data_folder)? {
            summary.segments += 1;
            // One that went away meanwhile counts as empty.
            summary.archive_bytes += fs::metadata(&segment).map(|metadata| metadata.len()).unwrap_or_default();
        }
        let path = data_folder.join(DEAD_LETTERS);
        summary.dead_letters = lines(&path).map_err(|reason| ArchiveError::Read { path, reason })?;
        (summary.in_use, summary.process) = user_of(data_folder);
        Ok(summary)
    }
}

/// Whether somebody holds the folder's lock, and which process, when its id can be read.
fn user_of(data_folder: &Path) -> (bool, Option<u32>) {
    let Ok(mut lock) = File::open(data_folder.join(DataFolder::LOCK_FILE)) else { return (false, None) };
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => (true, holder(&mut lock)),
        Ok(()) | Err(TryLockError::Error(_)) => (false, None),
    }
}

/// Lines of a file that may be large; 0 when there is none.
fn lines(path: &Path) -> io::Result<u64> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        file => BufReader::with_capacity(256 << 10, file?),
    };
    let mut lines = 0;
    while file.skip_until(b'\n')? > 0 {
        lines += 1;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_counted_and_its_user_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(FolderSummary::of(&folder.path().join("not-there")).unwrap(), FolderSummary::default());
        fs::create_dir(folder.path().join("archive")).unwrap();
        fs::write(folder.path().join("archive/20250101-1735689600000-1.ndjson.zst"), "12345").unwrap();
        fs::write(folder.path().join(DEAD_LETTERS), "{}\n{}\n{\"torn").unwrap();
        let idle = FolderSummary::of(folder.path()).unwrap();
        assert_eq!((idle.segments, idle.archive_bytes, idle.dead_letters, idle.in_use), (1, 5, 3, false));
        let lock = DataFolder::lock(folder.path()).unwrap();
        let used = FolderSummary::of(folder.path()).unwrap();
        assert_eq!((used.in_use, used.process), (true, Some(std::process::id())));
        drop(lock);
        assert!(!FolderSummary::of(folder.path()).unwrap().in_use);
    }
}
