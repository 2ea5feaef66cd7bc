//! Where indices lie: `DIR/index/<prefix>-<collection>-000001/`, one version of a collection's index each, and
//! `DIR/index/<prefix>.current`, which says which versions are in use; without it, the first ones.
//!
//! One file for all collections, so that one rename switches them together: no kill leaves checkpoints of one version
//! beside videos of another. Opening and making indices is `folder`'s.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::trouble;
use crate::model::Collection;
use crate::store::StoreError;

/// A folder that is being removed ends so, and starts with a dot.
const DROPPED: &str = ".dropped";

/// The indices of one prefix in one data folder.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// `DIR/index`.
    root: PathBuf,
    prefix: String,
}

/// The versions in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Current {
    videos: u32,
    /// Absent in a file written before there was such an index, and left out as long as that says the same.
    #[serde(default = "first_version", skip_serializing_if = "is_first_version")]
    creators: u32,
    /// The same.
    #[serde(default = "first_version", skip_serializing_if = "is_first_version")]
    snapshots: u32,
    checkpoints: u32,
}

const fn first_version() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it asks about by reference")]
const fn is_first_version(version: &u32) -> bool {
    *version == first_version()
}

impl Current {
    const FIRST: Self = Self { videos: 1, creators: 1, snapshots: 1, checkpoints: 1 };

    /// The version in use of one collection.
    pub(super) fn of(self, collection: Collection) -> u32 {
        match collection {
            Collection::Videos => self.videos,
            Collection::Creators => self.creators,
            Collection::Snapshots => self.snapshots,
            Collection::Checkpoints => self.checkpoints,
        }
    }

    /// The same with another version of one collection.
    pub(super) fn with(self, collection: Collection, version: u32) -> Self {
        match collection {
            Collection::Videos => Self { videos: version, ..self },
            Collection::Creators => Self { creators: version, ..self },
            Collection::Snapshots => Self { snapshots: version, ..self },
            Collection::Checkpoints => Self { checkpoints: version, ..self },
        }
    }
}

impl Place {
    /// The indices named `prefix` in the data folder `dir`, whether there are any or not.
    pub(super) fn of(dir: &Path, prefix: &str) -> Result<Self, StoreError> {
        let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if prefix.is_empty() || prefix.starts_with('.') || !prefix.chars().all(is_plain) {
            return Err(StoreError::Unfit(format!(
                "the index prefix {prefix:?} cannot be part of a folder's name: use letters, digits, '-', '_' and '.'"
            )));
        }
        Ok(Self { root: dir.join("index"), prefix: prefix.to_owned() })
    }

    /// The folder of all indices.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The name of a version, which is its folder's.
    pub(super) fn name(&self, collection: Collection, version: u32) -> String {
        format!("{}-{}-{version:06}", self.prefix, collection.name())
    }

    /// The folder of a version.
    pub(super) fn folder(&self, collection: Collection, version: u32) -> PathBuf {
        self.root.join(self.name(collection, version))
    }

    /// The folder of the version in use.
    pub(super) fn current_folder(&self, collection: Collection) -> Result<PathBuf, StoreError> {
        Ok(self.folder(collection, self.current()?.of(collection)))
    }

    /// The versions in use.
    pub(super) fn current(&self) -> Result<Current, StoreError> {
        // Twice, as a switch between reading the file and looking for what it names looks like damage.
        self.read_current().or_else(|_| self.read_current())
    }

    fn read_current(&self) -> Result<Current, StoreError> {
        let path = self.pointer();
        match fs::read(&path) {
            Ok(text) => {
                let current = serde_json::from_slice(&text).map_err(|error| self.astray(&error))?;
                self.check_folders(current).map(|()| current)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let versions = self.versions(Collection::Videos)?;
                // What the second version's first use wrote is gone, and so is the first version.
                if versions.first().is_some_and(|&first| first > Current::FIRST.videos) {
                    return Err(self.astray(&"it is missing"));
                }
                Ok(Current::FIRST)
            }
            // A file where the folder of all indices should be: what opens it will say so.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Current::FIRST),
            Err(error) => Err(trouble::inaccessible(&path, &error)),
        }
    }

    /// A version that was in use was there; only first ones may be still to be made, and creators can always be made
    /// again.
    fn check_folders(&self, current: Current) -> Result<(), StoreError> {
        let is_missing = |collection: &Collection| {
            let version = current.of(*collection);
            version != 1 && *collection != Collection::Creators && !self.folder(*collection, version).is_dir()
        };
        match Collection::ALL.into_iter().find(is_missing) {
            Some(collection) => {
                let name = self.name(collection, current.of(collection));
                Err(self.astray(&format!("it names {name}, which is not there")))
            }
            None => Ok(()),
        }
    }

    /// Puts other versions in use, at once and durably.
    pub(super) fn switch_to(&self, current: Current) -> Result<(), StoreError> {
        let path = self.pointer();
        let text = serde_json::to_vec(&current).map_err(io::Error::from);
        text.and_then(|text| write_durably(&path, &text)).map_err(|error| trouble::unwritable(&path, &error))
    }

    /// Removes a version, if there is one. It is gone at once: never half there.
    pub(super) fn remove(&self, collection: Collection, version: u32) -> Result<(), StoreError> {
        self.clear_removed(collection, version)?;
        let folder = self.folder(collection, version);
        let renamed = unless_missing(fs::rename(&folder, self.removed(collection, version)));
        renamed.and_then(|()| sync_parent(&folder)).map_err(|error| trouble::unwritable(&folder, &error))?;
        self.clear_removed(collection, version)
    }

    /// Ends a removal that was not finished.
    pub(super) fn clear_removed(&self, collection: Collection, version: u32) -> Result<(), StoreError> {
        let removed = self.removed(collection, version);
        unless_missing(fs::remove_dir_all(&removed)).map_err(|error| trouble::unwritable(&removed, &error))
    }

    fn removed(&self, collection: Collection, version: u32) -> PathBuf {
        self.root.join(format!(".{}{DROPPED}", self.name(collection, version)))
    }

    /// The versions of a collection that have a folder, in use or not, in ascending order.
    pub(super) fn versions(&self, collection: Collection) -> Result<Vec<u32>, StoreError> {
        self.numbers(collection, "", "")
    }

    /// Those whose removal was not finished.
    pub(super) fn half_removed(&self, collection: Collection) -> Result<Vec<u32>, StoreError> {
        self.numbers(collection, ".", DROPPED)
    }

    fn numbers(&self, collection: Collection, start: &str, end: &str) -> Result<Vec<u32>, StoreError> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(trouble::inaccessible(&self.root, &error)),
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| trouble::inaccessible(&self.root, &error))?;
            let name = entry.file_name();
            let name = name.to_str().and_then(|name| name.strip_prefix(start)?.strip_suffix(end)).unwrap_or_default();
            let number = name.rsplit_once('-').and_then(|(_, digits)| digits.parse().ok());
            // Compared whole: a prefix may begin like another one.
            numbers.extend(number.filter(|&number| name == self.name(collection, number)));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn pointer(&self) -> PathBuf {
        self.root.join(format!("{}.current", self.prefix))
    }

    /// The pointer file leads nowhere. It is a line of JSON that a person can write again, where all else is whole.
    fn astray(&self, cause: &dyn std::fmt::Display) -> StoreError {
        let names = |collection| {
            let versions = self.versions(collection).unwrap_or_default();
            versions.into_iter().map(|version| self.name(collection, version)).collect::<Vec<_>>()
        };
        let there: Vec<String> = Collection::ALL.into_iter().flat_map(names).collect();
        StoreError::Broken(format!(
            "{}, which says what versions of the embedded indices are in use, is damaged ({cause}; there are: {}): write \
             {{\"videos\":N,\"checkpoints\":M}} into it, their numbers without zeros in front, or {}",
            self.pointer().display(),
            if there.is_empty() { "none".to_owned() } else { there.join(", ") },
            trouble::rebuild(&self.root.display())
        ))
    }
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Replaces a file at once: after a power cut, too, it holds the old bytes or the new ones.
pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.new"));
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_parent(path)
}

/// Makes what was made, renamed or removed in the folder of `path` durable.
#[cfg(unix)]
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// Makes what was made, renamed or removed in the folder of `path` durable: elsewhere, folders cannot be synced.
#[cfg(not(unix))]
pub(super) fn sync_parent(_path: &Path) -> io::Result<()> {
    Ok(())
}
