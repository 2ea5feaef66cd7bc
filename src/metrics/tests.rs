//! The page, read back by the grammar of the format.
