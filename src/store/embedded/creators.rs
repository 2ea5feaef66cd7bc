//! Questions for the rows of the creators' index: filtered and ordered by columns, handed out as they are stored.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{BooleanQuery, ExistsQuery, Occur, Query, RangeQuery, TermSetQuery};
use tantivy::schema::Field;

use super::contents::Contents;
use super::schema::IndexSchema;
use super::top::{Order, Top};
use crate::model::{CreatorQuestion, Hits};
use crate::store::StoreError;

/// What every creator's row has, and the corpus's figures among them have not.
pub(super) const CREATOR: &str = "sec_user_id";

/// The creators' index being asked.
pub(super) struct Creators {
    pub contents: Contents,
    sec_user_id: Field,
    judged: Field,
    median_plays: Field,
}

impl Creators {
    pub(super) fn of(contents: Contents, schema: &IndexSchema) -> Result<Self, StoreError> {
        Ok(Self {
            contents,
            sec_user_id: schema.field(CREATOR)?,
            judged: schema.field("judged")?,
            median_plays: schema.field("median_plays")?,
        })
    }

    /// The rows that match, in order, and how many there are.
    pub(super) fn ask(&self, question: &CreatorQuestion) -> tantivy::Result<Hits> {
        let searcher = self.contents.newest()?;
        let top = Top { order: Order::Real(question.sort.field()), id: CREATOR, limit: question.limit };
        let hits = searcher.search(&self.query(question), &top)?;
        Ok(Hits { total: hits.total, videos: self.contents.sources(&searcher, &hits.first)? })
    }

    fn query(&self, question: &CreatorQuestion) -> BooleanQuery {
        let mut clauses = vec![is_creator()];
        if let Some(among) = &question.among {
            let ids = among.iter().map(|id| Term::from_field_text(self.sec_user_id, id));
            clauses.push(Box::new(TermSetQuery::new(ids)));
        }
        let median = |plays: f64| Term::from_field_f64(self.median_plays, plays);
        if let Some(least) = question.median_at_least {
            clauses.push(Box::new(RangeQuery::new(Bound::Included(median(least)), Bound::Unbounded)));
        }
        if let Some(below) = question.median_below {
            clauses.push(Box::new(RangeQuery::new(Bound::Unbounded, Bound::Excluded(median(below)))));
        }
        if question.min_judged > 0 {
            // More than a long holds is more than anybody has.
            let least = i64::try_from(question.min_judged).unwrap_or(i64::MAX);
            let least = Bound::Included(Term::from_field_i64(self.judged, least));
            clauses.push(Box::new(RangeQuery::new(least, Bound::Unbounded)));
        }
        BooleanQuery::new(clauses.into_iter().map(|clause| (Occur::Must, clause)).collect())
    }
}

/// All rows of creators.
pub(super) fn is_creator() -> Box<dyn Query> {
    Box::new(ExistsQuery::new(CREATOR.to_owned(), false))
}
