//! The folder of the embedded store: `DIR/index/<prefix>-<collection>-000001/`, one tantivy index each, with a stamp
//! (`viralmine.json`: format and mapping version) beside tantivy's files; `DIR/index/writer.lock` admits one writer.
//!
//! Opens and makes; reading and writing documents is done elsewhere.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexSettings, TantivyError};

use super::schema::{IndexSchema, tokenizers};
use super::trouble;
use crate::model::Collection;
use crate::store::StoreError;

/// Raised when an index is laid out in another way than the mapping tells.
const FORMAT: u32 = 1;
const STAMP_FILE: &str = "viralmine.json";
/// Tantivy's own list of segments, written last: an index is there once this is.
const META_FILE: &str = "meta.json";

#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    format: u32,
    mapping_version: u64,
}

/// Held while this process may write; released by the system when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Makes the folder and takes its lock.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let folder = dir.join("index");
        fs::create_dir_all(&folder).map_err(|error| trouble::unwritable(&folder, &error))?;
        let path = folder.join("writer.lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| trouble::unwritable(&folder, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(trouble::busy(&folder)),
            Err(TryLockError::Error(error)) => Err(trouble::unwritable(&folder, &error)),
        }
    }
}

/// Where a collection lives.
pub(super) fn of(dir: &Path, prefix: &str, collection: Collection) -> Result<PathBuf, StoreError> {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if prefix.is_empty() || prefix.starts_with('.') || !prefix.chars().all(is_plain) {
        return Err(StoreError::Unfit(format!(
            "the index prefix {prefix:?} cannot be part of a folder's name: use letters, digits, '-', '_' and '.'"
        )));
    }
    Ok(dir.join("index").join(format!("{prefix}-{}-000001", collection.name())))
}

/// Opens the index in `folder`, or makes it.
pub(super) fn open_or_make(folder: &Path, schema: &IndexSchema) -> Result<Index, StoreError> {
    if !folder.join(META_FILE).exists() {
        make(folder, schema)?;
    }
    open(folder, schema)
}

/// Refuses checkpoints whose videos are gone: they would say of lost documents that they are stored. Videos are made
/// first, so no kill leaves this behind.
pub(super) fn refuse_lone_checkpoints(dir: &Path, prefix: &str) -> Result<(), StoreError> {
    let [videos, checkpoints] = Collection::ALL.map(|collection| of(dir, prefix, collection));
    let (videos, checkpoints) = (videos?, checkpoints?);
    if checkpoints.join(META_FILE).exists() && !videos.join(META_FILE).exists() {
        return Err(trouble::broken(&videos.display(), &format!("{META_FILE} is missing, checkpoints are there")));
    }
    Ok(())
}

/// Opens the index in `folder` to ask it.
pub(super) fn open_existing(folder: &Path, schema: &IndexSchema) -> Result<Index, StoreError> {
    if folder.join(META_FILE).exists() {
        return open(folder, schema);
    }
    refuse_remains(folder)?;
    Err(StoreError::Missing(format!(
        "nothing was indexed yet in {}: run `viralmine backfill` first, or name the store with --store",
        folder.display()
    )))
}

/// The stamp first: an index without one would look damaged after a kill between the two.
fn make(folder: &Path, schema: &IndexSchema) -> Result<(), StoreError> {
    let unwritable = |error: std::io::Error| trouble::unwritable(folder, &error);
    refuse_remains(folder)?;
    fs::create_dir_all(folder).map_err(unwritable)?;
    write_stamp(folder, &Stamp { format: FORMAT, mapping_version: schema.mapping_version }).map_err(unwritable)?;
    let made = MmapDirectory::open(folder)
        .map_err(TantivyError::from)
        .and_then(|directory| Index::create(directory, schema.schema.clone(), IndexSettings::default()));
    made.map_err(|error| trouble::unwritable(folder, &error))?;
    // A power cut must not take the videos' new folder and leave the checkpoints'.
    sync_parent(folder).map_err(unwritable)
}

fn write_stamp(folder: &Path, stamp: &Stamp) -> std::io::Result<()> {
    let draft = folder.join(format!(".{STAMP_FILE}.new"));
    let mut file = File::create(&draft)?;
    file.write_all(serde_json::to_string(stamp)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(STAMP_FILE))
}

#[cfg(unix)]
fn sync_parent(folder: &Path) -> std::io::Result<()> {
    folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

#[cfg(not(unix))]
fn sync_parent(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Segments without their list are an index that lost it, not a fresh folder.
fn refuse_remains(folder: &Path) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(trouble::broken(&folder.display(), &error)),
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_remains = |name: &String| !name.starts_with('.') && name != STAMP_FILE;
    match names.into_iter().find(is_remains) {
        Some(name) => Err(trouble::broken(&folder.display(), &format!("{META_FILE} is missing beside {name}"))),
        None => Ok(()),
    }
}

fn open(folder: &Path, schema: &IndexSchema) -> Result<Index, StoreError> {
    check_stamp(folder, schema)?;
    let mut index = Index::open_in_dir(folder).map_err(|error| trouble::unreadable(folder, &error))?;
    if index.schema() != schema.schema {
        return Err(StoreError::Unfit(format!(
            "the embedded index in {0} has other fields than this viralmine's mapping: {1}",
            folder.display(),
            trouble::start_again(&folder.display())
        )));
    }
    index.set_tokenizers(tokenizers());
    Ok(index)
}

fn check_stamp(folder: &Path, schema: &IndexSchema) -> Result<(), StoreError> {
    let shown = folder.display();
    let broken = |cause: &dyn std::fmt::Display| trouble::broken(&shown, &format!("{STAMP_FILE}: {cause}"));
    let text = fs::read(folder.join(STAMP_FILE)).map_err(|error| broken(&error))?;
    let stamp: Stamp = serde_json::from_slice(&text).map_err(|error| broken(&error))?;
    let (found, own) = ((stamp.format, stamp.mapping_version), (FORMAT, schema.mapping_version));
    if found.0 > own.0 || found.1 > own.1 {
        return Err(StoreError::Unfit(format!(
            "the embedded index in {shown} was made by a newer viralmine (format {}, mapping {}; this one knows {} and \
             {}): use that version, or name another folder with --data-dir",
            found.0, found.1, own.0, own.1
        )));
    }
    if found != own {
        return Err(StoreError::Unfit(format!(
            "the embedded index in {shown} was made by an older viralmine (format {}, mapping {}; this one writes {} and \
             {}): {}",
            found.0,
            found.1,
            own.0,
            own.1,
            trouble::start_again(&shown)
        )));
    }
    Ok(())
}
