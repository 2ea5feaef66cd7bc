//! Posts whose flag is set: the engine's range queries know columns of numbers and dates only, and flags are no terms.

use tantivy::query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};

/// Matches where the column of this name holds `true`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flag(pub &'static str);

impl Query for Flag {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(*self))
    }
}

impl Weight for Flag {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        // A segment without a value has no column.
        let Some(column) = reader.fast_fields().column_opt::<bool>(self.0)? else { return Ok(Box::new(EmptyScorer)) };
        let mut set = BitSet::with_max_value(reader.max_doc());
        for document in (0..reader.max_doc()).filter(|&document| column.first(document) == Some(true)) {
            set.insert(document);
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(set), boost)))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() == TERMINATED || scorer.seek(document) != document {
            return Err(TantivyError::InvalidArgument(format!("document {document} has no {}", self.0)));
        }
        Ok(Explanation::new("flag", 1.0))
    }
}
