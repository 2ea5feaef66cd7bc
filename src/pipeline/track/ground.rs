//! Known ground: what a page's posts are to a tracking walk, and whether it has come to its end. Pure.
//!
//! The judgement is the same whenever a page is taken, before or after a kill: what was known before the page was
//! stored is read off the snapshots, which are written before the documents.

/// A walk is on known ground once it has seen so many known posts in a row, pinned ones left out.
pub const KNOWN_IN_A_ROW: u32 = 5;

/// What a post is to the walk that sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was not stored before.
    New,
    /// It was stored before, under an older version than the ground's.
    Known,
    /// A walk stored it since the ground was made: its page is taken again after a kill, it stands on two pages, or an
    /// earlier walk did not come to its end. What the post was then.
    Again { was_known: bool },
    /// It was fetched beside the walks.
    Elsewhere,
}

/// The snapshot of the stored version, as far as it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Moment {
    /// There is none.
    #[default]
    NotKept,
    /// There was no moment before it.
    First,
    /// It took the place of this version (ms, UTC).
    After(i64),
}

/// What is known of a post.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts {
    /// The version that is stored (ms, UTC).
    pub(super) version: Option<i64>,
    /// The snapshot of that version.
    pub(super) moment: Moment,
    /// What it was on an earlier page that this process took for the same walk.
    pub(super) earlier: Option<bool>,
}

impl Standing {
    /// By what is known of a post; `before` is the ground's (ms, UTC).
    pub(super) fn of(facts: &Facts, before: i64) -> Self {
        match *facts {
            Facts { earlier: Some(was_known), .. } => Self::Again { was_known },
            Facts { version: None, .. } => Self::New,
            Facts { version: Some(version), .. } if version < before => Self::Known,
            Facts { moment: Moment::NotKept, .. } => Self::Elsewhere,
            Facts { moment: Moment::First, .. } => Self::Again { was_known: false },
            Facts { moment: Moment::After(previous), .. } => Self::Again { was_known: previous < before },
        }
    }

    /// Whether it was stored before the ground was made, as far as that can be told.
    pub(super) const fn is_known(self) -> Option<bool> {
        match self {
            Self::New => Some(false),
            Self::Known => Some(true),
            Self::Again { was_known } => Some(was_known),
            Self::Elsewhere => None,
        }
    }
}

/// A post of a page, as far as the end of the walk depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) standing: Standing,
    pub(super) is_pinned: bool,
    /// Seconds, UTC.
    pub(super) publish_ts: Option<i64>,
}

/// Known posts in a row at the end of the page, when there were `known_in_a_row` at its start. Pinned posts, and those
/// fetched beside the walk, neither count nor break the row.
pub(super) fn known_in_a_row(known_in_a_row: u32, page: &[Seen]) -> u32 {
    let in_order = page.iter().filter(|seen| !seen.is_pinned);
    in_order.fold(known_in_a_row, |known, seen| match seen.standing.is_known() {
        Some(true) => known.saturating_add(1),
        Some(false) => 0,
        None => known,
    })
}

/// Whether the page comes to the posts of that time (seconds, UTC): posts stand in order, but for pinned ones, and
/// those without a time say nothing.
pub(super) fn has_read_back(page: &[Seen], read_back_to: Option<i64>) -> bool {
    let oldest = || page.iter().rev().filter(|seen| !seen.is_pinned).find_map(|seen| seen.publish_ts);
    read_back_to.is_none_or(|due| oldest().is_some_and(|oldest| oldest <= due))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(standing: Standing) -> Seen {
        Seen { standing, is_pinned: false, publish_ts: None }
    }

    #[test]
    fn what_was_stored_before_the_walk_is_known_and_what_it_stored_itself_is_not() {
        let of = |version, moment| Standing::of(&Facts { version, moment, earlier: None }, 100);
        assert_eq!(of(None, Moment::NotKept), Standing::New);
        assert_eq!(of(Some(99), Moment::NotKept), Standing::Known);
        assert_eq!(of(Some(99), Moment::After(5)), Standing::Known);
        assert_eq!(of(Some(150), Moment::After(99)), Standing::Again { was_known: true });
        assert_eq!(of(Some(150), Moment::First), Standing::Again { was_known: false });
        let two_walks_without_an_end = of(Some(150), Moment::After(120));
        assert_eq!(two_walks_without_an_end, Standing::Again { was_known: false });
        assert_eq!(of(Some(160), Moment::NotKept), Standing::Elsewhere, "a single post was asked for meanwhile");
        let earlier = Facts { earlier: Some(true), ..Facts::default() };
        assert_eq!(Standing::of(&earlier, 100), Standing::Again { was_known: true });
    }

    #[test]
    fn pinned_posts_and_repeated_ones_neither_count_nor_break_the_row() {
        let pinned = |standing| Seen { is_pinned: true, ..seen(standing) };
        let page = [pinned(Standing::Known), pinned(Standing::New), seen(Standing::Known), seen(Standing::Elsewhere)];
        assert_eq!(known_in_a_row(2, &page), 3);
        assert_eq!(known_in_a_row(4, &[seen(Standing::Known), seen(Standing::New), seen(Standing::Known)]), 1);
    }

    #[test]
    fn the_last_post_with_a_time_says_how_far_back_a_page_goes() {
        let at = |publish_ts, is_pinned| Seen { is_pinned, publish_ts, ..seen(Standing::Known) };
        let page = [at(Some(1), true), at(Some(90), false), at(Some(50), false), at(None, false)];
        assert!(has_read_back(&page, Some(50)) && has_read_back(&page, None));
        assert!(!has_read_back(&page, Some(49)), "the pinned one is old, and says nothing");
        assert!(!has_read_back(&[], Some(5)));
    }

    proptest! {
        /// A page that is taken again after a kill is judged as it was, however much of it was stored, asked again or
        /// not.
        #[test]
        fn a_page_taken_again_is_judged_as_before(
            posts in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 0..40),
            start in 0_u32..9,
        ) {
            let judged = |taken_again: bool| {
                let seen = |&(is_known, is_pinned, is_stored): &(bool, bool, bool)| {
                    let moment = if is_known { Moment::After(50) } else { Moment::First };
                    let before = Facts { version: is_known.then_some(50), ..Facts::default() };
                    let stored = Facts { version: Some(150), moment, earlier: None };
                    let facts = if taken_again && is_stored { stored } else { before };
                    Seen { is_pinned, ..seen(Standing::of(&facts, 100)) }
                };
                known_in_a_row(start, &posts.iter().map(seen).collect::<Vec<_>>())
            };
            prop_assert_eq!(judged(true), judged(false));
        }
    }
}
