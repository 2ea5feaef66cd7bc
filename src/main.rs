//! viralmine's entry.
fn main() {}
