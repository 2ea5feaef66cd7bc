//! Flags → job → output, one file per command.

pub mod hashtags;
mod question;
pub mod search;
