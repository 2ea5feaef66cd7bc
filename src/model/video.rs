//! The provider's normalized model of a post: same keys, same order as the provider's sample.

/// placeholder
#[derive(Debug)]
pub struct Video;
