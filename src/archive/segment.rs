//! A segment: one zstd-compressed NDJSON file of the raw archive, and how segments are named and listed.
//! `raw` decides when a new one begins; `recorded` reads them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use zstd::stream::write::Encoder;

use super::ArchiveError;

const FOLDER: &str = "archive";
const ENDING: &str = ".ndjson.zst";
/// Fast enough to stay far ahead of the network, and small already: pages repeat their keys and author.
const COMPRESSION_LEVEL: i32 = 3;
/// Lines of this many bytes, uncompressed, fill a segment; some tens of megabytes on disk.
const FULL_BYTES: u64 = 256 * 1024 * 1024;
/// Answers of several creators are written in the order of their arrival here, which may differ a little from the order
/// of their times; far less than this (ms).
const DISORDER_MS: i64 = 10 * 60 * 1000;

/// The folder of a data folder's segments.
pub(super) fn folder_of(data_folder: &Path) -> PathBuf {
    data_folder.join(FOLDER)
}

/// All segments of a data folder, oldest first. None when there is no archive yet.
pub fn segments(data_folder: &Path) -> Result<Vec<PathBuf>, ArchiveError> {
    Ok(starts(data_folder)?.into_iter().map(|(_, path)| path).collect())
}

/// The segments, oldest first, that may hold records fetched at or after `moment` (ms, UTC), told by their names alone.
pub fn segments_since(data_folder: &Path, moment: i64) -> Result<Vec<PathBuf>, ArchiveError> {
    let all = starts(data_folder)?;
    let first = all.iter().rposition(|((start, _), _)| start.saturating_add(DISORDER_MS) < moment).unwrap_or(0);
    Ok(all.into_iter().skip(first).map(|(_, path)| path).collect())
}

type Start = (i64, u32);

fn starts(data_folder: &Path) -> Result<Vec<(Start, PathBuf)>, ArchiveError> {
    let folder = folder_of(data_folder);
    let unreadable = |reason| ArchiveError::Read { path: folder.clone(), reason };
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        found.extend(start_of(&path).map(|start| (start, path)));
    }
    found.sort();
    Ok(found)
}

/// Whether a file has a segment's name.
pub(super) fn is_named_so(path: &Path) -> bool {
    start_of(path).is_some()
}

/// Start (ms) and number, read from `<yyyyMMdd>-<start ms>-<n>.ndjson.zst`.
fn start_of(path: &Path) -> Option<Start> {
    let mut parts = path.file_name()?.to_str()?.strip_suffix(ENDING)?.split('-').skip(1);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The UTC day of a moment (ms).
fn day_of(moment: i64) -> Date {
    Timestamp::from_millisecond(moment).unwrap_or_default().to_zoned(TimeZone::UTC).date()
}

/// A segment that is being written.
pub(super) struct Segment {
    path: PathBuf,
    encoder: Encoder<'static, File>,
    day: Date,
    bytes: u64,
    has_flushed: bool,
}

impl Segment {
    /// Makes the file for a first record fetched at `start` (ms, UTC). Never one that exists: an earlier process,
    /// killed, may have left it cut, and nothing can be appended to a cut frame.
    pub(super) fn create(folder: &Path, start: i64) -> io::Result<Self> {
        let day = day_of(start);
        let mut number = 1;
        let (path, file) = loop {
            let path = folder.join(format!("{}-{start}-{number}{ENDING}", day.strftime("%Y%m%d")));
            match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                file => break (path, file?),
            }
        };
        let encoder = Encoder::new(file, COMPRESSION_LEVEL)?;
        Ok(Self { path, encoder, day, bytes: 0, has_flushed: false })
    }

    /// Whether a record fetched at `moment` (ms, UTC) belongs into a new segment. An earlier day does not count: around
    /// midnight answers come in slightly out of order.
    pub(super) fn is_over(&self, moment: i64) -> bool {
        self.bytes >= FULL_BYTES || day_of(moment) > self.day
    }

    /// Takes a line in; it is on its way to the file only after [`Segment::flush`].
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.bytes += line.len() as u64;
        self.encoder.write_all(line)
    }

    /// Hands everything appended to the operating system, so that a killed process loses none of it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()?;
        // A file that was deleted takes writes as before, and vanishes with us.
        if let Err(error) = fs::metadata(&self.path) {
            return Err(io::Error::new(error.kind(), format!("{} is gone ({error})", self.path.display())));
        }
        self.has_flushed = true;
        Ok(())
    }

    /// Ends the frame and brings the file to the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        self.encoder.finish()?.sync_data()
    }

    /// After a failed write: what was flushed stays readable, a file without any of it goes.
    pub(super) fn abandon(self) {
        if !self.has_flushed
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(path = %self.path.display(), %error, "an empty archive segment stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_segments_that_may_hold_later_records_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(segments(folder.path()).unwrap().is_empty());
        fs::create_dir(folder_of(folder.path())).unwrap();
        let hour = 3_600_000;
        for start in [3 * hour, hour, 2 * hour] {
            Segment::create(&folder_of(folder.path()), start).unwrap();
        }
        fs::write(folder_of(folder.path()).join("notes.txt"), "").unwrap();
        let starts =
            |paths: Vec<PathBuf>| -> Vec<i64> { paths.iter().map(|path| start_of(path).unwrap().0 / hour).collect() };
        assert_eq!(starts(segments(folder.path()).unwrap()), [1, 2, 3]);
        assert_eq!(starts(segments_since(folder.path(), 0).unwrap()), [1, 2, 3]);
        assert_eq!(starts(segments_since(folder.path(), 3 * hour + 1).unwrap()), [2, 3]);
        assert_eq!(starts(segments_since(folder.path(), 9 * hour).unwrap()), [3]);
    }

    #[test]
    fn a_new_day_begins_a_new_segment_and_an_older_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let day = 86_400_000;
        let mut segment = Segment::create(folder.path(), 5 * day).unwrap();
        assert!(!segment.is_over(5 * day - 1) && !segment.is_over(6 * day - 1) && segment.is_over(6 * day));
        segment.bytes = FULL_BYTES;
        assert!(segment.is_over(5 * day));
        assert!(segment.path.ends_with("19700106-432000000-1.ndjson.zst"));
        assert!(Segment::create(folder.path(), 5 * day).unwrap().path.ends_with("19700106-432000000-2.ndjson.zst"));
    }
}
