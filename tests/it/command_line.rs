//! The program as a person types it: the built binary in a folder of its own, with nothing in its environment that the
//! test did not put there, against the simulated API in this process.
//!
//! `shell` starts it; the other files are grouped by what is typed.

mod answers; // normalize, search and hashtags: inputs, pipes that close, nothing stored yet
mod backfill; // reports, creators that fail, keys, and that no key is ever shown
mod demo; // its folder: made afresh, never somebody else's
mod faults; // backfill from an API at its worst: what it is told, and how it ends
mod help; // every help text against its snapshot, and the usage in README.md
mod looking; // status, doctor and dead-letters
mod places; // which store and folder are meant: flag, environment, file
mod replay; // replay and verify: reports, exit codes, records that are of no use
pub mod shell; // how the binary is started and what came of it
mod stopping; // Ctrl-C, kills, and the same command again
mod wrong_use; // exit code 2, before any request; nothing is made
