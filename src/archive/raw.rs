//! The raw archive: every answer on disk before anybody looks at its body. One thread of its own writes; callers
//! wait, without blocking, until their record is with the operating system. Answers that wait together share a flush.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::ArchiveError;
use super::data_folder::make_folder;
use super::record;
use super::segment::{Segment, folder_of};
use crate::model::{Answer, RecordError, Recorder};

/// Answers that may wait for the thread; more make their senders wait.
const WAITING: usize = 64;

/// Keeps raw answers in `DATA_DIR/archive`. Dropping it ends the open segment, once all that was sent is written.
pub struct RawArchive {
    sender: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

struct Job {
    answer: Answer,
    done: oneshot::Sender<Result<(), RecordError>>,
}

impl RawArchive {
    /// Makes the archive's folder and proves that it can be written; the first file is made with the first record.
    /// `store` and `index_prefix` stand on each record: they say which checkpoints its walk belongs to.
    pub fn create(data_folder: &Path, store: &str, index_prefix: &str) -> Result<Self, ArchiveError> {
        make_folder(data_folder)?;
        let folder = folder_of(data_folder);
        make_folder(&folder)?;
        let writer = Writer {
            folder: folder.clone(),
            store: store.to_owned(),
            index_prefix: index_prefix.to_owned(),
            segment: None,
        };
        let (sender, jobs) = mpsc::channel(WAITING);
        let thread = thread::Builder::new()
            .name("raw-archive".to_owned())
            .spawn(move || writer.run(jobs))
            .map_err(|reason| ArchiveError::Write { path: folder, reason })?;
        Ok(Self { sender: Some(sender), thread: Some(thread) })
    }
}

#[async_trait]
impl Recorder for RawArchive {
    async fn record(&self, answer: &Answer) -> Result<(), RecordError> {
        let ended = || RecordError("its thread has ended".to_owned());
        let (done, answered) = oneshot::channel();
        let sender = self.sender.as_ref().ok_or_else(ended)?;
        sender.send(Job { answer: answer.clone(), done }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

impl Drop for RawArchive {
    fn drop(&mut self) {
        self.sender = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the raw archive's thread panicked; its last segment has no end mark, and is readable");
        }
    }
}

impl fmt::Debug for RawArchive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RawArchive").finish_non_exhaustive()
    }
}

/// The thread's side.
struct Writer {
    folder: PathBuf,
    store: String,
    index_prefix: String,
    segment: Option<Segment>,
}

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut together = Vec::with_capacity(WAITING);
        while jobs.blocking_recv_many(&mut together, WAITING) > 0 {
            let outcome = self.write(&together).map_err(|error| self.give_up_segment(&error));
            for job in together.drain(..) {
                // A caller that has gone away needs no answer; its record is kept all the same.
                let _ = job.done.send(outcome.clone());
            }
        }
        if let Some(Err(error)) = self.segment.take().map(Segment::finish) {
            tracing::warn!(%error, "the last archive segment has no end mark; all its records are readable");
        }
    }

    fn write(&mut self, jobs: &[Job]) -> io::Result<()> {
        for Job { answer, .. } in jobs {
            let line = record::line(answer, &self.store, &self.index_prefix)?;
            self.segment_for(answer.fetched_at)?.append(&line)?;
        }
        self.segment.as_mut().map_or(Ok(()), Segment::flush)
    }

    fn segment_for(&mut self, moment: i64) -> io::Result<&mut Segment> {
        let open = match self.segment.take() {
            Some(segment) if segment.is_over(moment) => {
                segment.finish()?;
                None
            }
            open => open,
        };
        let segment = open.map_or_else(|| Segment::create(&self.folder, moment), Ok)?;
        Ok(self.segment.insert(segment))
    }

    /// A failed write may have left half a block, so the next record begins a new segment.
    fn give_up_segment(&mut self, error: &io::Error) -> RecordError {
        if let Some(segment) = self.segment.take() {
            segment.abandon();
        }
        RecordError(format!("{}: {error}", self.folder.display()))
    }
}
