//! Which process paid for which page: what the API saw, against what the archive holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use viralmine::archive::{RecordedPages, segments};
use viralmine::simulator::{Observed, ObservedRequest, Outcome};

/// A creator and the cursor that was asked with.
pub type Page = (String, String);

/// The pages of one archive, with the number of the process that brought each.
#[derive(Default)]
pub struct Ledger {
    read: BTreeSet<PathBuf>,
    archived: BTreeMap<Page, usize>,
}

impl Ledger {
    /// Reads what has come into the archive since the last time: all of it is this process's, which has ended.
    pub fn take_in(&mut self, data_folder: &Path, process: usize) {
        for segment in segments(data_folder).unwrap() {
            if !self.read.insert(segment.clone()) {
                continue;
            }
            for page in RecordedPages::open(&segment).unwrap() {
                let page = page.unwrap_or_else(|error| panic!("what a kill cut is passed over: {error}"));
                let page = (page.sec_user_id.unwrap(), page.max_cursor.unwrap());
                if let Some(earlier) = self.archived.insert(page.clone(), process) {
                    panic!("process {earlier} had archived {page:?}, and process {process} did it again");
                }
            }
        }
    }

    /// All pages.
    pub fn pages(&self) -> BTreeSet<&Page> {
        self.archived.keys().collect()
    }

    /// How many requests of these processes, of which the last one alone was not killed, were paid for in vain. Each of
    /// them must have been in flight when its process was killed: it is the last one of its walk, which asks for a page
    /// only once it has the one before. And nobody may have had its answer in the archive by then. Each process has a
    /// key of its own, whose position is the process's number.
    pub fn paid_in_vain(&self, observed: &Observed, processes: RangeInclusive<usize>) -> usize {
        let requests: Vec<(usize, Page)> = observed.requests.iter().map(process_and_page).collect();
        let requests = || requests.iter().filter(|(process, _)| processes.contains(process));
        let last: BTreeMap<(usize, &str), &str> =
            requests().map(|(process, (creator, cursor))| ((*process, &**creator), &**cursor)).collect();
        let mut asked = BTreeSet::new();
        let mut in_vain = 0;
        for (process, page) in requests() {
            assert!(asked.insert((process, page)), "process {process} asked twice for {page:?}");
            let archived_by = *self.archived.get(page).unwrap_or_else(|| panic!("{page:?} is not in the archive"));
            if archived_by == *process {
                continue;
            }
            assert!(archived_by > *process, "process {process} asked for {page:?}, which {archived_by} had archived");
            assert!(process < processes.end(), "process {process} ended well without archiving {page:?}");
            assert_eq!(
                last[&(*process, &*page.0)],
                page.1,
                "process {process} had the answer to {page:?}, and went on without archiving it"
            );
            in_vain += 1;
        }
        in_vain
    }
}

fn process_and_page(request: &ObservedRequest) -> (usize, Page) {
    assert_eq!(request.outcome, Outcome::Answered);
    (request.key.unwrap(), (request.subject.clone(), request.max_cursor.clone().unwrap()))
}
