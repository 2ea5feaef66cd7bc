//! The provider's JSON, typed and borrowed, and what a reply means. Pure: bytes in, values out.
//!
//! `reply` tells success from failure (the only sign is the body's `code` and `msg`); `page` reads the
//! envelopes, `post` one item, `lenient` the shapes that a field may come in.

pub mod lenient;
pub mod page;
pub mod post;
pub mod reply;
