//! The jobs: what viralmine does, as functions that return reports; no terminal, no flags.

pub mod ask;
pub mod backfill;
pub mod lease;
pub mod normalize;
pub mod reading;
pub mod replay;
pub mod spool;
mod tasks;
pub mod verify;
