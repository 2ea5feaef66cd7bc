//! Single posts by the detail endpoint: each is laid over what is stored of it, and indexed whole under its new time.
//!
//! Here: the run, its report, and who is asked when; `one` is the way of one post. Several are under way at once, in
//! one task, as many as use the quota. A post that the API does not know fails alone. No terminal, no flags.

mod one;

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::one::{Asked, Failure};
use super::backfill::{DocumentsReport, ItemsReport, RequestsReport};
use crate::archive::DeadLetters;
use crate::model::{Counters, VideoId};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, patiently};
use crate::source::{ApiClient, KeyReport, VideoSource};
use crate::store::StoreWriter;
use crate::throttle::clock::Clock;

/// So many videos in a row that fail alike, and not for their own sake, end the run.
const FAILURES_THAT_END_A_RUN: usize = 5;

/// What a run works with.
pub struct VideoParts {
    /// The API; it must watch `stop` and count in `counters`.
    pub client: ApiClient,
    /// Where documents go; prepared.
    pub store: Arc<dyn StoreWriter>,
    /// Where refused documents go.
    pub dead_letters: Arc<DeadLetters>,
    /// The wall clock.
    pub clock: Clock,
    /// The run's counters.
    pub counters: Arc<Counters>,
    /// Cancelled by Ctrl-C, or by the run itself: nothing more is asked, what was answered is indexed.
    pub stop: CancellationToken,
    /// How long the store may stay away.
    pub patience: Patience,
}

/// How a run came out.
#[derive(Debug)]
pub struct Videos {
    /// Its counts.
    pub report: VideoReport,
    /// Requests that were allowed, when they were used up with videos left.
    pub budget_used: Option<u64>,
    /// Whether it was stopped from outside (Ctrl-C) with videos left.
    pub interrupted: bool,
    /// Why it could not go on, if so.
    pub fatal: Option<VideoFatal>,
}

/// Why a run over single posts cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum VideoFatal {
    /// As any run.
    #[error(transparent)]
    Run(#[from] Fatal),
    /// Every video of a small run, or several in a row, failed though the API did not say that it is about them.
    #[error("no video could be fetched (videos that failed in a row: {videos}); the last one: {words}")]
    AllFail {
        /// How many.
        videos: usize,
        /// The last one's error.
        words: String,
    },
}

/// The run report: one object, its shape is stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VideoReport {
    /// How the videos came out.
    pub videos: VideosReport,
    /// Requests to the API; `sent = ok + rate_limited + failed`.
    pub requests: RequestsReport,
    /// The keys, by position.
    pub keys: Vec<KeyReport>,
    /// Items of the answers, one each.
    pub items: ItemsReport,
    /// Documents, counted per verdict; `fetched = stored + superseded + dead`.
    pub documents: DocumentsReport,
    /// How long the run took (ms).
    pub elapsed_ms: u64,
}

/// Videos of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VideosReport {
    /// Asked for, and in the store as they are now.
    pub done: u64,
    /// Those that failed.
    pub failed: Vec<FailedVideo>,
    /// Those that the run ended before: not asked for, or asked for and not in the store yet; these are in the archive
    /// (`documents.unsettled` says how many), where a replay finds them without a request.
    pub left: Vec<String>,
}

/// A video that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedVideo {
    /// The video.
    pub aweme_id: String,
    /// Why, and what to do.
    pub error: String,
}

/// Asks for the videos and indexes them.
pub async fn run(parts: VideoParts, videos: Vec<VideoId>) -> Videos {
    let started = Instant::now();
    parts.counters.creators_total.set(videos.len() as u64);
    // Ends this run's asking; the token above it is the caller's.
    let halt = parts.stop.child_token();
    let mut run = Run { total: videos.len(), ..Run::default() };
    let side_by_side = parts.client.walks_wanted();
    let mut asked = stream::iter(videos).map(|video| one::ask(&parts, &halt, video)).buffer_unordered(side_by_side);
    while let Some((video, outcome)) = asked.next().await {
        run.take_in(&video, outcome, &parts.counters);
        if run.must_end() {
            halt.cancel();
        }
        if run.fatal.is_some() {
            // The client's waits end by this one.
            parts.stop.cancel();
        }
    }
    drop(asked);
    if parts.counters.documents_stored.get() > 0
        && let Err(error) = patiently(parts.patience, || parts.store.commit()).await
    {
        run.fatal.get_or_insert(Fatal::from(error).into());
    }
    if let Some(durable) = parts.store.durable_after_failure() {
        run.take_back(durable, &parts.counters);
    }
    run.finish(&parts, started.elapsed())
}

/// What is known so far.
#[derive(Default)]
struct Run {
    total: usize,
    videos: VideosReport,
    /// In the order of the store's answers, nearly.
    done: Vec<String>,
    failures_in_a_row: usize,
    budget_used: Option<u64>,
    fatal: Option<VideoFatal>,
}

impl Run {
    fn take_in(&mut self, video: &VideoId, outcome: Asked, counters: &Counters) {
        match outcome {
            Asked::Done => {
                self.failures_in_a_row = 0;
                self.done.push(video.to_string());
                counters.creators_done.add(1);
            }
            Asked::Failed { error, kind } => {
                tracing::warn!("video {video} failed: {error}");
                counters.creators_failed.add(1);
                self.judge_run(kind, &error);
                self.videos.failed.push(FailedVideo { aweme_id: video.to_string(), error });
            }
            Asked::Left => self.videos.left.push(video.to_string()),
            Asked::BudgetUsed(budget) => {
                self.budget_used = Some(budget);
                self.videos.left.push(video.to_string());
            }
            Asked::Fatal(fatal) => {
                self.fatal.get_or_insert(fatal.into());
                self.videos.left.push(video.to_string());
            }
        }
    }

    /// Failures that follow each other are not about the videos, unless the API said so.
    fn judge_run(&mut self, kind: Failure, words: &str) {
        match kind {
            Failure::Video => self.failures_in_a_row = 0,
            Failure::Server => self.failures_in_a_row += 1,
        }
        let videos = self.failures_in_a_row;
        if videos > 0 && (videos >= FAILURES_THAT_END_A_RUN || videos == self.total) {
            self.fatal.get_or_insert(VideoFatal::AllFail { videos, words: words.to_owned() });
        }
    }

    /// What was answered as stored and is not: the last ones.
    fn take_back(&mut self, durable: u64, counters: &Counters) {
        for counter in [&counters.documents_stored, &counters.documents_new] {
            counter.set(counter.get().min(durable));
        }
        let there = durable.saturating_add(counters.documents_superseded.get());
        let there = usize::try_from(there).map_or(self.done.len(), |there| there.min(self.done.len()));
        self.videos.left.extend(self.done.drain(there..));
    }

    fn must_end(&self) -> bool {
        self.budget_used.is_some() || self.fatal.is_some()
    }

    fn finish(self, parts: &VideoParts, elapsed: Duration) -> Videos {
        let Self { mut videos, done, budget_used, fatal, .. } = self;
        videos.done = done.len() as u64;
        let interrupted = !videos.left.is_empty() && budget_used.is_none() && fatal.is_none();
        let report = VideoReport {
            videos,
            requests: RequestsReport::of(&parts.counters),
            keys: parts.client.keys(),
            items: ItemsReport::of(&parts.counters),
            documents: DocumentsReport::of(&parts.counters),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        };
        Videos { report, budget_used, interrupted, fatal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_did_not_keep_is_left_and_not_done() {
        let counters = Counters::default();
        counters.documents_fetched.add(4);
        counters.documents_stored.add(3);
        counters.documents_new.add(3);
        counters.documents_superseded.add(1);
        let mut run = Run { total: 4, done: ["1", "2", "3", "4"].map(String::from).to_vec(), ..Run::default() };
        run.take_back(1, &counters);
        assert_eq!((run.done.len(), run.videos.left), (2, vec!["3".to_owned(), "4".to_owned()]));
        let documents = DocumentsReport::of(&counters);
        assert_eq!((documents.stored, documents.new, documents.unsettled), (1, 1, 2));
    }
}
