//! What answers look like. `videos` and `hashtags` know the answers; `table`, `json` and `csv` know the forms, one
//! each; `shown` makes numbers, dates and strangers' texts fit for a terminal.

pub mod csv;
pub mod hashtags;
pub mod json;
pub mod shown;
pub mod table;
pub mod videos;
