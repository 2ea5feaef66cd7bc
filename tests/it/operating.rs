//! What a run shows beside its answers: metrics and health while it lasts, logs for programs, all posts as a file,
//! completions and manual pages.

mod export; // all posts that match, on both stores: whole files or none
mod logs; // --log-format json: every line of stderr is one object, however a command ends
mod metrics; // a real run, scraped while its store is held
mod shells; // completions and manual pages know every command and flag
