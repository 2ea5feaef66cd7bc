//! Whole jobs: they join the rooms and return reports. No terminal, no flags.

pub mod normalize;
