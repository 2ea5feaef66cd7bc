//! Events that are still to be sent or shown. Found by the byte that their line begins at, since that is their order,
//! and by their id, since that is how it is said what became of them: neither costs more for all the others that wait.
//! Pure.

use std::collections::{BTreeMap, HashMap};

use super::memory::Fingerprint;

/// The events of a ledger that are not done.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending {
    by_id: HashMap<Fingerprint, Entry>,
    waiting: BTreeMap<u64, Fingerprint>,
    unshown: BTreeMap<u64, Fingerprint>,
    bytes: u64,
}

/// What is to be done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ToDo {
    /// It is to be sent.
    pub(super) send: bool,
    /// It is to be shown.
    pub(super) show: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    offset: u64,
    /// A line of 4 GiB is none of ours.
    bytes: u32,
    to_do: ToDo,
}

impl Pending {
    /// Adds an event that is not in it, whose line begins at `offset`, behind all others. `bytes`: what it takes in the
    /// file as long as it is not done.
    pub(super) fn add(&mut self, id: Fingerprint, offset: u64, bytes: u64, to_do: ToDo) {
        if !to_do.send && !to_do.show {
            return;
        }
        let entry = Entry { offset, bytes: u32::try_from(bytes).unwrap_or(u32::MAX), to_do };
        if to_do.send {
            self.waiting.insert(offset, id);
        }
        if to_do.show {
            self.unshown.insert(offset, id);
        }
        self.bytes += u64::from(entry.bytes);
        self.by_id.insert(id, entry);
    }

    /// An event is not to be sent any more.
    pub(super) fn settle(&mut self, id: Fingerprint) {
        let Some(entry) = self.by_id.get_mut(&id) else { return };
        entry.to_do.send = false;
        self.waiting.remove(&entry.offset);
        self.forget_if_done(id);
    }

    /// The events up to this one are not to be shown any more; nothing where it is not to be shown itself.
    pub(super) fn shown_up_to(&mut self, id: Fingerprint) {
        let Some(up_to) = self.by_id.get(&id).filter(|entry| entry.to_do.show).map(|entry| entry.offset) else {
            return;
        };
        while let Some(first) = self.unshown.first_entry().filter(|first| *first.key() <= up_to) {
            let id = first.remove();
            if let Some(entry) = self.by_id.get_mut(&id) {
                entry.to_do.show = false;
            }
            self.forget_if_done(id);
        }
    }

    fn forget_if_done(&mut self, id: Fingerprint) {
        if let Some(entry) = self.by_id.get(&id).filter(|entry| !entry.to_do.send && !entry.to_do.show) {
            self.bytes -= u64::from(entry.bytes);
            self.by_id.remove(&id);
        }
    }

    /// Events to be sent, by where their line begins.
    pub(super) fn waiting(&self) -> &BTreeMap<u64, Fingerprint> {
        &self.waiting
    }

    /// Events to be shown, by where their line begins.
    pub(super) fn unshown(&self) -> &BTreeMap<u64, Fingerprint> {
        &self.unshown
    }

    /// What they take in the file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Add(u8, bool, bool),
        Settle(u8),
        ShownUpTo(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0_u8..24, any::<bool>(), any::<bool>()).prop_map(|(id, send, show)| Step::Add(id, send, show)),
            1 => (0_u8..24).prop_map(Step::Settle),
            1 => (0_u8..24).prop_map(Step::ShownUpTo),
        ]
    }

    /// The same, by looking through all of them each time.
    #[derive(Default)]
    struct Plain(Vec<(Fingerprint, u64, ToDo)>);

    impl Plain {
        fn shown_up_to(&mut self, id: Fingerprint) {
            let Some(last) = self.0.iter().rposition(|(other, _, to_do)| *other == id && to_do.show) else { return };
            self.0[..=last].iter_mut().for_each(|(_, _, to_do)| to_do.show = false);
        }

        fn that(&self, is_meant: impl Fn(ToDo) -> bool) -> BTreeMap<u64, Fingerprint> {
            self.0.iter().filter(|(.., to_do)| is_meant(*to_do)).map(|(id, offset, _)| (*offset, *id)).collect()
        }
    }

    proptest! {
        #[test]
        fn it_is_as_if_all_were_looked_through_each_time(steps in proptest::collection::vec(step(), 0..60)) {
            let (mut pending, mut plain, mut added) = (Pending::default(), Plain::default(), Vec::new());
            for (offset, step) in (0..).zip(steps) {
                match step {
                    Step::Add(id, send, show) => {
                        let (id, to_do) = (Fingerprint::from(id), ToDo { send, show });
                        if !added.contains(&id) {
                            added.push(id);
                            pending.add(id, offset, offset, to_do);
                            plain.0.push((id, offset, to_do));
                        }
                    }
                    Step::Settle(id) => {
                        pending.settle(id.into());
                        let settled = plain.0.iter_mut().filter(|(other, ..)| *other == Fingerprint::from(id));
                        settled.for_each(|(_, _, to_do)| to_do.send = false);
                    }
                    Step::ShownUpTo(id) => {
                        pending.shown_up_to(id.into());
                        plain.shown_up_to(id.into());
                    }
                }
                prop_assert_eq!(pending.waiting(), &plain.that(|to_do| to_do.send));
                prop_assert_eq!(pending.unshown(), &plain.that(|to_do| to_do.show));
                let left = plain.that(|to_do| to_do.send || to_do.show);
                prop_assert_eq!(pending.bytes(), left.keys().sum::<u64>());
                prop_assert_eq!(pending.by_id.len(), left.len(), "nothing is kept of what is done");
            }
        }
    }
}
