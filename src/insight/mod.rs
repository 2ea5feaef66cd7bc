//! Pure answers: numbers and rows in, scores and group-bys out. No I/O, no clock.
//!
//! Of one post: `engagement`. Of groups of posts (tags, words, sounds, categories): `lift`, `growth`, `spread` and
//! `relation` are figures, `tails` the probabilities that `claims` needs to say which of them chance does not explain;
//! `groups` lays them into rows. Of creators: `tiers`. Of hours: `timing`.

pub mod claims;
pub mod engagement;
pub mod groups;
pub mod growth;
pub mod lift;
pub mod relation;
pub mod spread;
pub mod tails;
pub mod tiers;
pub mod timing;
