//! Tests from the outside, one binary. One commented line per file.

mod asking; // what is typed finds what was stored: a plain store, tables, JSON, CSV
mod support; // helpers
