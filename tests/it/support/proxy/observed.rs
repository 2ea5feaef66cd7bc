//! What a proxy saw: each request with its size, what was done to it, and what was answered.

use std::collections::BTreeMap;

/// One request, once it is decided about; the answer's part follows when there is one.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Bytes of the body as they came.
    pub bytes: usize,
    /// Documents of a bulk request.
    pub documents: usize,
    /// Whether something other than passing was done to it.
    pub faulted: bool,
    /// The status that was answered; `None` while, or where, there is no answer.
    pub status: Option<u16>,
    /// Items of a bulk answer that failed.
    pub failed_items: usize,
}

/// All that was seen so far.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    pub requests: Vec<Seen>,
}

impl Observed {
    /// Bulk requests for a collection.
    pub fn bulks_of(&self, collection: &str) -> impl Iterator<Item = &Seen> {
        let end = format!("-{collection}/_bulk");
        self.requests.iter().filter(move |seen| seen.path.ends_with(&end))
    }

    /// How often each path was asked.
    pub fn by_path(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for seen in &self.requests {
            *counts.entry(seen.path.as_str()).or_default() += 1;
        }
        counts
    }

    pub fn faulted(&self) -> usize {
        self.requests.iter().filter(|seen| seen.faulted).count()
    }

    /// Writes, of whatever kind.
    pub fn writes(&self) -> usize {
        let is_write = |seen: &&Seen| seen.method == "PUT" || seen.method == "DELETE" || seen.path.ends_with("/_bulk");
        self.requests.iter().filter(is_write).count()
    }
}
