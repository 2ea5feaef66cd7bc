//! Archives and recorded pages, read and normalized in parallel: a file per reading thread, lines in chunks to the
//! normalizing threads, pages in no particular order to whoever takes them. `replay`, `verify` and `reindex` read
//! through this. Blocking: call off the async threads. Memory is bounded, whatever the files' size.
//!
//! `inputs` says which files, `record` what one line is, `details` which ids have details.

mod chunks;
pub mod details;
mod faults;
pub mod inputs;
pub mod record;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use self::chunks::Chunk;
use self::faults::Faults;
use self::inputs::Input;
use self::record::{Record, RecordedDocuments};
use super::tasks::{between_threads, in_threads};
use crate::archive::RecordedPages;
use crate::model::Counters;

/// What is read, and how.
pub struct Reading<'a> {
    /// The files.
    pub inputs: &'a [Input],
    /// The time (ms, UTC) of records that have none of their own; without it, they are refused.
    pub fetched_at: Option<i64>,
    /// Threads that normalize; as many read, unless there are fewer files.
    pub threads: usize,
    /// Counts bytes, records, pages and items.
    pub counters: &'a Arc<Counters>,
    /// Ends the reading between two chunks.
    pub stop: &'a CancellationToken,
}

/// The documents of one record, and where it stands.
#[derive(Debug)]
pub struct ReadPage {
    /// The file, as a position in the inputs.
    pub input: usize,
    /// The line, from 1.
    pub line: u64,
    /// The documents.
    pub documents: RecordedDocuments,
}

/// The records of a reading; `read = pages + failed_answers + refused`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RecordsReport {
    /// All that were read.
    pub read: u64,
    /// Those that gave documents, or an empty page.
    pub pages: u64,
    /// Those of answers that were failures when they came.
    pub failed_answers: u64,
    /// Those that are no records, are broken or without a time; each was reported.
    pub refused: u64,
}

impl RecordsReport {
    /// What a reading counted.
    #[must_use]
    pub fn of(counters: &Counters) -> Self {
        Self {
            read: counters.records_read.get(),
            pages: counters.pages.get(),
            failed_answers: counters.answers_failed.get(),
            refused: counters.records_refused.get(),
        }
    }
}

/// As many threads as the machine has cores.
#[must_use]
pub fn usual_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

impl Reading<'_> {
    /// Reads everything, and hands each page to `take`, from several threads at once, until it breaks off. What is no
    /// record, or broken, is reported by file and line, and the rest goes on. Whether all of it was read.
    pub fn run(&self, take: &(dyn Fn(ReadPage) -> ControlFlow<()> + Sync)) -> bool {
        let faults = Faults::default();
        let (next, has_enough, is_stopped) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false));
        let (chunks, waiting) = between_threads(self.threads);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut works: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
        for _ in 0..self.threads.min(self.inputs.len()) {
            // Moved in: the channel ends when the last reader does.
            let (chunks, next, faults, is_stopped) = (chunks.clone(), &next, &faults, &is_stopped);
            works.push(Box::new(move || {
                if self.read_files(next, &chunks, faults).is_break() {
                    is_stopped.store(true, Ordering::Relaxed);
                }
            }));
        }
        drop(chunks);
        for _ in 0..self.threads {
            // Moved in, too: readers find nobody there any more once the last of these has ended.
            let (waiting, has_enough, faults) = (Arc::clone(&waiting), &has_enough, &faults);
            works.push(Box::new(move || self.normalize(&waiting, has_enough, faults, take)));
        }
        drop(waiting);
        in_threads(works);
        faults.tell_of_the_rest();
        !has_enough.into_inner() && !is_stopped.into_inner()
    }

    fn read_files(&self, next: &AtomicUsize, chunks: &SyncSender<Chunk>, faults: &Faults) -> ControlFlow<()> {
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = self.inputs.get(position) else { return ControlFlow::Continue(()) };
            match input.open(self.counters) {
                Ok(pages) => self.read_file(position, pages, chunks, faults)?,
                Err(error) => self.refuse(faults, &error.to_string()),
            }
        }
    }

    fn read_file(
        &self,
        input: usize,
        mut pages: RecordedPages,
        chunks: &SyncSender<Chunk>,
        faults: &Faults,
    ) -> ControlFlow<()> {
        let mut chunk = Chunk::new(input);
        loop {
            let is_full = match pages.next_line() {
                None => break,
                Some(Ok((number, bytes))) => chunk.add(number, bytes),
                Some(Err(error)) => {
                    self.refuse(faults, &error.to_string());
                    false
                }
            };
            if is_full {
                let full = std::mem::replace(&mut chunk, Chunk::new(input));
                if self.stop.is_cancelled() || chunks.send(full).is_err() {
                    return ControlFlow::Break(());
                }
            }
        }
        if pages.is_cut() {
            let name = &self.inputs[input].name;
            tracing::warn!(
                "{name} is cut, as a killed run leaves it, or one that still writes; what stands before the cut was read"
            );
        }
        if self.stop.is_cancelled() || chunks.send(chunk).is_err() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn normalize(
        &self,
        waiting: &Mutex<Receiver<Chunk>>,
        has_enough: &AtomicBool,
        faults: &Faults,
        take: &(dyn Fn(ReadPage) -> ControlFlow<()> + Sync),
    ) {
        while !has_enough.load(Ordering::Relaxed) {
            let received = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(chunk) = received else { return };
            for (number, line) in chunk.lines() {
                let place = (chunk.input, number);
                if self.take_line(place, line, faults, take).is_break() {
                    has_enough.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    }

    fn take_line(
        &self,
        (input, line): (usize, u64),
        bytes: &[u8],
        faults: &Faults,
        take: &(dyn Fn(ReadPage) -> ControlFlow<()> + Sync),
    ) -> ControlFlow<()> {
        let counters = self.counters;
        match record::read(line, bytes, self.fetched_at) {
            Record::Page(documents) => {
                counters.records_read.add(1);
                counters.pages.add(1);
                counters.items_received.add(documents.page.received());
                counters.items_skipped.add(documents.page.skipped.len() as u64);
                return take(ReadPage { input, line, documents: *documents });
            }
            Record::FailedAnswer(reason) => {
                counters.records_read.add(1);
                counters.answers_failed.add(1);
                tracing::debug!(file = %self.inputs[input].name, line, "a failed answer, passed over: {reason}");
            }
            Record::Refused(reason) => {
                self.refuse(faults, &format!("{}, line {line}: {reason}", self.inputs[input].name));
            }
        }
        ControlFlow::Continue(())
    }

    fn refuse(&self, faults: &Faults, words: &str) {
        self.counters.records_read.add(1);
        self.counters.records_refused.add(1);
        faults.tell(words);
    }
}
