//! What viralmine does, from settings to reports; no terminal, no flags.

pub mod ask;
