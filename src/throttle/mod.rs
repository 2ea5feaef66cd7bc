//! When a request may be sent: the quota of each key (`quota`), the delays between tries (`retry`), the wall clock
//! (`clock`).

pub mod clock;
pub mod quota;
pub mod retry;
