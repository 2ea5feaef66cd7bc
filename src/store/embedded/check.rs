//! Whether the files of an index are as they were written: the index library keeps a checksum at the end of each, but
//! compares none when it opens one, so that flipped bits would go into answers, or into what is indexed next.
//!
//! Each file is read once by a process, as its bytes never change: a commit makes new ones. Who only asks goes by what
//! was `verified` before. A million videos are some GB, which take a processor a second or two, or as long as the disk
//! needs to give them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tantivy::directory::error::OpenReadError;
use tantivy::error::DataCorruption;
use tantivy::{Index, IndexReader, Searcher, SegmentReader, TantivyError};

use super::schema::VERSION;
use super::verified::{self, Mark};

/// Terms, lists, columns and documents; a segment has all of them, and the set of what is alive when some is not.
const FILES: [&str; 6] = ["term", "idx", "pos", "fast", "fieldnorm", "store"];

/// The files that were found as they were written.
#[derive(Debug)]
pub(super) struct Checked {
    folder: PathBuf,
    /// Whether what is found is remembered beside the files.
    leaves_marks: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By this process, how they were then.
    found: HashMap<PathBuf, Option<Mark>>,
    /// By an earlier one.
    remembered: HashMap<PathBuf, Mark>,
}

impl Checked {
    /// Reads each file of the index in `folder`, but not those that were verified before and not changed since.
    pub(super) fn as_remembered(folder: &Path) -> Self {
        let state = State { remembered: verified::load(folder), ..State::default() };
        Self { folder: folder.to_owned(), leaves_marks: true, state: Mutex::new(state) }
    }

    /// Reads each file of the index in `folder`.
    pub(super) fn anew(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), leaves_marks: true, state: Mutex::default() }
    }

    /// The newest commit, all of its files checked.
    pub(super) fn newest(&self, reader: &IndexReader) -> tantivy::Result<Searcher> {
        let mut missed = None;
        loop {
            reader.reload()?;
            let searcher = reader.searcher();
            match self.check(searcher.segment_readers()) {
                Ok(()) => return Ok(searcher),
                Err(error) => missed = Some(missed_again(error, missed.as_ref())?),
            }
        }
    }

    /// Checks what was not yet, and remembers it.
    fn check(&self, segments: &[SegmentReader]) -> tantivy::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.found.len();
        let mut read = false;
        for segment in segments {
            for file in files(segment) {
                if !state.found.contains_key(&file) {
                    // Looked at before it is read: what changes meanwhile is read again.
                    let mark = Mark::of(&self.folder, &file);
                    if mark.is_none() || mark.as_ref() != state.remembered.get(&file) {
                        if !segment.index().directory().validate_checksum(&file)? {
                            return Err(corrupt(file, "its bytes do not match their checksum"));
                        }
                        read = true;
                    }
                    state.found.insert(file, mark);
                }
            }
            check_counts(segment)?;
        }
        if state.found.len() > known {
            let present: HashSet<PathBuf> = segments.iter().flat_map(files).collect();
            state.found.retain(|file, _| present.contains(file));
        }
        if read && self.leaves_marks {
            let marks = state.found.iter().filter_map(|(file, mark)| Some((file.clone(), (*mark)?)));
            verified::save(&self.folder, &marks.collect());
        }
        Ok(())
    }
}

/// Checks every file of the newest commit, and leaves nothing behind: neither marks nor a reader's lock file. How many
/// documents there are.
pub(super) fn whole(folder: &Path, index: &Index) -> tantivy::Result<u64> {
    let checked = Checked { leaves_marks: false, ..Checked::anew(folder) };
    let mut missed = None;
    loop {
        let open = || index.searchable_segments()?.iter().map(SegmentReader::open).collect::<tantivy::Result<Vec<_>>>();
        let done = open().and_then(|segments| checked.check(&segments).map(|()| segments));
        match done {
            Ok(segments) => return Ok(segments.iter().map(|segment| u64::from(segment.num_docs())).sum()),
            Err(error) => missed = Some(missed_again(error, missed.as_ref())?),
        }
    }
}

/// The file that `error` says is missing. Once, a merge of another process may have removed it, and the next commit is
/// read instead; the same file twice is an error, as all else is.
fn missed_again(error: TantivyError, before: Option<&PathBuf>) -> tantivy::Result<PathBuf> {
    match &error {
        TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) if before != Some(file) => Ok(file.clone()),
        _ => Err(error),
    }
}

fn files(segment: &SegmentReader) -> Vec<PathBuf> {
    let id = segment.segment_id().uuid_string();
    let mut files: Vec<_> = FILES.into_iter().map(|end| format!("{id}.{end}").into()).collect();
    files.extend(segment.delete_opstamp().map(|opstamp| format!("{id}.{opstamp}.del").into()));
    files
}

/// The list of segments says how many documents each has, and it alone has no checksum.
fn check_counts(segment: &SegmentReader) -> tantivy::Result<()> {
    let rows = segment.fast_fields().column_opt::<i64>(VERSION)?.map_or(0, |versions| versions.num_docs());
    if rows == segment.max_doc() {
        return Ok(());
    }
    let listed = segment.max_doc();
    Err(corrupt(PathBuf::from("meta.json"), &format!("it lists {listed} documents where {rows} are")))
}

fn corrupt(file: PathBuf, comment: &str) -> TantivyError {
    DataCorruption::new(file, comment.to_owned()).into()
}
