//! Which records of the archive may be wanted, and reading them, one after another, on a thread that may block.
//!
//! What is damaged is warned of and passed over: it costs requests, never the run. Whether a page is the very one that
//! a walk would ask for next is known only there (`continues`).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::Archived;
use crate::archive::{RecordedError, RecordedPage, RecordedPages, RecordedResponse};
use crate::model::{Checkpoint, CreatorId, Endpoint};
use crate::source::SourcePage;
use crate::wire::reply::{Judgement, Reply, judge};

/// A good answer of an unfinished walk.
#[derive(Debug)]
pub(in crate::pipeline) struct ArchivedPage {
    /// Whose posts.
    pub(in crate::pipeline) creator: CreatorId,
    /// The cursor that it was asked with.
    pub(in crate::pipeline) asked_cursor: String,
    /// The answer, with its own `fetched_at`.
    pub(in crate::pipeline) page: SourcePage,
}

/// What a record has to say to be wanted.
#[derive(Debug)]
pub(in crate::pipeline) struct Wanted {
    store: String,
    index_prefix: String,
    page_size: u8,
    region: Option<String>,
    walks: HashMap<String, (CreatorId, Ahead)>,
}

/// Of one walk: its id, and when its newest settled page came (ms, UTC).
#[derive(Debug)]
struct Ahead {
    walk: i64,
    settled: i64,
}

impl Wanted {
    /// By the run's own marks, and where its unfinished walks stand.
    pub(super) fn new(archived: &Archived, region: Option<&str>, unfinished: &HashMap<CreatorId, Checkpoint>) -> Self {
        let ahead = |checkpoint: &Checkpoint| Ahead { walk: checkpoint.walk, settled: checkpoint.fetched_at };
        Self {
            store: archived.store.clone(),
            index_prefix: archived.index_prefix.clone(),
            page_size: archived.page_size,
            region: region.map(str::to_owned),
            walks: unfinished
                .iter()
                .map(|(creator, checkpoint)| (creator.to_string(), (creator.clone(), ahead(checkpoint))))
                .collect(),
        }
    }

    /// Whose page the record is, when it is one of ours that is not settled.
    fn whose(&self, record: &RecordedPage) -> Option<&CreatorId> {
        let is_ours = record.endpoint == Endpoint::List
            && record.store.as_ref() == Some(&self.store)
            && record.index_prefix.as_ref() == Some(&self.index_prefix)
            && record.page_size == Some(self.page_size)
            && record.region == self.region;
        let (creator, ahead) = self.walks.get(record.sec_user_id.as_deref()?)?;
        let is_ahead = record.walk == Some(ahead.walk) && record.fetched_at.is_some_and(|at| at > ahead.settled);
        (is_ours && is_ahead).then_some(creator)
    }

    /// The page of a record that is wanted; `None` for others, and for failed answers.
    pub(super) fn page_of(&self, record: RecordedPage) -> Option<ArchivedPage> {
        let creator = self.whose(&record)?.clone();
        let (fetched_at, status) = (record.fetched_at?, record.status?);
        let reply = Reply {
            status,
            retry_after: None,
            date: None,
            endpoint: Endpoint::List,
            body: record.response.text().as_bytes(),
            hide: "",
        };
        if judge(&reply) != Judgement::Success {
            return None;
        }
        let body = match record.response {
            RecordedResponse::Json(json) => String::from(Box::<str>::from(json)),
            RecordedResponse::Text(text) => text,
        };
        let page = SourcePage { body: Bytes::from(body), fetched_at };
        Some(ArchivedPage { creator, asked_cursor: record.max_cursor?, page })
    }
}

/// Whether an answer is the one that a walk which stands here would ask for next.
pub(in crate::pipeline) fn continues(checkpoint: &Checkpoint, page: &ArchivedPage) -> bool {
    page.asked_cursor == checkpoint.cursor && page.page.fetched_at > checkpoint.fetched_at
}

/// Reads the segments in their order and hands on what is wanted, until nobody takes it any more. Blocks.
pub(in crate::pipeline) fn read(segments: &[PathBuf], wanted: &Wanted, pages: &mpsc::Sender<ArchivedPage>) {
    for segment in segments {
        if !read_segment(segment, wanted, pages) {
            return;
        }
    }
}

/// `false` once nobody takes any more.
fn read_segment(segment: &Path, wanted: &Wanted, pages: &mpsc::Sender<ArchivedPage>) -> bool {
    let records = match RecordedPages::open(segment) {
        Ok(records) => records,
        Err(error) => {
            tracing::warn!("{error}; what it holds of unfinished walks is asked of the API again");
            return true;
        }
    };
    let mut unreadable: u64 = 0;
    for record in records {
        if pages.is_closed() {
            return false;
        }
        match record {
            Ok(record) => {
                let Some(page) = wanted.page_of(record) else { continue };
                if pages.blocking_send(page).is_err() {
                    return false;
                }
            }
            Err(error @ RecordedError::Read { .. }) => {
                tracing::warn!(
                    "{error}; what follows in it is not read, and asked of the API again where it is missing"
                );
            }
            Err(error @ RecordedError::Line { .. }) => {
                unreadable += 1;
                if unreadable == 1 {
                    tracing::warn!("{error}; it is passed over, and asked of the API again where it is missing");
                }
            }
        }
    }
    if unreadable > 1 {
        let (file, more) = (segment.display(), unreadable - 1);
        tracing::warn!("{file}: {more} more lines of it cannot be read, and are passed over");
    }
    true
}
