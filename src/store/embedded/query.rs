//! The query tree and the filters as tantivy's queries. Text is neither split nor folded here.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query as EngineQuery, RangeQuery,
    TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::flag::Flag;
use super::negated::Negated;
use super::phrase_prefix::{PhrasePrefix, prefix_query};
use super::schema::IndexSchema;
use crate::model::{Filters, GroupBy, Query};
use crate::store::StoreError;

/// The fields that questions ask for.
#[derive(Debug, Clone, Copy)]
pub(super) struct AskedFields {
    search_text: Field,
    hashtag_keys: Field,
    words: Field,
    music_id: Field,
    /// `sec_user_id`, `author_info.unique_id`, `author_info.uid`.
    creator: [Field; 3],
    region: Field,
    kind: Field,
    publish_ts: Field,
    plays: Field,
}

type Boxed = Box<dyn EngineQuery>;

impl AskedFields {
    /// Finds them in the schema of videos.
    pub(super) fn of(schema: &IndexSchema) -> Result<Self, StoreError> {
        Ok(Self {
            search_text: schema.field("search_text")?,
            hashtag_keys: schema.field(GroupBy::Hashtag.field())?,
            words: schema.field(GroupBy::Word.field())?,
            music_id: schema.field(GroupBy::Sound.field())?,
            creator: [
                schema.field("sec_user_id")?,
                schema.field("author_info.unique_id")?,
                schema.field("author_info.uid")?,
            ],
            region: schema.field("region")?,
            kind: schema.field("kind")?,
            publish_ts: schema.field("publish_ts")?,
            plays: schema.field("stats.play")?,
        })
    }

    /// What matches both; only the query counts for the score.
    pub(super) fn both(&self, query: &Query, filters: &Filters) -> Boxed {
        let mut clauses = vec![(Occur::Must, self.query(query))];
        clauses.extend(self.filters(filters).into_iter().map(|filter| (Occur::Must, without_score(filter))));
        Box::new(BooleanQuery::new(clauses))
    }

    /// What is in a group, without a score.
    pub(super) fn group(&self, by: GroupBy, key: &str) -> Boxed {
        let field = match by {
            GroupBy::Hashtag => self.hashtag_keys,
            GroupBy::Word => self.words,
            GroupBy::Sound => self.music_id,
            GroupBy::Creator => self.creator[0],
        };
        without_score(term(field, key))
    }

    /// What a query finds, without a score.
    pub(super) fn found(&self, query: &Query) -> Boxed {
        without_score(self.query(query))
    }

    fn query(&self, query: &Query) -> Boxed {
        match query {
            Query::All => Box::new(AllQuery),
            Query::Words { tokens, prefix } => self.words(tokens, *prefix),
            Query::Tag { key, prefix: false } => term(self.hashtag_keys, key),
            Query::Tag { key, prefix: true } => Box::new(prefix_query(self.hashtag_keys, key)),
            Query::And(parts) => self.and(parts),
            Query::Or(parts) => {
                let any = parts.iter().map(|part| (Occur::Should, self.query(part))).collect();
                without_score(Box::new(BooleanQuery::new(any)))
            }
            Query::Not(_) => self.and(std::slice::from_ref(query)),
        }
    }

    fn words(&self, tokens: &[String], prefix: bool) -> Boxed {
        let field = self.search_text;
        match (tokens, prefix) {
            ([], _) => Box::new(EmptyQuery),
            ([token], false) => {
                Box::new(TermQuery::new(Term::from_field_text(field, token), IndexRecordOption::WithFreqs))
            }
            ([token], true) => Box::new(prefix_query(field, token)),
            (_, false) => {
                let terms = tokens.iter().map(|token| Term::from_field_text(field, token)).collect();
                Box::new(PhraseQuery::new(terms))
            }
            ([whole @ .., last], true) => Box::new(PhrasePrefix { field, whole: whole.to_vec(), prefix: last.clone() }),
        }
    }

    /// Negations alone start from all.
    fn and(&self, parts: &[Query]) -> Boxed {
        let clause = |part: &Query| match part {
            Query::Not(part) => (Occur::MustNot, Box::new(Negated(self.query(part))) as Boxed),
            part => (Occur::Must, self.query(part)),
        };
        let mut clauses: Vec<_> = parts.iter().map(clause).collect();
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn filters(&self, filters: &Filters) -> Vec<Boxed> {
        let mut all: Vec<Boxed> = filters.hashtags.iter().map(|key| term(self.hashtag_keys, key)).collect();
        if let Some(creator) = &filters.creator {
            let any = self.creator.map(|field| (Occur::Should, term(field, creator)));
            all.push(Box::new(BooleanQuery::new(any.into())));
        }
        all.extend(filters.region.as_ref().map(|region| term(self.region, region)));
        all.extend(filters.kind.map(|kind| term(self.kind, kind.name())));
        if let Some(since) = filters.since {
            all.push(at_least(self.publish_ts, since));
        }
        if let Some(until) = filters.until {
            let until = Bound::Excluded(Term::from_field_i64(self.publish_ts, until));
            all.push(Box::new(RangeQuery::new(Bound::Unbounded, until)));
        }
        if let Some(plays) = filters.min_plays {
            // More than a long holds is more than any video has.
            all.push(i64::try_from(plays).map_or(Box::new(EmptyQuery), |plays| at_least(self.plays, plays)));
        }
        if filters.only_viral {
            all.push(Box::new(Flag("virality.viral")));
        }
        all
    }
}

fn term(field: Field, text: &str) -> Boxed {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn at_least(field: Field, number: i64) -> Boxed {
    Box::new(RangeQuery::new(Bound::Included(Term::from_field_i64(field, number)), Bound::Unbounded))
}

fn without_score(query: Boxed) -> Boxed {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
