//! The values of a keyword column over all segments: each segment numbers its own in their order, and here they are
//! walked together, so that the same value of two segments meets.
//!
//! Order is that of bytes, which is that of code points. Used by `groups` and `measure`.

use std::sync::Arc;

use tantivy::Searcher;
use tantivy::columnar::{StrColumn, Streamer};

/// Where a value is: the segment's position, and the value's ordinal in it.
pub(super) type Place = (usize, u64);

/// Walks the dictionaries of the segments' columns (`None` where a segment has no value) together. `each` gets every
/// value that `is_wanted` in any segment, ascending, with its places there.
pub(super) fn walk(
    columns: &[Option<StrColumn>],
    is_wanted: impl Fn(Place) -> bool,
    mut each: impl FnMut(&[u8], &[Place]),
) -> tantivy::Result<()> {
    let mut cursors = Vec::with_capacity(columns.len());
    for (segment, column) in columns.iter().enumerate() {
        let Some(column) = column else { continue };
        let mut cursor = Cursor { segment, stream: column.dictionary().stream()? };
        if cursor.advance(&is_wanted) {
            cursors.push(cursor);
        }
    }
    let (mut value, mut places) = (Vec::new(), Vec::with_capacity(cursors.len()));
    while let Some(least) = cursors.iter().map(|cursor| cursor.stream.key()).min() {
        value.clear();
        value.extend_from_slice(least);
        places.clear();
        cursors.retain_mut(|cursor| {
            if cursor.stream.key() != value {
                return true;
            }
            places.push(cursor.place());
            cursor.advance(&is_wanted)
        });
        each(&value, &places);
    }
    Ok(())
}

struct Cursor<'a> {
    segment: usize,
    stream: Streamer<'a>,
}

impl Cursor<'_> {
    /// To the next value that is wanted, if there is one.
    fn advance(&mut self, is_wanted: &impl Fn(Place) -> bool) -> bool {
        while self.stream.advance() {
            if is_wanted(self.place()) {
                return true;
            }
        }
        false
    }

    fn place(&self) -> Place {
        (self.segment, self.stream.term_ord())
    }
}

/// The places of one value.
pub(super) fn places_of(columns: &[Option<StrColumn>], value: &str) -> tantivy::Result<Vec<Place>> {
    let mut places = Vec::new();
    for (segment, column) in columns.iter().enumerate() {
        let Some(column) = column else { continue };
        places.extend(column.dictionary().term_ord(value)?.map(|ordinal| (segment, ordinal)));
    }
    Ok(places)
}

/// A column of each segment.
pub(super) fn columns(searcher: &Searcher, field: &str) -> tantivy::Result<Vec<Option<StrColumn>>> {
    searcher.segment_readers().iter().map(|segment| segment.fast_fields().str(field)).collect()
}

/// A column's values, numbered over all segments.
pub(super) struct Numbered {
    /// By segment and ordinal.
    numbers: Vec<Arc<[u32]>>,
}

impl Numbered {
    pub(super) fn of(columns: &[Option<StrColumn>]) -> tantivy::Result<Self> {
        let terms = |column: &Option<StrColumn>| column.as_ref().map_or(0, |column| column.num_terms());
        let mut numbers: Vec<Vec<u32>> = columns.iter().map(|column| Vec::with_capacity(terms(column))).collect();
        let mut next = 0;
        walk(
            columns,
            |_| true,
            |_, places| {
                // Each segment's ordinals come in turn.
                for &(segment, _) in places {
                    numbers[segment].push(next);
                }
                next += 1;
            },
        )?;
        Ok(Self { numbers: numbers.into_iter().map(Arc::from).collect() })
    }

    /// The numbers of one segment, by ordinal.
    pub(super) fn of_segment(&self, segment: usize) -> Arc<[u32]> {
        Arc::clone(&self.numbers[segment])
    }
}
