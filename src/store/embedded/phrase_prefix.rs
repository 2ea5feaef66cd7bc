//! Tokens in a row whose last one only starts a token, exactly and in bounded memory.
//!
//! Tantivy's own query of this kind expands at most so many terms, and holds the postings of all of them at once.
//! Here the places where the whole tokens stand are found once per segment, then each term with the prefix is walked
//! on its own and checked against them. The score is constant: by which words a prefix is completed says nothing.

use std::ops::Bound;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{
    BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, InvertedIndexRangeQuery, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, InvertedIndexReader, Score, SegmentReader, TERMINATED, TantivyError, Term};

use crate::model::text::prefix_bounds;

/// Every term of `field` that starts with `prefix`.
pub(super) fn prefix_query(field: Field, prefix: &str) -> InvertedIndexRangeQuery {
    let (from, to) = prefix_bounds(prefix);
    let bound = |text: &str| Term::from_field_text(field, text);
    let to = to.map_or(Bound::Unbounded, |to| Bound::Excluded(bound(&to)));
    InvertedIndexRangeQuery::new(Bound::Included(bound(from)), to)
}

/// `whole` tokens in a row, then a token that starts with `prefix`.
#[derive(Debug, Clone)]
pub(super) struct PhrasePrefix {
    pub field: Field,
    /// At least one.
    pub whole: Vec<String>,
    pub prefix: String,
}

impl Query for PhrasePrefix {
    fn weight(&self, _scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for PhrasePrefix {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let terms = reader.inverted_index(self.field)?;
        let places = self.places_after_whole(&terms)?;
        if places.is_empty() {
            return Ok(Box::new(EmptyScorer));
        }
        let mut found = BitSet::with_max_value(reader.max_doc());
        let (from, to) = prefix_bounds(&self.prefix);
        let mut range = terms.terms().range().ge(from);
        if let Some(to) = to {
            range = range.lt(to);
        }
        let mut completions = range.into_stream()?;
        while completions.advance() {
            let postings = terms.read_postings_from_terminfo(completions.value(), POSITIONS)?;
            for_each_at(&places, postings, |document, _| {
                found.insert(document);
            });
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(found), boost)))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        if scorer.doc() <= document && scorer.seek(document) == document {
            return Ok(Explanation::new("phrase with a prefix", 1.0));
        }
        Err(TantivyError::InvalidArgument(format!("document {document} does not match")))
    }
}

const POSITIONS: IndexRecordOption = IndexRecordOption::WithFreqsAndPositions;

impl PhrasePrefix {
    /// Documents and positions at which a token would follow the whole ones, in order.
    fn places_after_whole(&self, terms: &InvertedIndexReader) -> tantivy::Result<Vec<(DocId, u32)>> {
        let mut places: Option<Vec<(DocId, u32)>> = None;
        for token in &self.whole {
            let term = Term::from_field_text(self.field, token);
            let Some(postings) = terms.read_postings(&term, POSITIONS)? else { return Ok(Vec::new()) };
            let mut next = Vec::new();
            match &places {
                None => for_each(postings, |document, position| next.push((document, position + 1))),
                Some(places) => for_each_at(places, postings, |document, position| next.push((document, position + 1))),
            }
            places = Some(next);
        }
        Ok(places.unwrap_or_default())
    }
}

fn for_each(mut postings: SegmentPostings, mut each: impl FnMut(DocId, u32)) {
    let mut positions = Vec::new();
    while postings.doc() != TERMINATED {
        postings.positions(&mut positions);
        for &position in &positions {
            each(postings.doc(), position);
        }
        postings.advance();
    }
}

/// The places at which the postings' term stands.
fn for_each_at(places: &[(DocId, u32)], mut postings: SegmentPostings, mut each: impl FnMut(DocId, u32)) {
    let mut positions = Vec::new();
    let mut rest = places;
    while let Some(&(document, _)) = rest.first() {
        let at = if postings.doc() < document { postings.seek(document) } else { postings.doc() };
        if at == TERMINATED {
            return;
        }
        rest = &rest[rest.partition_point(|place| place.0 < at)..];
        let here = rest.partition_point(|place| place.0 == at);
        if here > 0 {
            postings.positions(&mut positions);
            let hits = rest[..here].iter().filter(|place| positions.binary_search(&place.1).is_ok());
            hits.for_each(|&(document, position)| each(document, position));
            rest = &rest[here..];
        }
    }
}
