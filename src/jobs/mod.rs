//! The jobs: what viralmine does, as functions that return reports; no terminal, no flags.

pub mod ask;
pub mod backfill;
pub mod dead_letters;
pub mod doctor;
pub mod normalize;
pub mod status;
pub mod lease;
pub mod normalize;
pub mod spool;
mod tasks;
