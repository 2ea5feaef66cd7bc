//! The jobs: what viralmine does, as functions that return reports; no terminal, no flags. `lease` and `spool` serve
//! several of them; `tasks` makes their workers.

pub mod ask;
pub mod backfill;
pub mod dead_letters;
pub mod digest;
pub mod doctor;
pub mod explain;
pub mod lease;
pub mod normalize;
pub mod plan;
pub mod reading;
pub mod reindex;
pub mod replay;
pub mod report;
pub mod score;
pub mod setup;
pub mod spool;
pub mod status;
mod tasks;
pub mod track;
pub mod verify;
pub mod video;
