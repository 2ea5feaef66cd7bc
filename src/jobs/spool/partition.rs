//! One file of a spool. It is open only while a block is appended, so that hundreds of them need no open file each.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::Entry;
use crate::archive::ArchiveError;

/// So much is gathered before it is appended (bytes): 8 MiB in all the 256 files of a spool.
const BLOCK_BYTES: usize = 32 << 10;

#[derive(Debug)]
pub(super) struct Partition {
    path: PathBuf,
    block: Vec<u8>,
    has_file: bool,
}

impl Partition {
    pub(super) fn new(folder: &Path, number: usize) -> Self {
        Self { path: folder.join(format!("{number:03}")), block: Vec::new(), has_file: false }
    }

    pub(super) fn add(&mut self, id: &str, version: i64, kind: u8, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.block.extend_from_slice(&length(id.len()));
        self.block.extend_from_slice(&length(bytes.len()));
        self.block.extend_from_slice(&version.to_le_bytes());
        self.block.push(kind);
        self.block.extend_from_slice(id.as_bytes());
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    pub(super) fn flush(&mut self) -> Result<(), ArchiveError> {
        if self.block.is_empty() {
            return Ok(());
        }
        let append = || OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(&self.block);
        append().map_err(|reason| ArchiveError::Write { path: self.path.clone(), reason })?;
        self.has_file = true;
        self.block.clear();
        Ok(())
    }

    /// Reads the file, and removes it.
    pub(super) fn into_groups<Group: Default>(
        self,
        fold: impl FnMut(&mut Group, Entry),
    ) -> Result<Vec<(String, Group)>, ArchiveError> {
        let groups = self.groups(fold)?;
        if self.has_file {
            fs::remove_file(&self.path).map_err(|reason| ArchiveError::Read { path: self.path.clone(), reason })?;
        }
        Ok(groups)
    }

    /// Reads the file.
    pub(super) fn groups<Group: Default>(
        &self,
        fold: impl FnMut(&mut Group, Entry),
    ) -> Result<Vec<(String, Group)>, ArchiveError> {
        if !self.has_file {
            return Ok(Vec::new());
        }
        groups(&self.path, fold).map_err(|reason| ArchiveError::Read { path: self.path.clone(), reason })
    }
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

fn groups<Group: Default>(path: &Path, mut fold: impl FnMut(&mut Group, Entry)) -> io::Result<Vec<(String, Group)>> {
    let mut reader = BufReader::with_capacity(1 << 18, File::open(path)?);
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    while let Some((id, entry)) = next(&mut reader)? {
        fold(groups.entry(id).or_default(), entry);
    }
    Ok(groups.into_iter().collect())
}

fn next(reader: &mut impl Read) -> io::Result<Option<(String, Entry)>> {
    let mut head = [0; 17];
    match reader.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
    let mut version = [0; 8];
    version.copy_from_slice(&head[8..16]);
    let (mut id, mut bytes) = (vec![0; number(0)], vec![0; number(4)]);
    reader.read_exact(&mut id)?;
    reader.read_exact(&mut bytes)?;
    let id = String::from_utf8(id).map_err(io::Error::other)?;
    Ok(Some((id, Entry { version: i64::from_le_bytes(version), kind: head[16], bytes })))
}
