//! The stamp of an index, `viralmine.json` beside the index library's files: by which format and mapping it was made.

use std::cmp::Ordering;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::place::write_durably;
use super::schema::IndexSchema;
use super::trouble;
use crate::store::StoreError;

/// Raised when an index is laid out in another way than the mapping tells.
const FORMAT: u32 = 1;

/// The stamp's file.
pub(super) const STAMP_FILE: &str = "viralmine.json";

/// By what an index was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    format: u32,
    mapping_version: u64,
}

impl fmt::Display for Stamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "format {}, mapping {}", self.format, self.mapping_version)
    }
}

/// How an index compares with what this program makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// An older format or mapping.
    Older,
    /// The same.
    Same,
    /// A newer format or mapping.
    Newer,
}

impl Stamp {
    /// What this program makes.
    pub(super) fn own(schema: &IndexSchema) -> Self {
        Self { format: FORMAT, mapping_version: schema.mapping_version }
    }

    /// The stamp of the index in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self, StoreError> {
        let broken = |cause: &dyn fmt::Display| trouble::broken(folder, &format!("{STAMP_FILE}: {cause}"));
        let text = fs::read(folder.join(STAMP_FILE)).map_err(|error| broken(&error))?;
        serde_json::from_slice(&text).map_err(|error| broken(&error))
    }

    /// Writes it into `folder`.
    pub(super) fn write(self, folder: &Path) -> std::io::Result<()> {
        write_durably(&folder.join(STAMP_FILE), &serde_json::to_vec(&self)?)
    }

    /// How an index with this stamp compares with `own`. Newer in one thing is newer: what is unknown cannot be read.
    pub(super) fn age(self, own: Self) -> Age {
        if self.format > own.format || self.mapping_version > own.mapping_version {
            return Age::Newer;
        }
        match self.format.cmp(&own.format).then(self.mapping_version.cmp(&own.mapping_version)) {
            Ordering::Equal => Age::Same,
            _ => Age::Older,
        }
    }

    /// Whether it is laid out as this program lays indices out, whatever the fields.
    pub(super) fn has_own_format(self) -> bool {
        self.format == FORMAT
    }

    /// The refusal of a newer index.
    pub(super) fn newer(self, folder: &Path, own: Self) -> StoreError {
        StoreError::Unfit(format!(
            "the embedded index in {} was made by a newer viralmine ({self}; this one knows {own}): use that version, or \
             name another folder with --data-dir",
            folder.display()
        ))
    }

    /// The refusal of an older index, which holds all that is needed to make a new one.
    pub(super) fn older(self, folder: &Path, own: Self) -> StoreError {
        StoreError::Unfit(format!(
            "the embedded index in {} was made by an older viralmine ({self}; this one writes {own}): run `viralmine \
             reindex`, which makes a new one of it without a request",
            folder.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_in_one_thing_is_newer() {
        let stamp = |format, mapping_version| Stamp { format, mapping_version };
        for (found, age) in [
            (stamp(1, 4), Age::Same),
            (stamp(1, 3), Age::Older),
            (stamp(0, 4), Age::Older),
            (stamp(1, 5), Age::Newer),
            (stamp(2, 4), Age::Newer),
            (stamp(2, 3), Age::Newer),
            (stamp(0, 5), Age::Newer),
        ] {
            assert_eq!(found.age(stamp(1, 4)), age, "{found}");
        }
    }
}
