//! A map that may be larger than the memory: entries go into temporary files by the hash of their id, and come back one
//! file at a time, grouped by id. For what must be known of an id as a whole: all its records, or its newest one.
//!
//! The files lie in a folder of their own in the data folder, which goes with the spool; what a killed process left
//! there goes when the next spool is made. Blocking: call off the async threads.

mod folder;
mod partition;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use self::folder::SpoolFolder;
use self::partition::Partition;
use crate::archive::ArchiveError;

/// So many files. Of ten million ids one holds 39,000 (measured: such a spool takes its process to 36 MiB in all).
const PARTITIONS: usize = 256;

/// What is kept under an id: an entry of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Of the document that it is about (ms, UTC).
    pub version: i64,
    /// What kind of entry it is; the caller's.
    pub kind: u8,
    /// Anything more; the caller's.
    pub bytes: Vec<u8>,
}

/// A spool that is being filled.
#[derive(Debug)]
pub struct Spool {
    partitions: Vec<Partition>,
    entries: u64,
    // After the files, so that they are closed when it goes.
    folder: SpoolFolder,
}

impl Spool {
    /// Makes an empty spool in `data_folder`, and removes what killed processes left of theirs.
    pub fn create(data_folder: &Path) -> Result<Self, ArchiveError> {
        let folder = SpoolFolder::create(data_folder)?;
        let partitions = (0..PARTITIONS).map(|number| Partition::new(folder.path(), number)).collect();
        Ok(Self { partitions, entries: 0, folder })
    }

    /// Adds an entry. [`ArchiveError::Write`] when the disk is full: the spool is of no use then.
    pub fn add(&mut self, id: &str, version: i64, kind: u8, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.entries += 1;
        let place = place_of(id);
        self.partitions[place].add(id, version, kind, bytes)
    }

    /// Its folder, where other temporary files may lie, and go with it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How many entries it holds.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Ends the filling. Parts are taken out once, or read as often as need be.
    pub fn finish(mut self) -> Result<FilledSpool, ArchiveError> {
        for partition in &mut self.partitions {
            partition.flush()?;
        }
        Ok(FilledSpool { left: self.partitions, _folder: self.folder })
    }
}

fn place_of(id: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    usize::try_from(hasher.finish() % PARTITIONS as u64).unwrap_or_default()
}

/// A spool to be read.
#[derive(Debug)]
pub struct FilledSpool {
    left: Vec<Partition>,
    _folder: SpoolFolder,
}

impl FilledSpool {
    /// Takes out the next part of the ids, with what `fold` makes of the entries of each, ids in order; an id is in one
    /// part only. `None` when there is no more. `fold` sees the entries of an id in the order in which they were added.
    pub fn next_groups<Group: Default>(
        &mut self,
        fold: impl FnMut(&mut Group, Entry),
    ) -> Option<Result<Vec<(String, Group)>, ArchiveError>> {
        self.left.pop().map(|partition| partition.into_groups(fold))
    }

    /// How many parts are left.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.left.len()
    }

    /// The same as [`FilledSpool::next_groups`] of one part, which stays where it is and may be read again.
    pub fn groups_of<Group: Default>(
        &self,
        part: usize,
        fold: impl FnMut(&mut Group, Entry),
    ) -> Result<Vec<(String, Group)>, ArchiveError> {
        self.left.get(part).map_or_else(|| Ok(Vec::new()), |partition| partition.groups(fold))
    }
}

#[cfg(test)]
mod tests;
