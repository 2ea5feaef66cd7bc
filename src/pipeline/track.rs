//! Tracking walks: from a creator's newest post back to what was stored before, with a checkpoint of their own.
//!
//! Here is how one begins, or goes on; `look` is what it does with each page before the page goes the way of all pages;
//! `ground` judges, purely, what of a page was known and whether the walk is at its end; `moments` makes the snapshots.

mod ground;
pub(super) mod look;
mod moments;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::Fatal;
use super::plan::Plan;
use crate::model::{Checkpoint, CreatorId, Ground, Observer, WalkEnd};

pub use self::ground::KNOWN_IN_A_ROW;

/// How a creator's tracking walk begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Begin {
    /// It reads back to the posts of this time (seconds, UTC) at least; `None`: only to what is new.
    pub read_back_to: Option<i64>,
    /// Its id, and what it fetches, is later than this (ms, UTC), whatever the clock says: what other walks stored is
    /// older than it.
    pub after: i64,
    /// A backfill that began behind the last tracking walk.
    pub later_backfill: Option<LaterBackfill>,
    /// Only what was stored up to then (ms, UTC) is known for sure: the document that told of the walks behind it
    /// cannot be read.
    pub known_until: Option<i64>,
    /// Since when the creator waits to be visited (ms, UTC).
    pub waits_since: Option<i64>,
    /// Its last walk failed.
    pub has_failed: bool,
}

/// A backfill that began behind a creator's last tracking walk (`--refresh`): it moves the known ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaterBackfill {
    /// Its start (ms, UTC).
    pub walk: i64,
    /// Whether it came to the end of the list. Another one may have left a hole below what it read.
    pub is_whole: bool,
}

/// What makes the walks of a run tracking walks.
#[derive(Clone)]
pub struct Tracking {
    observer: Arc<dyn Observer>,
    begin: HashMap<CreatorId, Begin>,
    with_new_posts: Arc<Mutex<HashSet<CreatorId>>>,
}

impl Tracking {
    /// Shows pages to `observer`. Creators that are not in `begin` only go on with a walk that is under way.
    #[must_use]
    pub fn new(observer: Arc<dyn Observer>, begin: HashMap<CreatorId, Begin>) -> Self {
        Self { observer, begin, with_new_posts: Arc::default() }
    }

    /// The creators of whom posts were seen that were not stored before. A clone sees what the run sees.
    #[must_use]
    pub fn with_new_posts(&self) -> HashSet<CreatorId> {
        self.with_new_posts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the observer that the API refuses a creator.
    pub(super) async fn gone(&self, creator: &CreatorId, walk: i64, words: &str) -> Result<(), Fatal> {
        Ok(self.observer.gone(creator, walk, words).await?)
    }

    /// Whether walks that are under way are gone on with, and none begins.
    pub(super) fn only_goes_on(&self) -> bool {
        self.begin.is_empty()
    }

    /// Whether what the archive holds of a walk is taken. Who visits has gone on with all that is under way before.
    pub(super) fn takes_archived(&self, stored: &Checkpoint) -> bool {
        stored.end.is_none() && self.only_goes_on()
    }

    /// Whether this creator's last walk failed, so that another failure is no news.
    pub(super) fn has_failed(&self, creator: &CreatorId) -> bool {
        self.begin.get(creator).is_some_and(|begin| begin.has_failed)
    }

    fn has_new_posts(&self, creator: &CreatorId) {
        self.with_new_posts.lock().unwrap_or_else(PoisonError::into_inner).insert(creator.clone());
    }

    /// Decides for one creator, by the checkpoint of its last tracking walk. `now_ms` becomes the id of a walk that
    /// begins.
    pub(super) fn plan(&self, creator: &CreatorId, stored: Option<&Checkpoint>, now_ms: i64) -> Plan {
        // One that came to no page is begun by the visit, which knows better how far it is to go now; and one that
        // failed is begun anew, so that a page that fails for ever does not hide the newest posts.
        let goes_on = |stored: &&Checkpoint| stored.end.is_none() && !stored.is_at_its_start() && !stored.has_failed();
        if let Some(stored) = stored.filter(goes_on) {
            return Plan::Walk { checkpoint: stored.clone(), save: false };
        }
        let Some(begin) = self.begin.get(creator) else { return Plan::Done };
        let newest = stored.map_or(0, Checkpoint::newest).max(begin.after);
        let walk = now_ms.max(newest + 1);
        // A walk that was refused, that the API led astray, that failed, or that was stopped before its first page was
        // settled, may not have come to what is known: then what it stored hides a hole.
        let is_open = |stored: &&Checkpoint| matches!(stored.end, None | Some(WalkEnd::Refused | WalkEnd::Warning));
        let open = stored.filter(is_open).and_then(|stored| stored.ground.as_ref());
        let open = open.filter(|ground| ground.known_in_a_row < KNOWN_IN_A_ROW);
        let before = open.map_or(walk, |ground| ground.before.min(walk));
        // Versions up to that moment are older than the next one.
        let before = begin.known_until.map_or(before, |until| before.min(until + 1));
        let before = match begin.later_backfill {
            None => before,
            Some(LaterBackfill { is_whole: true, .. }) => walk,
            Some(backfill) => before.min(backfill.walk),
        };
        let Begin { read_back_to, waits_since, has_failed: is_behind_failure, .. } = *begin;
        let ground = Some(Ground { before, read_back_to, known_in_a_row: 0, waits_since, is_behind_failure });
        let fetched_at = stored.map_or(0, |stored| stored.fetched_at).max(begin.after);
        Plan::Walk { checkpoint: Checkpoint { ground, fetched_at, ..Checkpoint::new(creator, walk) }, save: true }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::model::{ObserveError, TrackedPage};

    struct Nobody;

    #[async_trait]
    impl Observer for Nobody {
        async fn page(&self, _: &TrackedPage) -> Result<(), ObserveError> {
            Ok(())
        }

        async fn gone(&self, _: &CreatorId, _: i64, _: &str) -> Result<(), ObserveError> {
            Ok(())
        }
    }

    fn creator() -> CreatorId {
        CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap()
    }

    fn ended(end: Option<WalkEnd>) -> Checkpoint {
        let ground = Some(Ground { before: 300, ..Ground::default() });
        Checkpoint { end, ground, pages: 1, fetched_at: 450, updated_at: 460, ..Checkpoint::new(&creator(), 400) }
    }

    fn planned(stored: Option<&Checkpoint>, begin: Option<Begin>) -> Option<(Checkpoint, bool)> {
        let begin = begin.map(|begin| (creator(), begin)).into_iter().collect();
        match Tracking::new(Arc::new(Nobody), begin).plan(&creator(), stored, 1_000) {
            Plan::Walk { checkpoint, save } => Some((checkpoint, save)),
            Plan::Done | Plan::Parked(_) => None,
        }
    }

    #[test]
    fn a_walk_under_way_goes_on_and_others_begin_where_they_are_to() {
        let begin = Begin { read_back_to: Some(7), after: 900, ..Begin::default() };
        assert_eq!(planned(Some(&ended(None)), Some(begin)), Some((ended(None), false)));
        assert_eq!(planned(Some(&ended(None)), None), Some((ended(None), false)));
        assert_eq!(planned(Some(&ended(Some(WalkEnd::Known))), None), None);
        let (first, save) = planned(None, Some(begin)).unwrap();
        assert!(save && first.walk == 1_000 && first.fetched_at == 900);
        assert_eq!(first.ground, Some(Ground { before: 1_000, read_back_to: Some(7), ..Ground::default() }));
    }

    #[test]
    fn a_walk_without_a_page_is_begun_by_the_visit_and_hides_no_hole() {
        let at_its_start = Checkpoint { pages: 0, ..ended(None) };
        assert_eq!(planned(Some(&at_its_start), None), None, "it is not asked twice");
        let begin = Begin { read_back_to: Some(7), after: 900, ..Begin::default() };
        let (made, save) = planned(Some(&at_its_start), Some(begin)).unwrap();
        assert_eq!((made.walk, made.fetched_at, save), (1_000, 900, true));
        assert_eq!(made.ground, Some(Ground { before: 300, read_back_to: Some(7), ..Ground::default() }));
        let refreshed = Begin { later_backfill: Some(LaterBackfill { walk: 600, is_whole: true }), ..begin };
        assert_eq!(planned(Some(&at_its_start), Some(refreshed)).unwrap().0.ground.unwrap().before, 1_000);
    }

    #[test]
    fn a_walk_that_failed_is_begun_anew_by_the_visit_and_hides_no_hole() {
        let failed = Checkpoint { last_error: Some("500".into()), failed: true, ..ended(None) };
        assert_eq!(planned(Some(&failed), None), None, "newer posts come first");
        let begin = Begin { read_back_to: Some(7), waits_since: Some(400), has_failed: true, ..Begin::default() };
        let (anew, save) = planned(Some(&failed), Some(begin)).unwrap();
        assert_eq!((anew.walk, save, &anew.last_error, anew.failed), (1_000, true, &None, false));
        let ground = Ground { before: 300, read_back_to: Some(7), is_behind_failure: true, ..Ground::default() };
        assert_eq!(anew.ground, Some(Ground { waits_since: Some(400), ..ground }));
        assert!(anew.is_at_a_failure() && !anew.has_failed(), "it is not forgotten before the first page");
        assert!(!Checkpoint { pages: 1, ..anew }.is_at_a_failure());
    }

    #[test]
    fn a_walk_that_failed_behind_known_ground_left_no_hole() {
        for (known_in_a_row, before) in [(0, 300), (4, 300), (5, 1_000), (25, 1_000)] {
            let ground = Some(Ground { before: 300, known_in_a_row, ..Ground::default() });
            let failed = Checkpoint { failed: true, ground, ..ended(None) };
            let (begun, _) = planned(Some(&failed), Some(Begin::default())).unwrap();
            assert_eq!(begun.ground.unwrap().before, before, "{known_in_a_row}");
        }
    }

    #[test]
    fn where_the_last_walks_are_not_known_what_was_stored_before_them_is() {
        let (begun, _) = planned(None, Some(Begin { known_until: Some(700), ..Begin::default() })).unwrap();
        assert_eq!(begun.ground.unwrap().before, 701);
    }

    #[test]
    fn what_is_stored_is_older_than_the_walk_even_when_the_clock_fell_back() {
        let (begun, _) = planned(None, Some(Begin { after: 5_000, ..Begin::default() })).unwrap();
        assert!(begun.walk > 5_000 && begun.ground.unwrap().before == begun.walk);
        let later = Checkpoint { fetched_at: 7_000, ..ended(Some(WalkEnd::Known)) };
        assert!(planned(Some(&later), Some(Begin::default())).unwrap().0.walk > 7_000);
    }

    #[test]
    fn a_backfill_that_came_later_moves_the_ground() {
        let before = |end, is_whole| {
            let begin = Begin { later_backfill: Some(LaterBackfill { walk: 600, is_whole }), ..Begin::default() };
            planned(Some(&ended(Some(end))), Some(begin)).unwrap().0.ground.unwrap().before
        };
        assert_eq!(before(WalkEnd::Known, false), 600, "what it stored hides what it did not come to");
        assert_eq!(before(WalkEnd::Warning, false), 300);
        assert_eq!([before(WalkEnd::Known, true), before(WalkEnd::Warning, true)], [1_000; 2]);
    }

    #[test]
    fn only_a_walk_that_came_to_its_end_makes_new_ground() {
        let before = |end| planned(Some(&ended(Some(end))), Some(Begin::default())).unwrap().0.ground.unwrap().before;
        assert_eq!([before(WalkEnd::Known), before(WalkEnd::End)], [1_000; 2]);
        assert_eq!([before(WalkEnd::Refused), before(WalkEnd::Warning)], [300; 2]);
    }
}
