//! Which files are read: the segments of a data folder's archive, or the files and folders that were named.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::archive::input::{input_name, open_metered};
use crate::archive::{ArchiveError, RecordedPages, segments};
use crate::model::Counters;

/// Of a folder, the files that end so are read.
const ENDINGS: [&str; 3] = [".ndjson", ".ndjson.gz", ".ndjson.zst"];

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// How it is named in messages.
    pub name: String,
    /// Its size as it lies on the disk; 0 for a pipe.
    pub bytes: u64,
    path: PathBuf,
    is_pipe: bool,
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The data folder has no archive yet.
    #[error(
        "{} holds no archive: a backfill makes one, unless it was told --no-archive; name files of recorded pages, or \
         another --data-dir", .0.display()
    )]
    NoArchive(PathBuf),
    /// A named folder has no file to read.
    #[error("the folder {} holds neither an archive nor files that end in .ndjson, .ndjson.gz or .ndjson.zst", .0.display())]
    EmptyFolder(PathBuf),
    /// A named file or folder is not there, or cannot be looked at.
    #[error("cannot read {}: {reason}", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// The archive's folder cannot be listed, or a pipe cannot be kept.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// The files that `named` stand for, each once; the archive of `data_folder` when nothing is named. A data folder
/// stands for its archive, another folder for its files of recorded pages, `-` for standard input.
pub fn find(named: &[PathBuf], data_folder: &Path) -> Result<Vec<Input>, InputError> {
    if named.is_empty() {
        let found = segments(data_folder)?;
        let found = found.into_iter().map(Input::of).collect::<Result<Vec<_>, _>>()?;
        return if found.is_empty() { Err(InputError::NoArchive(data_folder.to_owned())) } else { Ok(found) };
    }
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for path in named {
        for input in below(path)? {
            let whole = fs::canonicalize(&input.path).unwrap_or_else(|_| input.path.clone());
            if seen.insert(whole) {
                found.push(input);
            }
        }
    }
    Ok(found)
}

fn below(path: &Path) -> Result<Vec<Input>, InputError> {
    if path.as_os_str() == "-" || !path.is_dir() {
        return Ok(vec![Input::of(path.to_owned())?]);
    }
    let mut paths = segments(path)?;
    if paths.is_empty() {
        let missing = |reason| InputError::Missing { path: path.to_owned(), reason };
        for entry in fs::read_dir(path).map_err(missing)? {
            let entry = entry.map_err(missing)?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if ENDINGS.iter().any(|ending| name.ends_with(ending)) && entry.is_file() {
                paths.push(entry);
            }
        }
        paths.sort();
    }
    if paths.is_empty() {
        return Err(InputError::EmptyFolder(path.to_owned()));
    }
    paths.into_iter().map(Input::of).collect()
}

impl Input {
    fn of(path: PathBuf) -> Result<Self, InputError> {
        let name = input_name(Some(&path));
        if path.as_os_str() == "-" {
            return Ok(Self { name, bytes: 0, path, is_pipe: true });
        }
        match fs::metadata(&path) {
            Ok(found) => Ok(Self { name, bytes: found.len(), path, is_pipe: !found.is_file() }),
            Err(reason) => Err(InputError::Missing { path, reason }),
        }
    }

    /// Opens it; what is read of it is counted in `bytes_read`.
    pub(super) fn open(&self, counters: &Arc<Counters>) -> Result<RecordedPages, ArchiveError> {
        let reader = open_metered(&self.path, counters)?;
        Ok(RecordedPages::new(reader, self.name.clone()))
    }

    /// A pipe can be read once: what is to be read twice is kept in `folder`. Blocking.
    pub fn keep_pipe(&mut self, folder: &Path, number: usize) -> Result<(), ArchiveError> {
        if !self.is_pipe {
            return Ok(());
        }
        let kept = folder.join(format!("pipe-{number}"));
        let copy = || {
            let mut file = File::create(&kept)?;
            if self.path.as_os_str() == "-" {
                io::copy(&mut io::stdin().lock(), &mut file)
            } else {
                io::copy(&mut File::open(&self.path)?, &mut file)
            }
        };
        self.bytes = copy().map_err(|reason| ArchiveError::Write { path: kept.clone(), reason })?;
        (self.path, self.is_pipe) = (kept, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: Result<Vec<Input>, InputError>) -> Vec<String> {
        let name = |input: Input| input.path.file_name().unwrap().to_string_lossy().into_owned();
        found.unwrap().into_iter().map(name).collect()
    }

    #[test]
    fn folders_stand_for_their_files_and_each_file_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("archive")).unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(matches!(find(&[], &data), Err(InputError::NoArchive(_))));
        for name in
            ["data/archive/20250620-5-1.ndjson.zst", "data/archive/20250620-4-1.ndjson.zst", "b.ndjson", "a.ndjson.gz"]
        {
            fs::write(path(name), "x").unwrap();
        }
        fs::write(path("notes.txt"), "x").unwrap();
        let segments = ["20250620-4-1.ndjson.zst", "20250620-5-1.ndjson.zst"];
        assert_eq!(names(find(&[], &data)), segments);
        assert_eq!(names(find(std::slice::from_ref(&data), Path::new("nowhere"))), segments);
        assert_eq!(names(find(&[data.join("archive"), data], Path::new("nowhere"))), segments);
        let same_again = [path("b.ndjson"), folder.path().to_owned(), path("./b.ndjson")];
        assert_eq!(names(find(&same_again, Path::new("nowhere"))), ["b.ndjson", "a.ndjson.gz"]);
        assert_eq!(names(find(&[path("notes.txt")], Path::new("nowhere"))), ["notes.txt"], "what is named is read");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = find(&[folder.path().join("gone.ndjson")], folder.path()).unwrap_err().to_string();
        assert!(missing.contains("gone.ndjson"), "{missing}");
        let empty = find(&[folder.path().to_owned()], folder.path()).unwrap_err().to_string();
        assert!(empty.contains("neither an archive nor files that end in .ndjson"), "{empty}");
    }
}
