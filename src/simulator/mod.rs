//! To come: simulator.
