//! What a load does with refused documents: into the dead letters, each version of a document once, so that a replay
//! made again does not make the file grow.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::load::{LoadedBatch, TakeVerdicts};
use crate::archive::{ArchiveError, DeadLetter, DeadLetterReader, DeadLetters};
use crate::model::Verdict;
use crate::throttle::clock::Clock;

/// Keeps refused documents that are not kept yet.
pub struct KeepRefused {
    letters: Arc<DeadLetters>,
    clock: Clock,
    known: Mutex<Known>,
}

/// Ids with versions, by 64-bit hashes: eight bytes each, and a chance of 1 in 10¹³ to miss one among a million.
#[derive(Default)]
struct Known {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Known {
    fn hash(&self, id: &str, version: i64) -> u64 {
        self.hasher.hash_one((id, version))
    }

    fn knows(&self, id: &str, version: i64) -> bool {
        self.hashes.contains(&self.hash(id, version))
    }

    fn add(&mut self, id: &str, version: i64) {
        self.hashes.insert(self.hash(id, version));
    }
}

impl KeepRefused {
    /// Reads what the file holds already. Blocking. Lines that are no dead letters are warned of.
    pub fn new(letters: Arc<DeadLetters>, clock: Clock) -> Result<Self, ArchiveError> {
        let mut known = Known::default();
        for letter in DeadLetterReader::open(letters.path())? {
            match letter {
                Ok(letter) => known.add(&letter.letter.id, letter.letter.fetched_at),
                Err(error) => tracing::warn!("{error}"),
            }
        }
        Ok(Self { letters, clock, known: Mutex::new(known) })
    }

    fn unkept(&self, loaded: &LoadedBatch, known: &Known) -> Vec<DeadLetter> {
        let at = self.clock.now_ms();
        let mut letters = Vec::new();
        for (position, (item, outcome)) in loaded.batch.items.iter().zip(&loaded.outcomes).enumerate() {
            let (Verdict::Refused(reason) | Verdict::Again(reason)) = &outcome.verdict else { continue };
            if known.knows(&item.id, item.version) {
                continue;
            }
            let origin = &loaded.origins[position];
            letters.push(DeadLetter {
                reason: reason.clone(),
                attempts: outcome.attempts,
                at,
                id: item.id.clone(),
                sec_user_id: origin.sec_user_id.clone(),
                max_cursor: origin.max_cursor.clone(),
                fetched_at: item.version,
                document: Bytes::copy_from_slice(loaded.batch.source(position)),
            });
        }
        letters
    }
}

impl TakeVerdicts for KeepRefused {
    fn take(&self, loaded: &LoadedBatch) -> Result<(), ArchiveError> {
        if !loaded.outcomes.iter().any(|outcome| matches!(outcome.verdict, Verdict::Refused(_) | Verdict::Again(_))) {
            return Ok(());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let unkept = self.unkept(loaded, &known);
        let Some(first) = unkept.first() else { return Ok(()) };
        tracing::error!(
            "the store refused documents, which are kept in {} ({} of them); the first: {} ({})",
            self.letters.path().display(),
            unkept.len(),
            first.id,
            first.reason
        );
        self.letters.append(&unkept)?;
        for letter in &unkept {
            known.add(&letter.id, letter.fetched_at);
        }
        Ok(())
    }
}
