//! What was typed (clap).

pub mod ask;
