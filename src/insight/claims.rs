//! What may be said of a group: that it bursts, that it is lifted, that it is generic. A figure is shown whatever it
//! is; a claim is made only of what chance does not explain, so that nothing is claimed where nothing is going on.
//!
//! Three things make chance look like a finding, and each is met here. Many groups are looked at: the probabilities are
//! held against 0.01 divided by how many (Bonferroni). Only groups with many recent (or viral) posts are looked at in
//! the first place: the probabilities are those *given* that a group passed that floor, P(X ≥ x)/P(X ≥ floor), which
//! makes the number of groups that passed it the right one to divide by. And a creator's posts are alike: counts are
//! divided by the design effect (`spread`), so that twenty posts of one account hardly weigh more than one.

use super::spread::{design_effect, effective_creators};
use super::tails;
use crate::model::Tally;

/// The chance of any false claim of a kind in an answer.
pub const SIGNIFICANCE: f64 = 0.01;

/// A claim rests on at least so many effective creators (`spread`).
pub const CREATORS_BEHIND_A_CLAIM: f64 = 3.0;

/// A tag is generic from this share of the creators on …
pub const GENERIC_SHARE: f64 = 0.1;

/// … when so many use it at least: among 40 creators, a tenth is what any tag has …
pub const GENERIC_CREATORS: u64 = 20;

/// … and its growth is below this: what stands anywhere stood there before.
pub const GENERIC_GROWTH: f64 = 1.5;

/// All groups that could have been claimed: what a claim of one of them has to make up for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tested {
    /// How many groups passed the floor.
    pub groups: u64,
    /// The floor: so many recent (or viral) posts; 0 when groups were looked at whatever they have.
    pub floor: u64,
}

/// Whether a group's posts came more often in the recent window than its share of the window before explains.
///
/// Given the group's posts of both windows together, those in the recent one are binomial with share R/(R + E) if
/// nothing changed (the conditional test of two Poisson rates; Przyborowski & Wilenski 1940). One-sided.
/// `recent_by_creator`: the group's posts in the recent window by creator.
#[must_use]
pub fn bursts(group: &Tally, scope: &Tally, recent_by_creator: &[u64], tested: Tested) -> bool {
    effective_creators(recent_by_creator) >= CREATORS_BEHIND_A_CLAIM
        && burst_passes(group, scope, design_effect(recent_by_creator), tested)
}

/// Whether [`bursts`] is worth asking: creators that repeat themselves never make it likelier.
#[must_use]
pub fn may_burst(group: &Tally, scope: &Tally, tested: Tested) -> bool {
    burst_passes(group, scope, 1.0, tested)
}

fn burst_passes(group: &Tally, scope: &Tally, effect: f64, tested: Tested) -> bool {
    if scope.recent == 0 || scope.earlier == 0 {
        return false;
    }
    let (recent, earlier) = (at_most(group.recent, effect), at_least(group.earlier, effect));
    let share = scope.recent as f64 / (scope.recent as f64 + scope.earlier as f64);
    let tail = |least| tails::binomial(least, recent + earlier, share);
    passes(tail(recent), tail(at_least(tested.floor, effect).min(recent)), tested)
}

/// Whether a group has more viral posts than its share of the judged ones explains: the hypergeometric tail (Fisher's
/// exact test), one-sided. `viral_by_creator`: the group's viral posts by creator.
#[must_use]
pub fn lifted(group: &Tally, scope: &Tally, viral_by_creator: &[u64], tested: Tested) -> bool {
    effective_creators(viral_by_creator) >= CREATORS_BEHIND_A_CLAIM
        && lift_passes(group, scope, design_effect(viral_by_creator), tested)
}

/// Whether [`lifted`] is worth asking.
#[must_use]
pub fn may_be_lifted(group: &Tally, scope: &Tally, tested: Tested) -> bool {
    lift_passes(group, scope, 1.0, tested)
}

fn lift_passes(group: &Tally, scope: &Tally, effect: f64, tested: Tested) -> bool {
    if group.viral == 0 {
        return false;
    }
    let (viral, others) = (at_most(group.viral, effect), at_least(group.judged.saturating_sub(group.viral), effect));
    let judged = (viral + others).min(scope.judged);
    let tail = |least| tails::hypergeometric(least, judged, scope.viral, scope.judged);
    passes(tail(viral), tail(at_least(tested.floor, effect).min(viral)), tested)
}

/// Whether a tag stands anywhere, like #fyp: many creators use it, as they did before, and neither its lift nor a burst
/// is claimed.
#[must_use]
pub fn is_generic(creators: u64, scope_creators: u64, growth: Option<f64>, is_claimed: bool) -> bool {
    let is_everywhere = creators as f64 >= scope_creators as f64 * GENERIC_SHARE;
    let is_steady = growth.is_none_or(|growth| growth < GENERIC_GROWTH);
    creators >= GENERIC_CREATORS && is_everywhere && is_steady && !is_claimed
}

fn passes(tail: f64, tail_of_floor: f64, tested: Tested) -> bool {
    // Both are 0 where even the floor is beyond what a double can hold: then so is the other by far.
    let given_the_floor = if tail_of_floor > 0.0 { tail / tail_of_floor } else { 0.0 };
    given_the_floor <= SIGNIFICANCE / tested.groups.max(1) as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, divided by 1 or more")]
fn at_most(count: u64, effect: f64) -> u64 {
    (count as f64 / effect).floor() as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, divided by 1 or more")]
fn at_least(count: u64, effect: f64) -> u64 {
    (count as f64 / effect).ceil() as u64
}

#[cfg(test)]
mod tests;
