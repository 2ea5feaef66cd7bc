//! The archive against the store, id by id: is the newest version that was ever fetched of each post there? In bounded
//! memory, whatever their number: the ids wait in a spool, and are compared part by part.
//!
//! The normalizer runs over all records, since it decides what is a post and what its id is.

pub mod compare;
pub mod report;

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::compare::{Finding, compare};
use self::report::{Gap, IdsReport, VerifyReport};
use super::reading::inputs::Input;
use super::reading::{ReadPage, Reading, RecordsReport};
use super::spool::{Entry, FilledSpool, Spool};
use super::tasks;
use crate::archive::{ArchiveError, DeadLetterReader, DeadLetters, LetterError};
use crate::model::Counters;
use crate::pipeline::Fatal;
use crate::pipeline::deliver::{Patience, patiently};
use crate::store::{StoreContents, StoreError};

/// Ids that the store is asked for at a time.
const TOGETHER: usize = 1_000;

/// So many gaps are shown in the report; all of them go to whoever wants them.
pub const EXAMPLES: usize = 20;

const ARCHIVED: u8 = 0;
const DEAD: u8 = 1;

/// What a comparison works with.
pub struct VerifyParts {
    /// What is stored.
    pub contents: Arc<dyn StoreContents>,
    /// Where the dead letters are.
    pub data_folder: PathBuf,
    /// Where temporary files may lie.
    pub spool_folder: PathBuf,
    /// The comparison's counters.
    pub counters: Arc<Counters>,
    /// Cancelled by Ctrl-C.
    pub stop: CancellationToken,
}

/// What is compared, and how.
pub struct VerifyOptions {
    /// The files.
    pub inputs: Vec<Input>,
    /// The time (ms, UTC) of records that have none of their own.
    pub fetched_at: Option<i64>,
    /// Threads that normalize.
    pub threads: usize,
    /// How long the store may stay away.
    pub patience: Patience,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file, or a defect.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever takes the gaps.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// It was asked to stop.
    #[error("stopped before everything was compared")]
    Stopped,
}

impl From<ArchiveError> for VerifyError {
    fn from(error: ArchiveError) -> Self {
        Self::Fatal(Fatal::Archive(error))
    }
}

/// Compares, hands every gap to `each_gap`, and returns the counts with the first [`EXAMPLES`] gaps.
pub async fn run(
    parts: VerifyParts,
    options: VerifyOptions,
    mut each_gap: impl FnMut(&Gap) -> io::Result<()>,
) -> Result<VerifyReport, VerifyError> {
    let started = Instant::now();
    let VerifyParts { contents, data_folder, spool_folder, counters, stop } = parts;
    let (inputs, patience) = (Arc::new(options.inputs), options.patience);
    let gather = Gather {
        data_folder,
        spool_folder,
        inputs: Arc::clone(&inputs),
        fetched_at: options.fetched_at,
        threads: options.threads,
        counters: Arc::clone(&counters),
        stop: stop.clone(),
    };
    let mut spool = tasks::blocking(move || gather.run()).await??;
    let (mut ids, mut gaps) = (IdsReport::default(), Vec::new());
    loop {
        let (left, part) = tasks::blocking(move || {
            let part = spool.next_groups(Known::add);
            (spool, part)
        })
        .await?;
        spool = left;
        let Some(part) = part else { break };
        for some in archived(part?).chunks(TOGETHER) {
            if stop.is_cancelled() {
                return Err(VerifyError::Stopped);
            }
            let asked: Vec<String> = some.iter().map(|(id, ..)| id.clone()).collect();
            let stored = patiently(patience, || contents.versions(&asked)).await?;
            for ((id, archived, dead), stored) in some.iter().zip(stored) {
                let finding = compare(archived.version, stored, dead);
                ids.count(finding);
                if let Finding::Gap(kind) = finding {
                    let gap = archived.gap(id, kind, stored, &inputs)?;
                    each_gap(&gap)?;
                    if gaps.len() < EXAMPLES {
                        gaps.push(gap);
                    }
                }
            }
        }
    }
    let (files, records) = (inputs.len() as u64, RecordsReport::of(&counters));
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(VerifyReport { files, records, ids, gaps, elapsed_ms })
}

/// The ids of a part that the archive holds; dead letters of others are passed over.
fn archived(part: Vec<(String, Known)>) -> Vec<(String, Archived, Vec<i64>)> {
    part.into_iter().filter_map(|(id, known)| Some((id, known.newest?, known.dead))).collect()
}

/// Reading it all, on threads of their own.
struct Gather {
    data_folder: PathBuf,
    spool_folder: PathBuf,
    inputs: Arc<Vec<Input>>,
    fetched_at: Option<i64>,
    threads: usize,
    counters: Arc<Counters>,
    stop: CancellationToken,
}

impl Gather {
    fn run(self) -> Result<FilledSpool, VerifyError> {
        let spool = Mutex::new(Spool::create(&self.spool_folder)?);
        self.counters.bytes_to_read.set(self.inputs.iter().map(|input| input.bytes).sum());
        let reading = Reading {
            inputs: &self.inputs,
            fetched_at: self.fetched_at,
            threads: self.threads,
            counters: &self.counters,
            stop: &self.stop,
        };
        let failure = Mutex::new(None);
        let is_whole = reading.run(&|page| {
            let added = add(&page, &mut spool.lock().unwrap_or_else(PoisonError::into_inner));
            let Err(error) = added else { return ControlFlow::Continue(()) };
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            ControlFlow::Break(())
        });
        if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error.into());
        }
        if !is_whole {
            return Err(VerifyError::Stopped);
        }
        let mut spool = spool.into_inner().unwrap_or_else(PoisonError::into_inner);
        add_dead_letters(&self.data_folder, &mut spool)?;
        Ok(spool.finish()?)
    }
}

fn add(page: &ReadPage, spool: &mut Spool) -> Result<(), ArchiveError> {
    let documents = &page.documents;
    let place = WrittenPlace { input: page.input, line: page.line, sec_user_id: documents.origin.sec_user_id.clone() };
    let place = serde_json::to_vec(&place).unwrap_or_default();
    for head in &documents.page.documents {
        spool.add(&head.id, documents.fetched_at, ARCHIVED, &place)?;
    }
    Ok(())
}

fn add_dead_letters(data_folder: &Path, spool: &mut Spool) -> Result<(), ArchiveError> {
    for letter in DeadLetterReader::open(&DeadLetters::path_in(data_folder))? {
        match letter {
            Ok(read) => spool.add(&read.letter.id, read.letter.fetched_at, DEAD, b"")?,
            Err(error @ (LetterError::Line { .. } | LetterError::TooLong { .. })) => tracing::warn!("{error}"),
            Err(LetterError::Read { path, reason, .. }) => return Err(ArchiveError::Read { path, reason }),
        }
    }
    Ok(())
}

/// What the archive and the dead letters say of one id.
#[derive(Debug, Default)]
struct Known {
    newest: Option<Archived>,
    dead: Vec<i64>,
}

/// The newest record of an id.
#[derive(Debug)]
struct Archived {
    version: i64,
    place: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct WrittenPlace {
    input: usize,
    line: u64,
    sec_user_id: Option<String>,
}

impl Known {
    fn add(&mut self, entry: Entry) {
        if entry.kind == DEAD {
            self.dead.push(entry.version);
        } else if self.newest.as_ref().is_none_or(|known| known.version < entry.version) {
            self.newest = Some(Archived { version: entry.version, place: entry.bytes });
        }
    }
}

impl Archived {
    fn gap(&self, id: &str, kind: report::GapKind, stored: Option<i64>, inputs: &[Input]) -> Result<Gap, Fatal> {
        let place: WrittenPlace =
            serde_json::from_slice(&self.place).map_err(|error| Fatal::Internal(error.to_string()))?;
        Ok(Gap {
            id: id.to_owned(),
            sec_user_id: place.sec_user_id,
            gap: kind,
            archived: self.version,
            stored,
            file: inputs.get(place.input).map(|input| input.name.clone()).unwrap_or_default(),
            line: place.line,
        })
    }
}
