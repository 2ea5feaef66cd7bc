//! Some lines of one file, on their way from the thread that reads to one that normalizes.

use std::ops::Range;

/// Large enough that handing over costs nothing, small enough that the end of a file keeps all threads busy (bytes).
const CHUNK_BYTES: usize = 256 << 10;

pub(super) struct Chunk {
    /// The file, as a position in the inputs.
    pub(super) input: usize,
    bytes: Vec<u8>,
    lines: Vec<(u64, Range<usize>)>,
}

impl Chunk {
    pub(super) fn new(input: usize) -> Self {
        Self { input, bytes: Vec::new(), lines: Vec::new() }
    }

    /// Adds a line; whether the chunk is full now.
    pub(super) fn add(&mut self, number: u64, line: &[u8]) -> bool {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(line);
        self.lines.push((number, start..self.bytes.len()));
        self.bytes.len() >= CHUNK_BYTES
    }

    /// The lines with their numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.lines.iter().map(|(number, place)| (*number, &self.bytes[place.clone()]))
    }
}
