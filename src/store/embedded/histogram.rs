//! Adds up all posts by a time of theirs, in slots of some seconds, over columns.

use std::collections::{BTreeMap, HashMap};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::Query;
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

use super::posts::Posts;
use crate::model::{PostTime, TimeSlot};

/// The slots of `seconds` that have any post of those that `query` matches, by start.
pub(super) fn histogram(
    searcher: &Searcher,
    query: &dyn Query,
    time: PostTime,
    seconds: u32,
) -> tantivy::Result<Vec<TimeSlot>> {
    searcher.search(query, &Sorting { time, seconds: i64::from(seconds.max(1)) })
}

/// Sorts posts into slots.
struct Sorting {
    time: PostTime,
    seconds: i64,
}

struct SegmentSorting {
    time: PostTime,
    seconds: i64,
    posts: Posts,
    times: Option<Column<i64>>,
    /// Posts and plays by the start of their slot.
    sums: HashMap<i64, (u64, u64)>,
}

impl Collector for Sorting {
    type Fruit = Vec<TimeSlot>;
    type Child = SegmentSorting;

    fn for_segment(&self, _segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentSorting> {
        Ok(SegmentSorting {
            time: self.time,
            seconds: self.seconds,
            posts: Posts::of(reader, None)?,
            times: reader.fast_fields().column_opt(self.time.field())?,
            sums: HashMap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<HashMap<i64, (u64, u64)>>) -> tantivy::Result<Vec<TimeSlot>> {
        let mut all: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for (start, (posts, plays)) in segments.into_iter().flatten() {
            let all = all.entry(start).or_default();
            all.0 += posts;
            all.1 = all.1.saturating_add(plays);
        }
        Ok(all.into_iter().map(|(start, (posts, plays))| TimeSlot { start, posts, plays }).collect())
    }
}

impl SegmentCollector for SegmentSorting {
    type Fruit = HashMap<i64, (u64, u64)>;

    fn collect(&mut self, document: DocId, _score: Score) {
        let Some(at) = self.times.as_ref().and_then(|column| column.first(document)) else { return };
        let second = at.div_euclid(self.time.units_a_second());
        let sum = self.sums.entry(second - second.rem_euclid(self.seconds)).or_default();
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(self.posts.plays(document));
    }

    fn harvest(self) -> Self::Fruit {
        self.sums
    }
}
