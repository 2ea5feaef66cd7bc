//! A store that answers by looking at every document: the reference that real stores are compared with.
//!
//! All orders but `Sort::Score`, which each engine judges for itself (here: by id).

use std::cmp::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use viralmine::model::{
    CreatorQuestion, Group, GroupQuestion, Groups, Hits, Measure, Query, Question, Row, Scope, Slot, Sort, Windows,
};
use viralmine::store::{StoreError, StoreReader};

/// Whether a document's tokens and hashtags meet a query.
pub fn matches(query: &Query, search_text: &[String], hashtag_keys: &[String]) -> bool {
    match query {
        Query::All => true,
        Query::Words { tokens, prefix } => search_text.iter().any(|element| holds(element, tokens, *prefix)),
        Query::Tag { key, prefix: false } => hashtag_keys.contains(key),
        Query::Tag { key, prefix: true } => hashtag_keys.iter().any(|known| known.starts_with(key)),
        Query::And(parts) => parts.iter().all(|part| matches(part, search_text, hashtag_keys)),
        Query::Or(parts) => parts.iter().any(|part| matches(part, search_text, hashtag_keys)),
        Query::Not(part) => !matches(part, search_text, hashtag_keys),
    }
}

fn holds(element: &str, tokens: &[String], prefix: bool) -> bool {
    if tokens.is_empty() {
        return false;
    }
    let known: Vec<&str> = element.split(' ').collect();
    known.windows(tokens.len()).any(|window| {
        window.iter().zip(tokens).enumerate().all(|(position, (known, token))| {
            if prefix && position + 1 == tokens.len() { known.starts_with(token) } else { known == token }
        })
    })
}

/// Documents in memory.
#[derive(Debug)]
pub struct NaiveStore {
    documents: Vec<(Bytes, Value)>,
}

/// Hashtags and creators that are longer (UTF-16 units) are kept, but not found: the mapping's `ignore_above`.
const LONGEST_KEY: usize = 8_191;

impl NaiveStore {
    /// Takes the documents as they would be stored; each id once.
    pub fn new(documents: Vec<Bytes>) -> Self {
        let parsed = documents.into_iter().map(|bytes| {
            let value = serde_json::from_slice(&bytes).unwrap();
            (bytes, value)
        });
        Self { documents: parsed.collect() }
    }

    fn matching(&self, question: &Question) -> Vec<&(Bytes, Value)> {
        self.documents.iter().filter(|(_, document)| meets(document, question)).collect()
    }
}

#[async_trait]
impl StoreReader for NaiveStore {
    async fn search(&self, question: &Question) -> Result<Hits, StoreError> {
        let mut found = self.matching(question);
        found.sort_by(|(_, one), (_, other)| {
            let highest_first = match question.sort {
                Sort::Plays => descending(&one["stats"]["play"], &other["stats"]["play"]),
                Sort::Date => descending(&one["publish_ts"], &other["publish_ts"]),
                Sort::Engagement => descending(&one["engagement"]["rate"], &other["engagement"]["rate"]),
                Sort::SmoothedEngagement => {
                    descending(&one["engagement"]["smoothed"], &other["engagement"]["smoothed"])
                }
                Sort::Z => descending(&one["virality"]["z"], &other["virality"]["z"]),
                Sort::Multiple => descending(&one["virality"]["multiple"], &other["virality"]["multiple"]),
                Sort::PlaysPerHour => {
                    descending(&one["virality"]["plays_per_hour"], &other["virality"]["plays_per_hour"])
                }
                Sort::Score => Ordering::Equal,
            };
            highest_first.then_with(|| one["aweme_id"].as_str().cmp(&other["aweme_id"].as_str()))
        });
        let total = found.len() as u64;
        Ok(Hits { total, videos: found.into_iter().take(question.limit).map(|(bytes, _)| bytes.clone()).collect() })
    }

    async fn rows(&self, question: &Question, each: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError> {
        for (bytes, _) in self.matching(question) {
            each(serde_json::from_slice(bytes).unwrap());
        }
        Ok(())
    }

    async fn groups(&self, _question: &GroupQuestion) -> Result<Groups, StoreError> {
        unimplemented!()
    }

    async fn measure(
        &self,
        _scope: &Scope,
        _groups: &[Group],
        _windows: Option<&Windows>,
    ) -> Result<Vec<Measure>, StoreError> {
        unimplemented!()
    }

    async fn slots(&self, _scope: &Scope, _seconds: u32) -> Result<Vec<Slot>, StoreError> {
        unimplemented!()
    }

    async fn creators(&self, _question: &CreatorQuestion) -> Result<Hits, StoreError> {
        unimplemented!()
    }

    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.documents.iter().filter_map(|(_, document)| document["fetched_at"].as_i64()).max())
    }
}

/// A missing value comes last.
fn descending(one: &Value, other: &Value) -> Ordering {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NEG_INFINITY);
    number(other).total_cmp(&number(one))
}

fn meets(document: &Value, question: &Question) -> bool {
    let filters = &question.filters;
    let mut keys = texts(&document["hashtag_keys"]);
    keys.retain(|key| is_found(key));
    let is = |field: &Value, wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| field == wanted);
    let author = &document["author_info"];
    let creators = [&document["sec_user_id"], &author["unique_id"], &author["uid"]];
    let posted = document["publish_ts"].as_i64();
    matches(&question.query, &texts(&document["search_text"]), &keys)
        && filters.hashtags.iter().all(|hashtag| keys.contains(hashtag))
        && filters
            .creator
            .as_deref()
            .is_none_or(|creator| is_found(creator) && creators.iter().any(|field| *field == creator))
        && is(&document["region"], &filters.region)
        && is(&document["kind"], &filters.kind.map(|kind| kind.name().to_owned()))
        && filters.since.is_none_or(|since| posted.is_some_and(|posted| posted >= since))
        && filters.until.is_none_or(|until| posted.is_some_and(|posted| posted < until))
        && filters.min_plays.is_none_or(|least| document["stats"]["play"].as_u64().is_some_and(|plays| plays >= least))
}

fn is_found(key: &str) -> bool {
    key.encode_utf16().count() <= LONGEST_KEY
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
