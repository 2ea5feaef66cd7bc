//! What is known by the lines of a ledger, taken one after another: pure. An id takes 16 bytes, an event that is still to be
//! sent or shown 24 more, whatever it says: its line is read again when it is its turn.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::line::Line;
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
type Fingerprint = u128;

/// All that is known.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    ids: HashSet<Fingerprint>,
    /// Events by the byte that their line begins at.
    waiting: BTreeMap<u64, Fingerprint>,
    unshown: BTreeMap<u64, Fingerprint>,
    standing: Standing,
    /// When the file was last made anew, or begun (ms, UTC).
    compacted_at: Option<i64>,
}

impl Memory {
    /// Takes a line that begins at this byte.
    pub fn take(&mut self, offset: u64, line: Line) {
        self.compacted_at.get_or_insert(line.at);
        if let Some(event) = line.event {
            let id = fingerprint(&event.id);
            // A double (of a write that failed late) is neither sent nor shown.
            if self.ids.insert(id) {
                if line.send {
                    self.waiting.insert(offset, id);
                }
                if line.show {
                    self.unshown.insert(offset, id);
                }
                self.standing.take(event);
            }
        }
        self.ids.extend(line.known.iter().flatten().map(|id| fingerprint(id)));
        if let Some(delivered) = line.delivered {
            let delivered: HashSet<Fingerprint> = delivered.iter().map(|id| fingerprint(id)).collect();
            self.waiting.retain(|_, id| !delivered.contains(id));
        }
        if let Some(shown) = line.shown {
            let shown = fingerprint(&shown);
            let up_to = self.unshown.iter().find(|(_, id)| **id == shown).map(|(offset, _)| *offset);
            if let Some(up_to) = up_to {
                self.unshown = self.unshown.split_off(&(up_to + 1));
            }
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
        &self.waiting
    }

    /// Events to be shown.
    #[must_use]
    pub fn unshown(&self) -> &BTreeMap<u64, Fingerprint> {
        &self.unshown
    }

    /// How many ids are known.
    #[must_use]
    pub fn ids(&self) -> usize {
        self.ids.len()
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

fn fingerprint(id: &str) -> Fingerprint {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
