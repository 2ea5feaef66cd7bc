//! How much a record takes on the disk, told by the segments that are there. For plans; nothing is parsed.

use std::fs;
use std::io::{self, BufRead};
use std::path::Path;

use super::ArchiveError;
use super::input::open_input;
use super::segment::segments;

/// Segments that are read, from the newest: enough for a mean, at some tens of megabytes each.
const SEGMENTS_READ: usize = 2;

/// Compressed bytes a record, on average; `None` when there is no record yet. Blocks for a second or two.
pub fn bytes_per_record(data_folder: &Path) -> Result<Option<f64>, ArchiveError> {
    let (mut bytes, mut records) = (0, 0);
    for segment in segments(data_folder)?.iter().rev().take(SEGMENTS_READ) {
        let unreadable = |reason| ArchiveError::Read { path: segment.clone(), reason };
        records += lines(&mut open_input(Some(segment))?).map_err(unreadable)?;
        bytes += fs::metadata(segment).map_err(unreadable)?.len();
    }
    Ok((records > 0).then(|| bytes as f64 / records as f64))
}

/// Whole lines; one that a kill cut off is none.
fn lines(reader: &mut dyn BufRead) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        let read = match reader.fill_buf() {
            Ok([]) => return Ok(lines),
            Ok(part) => {
                #[expect(clippy::naive_bytecount, reason = "a second per gigabyte is no matter here")]
                let ends = part.iter().filter(|&&byte| byte == b'\n').count();
                lines += ends as u64;
                part.len()
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(lines),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        reader.consume(read);
    }
}
