//! What answers look like. `videos`, `viral`, `groups`, `creators` and `timing` know the answers; `table`, `json` and
//! `csv` know the forms, one each; `export` writes posts as they come, into a `draft` that becomes the file; `shown`
//! makes numbers, dates and strangers' texts fit for a terminal. `plan` comes before a run; `report`, `video`,
//! `replay`, `reindex`, `setup` and `verify` are the ends of runs, `progress` their bars, `log` their lines on stderr;
//! `status` is how far things are, `findings` what is wrong, `dead_letters` what the store refused; `score` and
//! `explain` tell of scores; `digest` of what changed.

pub mod creators;
pub mod csv;
pub mod dead_letters;
pub mod digest;
pub mod draft;
pub mod explain;
pub mod export;
pub mod findings;
pub mod groups;
pub mod json;
pub mod log;
pub mod plan;
pub mod progress;
pub mod reindex;
pub mod replay;
pub mod report;
pub mod score;
pub mod setup;
pub mod shown;
pub mod status;
pub mod table;
pub mod timing;
pub mod track;
pub mod verify;
pub mod video;
pub mod videos;
pub mod viral;
