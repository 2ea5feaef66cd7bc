//! To come: archive.
