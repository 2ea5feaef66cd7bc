//! Opens a file or standard input for reading, plain or compressed. What it is, its first bytes say: names lie, and
//! standard input has none.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ArchiveError;
use crate::model::Counters;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The bytes of a file, decompressed when it is gzip or zstd (also several frames, one after another). `None` and `-`
/// are standard input. A compressed file that is cut ends with an error of the kind `UnexpectedEof`.
pub fn open_input(path: Option<&Path>) -> Result<Box<dyn BufRead + Send>, ArchiveError> {
    let path = path.filter(|path| path.as_os_str() != "-");
    let unreadable = |reason| ArchiveError::Read { path: PathBuf::from(input_name(path)), reason };
    match path {
        None => decompressed(io::stdin()),
        Some(path) => File::open(path).and_then(decompressed),
    }
    .map_err(unreadable)
}

/// The same for a file that is there, or `-`; what is read of it, as it lies on the disk, is counted in `bytes_read`.
pub fn open_metered(path: &Path, counters: &Arc<Counters>) -> Result<Box<dyn BufRead + Send>, ArchiveError> {
    let counters = Arc::clone(counters);
    let opened = if path.as_os_str() == "-" {
        decompressed(Metered { raw: io::stdin(), counters })
    } else {
        File::open(path).and_then(|raw| decompressed(Metered { raw, counters }))
    };
    opened.map_err(|reason| ArchiveError::Read { path: PathBuf::from(input_name(Some(path))), reason })
}

struct Metered<R> {
    raw: R,
    counters: Arc<Counters>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(buffer)?;
        self.counters.bytes_read.add(read as u64);
        Ok(read)
    }
}

/// How an input is named in messages.
#[must_use]
pub fn input_name(path: Option<&Path>) -> String {
    path.filter(|path| path.as_os_str() != "-")
        .map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
}

/// Reads through the compression that the first bytes name, if any.
pub(super) fn decompressed(mut raw: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut head = Vec::with_capacity(ZSTD.len());
    raw.by_ref().take(ZSTD.len() as u64).read_to_end(&mut head)?;
    let (is_gzip, is_zstd) = (head.starts_with(&GZIP), head == ZSTD);
    let whole = BufReader::new(Cursor::new(head).chain(raw));
    Ok(if is_gzip {
        Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(whole)))
    } else if is_zstd {
        Box::new(BufReader::new(zstd::stream::read::Decoder::with_buffer(whole)?))
    } else {
        Box::new(whole)
    })
}
