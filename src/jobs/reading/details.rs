//! Which ids have details in what is to be read: their documents are merged, so they must not go ahead on their own.
//!
//! A first look at every line, an order of magnitude quicker than normalizing it: only a line that names a detail's key
//! is read. An id is kept as a hash; two that share one only make a document wait that need not.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use memchr::memmem;

use super::Reading;
use super::record::{self, Record};
use crate::jobs::tasks::in_threads;

/// The key of a detail's post.
const KEY: &str = "aweme_detail";

/// The ids that have details, as hashes.
#[derive(Debug, Default)]
pub struct DetailedIds {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl DetailedIds {
    /// Whether `id` has details; true for one in 10¹⁹ that has none.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&self.hasher.hash_one(id))
    }

    /// Looks through all inputs. Counts nothing and reports nothing: what is wrong is found when they are read. Ends
    /// early when the reading is to stop.
    #[must_use]
    pub fn find(reading: &Reading<'_>) -> Self {
        let (found, next) = (Mutex::new(Self::default()), AtomicUsize::new(0));
        let look = || {
            while let Some(input) = reading.inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
                // Not metered: the bytes are read once more.
                let Ok(mut pages) = input.open(&std::sync::Arc::default()) else { continue };
                while let Some(line) = pages.next_line() {
                    let Ok((number, bytes)) = line else { continue };
                    if reading.stop.is_cancelled() {
                        return;
                    }
                    let ids = if memmem::find(bytes, KEY.as_bytes()).is_some() {
                        ids_of_detail(number, bytes, reading.fetched_at)
                    } else {
                        continue;
                    };
                    found.lock().unwrap_or_else(PoisonError::into_inner).extend(&ids);
                }
            }
        };
        let threads = reading.threads.min(reading.inputs.len());
        in_threads((0..threads).map(|_| Box::new(look) as Box<dyn FnOnce() + Send + '_>).collect());
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn extend(&mut self, ids: &[String]) {
        let Self { hasher, hashes } = self;
        hashes.extend(ids.iter().map(|id| hasher.hash_one(id)));
    }
}

fn ids_of_detail(number: u64, line: &[u8], fetched_at: Option<i64>) -> Vec<String> {
    match record::read(number, line, fetched_at) {
        Record::Page(documents) if documents.page.is_detail => {
            documents.page.documents.into_iter().map(|document| document.id).collect()
        }
        _ => Vec::new(),
    }
}
