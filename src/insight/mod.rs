//! To come: insight.
