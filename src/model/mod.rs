//! What travels between the rooms: plain data and the smallest traits, no I/O.
//!
//! A reader who wants to know the flow reads this folder: a creator is walked page by page (`creator`,
//! `answer`), each page becomes documents (`video`, `document`), documents travel in batches and get
//! verdicts (`batch`, `verdict`), verdicts move checkpoints (`checkpoint`), and questions are asked of
//! what is stored (`question`, `query`, `row`, `groups`), of which `scores` are a part. A creator that is walked again
//! and again (`tracking`) leaves moments (`snapshot`) and tells what changed (`event`).

pub mod answer;
pub mod batch;
pub mod certificate;
pub mod checkpoint;
pub mod counters;
pub mod creator;
pub mod credentials;
pub mod document;
pub mod event;
pub mod groups;
pub mod histogram;
pub mod host;
pub mod link;
pub mod marks;
pub mod query;
pub mod question;
pub mod redact;
pub mod row;
pub mod scores;
pub mod secret;
pub mod size;
pub mod snapshot;
pub mod text;
pub mod tracking;
pub mod verdict;
pub mod video;
pub mod video_id;
pub mod waiting;

pub use answer::{Answer, Endpoint, RecordError, Recorder, WithoutRecord};
pub use batch::{Batch, BatchBuilder, BatchItem, Collection};
pub use certificate::TlsTrouble;
pub use checkpoint::{Checkpoint, Ground, TrackingDocument, WalkBounds, WalkEnd};
pub use counters::Counters;
pub use creator::{CreatorId, CreatorIdError};
pub use credentials::Credentials;
pub use document::{DocumentHead, DocumentPage, Skip};
pub use event::{Event, EventKind, Happening};
pub use groups::{
    Group, GroupBy, GroupQuestion, Groups, Measure, Pick, PostTime, Scope, Slot, Tally, TimeSlot, Windows,
};
pub use link::post_link;
pub use marks::Marks;
pub use query::{Query, QueryError};
pub use question::{CreatorQuestion, CreatorSort, Filters, Hits, Kind, Question, Sort};
pub use row::Row;
pub use scores::{CORPUS_ID, Corpus, CreatorRow, FORMULAS, Virality};
pub use secret::Secret;
pub use size::size_in_words;
pub use snapshot::Snapshot;
pub use tracking::{ObserveError, Observer, TrackedPage, TrackedPost};
pub use verdict::Verdict;
pub use video::{NormalizedPage, Video};
pub use video_id::{VideoId, VideoIdError};
