//! The way of one post: what is stored of it, its detail from the API, both merged, the store's verdict.

use std::sync::Arc;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::VideoParts;
use crate::archive::DeadLetter;
use crate::jobs::tasks;
use crate::model::{BatchBuilder, Collection, Verdict, VideoId};
use crate::normalize::{self, PageContext, merge};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Outcome, deliver, patiently};
use crate::pipeline::size_limit::SizeLimit;
use crate::source::{SourceError, SourcePage};
use crate::store::StoredDocument;

/// How one video came out.
pub(super) enum Asked {
    Done,
    Failed {
        error: String,
        kind: Failure,
    },
    /// The run ended before its turn.
    Left,
    BudgetUsed(u64),
    /// The run cannot go on.
    Fatal(Fatal),
}

/// Whose fault it was, for judging whether the run as a whole makes sense.
#[derive(Clone, Copy)]
pub(super) enum Failure {
    /// The API answered, and does not know the video, or withholds it.
    Video,
    /// Others would fail alike.
    Server,
}

/// Asks for one video, unless the run is to end, and indexes what came.
pub(super) async fn ask(parts: &VideoParts, halt: &CancellationToken, video: VideoId) -> (VideoId, Asked) {
    let asked = match fetch(parts, halt, &video).await {
        // It is paid: whatever ends the run now, it is indexed.
        Ok(page) => index(parts, &video, page).await,
        Err(not_fetched) => Err(not_fetched),
    };
    (video, asked.map_or_else(|other| other, |()| Asked::Done))
}

async fn fetch(parts: &VideoParts, halt: &CancellationToken, video: &VideoId) -> Result<SourcePage, Asked> {
    if halt.is_cancelled() {
        return Err(Asked::Left);
    }
    let known = tokio::select! {
        biased;
        () = halt.cancelled() => return Err(Asked::Left),
        known = stored(parts, video) => known?,
    };
    // Whatever the clocks say: what is asked for now is newer than what is there already.
    let fetched_after = known.map_or(0, |known| known.version);
    parts.client.detail(video.as_str(), fetched_after).await.map_err(|error| not_fetched(&error))
}

fn not_fetched(error: &SourceError) -> Asked {
    let failed = |kind| Asked::Failed { error: error.to_string(), kind };
    match error {
        SourceError::Stopped { .. } => Asked::Left,
        SourceError::BudgetUsed { budget, .. } => Asked::BudgetUsed(*budget),
        SourceError::VideoRefused { .. } | SourceError::Exhausted { about_subject: true, .. } => failed(Failure::Video),
        error if error.ends_the_run() => Asked::Fatal(Fatal::Source(error.clone())),
        _ => failed(Failure::Server),
    }
}

async fn stored(parts: &VideoParts, video: &VideoId) -> Result<Option<StoredDocument>, Asked> {
    let ids = [video.to_string()];
    let found = patiently(parts.patience, || parts.store.get(Collection::Videos, &ids)).await;
    Ok(found.map_err(|error| Asked::Fatal(error.into()))?.into_iter().next().flatten())
}

async fn index(parts: &VideoParts, video: &VideoId, page: SourcePage) -> Result<(), Asked> {
    parts.counters.pages.add(1);
    let (version, detail) = (page.fetched_at, detail_of(parts, video, &page)?);
    // Read again: a run elsewhere may have stored a newer list meanwhile. What comes between this and the write is
    // overwritten where it is older, and wins where it is newer.
    let known = stored(parts, video).await.inspect_err(|_| parts.counters.documents_fetched.add(1))?;
    let whole = match known {
        Some(known) => merge::with_detail(&known.source, &detail).map_err(|error| skipped(parts, error.to_string()))?,
        None => detail.clone(),
    };
    parts.counters.documents_fetched.add(1);
    let mut batch = BatchBuilder::new(Collection::Videos);
    batch.push(video.as_str(), version, &whole);
    let batch = batch.finish();
    let limit = SizeLimit::new(batch.body.len());
    let outcomes = deliver(parts.store.as_ref(), &batch, parts.patience, &parts.counters, &limit).await;
    let outcome = outcomes.map_err(|error| Asked::Fatal(error.into()))?.into_iter().next();
    let no_verdict = || Asked::Fatal(Fatal::Internal(format!("the store gave no verdict on video {video}")));
    settle(parts, video, outcome.ok_or_else(no_verdict)?, version, detail).await
}

/// The detail's document, without what a list would add.
fn detail_of(parts: &VideoParts, video: &VideoId, page: &SourcePage) -> Result<Vec<u8>, Asked> {
    let context = PageContext { sec_user_id: "", region: None, fetched_at: page.fetched_at };
    let documents = normalize::documents(&page.body, &context);
    parts.counters.items_received.add(1);
    let documents = documents.map_err(|error| skipped(parts, error.to_string()))?;
    let (Some(head), []) = (documents.documents.first(), &documents.skipped[..]) else {
        let reason = documents.skipped.first().map_or("the answer holds no post", |skip| &skip.reason);
        return Err(skipped(parts, reason.to_owned()));
    };
    if head.id != video.as_str() {
        return Err(skipped(parts, format!("the API answered with another video, {}", head.id)));
    }
    Ok(documents.sources[head.source.clone()].to_vec())
}

fn skipped(parts: &VideoParts, error: String) -> Asked {
    parts.counters.items_skipped.add(1);
    Asked::Failed { error, kind: Failure::Video }
}

async fn settle(
    parts: &VideoParts,
    video: &VideoId,
    outcome: Outcome,
    version: i64,
    detail: Vec<u8>,
) -> Result<(), Asked> {
    let counters = &parts.counters;
    let reason = match outcome.verdict {
        Verdict::Stored { new } => {
            counters.documents_stored.add(1);
            counters.documents_new.add(u64::from(new));
            return Ok(());
        }
        Verdict::Superseded => {
            counters.documents_superseded.add(1);
            return Ok(());
        }
        Verdict::Refused(reason) | Verdict::Again(reason) => reason,
    };
    counters.documents_dead.add(1);
    let letter = DeadLetter {
        reason: reason.clone(),
        attempts: outcome.attempts,
        at: parts.clock.now_ms(),
        id: video.to_string(),
        sec_user_id: None,
        max_cursor: None,
        fetched_at: version,
        // Alone: a retry lays it over what is stored by then.
        document: Bytes::from(detail),
    };
    let file = Arc::clone(&parts.dead_letters);
    let path = file.path().display().to_string();
    let appended = tasks::blocking(move || file.append(&[letter])).await.and_then(|done| done.map_err(Fatal::Archive));
    appended.map_err(Asked::Fatal)?;
    tracing::error!("the store refused video {video}, which is kept in {path} ({reason})");
    Err(Asked::Failed { error: format!("the store refused it ({reason}); it is kept in {path}"), kind: Failure::Video })
}
