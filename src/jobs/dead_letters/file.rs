//! The dead-letter file while its letters are sent again: read in parts, written anew beside it. Blocking.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::archive::dead_letters::reader::LetterError;
use crate::archive::dead_letters::rewrite::DeadLetterRewrite;
use crate::archive::{ArchiveError, DeadLetter, DeadLetterReader, DeadLetters};
use crate::model::Verdict;
use crate::pipeline::deliver::Outcome;

/// Letters that are sent together.
const LETTERS_A_PART: usize = 500;
/// Bytes of their lines: a letter may be large.
const BYTES_A_PART: usize = 5 << 20;

/// A line of the file.
#[derive(Debug)]
pub(super) enum Line {
    /// No whole letter.
    Unreadable(Vec<u8>),
    /// A letter that was not asked for, as it stands in the file.
    NotAsked(Vec<u8>),
    /// A letter to be sent.
    Letter {
        /// The line as it stands in the file.
        raw: Vec<u8>,
        /// What it says.
        letter: DeadLetter,
        /// What became of it; `None` when it was not sent.
        fate: Option<Verdict>,
    },
}

/// Some lines of the file; no id stands twice among the letters to be sent.
#[derive(Debug, Default)]
pub(super) struct Part(Vec<Line>);

impl Part {
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    /// The letters to be sent, in order.
    pub(super) fn letters(&self) -> impl Iterator<Item = &DeadLetter> {
        self.0.iter().filter_map(|line| match line {
            Line::Letter { letter, .. } => Some(letter),
            Line::Unreadable(_) | Line::NotAsked(_) => None,
        })
    }

    /// Their lines, in the same order, with their positions in the part.
    pub(super) fn unsent(&mut self) -> impl Iterator<Item = (usize, &mut Line)> {
        self.0.iter_mut().enumerate().filter(|(_, line)| matches!(line, Line::Letter { .. }))
    }

    /// Notes what the store said of the letter at `position` at `now` (ms, UTC).
    pub(super) fn settle(&mut self, position: usize, outcome: Outcome, now: i64) {
        if let Some(Line::Letter { letter, fate, .. }) = self.0.get_mut(position) {
            letter.attempts = letter.attempts.saturating_add(outcome.attempts);
            letter.at = now;
            *fate = Some(outcome.verdict);
        }
    }
}

/// The file being gone through.
pub(super) struct Retrying {
    reader: DeadLetterReader,
    rewrite: DeadLetterRewrite,
    /// The ids asked for that did not come yet; `None`: all letters are to be sent.
    asked: Option<Asked>,
    /// A letter whose id stood in the part before it already.
    held_back: Option<Line>,
}

struct Asked {
    ids: HashSet<String>,
    found: HashSet<String>,
}

impl Retrying {
    pub(super) fn open(data_folder: &Path, ids: Vec<String>) -> Result<Self, ArchiveError> {
        let asked = Asked { ids: ids.into_iter().collect(), found: HashSet::new() };
        Ok(Self {
            reader: DeadLetterReader::open(&DeadLetters::path_in(data_folder))?,
            rewrite: DeadLetterRewrite::begin(data_folder)?,
            asked: Some(asked).filter(|asked| !asked.ids.is_empty()),
            held_back: None,
        })
    }

    /// The next part; `None` at the end of the file.
    pub(super) fn next_part(mut self) -> Result<(Self, Option<Part>), ArchiveError> {
        let (mut part, mut ids, mut letters, mut bytes) = (Part::default(), HashSet::new(), 0, 0);
        while letters < LETTERS_A_PART && bytes < BYTES_A_PART && part.0.len() < 10 * LETTERS_A_PART {
            let line = match self.held_back.take() {
                Some(line) => line,
                None => match self.next_line()? {
                    Some(line) => line,
                    None => break,
                },
            };
            if let Line::Letter { letter, raw, .. } = &line {
                if !ids.insert(letter.id.clone()) {
                    // It must see what becomes of the earlier one.
                    self.held_back = Some(line);
                    break;
                }
                letters += 1;
                bytes += raw.len();
            }
            part.0.push(line);
        }
        let is_end = part.0.is_empty();
        Ok((self, (!is_end).then_some(part)))
    }

    fn next_line(&mut self) -> Result<Option<Line>, ArchiveError> {
        let Some(read) = self.reader.next() else { return Ok(None) };
        let raw = self.reader.raw().to_vec();
        Ok(Some(match read {
            Ok(read) if self.is_asked(&read.letter.id) => Line::Letter { raw, letter: read.letter, fate: None },
            Ok(_) => Line::NotAsked(raw),
            Err(LetterError::Read { path, reason, .. }) => return Err(ArchiveError::Read { path, reason }),
            // It cannot be kept as it stands.
            Err(error @ LetterError::TooLong { .. }) => {
                return Err(ArchiveError::Read {
                    path: self.reader.path().to_owned(),
                    reason: io::Error::other(error),
                });
            }
            Err(error @ LetterError::Line { .. }) => {
                tracing::warn!("{error}");
                Line::Unreadable(raw)
            }
        }))
    }

    fn is_asked(&mut self, id: &str) -> bool {
        let Some(asked) = &mut self.asked else { return true };
        let is_asked = asked.ids.contains(id);
        if is_asked {
            asked.found.insert(id.to_owned());
        }
        is_asked
    }

    /// Writes what stays of a part into the new file.
    pub(super) fn write(&mut self, part: Part) -> Result<(), ArchiveError> {
        for line in part.0 {
            match line {
                Line::Unreadable(raw) | Line::NotAsked(raw) | Line::Letter { raw, fate: None, .. } => {
                    self.rewrite.keep(&raw)?;
                }
                Line::Letter { letter, fate: Some(Verdict::Refused(reason) | Verdict::Again(reason)), .. } => {
                    self.rewrite.write_letter(&DeadLetter { reason, ..letter })?;
                }
                Line::Letter { fate: Some(Verdict::Stored { .. } | Verdict::Superseded), .. } => {}
            }
        }
        Ok(())
    }

    /// Puts the new file in the old one's place.
    pub(super) fn finish(self) -> Result<(), ArchiveError> {
        self.rewrite.finish()
    }

    /// The ids asked for that are no dead letters, sorted; known at the end.
    pub(super) fn unknown(&self) -> Vec<String> {
        let unknown = self.asked.iter().flat_map(|asked| asked.ids.difference(&asked.found));
        let mut unknown: Vec<String> = unknown.cloned().collect();
        unknown.sort();
        unknown
    }
}

/// Runs what reads and writes files off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        let reason = std::io::Error::other(format!("reading it ended early: {error}"));
        Err(ArchiveError::Read { path: "dead-letters.ndjson".into(), reason })
    })
}
