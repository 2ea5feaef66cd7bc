//! Whether the files of an index are as they were written: the index library keeps a checksum at the end of each, but
//! compares none when it opens one, so that flipped bits would go into answers, or into what is indexed next.
//!
//! Each file is read once by a process, as its bytes never change: a commit makes new ones.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tantivy::directory::error::OpenReadError;
use tantivy::error::DataCorruption;
use tantivy::{IndexReader, Searcher, SegmentReader, TantivyError};

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
            match self.first_missing(&searcher, depth)? {
                None => return Ok(searcher),
                // A merge of another process removed it, and the next commit is read instead.
                Some(file) if missed.as_ref() != Some(&file) => missed = Some(file),
                Some(file) => return Err(OpenReadError::FileDoesNotExist(file).into()),
            }
        }
    }

    /// Checks what was not yet; names the first file that is no longer there.
    pub(super) fn first_missing(&self, searcher: &Searcher, depth: Depth) -> tantivy::Result<Option<PathBuf>> {
        for segment in searcher.segment_readers() {
            for file in files(segment, depth) {
                if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&file) {
                    continue;
                }
                match searcher.index().directory().validate_checksum(&file) {
                    Ok(true) => {}
                    Ok(false) => return Err(corrupt(file, "its bytes do not match their checksum")),
                    Err(OpenReadError::FileDoesNotExist(_)) => return Ok(Some(file)),
                    Err(error) => return Err(error.into()),
                }
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
            }
            check_counts(segment)?;
        }
        Ok(None)
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
