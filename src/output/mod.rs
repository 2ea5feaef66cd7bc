//! What answers look like. `videos` and `hashtags` know the answers; `table`, `json` and `csv` know the forms, one
//! each; `shown` makes numbers, dates and strangers' texts fit for a terminal. `plan` comes before a run, `report` is its end (`video` that of single posts),
//! `progress` its bars, `log` its lines on stderr.

pub mod csv;
pub mod hashtags;
pub mod json;
pub mod log;
pub mod plan;
pub mod progress;
pub mod report;
pub mod shown;
pub mod table;
pub mod video;
pub mod videos;
