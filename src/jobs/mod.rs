//! The jobs: what viralmine does, as functions that return reports; no terminal, no flags.

pub mod ask;
pub mod backfill;
pub mod normalize;
pub mod plan;
pub mod video;
