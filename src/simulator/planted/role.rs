//! What a creator is among the others: most are ordinary, a few rise (planted), a few only look as if (confounders).

use super::strength::Strength;
use super::{LEEWAY, YOUNG};
use crate::simulator::creator::Corpus;
use crate::simulator::draws::{Purpose, hash};
use crate::simulator::schedule::Schedule;

/// Each so many creators in a row hold each role as often as this list says; the others are ordinary.
const CYCLE: u32 = 40;
/// Leads through the cycle, so that neighbours differ: it shares no divisor with it.
const STEP: u32 = 17;

/// A rise began no longer ago than this (seconds), and with no more than a third of the posts.
const RISE: i64 = 30 * 86_400;
/// Posts old enough to be judged that there must be on either side of a rise.
const LEAST_POSTS: i64 = 5;

/// A giant has so many times the plays.
pub(super) const GIANT: f64 = 60.0;
/// A fading creator's oldest post has so many times its usual plays, the newest so many times fewer.
const FADING: f64 = 8.0;
/// A creator with a private tag posts at least this often (seconds).
const PRIVATE_INTERVAL: i64 = 8 * 3600;

/// What a creator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Role {
    /// Nothing is special.
    Ordinary,
    /// Planted: from this post on, plays are clearly higher.
    Rising { from: i64 },
    /// Confounder: old posts have far more plays than new ones.
    Fading,
    /// Confounder: far more plays than others, always.
    Giant,
    /// Confounder: posts often, lately under a tag and a sound that nobody else uses.
    Private,
}

impl Role {
    /// The role by number alone. Who is to rise may turn out to have too few posts for it: see [`Role::settled`].
    pub(in crate::simulator) fn of(corpus: &Corpus, number: u32) -> Self {
        let turn = u32::try_from(hash(corpus.seed, Purpose::Role, &[]) % u64::from(CYCLE)).unwrap_or(0);
        match ((number % CYCLE) * STEP + turn) % CYCLE {
            0 | 1 if corpus.strength.is_some() => Self::Rising { from: 0 },
            2 | 3 => Self::Fading,
            4 => Self::Giant,
            5 => Self::Private,
            _ => Self::Ordinary,
        }
    }

    /// At least this often a creator of this role posts (seconds), if it is bound to.
    pub(in crate::simulator) fn interval(self, usual: i64) -> i64 {
        if self == Self::Private { usual.min(PRIVATE_INTERVAL) } else { usual }
    }

    /// With the post that a rise begins with; a creator that cannot be seen to rise is ordinary.
    pub(in crate::simulator) fn settled(self, now: i64, schedule: &Schedule, withholds_plays: bool) -> Self {
        let Self::Rising { .. } = self else { return self };
        let first_after = |time| schedule.newest_before(time).map_or(0, |newest| newest + 1);
        let count = schedule.first_count;
        let from = (count - count / 3).max(first_after(now - RISE));
        let judged_later = first_after(now - YOUNG - LEEWAY) - from;
        if withholds_plays || from < LEAST_POSTS || judged_later < LEAST_POSTS {
            return Self::Ordinary;
        }
        Self::Rising { from }
    }

    /// A post's plays are so many times what they would be, by its number among `count` posts.
    pub(super) fn factor(self, strength: Strength, count: i64, number: i64) -> f64 {
        match self {
            Self::Rising { from } if number >= from => strength.rise(),
            Self::Fading => {
                let passed = number as f64 / (count - 1).max(1) as f64;
                FADING.powf(1.0 - 2.0 * passed.clamp(0.0, 1.0))
            }
            Self::Giant => GIANT,
            Self::Ordinary | Self::Rising { .. } | Self::Private => 1.0,
        }
    }
}
