//! What answers look like. `videos` and `hashtags` know the answers; `table`, `json` and `csv` know the forms, one
//! each; `shown` makes numbers, dates and strangers' texts fit for a terminal. `report` is a run's end, `status` how far
//! things are, `findings` what is wrong, `progress`
//! its bars, `log` its lines on stderr.

pub mod csv;
pub mod dead_letters;
pub mod findings;
pub mod hashtags;
pub mod json;
pub mod log;
pub mod progress;
pub mod report;
pub mod shown;
pub mod status;
pub mod table;
pub mod videos;
