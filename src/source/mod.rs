//! To come: source.
