//! A query whose hits are to be left out.
//!
//! Tantivy asks what is left out by `seek_danger` with every candidate, also those before the first hit, which its
//! phrases do not allow (they panic in a debug build). Here a candidate is looked up by `seek` alone, which all allow.

use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader};

/// Matches what the query within matches, without a score.
#[derive(Debug)]
pub(super) struct Negated(pub Box<dyn Query>);

impl Clone for Negated {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Query for Negated {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(NegatedWeight(self.0.weight(scoring)?)))
    }
}

struct NegatedWeight(Box<dyn Weight>);

impl Weight for NegatedWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(NegatedScorer(self.0.scorer(reader, boost)?)))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, document)
    }
}

/// Has the `seek_danger` of the trait, which looks at `doc` before it calls `seek`.
struct NegatedScorer(Box<dyn Scorer>);

impl DocSet for NegatedScorer {
    fn advance(&mut self) -> DocId {
        self.0.advance()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.0.seek(target)
    }

    fn doc(&self) -> DocId {
        self.0.doc()
    }

    fn size_hint(&self) -> u32 {
        self.0.size_hint()
    }

    fn cost(&self) -> u64 {
        self.0.cost()
    }
}

impl Scorer for NegatedScorer {
    fn score(&mut self) -> Score {
        0.0
    }
}
