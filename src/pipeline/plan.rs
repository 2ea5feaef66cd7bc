//! What to do with each creator at the start of a run: begin, go on, or leave alone. Pure.

use super::Bounds;
use crate::model::{Checkpoint, CreatorId, WalkEnd};

/// What is to be done with a creator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, which is taken apart at once")]
pub enum Plan {
    /// Its walk ended before; nothing to ask.
    Done,
    /// The API refused it before; carries what it said.
    Parked(String),
    /// Ask from this checkpoint. With `save`, the checkpoint is written before the first request.
    Walk {
        /// Where to start.
        checkpoint: Checkpoint,
        /// Whether the store does not have it yet.
        save: bool,
    },
}

/// Decides for one creator. `now_ms` becomes the id of a walk that begins (UTC).
#[must_use]
pub fn plan(creator: &CreatorId, stored: Option<&Checkpoint>, bounds: &Bounds, now_ms: i64) -> Plan {
    let Some(stored) = stored else {
        return Plan::Walk { checkpoint: Checkpoint::new(creator, now_ms), save: true };
    };
    match stored.end {
        None => Plan::Walk { checkpoint: stored.clone(), save: false },
        Some(_) if bounds.as_begun => Plan::Done,
        Some(WalkEnd::Refused) if bounds.retry_failed || bounds.refresh => begin_again(creator, stored, now_ms),
        Some(WalkEnd::Refused) => Plan::Parked(stored.last_error.clone().unwrap_or_else(|| "refused before".into())),
        Some(_) if bounds.refresh => begin_again(creator, stored, now_ms),
        Some(WalkEnd::Since) if is_wider(bounds.since, stored.since) => go_on(stored, now_ms),
        Some(WalkEnd::MaxPages) if bounds.max_pages.is_none_or(|most| most > stored.pages) => go_on(stored, now_ms),
        Some(_) => Plan::Done,
    }
}

fn is_wider(asked: Option<i64>, ended_at: Option<i64>) -> bool {
    match (asked, ended_at) {
        (None, _) => true,
        (Some(asked), Some(ended_at)) => asked < ended_at,
        (Some(_), None) => false,
    }
}

fn go_on(stored: &Checkpoint, now_ms: i64) -> Plan {
    let updated_at = now_ms.max(stored.updated_at + 1);
    Plan::Walk { checkpoint: Checkpoint { end: None, since: None, updated_at, ..stored.clone() }, save: true }
}

fn begin_again(creator: &CreatorId, stored: &Checkpoint, now_ms: i64) -> Plan {
    let walk = now_ms.max(stored.updated_at + 1);
    let fetched_at = stored.fetched_at;
    Plan::Walk { checkpoint: Checkpoint { fetched_at, ..Checkpoint::new(creator, walk) }, save: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creator() -> CreatorId {
        CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap()
    }

    fn stored(end: Option<WalkEnd>) -> Checkpoint {
        let since = (end == Some(WalkEnd::Since)).then_some(1_000);
        Checkpoint {
            end,
            since,
            pages: 3,
            cursor: "77".into(),
            fetched_at: 500,
            updated_at: 600,
            ..Checkpoint::new(&creator(), 400)
        }
    }

    /// `(begins anew, goes on at the cursor)`.
    fn outcome(stored: &Checkpoint, bounds: &Bounds) -> (bool, bool) {
        match plan(&creator(), Some(stored), bounds, 550) {
            Plan::Walk { checkpoint, .. } => (checkpoint.walk != stored.walk, checkpoint.cursor == stored.cursor),
            Plan::Done | Plan::Parked(_) => (false, false),
        }
    }

    #[test]
    fn each_end_has_its_way_on() {
        let plain = Bounds::default();
        let refresh = Bounds { refresh: true, ..Bounds::default() };
        let retry = Bounds { retry_failed: true, ..Bounds::default() };
        assert_eq!(outcome(&stored(None), &plain), (false, true));
        assert_eq!(outcome(&stored(Some(WalkEnd::End)), &plain), (false, false));
        assert_eq!(outcome(&stored(Some(WalkEnd::End)), &retry), (false, false));
        assert_eq!(outcome(&stored(Some(WalkEnd::End)), &refresh), (true, false));
        assert_eq!(outcome(&stored(Some(WalkEnd::Warning)), &plain), (false, false));
        assert_eq!(outcome(&stored(Some(WalkEnd::Refused)), &plain), (false, false));
        assert_eq!(outcome(&stored(Some(WalkEnd::Refused)), &retry), (true, false));
        assert_eq!(outcome(&stored(Some(WalkEnd::Since)), &plain), (false, true));
        assert_eq!(outcome(&stored(Some(WalkEnd::MaxPages)), &plain), (false, true));
    }

    #[test]
    fn only_a_wider_run_goes_on() {
        let since = |since| Bounds { since: Some(since), ..Bounds::default() };
        assert_eq!(outcome(&stored(Some(WalkEnd::Since)), &since(999)), (false, true));
        assert_eq!(outcome(&stored(Some(WalkEnd::Since)), &since(1_000)), (false, false));
        let pages = |most| Bounds { max_pages: Some(most), ..Bounds::default() };
        assert_eq!(outcome(&stored(Some(WalkEnd::MaxPages)), &pages(4)), (false, true));
        assert_eq!(outcome(&stored(Some(WalkEnd::MaxPages)), &pages(3)), (false, false));
    }

    #[test]
    fn a_walk_that_begins_again_rises_above_what_is_stored_even_when_the_clock_fell_back() {
        let Plan::Walk { checkpoint, save } =
            plan(&creator(), Some(&stored(Some(WalkEnd::End))), &Bounds { refresh: true, ..Bounds::default() }, 100)
        else {
            panic!("a refresh walks");
        };
        assert!(save && checkpoint.updated_at > 600 && checkpoint.fetched_at == 500 && checkpoint.pages == 0);
    }
}
