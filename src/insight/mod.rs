//! Pure answers: numbers and rows in, scores and group-bys out. No I/O, no clock.
//!
//! Of one post: `engagement`, and `moments`, between which its growth is measured. Of posts among others: `prior`,
//! `corpus`, `virality` and `baseline`, which need the others, too, and are computed in a pass over all posts
//! (`jobs::score`); `others` and `rounding` serve them; `chance` says how many viral posts are there anyway. Of groups
//! of posts (tags, words, sounds, categories): `lift`, `growth`, `spread` and `relation` are figures, `tails` the
//! probabilities that `claims` needs to say which of them chance does not explain; `groups` lays them into rows. Of
//! creators: `tiers`. Of time: `timing` by the hours of a week, `history` by the calendar.
//! Of a creator looked at again: `changes` and `silence`.

pub mod baseline;
pub mod chance;
pub mod changes;
pub mod claims;
pub mod corpus;
pub mod engagement;
pub mod groups;
pub mod growth;
pub mod history;
pub mod lift;
pub mod moments;
pub mod others;
pub mod prior;
pub mod relation;
pub mod rounding;
pub mod silence;
pub mod spread;
pub mod tails;
pub mod tiers;
pub mod timing;
pub mod virality;

/// An hour (ms).
const HOUR: i64 = 60 * 60 * 1000;
