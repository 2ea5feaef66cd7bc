//! viralmine: short-video data into Elasticsearch (or an embedded index), and what goes viral in it.
//!
//! The map. A room imports only from rooms above its line; rooms of one line do not import each other
//! (`tests/it/rooms.rs` reads the `use crate::` lines and fails on an import upward).
//!
//! ```text
//!  1 model                     ids, Video, Document, Batch, Checkpoint, Question, Row, Verdict, Secret, Recorder,
//!                              Counters, text
//!  2 wire · throttle           the provider's JSON and what a reply means (pure) · quota, retry, clock
//!  3 insight                   pure: engagement, scores, rows → answers
//!  4 normalize                 pure: wire → model; makes the documents
//!  5 source · store · archive  API client · the Store traits, elastic, embedded · raw and recorded pages,
//!                              dead letters, events
//!  5 notify · kibana           the webhook · Kibana's saved objects and their import
//!  6 simulator                 the provider's API on loopback
//!  7 pipeline                  walk, channel, bulk, settle: every task and channel of a run is made in one file
//!  8 jobs                      backfill, track, digest, plan, video, replay, score, explain, verify, reindex,
//!                              dead_letters, status, setup, doctor, normalize, ask, report: return reports; no
//!                              terminal, no flags
//!  9 output · report · metrics  tables, JSON, bars · the page · Prometheus text and /healthz
//! 10 cli                       what was typed (clap)
//! 11 settings                  what it means: flag > environment > file > default, resolved once
//! 12 commands                  flags → job → output
//! 13 main
//! ```

pub mod archive;
pub mod cli;
pub mod commands;
pub mod insight;
pub mod jobs;
pub mod kibana;
pub mod metrics;
pub mod model;
pub mod normalize;
pub mod notify;
pub mod output;
pub mod pipeline;
pub mod report;
pub mod settings;
pub mod simulator;
pub mod source;
pub mod store;
pub mod throttle;
pub mod wire;
