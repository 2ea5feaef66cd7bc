//! What is known by the lines of a ledger, taken one after another: pure. An id takes 16 bytes, an event that is still
//! to be sent or shown about 100 more (`pending`), whatever it says: its line is read again when it is its turn.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::line::Line;
use super::pending::{Pending, ToDo};
use crate::model::Event;
use crate::model::event::{Back, Bursting, Gone, Happening, Renamed, Silent};

/// What stands by all events so far, for as long as it stands: it is never forgotten for its age.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Creators that are gone, and since when (ms, UTC), by `sec_user_id`.
    pub gone: BTreeMap<String, i64>,
    /// The newest post (seconds, UTC) of creators when they were found to be silent.
    pub silent: BTreeMap<String, i64>,
    /// The handles that creators were last renamed to.
    pub handles: BTreeMap<String, String>,
    /// The tags (folded) that are known to burst: those of the last round, and those told since.
    pub bursting: BTreeSet<String>,
    /// Whether what was viral before the first round is known.
    pub begun: bool,
}

/// An id, as it is remembered. Two of a million ids are the same by chance once in 10²⁶ times.
pub(super) type Fingerprint = u128;

/// All that is known.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    ids: HashSet<Fingerprint>,
    /// What they take in the file.
    id_bytes: u64,
    pending: Pending,
    standing: Standing,
    /// What the lines take in the file that are not understood here, and kept.
    foreign_bytes: u64,
    /// When the file was last made anew, or begun (ms, UTC).
    compacted_at: Option<i64>,
}

impl Memory {
    /// Takes a line that begins at this byte, and is so long (bytes).
    pub fn take(&mut self, offset: u64, length: usize, line: Line) {
        self.compacted_at.get_or_insert(line.at);
        if let Some(event) = line.event {
            // A double (of a write that failed late) is neither sent nor shown.
            if let Some(id) = self.learn(&event.id) {
                let besides = (length as u64).saturating_sub(bytes_of_id(&event.id));
                self.pending.add(id, offset, besides, ToDo { send: line.send, show: line.show });
                self.standing.take(event);
            }
        }
        for id in line.known.iter().flatten() {
            self.learn(id);
        }
        for id in line.delivered.iter().flatten().chain(line.refused.iter().map(|refused| &refused.id)) {
            self.pending.settle(fingerprint(id));
        }
        if let Some(shown) = line.shown {
            self.pending.shown_up_to(fingerprint(&shown));
        }
        if let Some(bursting) = line.bursting {
            self.standing.bursting = bursting.into_iter().collect();
        }
        self.standing.begun |= line.begun;
        if let Some(standing) = line.standing {
            self.standing = standing;
            self.compacted_at = Some(line.at);
        }
    }

    /// The id, if it is a new one.
    fn learn(&mut self, id: &str) -> Option<Fingerprint> {
        let known = fingerprint(id);
        let is_new = self.ids.insert(known);
        self.id_bytes += if is_new { bytes_of_id(id) } else { 0 };
        is_new.then_some(known)
    }

    /// Takes a line that is not understood here, and stays as it is when the file is made anew: so long (bytes).
    pub(super) fn take_foreign(&mut self, length: usize) {
        self.foreign_bytes += length as u64;
    }

    /// Whether an id is known.
    #[must_use]
    pub fn knows_id(&self, id: &str) -> bool {
        self.ids.contains(&fingerprint(id))
    }

    /// Whether an event is no news: its id is known, or it says what stands.
    #[must_use]
    pub fn knows(&self, event: &Event) -> bool {
        let standing = &self.standing;
        let stands = match &event.what {
            Happening::Gone(Gone { creator, .. }) => standing.gone.contains_key(&creator.sec_user_id),
            Happening::Back(Back { creator, .. }) => !standing.gone.contains_key(&creator.sec_user_id),
            Happening::Silent(silent) => {
                standing.silent.get(&silent.creator.sec_user_id) == Some(&silent.newest_publish_ts)
            }
            // Posts that were not read again for long still have the handle from before it.
            Happening::Renamed(Renamed { creator, .. }) => {
                standing.handles.get(&creator.sec_user_id) == Some(&creator.unique_id)
            }
            Happening::Bursting(bursting) => standing.bursting.contains(&bursting.key),
            Happening::NewPost(_) | Happening::Jump(_) | Happening::Outlier(_) => false,
        };
        stands || self.knows_id(&event.id)
    }

    /// What stands.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Events to be delivered.
    #[must_use]
    pub fn waiting(&self) -> &BTreeMap<u64, Fingerprint> {
        self.pending.waiting()
    }

    /// Where the lines of the events begin that are to be delivered, but for those of these ids.
    pub(super) fn waiting_besides(&self, ids: &[String]) -> impl DoubleEndedIterator<Item = u64> {
        let besides: HashSet<Fingerprint> = ids.iter().map(|id| fingerprint(id)).collect();
        let others = self.waiting().iter().filter(move |(_, id)| !besides.contains(*id));
        others.map(|(&offset, _)| offset)
    }

    /// Events to be shown.
    #[must_use]
    pub fn unshown(&self) -> &BTreeMap<u64, Fingerprint> {
        self.pending.unshown()
    }

    /// How many ids are known.
    #[must_use]
    pub fn ids(&self) -> usize {
        self.ids.len()
    }

    /// The bytes of a file that says this and no more, but for ids that expire.
    #[must_use]
    pub fn bytes_needed(&self) -> u64 {
        let standing = serde_json::to_vec(&self.standing).map_or(0, |written| written.len());
        self.id_bytes + self.pending.bytes() + self.foreign_bytes + standing as u64
    }

    /// When the file was last made anew, or begun (ms, UTC).
    #[must_use]
    pub fn compacted_at(&self) -> Option<i64> {
        self.compacted_at
    }
}

impl Standing {
    fn take(&mut self, event: Event) {
        match event.what {
            Happening::Gone(Gone { creator, .. }) => drop(self.gone.insert(creator.sec_user_id, event.at)),
            Happening::Back(Back { creator, .. }) => drop(self.gone.remove(&creator.sec_user_id)),
            Happening::Silent(Silent { creator, newest_publish_ts, .. }) => {
                self.silent.insert(creator.sec_user_id, newest_publish_ts);
            }
            Happening::Renamed(Renamed { creator, .. }) => {
                self.handles.insert(creator.sec_user_id, creator.unique_id);
            }
            Happening::Bursting(Bursting { key, .. }) => drop(self.bursting.insert(key)),
            Happening::NewPost(_) | Happening::Jump(_) | Happening::Outlier(_) => {}
        }
    }
}

/// With its quotes and a comma.
fn bytes_of_id(id: &str) -> u64 {
    id.len() as u64 + 3
}

fn fingerprint(id: &str) -> Fingerprint {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
