//! Real posts: see the next commit.
