//! To come: store/embedded.
