//! The ledger of events: `DATA_DIR/events.ndjson`. What happened stands there before anybody acts on it, with what was
//! sent and shown since, so that a kill at any instant loses no event, and tells none twice beyond what
//! docs/tracking-events.md says. `line` is a line of it, `memory` what is known by its lines (`pending`: the events
//! that are not done), `compact` makes the file anew without what is done.
//!
//! One process at a time writes it: who holds the data folder's lock. Blocking: call through `spawn_blocking`.

mod compact;
pub mod line;
pub mod memory;
mod pending;
pub mod reader;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::seq::IteratorRandom;

use self::line::Line;
use self::memory::{Memory, Standing};
use self::reader::LedgerReader;
use super::ArchiveError;
use super::appended::AppendedFile;
use crate::model::Event;

/// The file's name in the data folder.
const FILE: &str = "events.ndjson";

/// Ids are known for so long (ms): a change that is found again within it is no news. Events that could not be
/// delivered for so long are given up.
pub const KEPT_FOR: i64 = 90 * 24 * 60 * 60 * 1000;

/// Ids in one line: a line stays short.
const IDS_A_LINE: usize = 1_000;

/// The bytes that end a line.
const LINE_END: usize = 1;

/// The ledger of a data folder, open for writing.
#[derive(Debug)]
pub struct EventLedger {
    folder: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: AppendedFile,
    memory: Memory,
    /// Bytes of the file.
    length: u64,
}

/// Events in the order in which they were found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The events.
    pub events: Vec<Event>,
    /// Where to ask for those behind them.
    pub next: u64,
}

impl EventLedger {
    /// Opens the ledger of a data folder, making it when it is missing, and makes it shorter when that is due. `now` is
    /// in ms (UTC).
    pub fn open(data_folder: &Path, now: i64) -> Result<Self, ArchiveError> {
        let ledger = Self { folder: data_folder.to_owned(), open: Mutex::new(Open::read(data_folder)?) };
        ledger.compact_if_due(now)?;
        Ok(ledger)
    }

    /// Where the ledger of a data folder is, if there is one.
    #[must_use]
    pub fn path_in(data_folder: &Path) -> PathBuf {
        data_folder.join(FILE)
    }

    /// Appends those events that are not known yet; how many. They are on the disk when it returns; after an error none
    /// counts as written. `to_send`: whether they are to be delivered, too.
    pub fn append(&self, events: &[Event], to_send: bool, now: i64) -> Result<usize, ArchiveError> {
        let mut open = self.lock();
        let mut ids: HashSet<&str> = HashSet::new();
        let unknown = events.iter().filter(|event| !open.memory.knows(event) && ids.insert(&event.id));
        let lines: Vec<Line> = unknown.map(|event| Line::of_event(now, event.clone(), to_send)).collect();
        open.write(&lines)?;
        Ok(lines.len())
    }

    /// Takes ids as known, without an event.
    pub fn take_as_known(&self, ids: &[String], now: i64) -> Result<(), ArchiveError> {
        let mut open = self.lock();
        let unknown: Vec<String> = ids.iter().filter(|id| !open.memory.knows_id(id)).cloned().collect();
        let lines: Vec<Line> = unknown.chunks(IDS_A_LINE).map(|ids| Line::of_known(now, ids.to_vec())).collect();
        open.write(&lines)
    }

    /// Whether an id is known.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.lock().memory.knows_id(id)
    }

    /// Records that these events were taken by the receiver.
    pub fn delivered(&self, events: &[Event], now: i64) -> Result<(), ArchiveError> {
        let ids = events.iter().map(|event| event.id.clone()).collect();
        self.lock().write(&[Line::of_delivered(now, ids)])
    }

    /// Records that the receiver refused this event for what is in it, with this status: it is not sent again.
    pub fn refused(&self, event: &Event, status: u16, now: i64) -> Result<(), ArchiveError> {
        self.lock().write(&[Line::of_refused(now, event.id.clone(), status)])
    }

    /// Records that all events up to this one were shown.
    pub fn shown(&self, up_to: &Event, now: i64) -> Result<(), ArchiveError> {
        self.lock().write(&[Line::of_shown(now, up_to.id.clone())])
    }

    /// Records which tags (folded, sorted) are bursting now.
    pub fn bursting(&self, bursting: Vec<String>, now: i64) -> Result<(), ArchiveError> {
        let mut open = self.lock();
        let is_news = !open.memory.standing().bursting.iter().eq(&bursting);
        if is_news { open.write(&[Line::of_bursting(now, bursting)]) } else { Ok(()) }
    }

    /// Records that what was viral before the first round is known by now.
    pub fn begun(&self, now: i64) -> Result<(), ArchiveError> {
        self.lock().write(&[Line::of_begun(now)])
    }

    /// What stands, by all events so far.
    pub fn standing<T>(&self, ask: impl FnOnce(&Standing) -> T) -> T {
        ask(self.lock().memory.standing())
    }

    /// How many events are to be delivered.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.lock().memory.waiting().len() as u64
    }

    /// The first events from `from` on (0: from the first) that are to be delivered, `most` of them.
    pub fn to_send(&self, from: u64, most: usize) -> Result<Batch, ArchiveError> {
        let open = self.lock();
        let offsets: Vec<u64> = open.memory.waiting().range(from..).map(|(&offset, _)| offset).take(most).collect();
        open.batch(&offsets)
    }

    /// Some of the events that are to be delivered, but for those of these ids, `most` of them: the newest one, then
    /// others by lot.
    pub fn some_to_send(&self, besides: &[String], most: usize) -> Result<Vec<Event>, ArchiveError> {
        let open = self.lock();
        let mut others = open.memory.waiting_besides(besides);
        let mut offsets: Vec<u64> = others.next_back().into_iter().take(most).collect();
        offsets.extend(others.choose_multiple(&mut rand::rng(), most.saturating_sub(1)));
        Ok(open.batch(&offsets)?.events)
    }

    /// How many events are to be shown.
    #[must_use]
    pub fn unshown(&self) -> u64 {
        self.lock().memory.unshown().len() as u64
    }

    /// The first events from `from` on (0: from the first) that are to be shown, `most` of them.
    pub fn to_show(&self, from: u64, most: usize) -> Result<Batch, ArchiveError> {
        let open = self.lock();
        let offsets: Vec<u64> = open.memory.unshown().range(from..).map(|(&offset, _)| offset).take(most).collect();
        open.batch(&offsets)
    }

    /// Makes the file anew without what is done, when it has grown far beyond what it needs, or when what waits is to
    /// be given up.
    pub fn compact_if_due(&self, now: i64) -> Result<(), ArchiveError> {
        let mut open = self.lock();
        let oldest_waiting = open.oldest_waiting()?;
        if compact::is_due(&open.memory, open.length, oldest_waiting, now) {
            compact::compact(open.file.path(), &open.memory, now)?;
            *open = Open::read(&self.folder)?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn read(data_folder: &Path) -> Result<Self, ArchiveError> {
        let file = AppendedFile::open(data_folder, FILE)?;
        let mut memory = Memory::default();
        let mut lines = LedgerReader::open(file.path())?;
        while let Some(read) = lines.next() {
            let length = lines.raw().len() + LINE_END;
            match read {
                Ok((offset, line)) => memory.take(offset, length, line),
                Err(error @ reader::LedgerError::Read { .. }) => {
                    return Err(ArchiveError::Read {
                        path: file.path().to_owned(),
                        reason: std::io::Error::other(error),
                    });
                }
                Err(error) => {
                    // A torn one was never acknowledged to anybody.
                    tracing::info!("{error}");
                    if compact::is_foreign(lines.raw()) {
                        memory.take_foreign(length);
                    }
                }
            }
        }
        let path = file.path().to_owned();
        let length = std::fs::metadata(&path).map_err(|reason| ArchiveError::Read { path, reason })?.len();
        Ok(Self { file, memory, length })
    }

    /// On the disk first, then known.
    fn write(&mut self, lines: &[Line]) -> Result<(), ArchiveError> {
        let failed =
            |error: serde_json::Error| ArchiveError::Write { path: self.file.path().to_owned(), reason: error.into() };
        let mut bytes = Vec::new();
        let mut starts = Vec::with_capacity(lines.len());
        for line in lines {
            starts.push(bytes.len());
            line.write(&mut bytes).map_err(failed)?;
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let begin = self.file.append(&bytes)?;
        let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
        for ((&start, end), line) in starts.iter().zip(ends).zip(lines) {
            self.memory.take(begin + start as u64, end - start, line.clone());
        }
        self.length = begin + bytes.len() as u64;
        Ok(())
    }

    /// When the first of the events that are to be delivered was found (ms, UTC).
    fn oldest_waiting(&self) -> Result<Option<i64>, ArchiveError> {
        let offsets: Vec<u64> = self.memory.waiting().keys().next().copied().into_iter().collect();
        Ok(self.events(&offsets)?.pop().map(|(at, _)| at))
    }

    fn batch(&self, offsets: &[u64]) -> Result<Batch, ArchiveError> {
        let events = self.events(offsets)?.into_iter().map(|(_, event)| event).collect();
        Ok(Batch { events, next: offsets.last().map_or(0, |last| last + 1) })
    }

    /// The events of the lines that begin there, and when they were written (ms, UTC).
    fn events(&self, offsets: &[u64]) -> Result<Vec<(i64, Event)>, ArchiveError> {
        let path = self.file.path();
        let unreadable = |reason| ArchiveError::Read { path: path.to_owned(), reason };
        let mut file = File::open(path).map_err(unreadable)?;
        let mut events = Vec::with_capacity(offsets.len());
        for &offset in offsets {
            file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
            let mut lines = LedgerReader::of(Box::new(BufReader::new(file.try_clone().map_err(unreadable)?)), path);
            match lines.next() {
                Some(Ok((_, Line { at, event: Some(event), .. }))) => events.push((at, event)),
                _ => return Err(unreadable(std::io::Error::other("it was changed while it was in use"))),
            }
        }
        Ok(events)
    }
}
