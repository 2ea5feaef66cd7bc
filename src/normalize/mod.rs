//! To come: normalize.
