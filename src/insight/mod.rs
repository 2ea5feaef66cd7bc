//! Pure answers: numbers and rows in, scores and group-bys out. No I/O, no clock.
//!
//! The scores: `engagement` is of a post alone; `prior`, `corpus`, `virality` and `baseline` need the others, too, and are
//! computed in a pass over all posts (`jobs::score`); `others` and `rounding` serve them.

pub mod baseline;
pub mod corpus;
pub mod engagement;
pub mod hashtags;
pub mod others;
pub mod prior;
pub mod rounding;
pub mod virality;
