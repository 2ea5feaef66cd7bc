//! A query for a flag that is set. Tantivy asks columns of numbers by range, but not those of flags.

use tantivy::columnar::Column;
use tantivy::query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{BitSet, DocId, Score, SegmentReader, TantivyError};

/// Matches what has `true` in this column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag(pub &'static str);

impl Query for Flag {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(*self))
    }
}

impl Weight for Flag {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let Some(column): Option<Column<bool>> = segment.fast_fields().column_opt(self.0)? else {
            return Ok(Box::new(EmptyScorer));
        };
        let mut set = BitSet::with_max_value(segment.max_doc());
        let is_set = |document: &DocId| column.first(*document) == Some(true);
        for document in (0..segment.max_doc()).filter(is_set) {
            set.insert(document);
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(set), boost)))
    }

    fn explain(&self, segment: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        if self.scorer(segment, 1.0)?.seek(document) == document {
            return Ok(Explanation::new("the flag is set", 1.0));
        }
        Err(TantivyError::InvalidArgument(format!("the flag {} of document {document} is not set", self.0)))
    }
}
