//! To come: insight.
pub mod hashtags;
