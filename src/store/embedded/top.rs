//! Collects the best hits exactly: highest value first, ties by id (ascending), missing values last.
//!
//! Tantivy breaks ties by where a document happens to lie, so this is a collector of its own: each segment keeps its
//! best `limit` hits by value and the id's rank in the segment, and segments are merged by value and the id itself.
//! Counts every hit. Memory follows the limit, not the number of hits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader, f64_to_u64, i64_to_u64};

use crate::model::Sort;

/// Collects the first `limit` hits in an order.
pub(super) struct Top {
    pub order: Order,
    /// The keyword field that breaks ties.
    pub id: &'static str,
    pub limit: usize,
}

/// By what hits are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// A field of whole numbers.
    Whole(&'static str),
    /// A field of real numbers.
    Real(&'static str),
    /// How well the text matches.
    Score,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Plays => Self::Whole("stats.play"),
            Sort::Date => Self::Whole("publish_ts"),
            Sort::Engagement => Self::Real("engagement.rate"),
            Sort::SmoothedEngagement => Self::Real("engagement.smoothed"),
            Sort::Z => Self::Real("virality.z"),
            Sort::Multiple => Self::Real("virality.multiple"),
            Sort::PlaysPerHour => Self::Real("virality.plays_per_hour"),
            Sort::Growth => Self::Real("virality.growth"),
            Sort::Score => Self::Score,
        }
    }
}

/// The hits of a search.
pub(super) struct TopHits {
    /// All of them, counted.
    pub total: u64,
    /// The first ones, in order.
    pub first: Vec<DocAddress>,
}

/// A hit in its segment. The greater one comes first: a value before none, a greater before a smaller one, then the
/// smaller id.
type Ranked = (Option<u64>, Reverse<u64>, DocId);

/// A hit with its id, comparable across segments.
pub(super) struct Hit {
    value: Option<u64>,
    id: Option<String>,
    address: DocAddress,
}

enum Values {
    Whole(Option<Column<i64>>),
    Real(Option<Column<f64>>),
    Score,
}

pub(super) struct SegmentTop {
    segment: SegmentOrdinal,
    limit: usize,
    total: u64,
    values: Values,
    ids: Option<StrColumn>,
    best: BinaryHeap<Reverse<Ranked>>,
}

impl Collector for Top {
    type Fruit = TopHits;
    type Child = SegmentTop;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentTop> {
        let columns = reader.fast_fields();
        let values = match self.order {
            Order::Whole(field) => Values::Whole(columns.column_opt(field)?),
            Order::Real(field) => Values::Real(columns.column_opt(field)?),
            Order::Score => Values::Score,
        };
        Ok(SegmentTop {
            segment,
            limit: self.limit,
            total: 0,
            values,
            ids: columns.str(self.id)?,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Score
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<(u64, Vec<Hit>)>>) -> tantivy::Result<TopHits> {
        let mut total = 0;
        let mut hits = Vec::new();
        for segment in segments {
            let (count, best) = segment?;
            total += count;
            hits.extend(best);
        }
        hits.sort_unstable_by(|left: &Hit, right: &Hit| left.key().cmp(&right.key()));
        hits.truncate(self.limit);
        Ok(TopHits { total, first: hits.into_iter().map(|hit| hit.address).collect() })
    }
}

impl Hit {
    fn key(&self) -> (Reverse<Option<u64>>, bool, Option<&str>, DocAddress) {
        (Reverse(self.value), self.id.is_none(), self.id.as_deref(), self.address)
    }
}

impl SegmentCollector for SegmentTop {
    type Fruit = tantivy::Result<(u64, Vec<Hit>)>;

    fn collect(&mut self, document: DocId, score: Score) {
        self.total += 1;
        if self.limit == 0 {
            return;
        }
        let value = self.values.of(document, score);
        if self.best.len() < self.limit {
            self.best.push(Reverse((value, self.id_rank(document), document)));
            return;
        }
        // The id is looked up only for what is not beaten by its value alone.
        let Some(mut worst) = self.best.peek_mut() else { return };
        if value < worst.0.0 {
            return;
        }
        let hit = (value, id_rank(self.ids.as_ref(), document), document);
        if hit > worst.0 {
            *worst = Reverse(hit);
        }
    }

    fn harvest(self) -> Self::Fruit {
        let mut ranked: Vec<Ranked> = self.best.into_iter().map(|Reverse(hit)| hit).collect();
        // By rank of the id, so that the dictionary is walked once.
        ranked.sort_unstable_by_key(|(_, Reverse(rank), _)| *rank);
        let known: Vec<u64> = ranked.iter().map(|hit| hit.1.0).filter(|rank| *rank != WITHOUT_ID).collect();
        let mut ids = Vec::with_capacity(known.len());
        if let Some(column) = &self.ids {
            let keep = |id: &[u8]| ids.push(String::from_utf8_lossy(id).into_owned());
            column.dictionary().sorted_ords_to_term_cb(&known, keep)?;
        }
        let ids = ids.into_iter().map(Some).chain(std::iter::repeat(None));
        let hit = |((value, _, document), id): (Ranked, Option<String>)| {
            let address = DocAddress::new(self.segment, document);
            Hit { value, id, address }
        };
        Ok((self.total, ranked.into_iter().zip(ids).map(hit).collect()))
    }
}

/// The rank of a document without an id: after all others.
const WITHOUT_ID: u64 = u64::MAX;

impl SegmentTop {
    fn id_rank(&self, document: DocId) -> Reverse<u64> {
        id_rank(self.ids.as_ref(), document)
    }
}

fn id_rank(ids: Option<&StrColumn>, document: DocId) -> Reverse<u64> {
    Reverse(ids.and_then(|ids| ids.ords().first(document)).unwrap_or(WITHOUT_ID))
}

impl Values {
    /// The value in the order of unsigned numbers.
    fn of(&self, document: DocId, score: Score) -> Option<u64> {
        match self {
            Self::Whole(column) => column.as_ref()?.first(document).map(i64_to_u64),
            Self::Real(column) => column.as_ref()?.first(document).map(f64_to_u64),
            Self::Score => Some(f64_to_u64(f64::from(score))),
        }
    }
}
