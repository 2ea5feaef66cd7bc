//! Whether the files of an index are as they were written: the index library keeps a checksum at the end of each, but
//! compares none when it opens one, so that flipped bits would go into answers, or into what is indexed next.
//!
//! Each file is read once by a process, as its bytes never change: a commit makes new ones.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tantivy::directory::error::OpenReadError;
use tantivy::error::DataCorruption;
use tantivy::{Index, IndexReader, Searcher, SegmentReader, TantivyError};

use super::schema::VERSION;

/// Terms, lists and columns; a segment has all of them, and the set of what is alive when some is not.
const INDEX_FILES: [&str; 5] = ["term", "idx", "pos", "fast", "fieldnorm"];
/// The documents themselves: most of the bytes.
const DOCUMENTS_FILE: &str = "store";

/// What an answer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Everything but the stored documents; a handful of those may be read, too.
    Indexes,
    /// Everything.
    Documents,
}

/// The files that were found as they were written.
#[derive(Debug, Default)]
pub(super) struct Checked(Mutex<HashSet<PathBuf>>);

impl Checked {
    /// The newest commit, all of its files checked to that depth.
    pub(super) fn newest(&self, reader: &IndexReader, depth: Depth) -> tantivy::Result<Searcher> {
        let mut missed = None;
        loop {
            reader.reload()?;
            let searcher = reader.searcher();
            match self.check(searcher.segment_readers(), depth) {
                Ok(()) => return Ok(searcher),
                Err(error) => missed = Some(missed_again(error, missed)?),
            }
        }
    }

    /// Checks what was not yet.
    fn check(&self, segments: &[SegmentReader], depth: Depth) -> tantivy::Result<()> {
        for segment in segments {
            for file in files(segment, depth) {
                if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&file) {
                    continue;
                }
                if !segment.index().directory().validate_checksum(&file)? {
                    return Err(corrupt(file, "its bytes do not match their checksum"));
                }
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
            }
            check_counts(segment)?;
        }
        Ok(())
    }
}

/// Checks every file of the newest commit, without the lock file that a reader makes. How many documents there are.
pub(super) fn whole(index: &Index) -> tantivy::Result<u64> {
    let checked = Checked::default();
    let mut missed = None;
    loop {
        let open = || index.searchable_segments()?.iter().map(SegmentReader::open).collect::<tantivy::Result<Vec<_>>>();
        let done = open().and_then(|segments| checked.check(&segments, Depth::Documents).map(|()| segments));
        match done {
            Ok(segments) => return Ok(segments.iter().map(|segment| u64::from(segment.num_docs())).sum()),
            Err(error) => missed = Some(missed_again(error, missed)?),
        }
    }
}

/// The file that `error` says is missing. Once, a merge of another process may have removed it, and the next commit is
/// read instead; the same file twice is an error, as all else is.
fn missed_again(error: TantivyError, before: Option<PathBuf>) -> tantivy::Result<PathBuf> {
    match &error {
        TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) if before.as_ref() != Some(file) => {
            Ok(file.clone())
        }
        _ => Err(error),
    }
}

fn files(segment: &SegmentReader, depth: Depth) -> Vec<PathBuf> {
    let id = segment.segment_id().uuid_string();
    let documents = (depth == Depth::Documents).then_some(DOCUMENTS_FILE);
    let mut files: Vec<_> = INDEX_FILES.into_iter().chain(documents).map(|end| format!("{id}.{end}").into()).collect();
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
