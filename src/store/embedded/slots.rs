//! Adds up judged posts by the time they were posted, in slots of some seconds, over columns.

use std::collections::{BTreeMap, HashMap};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::Query;
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

use super::posts::Posts;
use crate::model::Slot;

/// `log_multiple` is stored with so many units to one. Whole numbers of them add up to the same in every order.
const UNITS: f64 = 10_000.0;

/// The slots of `seconds` that have any post of those that `query` matches, by start.
pub(super) fn slots(searcher: &Searcher, query: &dyn Query, seconds: u32) -> tantivy::Result<Vec<Slot>> {
    searcher.search(query, &Sorting { seconds: i64::from(seconds.max(1)) })
}

/// Sorts posts into slots.
struct Sorting {
    seconds: i64,
}

struct SegmentSorting {
    seconds: i64,
    posts: Posts,
    published: Option<Column<i64>>,
    log_multiple: Option<Column<f64>>,
    sums: HashMap<i64, Sum>,
}

/// What is in one slot.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    posts: u64,
    viral: u64,
    log_multiple: i64,
}

impl Collector for Sorting {
    type Fruit = Vec<Slot>;
    type Child = SegmentSorting;

    fn for_segment(&self, _segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentSorting> {
        let columns = reader.fast_fields();
        Ok(SegmentSorting {
            seconds: self.seconds,
            posts: Posts::of(reader, None)?,
            published: columns.column_opt("publish_ts")?,
            log_multiple: columns.column_opt("virality.log_multiple")?,
            sums: HashMap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<HashMap<i64, Sum>>) -> tantivy::Result<Vec<Slot>> {
        let mut all: BTreeMap<i64, Sum> = BTreeMap::new();
        for (start, sum) in segments.into_iter().flatten() {
            let all = all.entry(start).or_default();
            all.posts += sum.posts;
            all.viral += sum.viral;
            all.log_multiple = all.log_multiple.saturating_add(sum.log_multiple);
        }
        let slot = |(start, sum): (i64, Sum)| Slot {
            start,
            posts: sum.posts,
            viral: sum.viral,
            log_multiple: sum.log_multiple as f64 / UNITS,
        };
        Ok(all.into_iter().map(slot).collect())
    }
}

impl SegmentCollector for SegmentSorting {
    type Fruit = HashMap<i64, Sum>;

    fn collect(&mut self, document: DocId, _score: Score) {
        let post = self.posts.post(document);
        if !post.is_judged || post.plays == 0 {
            return;
        }
        let published = self.published.as_ref().and_then(|column| column.first(document));
        let log_multiple = self.log_multiple.as_ref().and_then(|column| column.first(document));
        let Some((published, log_multiple)) = published.zip(log_multiple) else { return };
        #[expect(clippy::cast_possible_truncation, reason = "it saturates, and no logarithm comes near that")]
        let units = (log_multiple * UNITS).round() as i64;
        let sum = self.sums.entry(published - published.rem_euclid(self.seconds)).or_default();
        sum.posts += 1;
        sum.viral += u64::from(post.is_viral);
        sum.log_multiple = sum.log_multiple.saturating_add(units);
    }

    fn harvest(self) -> Self::Fruit {
        self.sums
    }
}
