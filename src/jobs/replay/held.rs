//! Documents that wait until all records of their id are known, in a spool, and what is known of an id then.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::archive::ArchiveError;
use crate::jobs::spool::{Entry, FilledSpool, Spool};
use crate::model::Row;
use crate::pipeline::load::Origin;

const LIST: u8 = 0;
const DETAIL: u8 = 1;

/// Where a document stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The file, as a position in the inputs.
    pub(super) input: usize,
    pub(super) line: u64,
    pub(super) origin: Arc<Origin>,
}

/// The same, as it lies in front of the document.
#[derive(Serialize, Deserialize)]
struct WrittenPlace {
    input: usize,
    line: u64,
    sec_user_id: Option<String>,
    max_cursor: Option<String>,
}

/// The documents that wait.
#[derive(Debug)]
pub(super) struct Held(Spool);

impl Held {
    pub(super) fn create(data_folder: &Path) -> Result<Self, ArchiveError> {
        Ok(Self(Spool::create(data_folder)?))
    }

    /// Where temporary files may lie beside it.
    pub(super) fn folder(&self) -> &Path {
        self.0.folder()
    }

    pub(super) fn add(
        &mut self,
        id: &str,
        version: i64,
        is_detail: bool,
        place: &Place,
        source: &[u8],
    ) -> Result<(), ArchiveError> {
        let place = WrittenPlace {
            input: place.input,
            line: place.line,
            sec_user_id: place.origin.sec_user_id.clone(),
            max_cursor: place.origin.max_cursor.clone(),
        };
        let mut bytes = serde_json::to_vec(&place).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(source);
        self.0.add(id, version, if is_detail { DETAIL } else { LIST }, &bytes)
    }

    pub(super) fn finish(self) -> Result<HeldGroups, ArchiveError> {
        Ok(HeldGroups(self.0.finish()?))
    }
}

/// Some ids, in order, with what is known of them.
pub(super) type HeldPart = Vec<(String, Known)>;

/// The documents that waited, to be taken out.
pub(super) struct HeldGroups(FilledSpool);

impl HeldGroups {
    /// The next part of the ids.
    pub(super) fn next(&mut self) -> Option<Result<HeldPart, ArchiveError>> {
        self.0.next_groups(Known::add)
    }
}

/// One document of an id; `time` is its version (ms, UTC).
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) time: i64,
    pub(super) source: Vec<u8>,
    pub(super) origin: Arc<Origin>,
    place: (usize, u64),
}

/// What the records say of one id.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The newest of a list.
    pub(super) list: Option<Version>,
    /// All of details, in the order of their times.
    pub(super) details: Vec<Version>,
    /// The times of all documents.
    pub(super) times: Vec<i64>,
}

impl Known {
    fn add(&mut self, mut entry: Entry) {
        let line_end = entry.bytes.iter().position(|&byte| byte == b'\n').unwrap_or_default();
        let Ok(place) = serde_json::from_slice::<WrittenPlace>(&entry.bytes[..line_end]) else {
            debug_assert!(false, "what was written is read back");
            return;
        };
        let version = Version {
            time: entry.version,
            source: entry.bytes.split_off(line_end + 1),
            origin: Arc::new(Origin { sec_user_id: place.sec_user_id, max_cursor: place.max_cursor }),
            place: (place.input, place.line),
        };
        self.times.push(entry.version);
        if entry.kind == DETAIL {
            let after = self.details.partition_point(|known| known.order() <= version.order());
            self.details.insert(after, version);
        } else if self.list.as_ref().is_none_or(|known| known.gives_way_to(&version)) {
            self.list = Some(version);
        }
    }

    /// The newest of all times.
    pub(super) fn newest(&self) -> i64 {
        self.times.iter().copied().max().unwrap_or_default()
    }
}

impl Version {
    /// By time; at the same time, as they stand in the files.
    fn order(&self) -> (i64, (usize, u64)) {
        (self.time, self.place)
    }

    /// At the same time, the one with more plays is kept, as on a page; else the one that stands behind.
    fn gives_way_to(&self, other: &Self) -> bool {
        if self.time != other.time {
            return self.time < other.time;
        }
        let plays = |version: &Self| serde_json::from_slice::<Row>(&version.source).map_or(0, |row| row.stats.play);
        (plays(self), self.place) < (plays(other), other.place)
    }
}
