//! What a comparison found; its shape is stable.

use serde::Serialize;

use super::compare::Finding;
use crate::jobs::reading::RecordsReport;

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Files read.
    pub files: u64,
    /// Their records.
    pub records: RecordsReport,
    /// The posts in them, each once.
    pub ids: IdsReport,
    /// The first gaps.
    pub gaps: Vec<Gap>,
    /// How long it took (ms).
    pub elapsed_ms: u64,
}

/// The distinct ids of the archive; `archived = ok + newer + missing + older + dead`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct IdsReport {
    /// All of them.
    pub archived: u64,
    /// Stored in the archive's newest version.
    pub ok: u64,
    /// Stored in a newer one.
    pub newer: u64,
    /// Not stored.
    pub missing: u64,
    /// Stored in an older version.
    pub older: u64,
    /// Not stored, or in an older version, because the store refused the newest: it is a dead letter.
    pub dead: u64,
}

/// What the store lacks of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GapKind {
    /// All of it.
    Missing,
    /// Its newest version.
    Older,
    /// Its newest version, which is a dead letter.
    Dead,
}

/// A gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The post.
    pub id: String,
    /// The creator whose page it came in; `None` for a detail.
    pub sec_user_id: Option<String>,
    /// What is lacking.
    pub gap: GapKind,
    /// The archive's newest version (ms, UTC).
    pub archived: i64,
    /// The stored one.
    pub stored: Option<i64>,
    /// Where the newest record stands.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
}

impl IdsReport {
    pub(super) fn count(&mut self, finding: Finding) {
        self.archived += 1;
        *match finding {
            Finding::Same => &mut self.ok,
            Finding::Newer => &mut self.newer,
            Finding::Gap(GapKind::Missing) => &mut self.missing,
            Finding::Gap(GapKind::Older) => &mut self.older,
            Finding::Gap(GapKind::Dead) => &mut self.dead,
        } += 1;
    }

    /// How many ids the store lacks something of.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.missing + self.older + self.dead
    }
}
