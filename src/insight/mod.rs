//! Pure answers: numbers and rows in, scores and group-bys out. No I/O, no clock.

pub mod engagement;
pub mod hashtags;
