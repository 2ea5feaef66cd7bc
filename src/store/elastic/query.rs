//! A question as the body of a search. Pure. Only term, phrase, prefix, range and bool queries: tokens are folded and
//! broken already (`model::text`), and the fields they are asked of break at blanks at most, so the server analyzes
//! nothing.

use std::ops::Range;

use serde_json::{Value, json};

use crate::model::text::prefix_bounds;
use crate::model::{CreatorQuestion, Filters, GroupBy, Query, Question, Scope, Sort};

/// The longest term that Lucene indexes (bytes); the server refuses to look for a longer one.
const LONGEST_TERM: usize = 32_766;

/// As many terms as the server takes in one query by default (`index.max_terms_count`).
const MOST_TERMS: usize = 65_536;

/// The longest prefix that the server takes by default (`index.max_regex_length`, UTF-16 units).
const LONGEST_PREFIX: usize = 1_000;

/// The query of a question; its text part counts for the score, its filters do not.
pub(super) fn query(question: &Question) -> Value {
    json!({ "bool": { "must": [text(&question.query)], "filter": filters(&question.filters) } })
}

/// The posts of a scope; nothing is scored.
pub(super) fn scope(scope: &Scope) -> Value {
    let mut parts = vec![text(&scope.query)];
    parts.extend(filters(&scope.filters));
    all_of(parts)
}

/// What meets all of these. The server is faster when nothing needless is put around a query.
pub(super) fn all_of(mut parts: Vec<Value>) -> Value {
    parts.retain(|part| part.get("match_all").is_none());
    match parts.len() {
        0 => json!({ "match_all": {} }),
        1 => parts.remove(0),
        _ => json!({ "bool": { "filter": parts } }),
    }
}

/// The posts that carry a key.
pub(super) fn carrying(by: GroupBy, key: &str) -> Value {
    // An empty one is none.
    if key.is_empty() { json!({ "match_none": {} }) } else { term(by.field(), key) }
}

/// The posts that carry any of these keys, which are terms that can be asked for ([`can_be_asked`]).
pub(super) fn carrying_any(by: GroupBy, keys: &[&str]) -> Value {
    json!({ "terms": { by.field(): keys } })
}

/// Whether a key can be that of a group at all; the server refuses to look for one that is too long.
pub(super) fn can_be_asked(key: &str) -> bool {
    !key.is_empty() && key.len() <= LONGEST_TERM
}

/// The posts with a spelling that starts so.
pub(super) fn spelled(prefix: &str) -> Value {
    starting("hashtag_spellings", prefix)
}

/// The posts that the scores could judge.
pub(super) fn judged() -> Value {
    all_of(vec![json!({ "exists": { "field": "virality.z" } }), json!({ "term": { "virality.immature": false } })])
}

/// Judged posts that are viral.
pub(super) fn viral() -> Value {
    all_of(vec![judged(), json!({ "term": { "virality.viral": true } })])
}

/// The posts of a window of `publish_ts`.
pub(super) fn posted(window: &Range<i64>) -> Value {
    json!({ "range": { "publish_ts": { "gte": window.start, "lt": window.end } } })
}

/// The posts with at least so many plays, and fewer than so many.
pub(super) fn played(from: i64, to: Option<i64>) -> Value {
    match to {
        Some(to) => json!({ "range": { "stats.play": { "gte": from, "lt": to } } }),
        None => json!({ "range": { "stats.play": { "gte": from } } }),
    }
}

/// The rows of a question for creators; what else lies among them has no `sec_user_id`.
pub(super) fn creators(question: &CreatorQuestion) -> Value {
    let mut parts = vec![json!({ "exists": { "field": "sec_user_id" } })];
    if let Some(among) = &question.among {
        let askable: Vec<&str> = among.iter().map(String::as_str).filter(|creator| can_be_asked(creator)).collect();
        let any: Vec<Value> =
            askable.chunks(MOST_TERMS).map(|chunk| json!({ "terms": { "sec_user_id": chunk } })).collect();
        parts.push(if any.is_empty() { json!({ "match_none": {} }) } else { any_of(&any) });
    }
    if let Some(least) = question.median_at_least {
        parts.push(json!({ "range": { "median_plays": { "gte": least } } }));
    }
    if let Some(below) = question.median_below {
        parts.push(json!({ "range": { "median_plays": { "lt": below } } }));
    }
    if question.min_judged > 0 {
        parts.push(at_least("judged", question.min_judged));
    }
    json!({ "bool": { "filter": parts } })
}

/// The order of rows of creators; ties by id.
pub(super) fn creator_sort(question: &CreatorQuestion) -> Value {
    // An index from before there was growth has no such field.
    let highest_first = json!({ "order": "desc", "missing": "_last", "unmapped_type": "double" });
    json!([{ question.sort.field(): highest_first }, { "sec_user_id": "asc" }])
}

fn any_of(parts: &[Value]) -> Value {
    json!({ "bool": { "should": parts, "minimum_should_match": 1 } })
}

/// More than a long holds is more than anything has.
fn at_least(field: &str, least: u64) -> Value {
    match i64::try_from(least) {
        Ok(least) => json!({ "range": { field: { "gte": least } } }),
        Err(_) => json!({ "match_none": {} }),
    }
}

/// The order of a question; ties by id.
pub(super) fn sort(sort: Sort) -> Value {
    let tie = json!({ "aweme_id": "asc" });
    // An index from before there were scores has no such field, which is as good as no value.
    let highest_first =
        |field: &str| json!({ field: { "order": "desc", "missing": "_last", "unmapped_type": "double" } });
    match sort {
        Sort::Plays => json!([highest_first("stats.play"), tie]),
        Sort::Score => json!([{ "_score": "desc" }, tie]),
        Sort::Date => json!([highest_first("publish_ts"), tie]),
        Sort::Engagement => json!([highest_first("engagement.rate"), tie]),
        Sort::SmoothedEngagement => json!([highest_first("engagement.smoothed"), tie]),
        Sort::Z => json!([highest_first("virality.z"), tie]),
        Sort::Multiple => json!([highest_first("virality.multiple"), tie]),
        Sort::PlaysPerHour => json!([highest_first("virality.plays_per_hour"), tie]),
        Sort::Growth => json!([highest_first("virality.growth"), tie]),
    }
}

/// What a query finds.
pub(super) fn text(query: &Query) -> Value {
    match query {
        Query::All => json!({ "match_all": {} }),
        Query::Words { tokens, prefix } => words(tokens, *prefix),
        Query::Tag { key, prefix: false } => term("hashtag_keys", key),
        Query::Tag { key, prefix: true } => starting("hashtag_keys", key),
        Query::And(parts) => {
            let (negated, wanted): (Vec<_>, Vec<_>) = parts.iter().partition(|part| matches!(part, Query::Not(_)));
            // Of negations alone: all but these. An empty bool matches everything.
            json!({ "bool": {
                "must": wanted.into_iter().map(text).collect::<Vec<_>>(),
                "must_not": negated.into_iter().map(inside_of_not).collect::<Vec<_>>(),
            } })
        }
        // Counts for no score. Without a part it is met by nothing, unlike an empty bool.
        Query::Or(parts) if parts.is_empty() => json!({ "match_none": {} }),
        Query::Or(parts) => json!({ "bool": { "filter": [any_of(&alternatives(parts))] } }),
        Query::Not(inner) => json!({ "bool": { "must_not": [text(inner)] } }),
    }
}

/// Whole tags and single words together, since a server takes only so many clauses; the rest one by one.
fn alternatives(parts: &[Query]) -> Vec<Value> {
    let (mut tags, mut tokens, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        match part {
            Query::Tag { key, prefix: false } if key.len() <= LONGEST_TERM => tags.push(key.as_str()),
            Query::Words { tokens: words, prefix: false } if words.len() == 1 && words[0].len() <= LONGEST_TERM => {
                tokens.push(words[0].as_str());
            }
            other => others.push(text(other)),
        }
    }
    let terms = |field: &str, values: &[&str]| -> Vec<Value> {
        values.chunks(MOST_TERMS).map(|chunk| json!({ "terms": { field: chunk } })).collect()
    };
    [terms("hashtag_keys", &tags), terms("search_text", &tokens), others].concat()
}

fn inside_of_not(part: &Query) -> Value {
    match part {
        Query::Not(inner) => text(inner),
        other => text(other),
    }
}

fn words(tokens: &[String], prefix: bool) -> Value {
    match (tokens, prefix) {
        ([], _) => json!({ "match_none": {} }),
        ([token], false) => term("search_text", token),
        ([token], true) => starting("search_text", token),
        (tokens, false) => json!({ "match_phrase": { "search_text": tokens.join(" ") } }),
        // The default of 50 words that the prefix may stand for would silently lose hits. Past the server's own limit
        // of clauses it refuses the search, which `failure` puts into words.
        (tokens, true) => json!({ "match_phrase_prefix": {
            "search_text": { "query": tokens.join(" "), "max_expansions": i32::MAX }
        } }),
    }
}

fn term(field: &str, text: &str) -> Value {
    if text.len() > LONGEST_TERM {
        return json!({ "match_none": {} });
    }
    json!({ "term": { field: text } })
}

fn starting(field: &str, prefix: &str) -> Value {
    if prefix.len() > LONGEST_TERM {
        return json!({ "match_none": {} });
    }
    if prefix.encode_utf16().count() <= LONGEST_PREFIX {
        return json!({ "prefix": { field: prefix } });
    }
    match prefix_bounds(prefix) {
        (from, Some(to)) => json!({ "range": { field: { "gte": from, "lt": to } } }),
        (from, None) => json!({ "range": { field: { "gte": from } } }),
    }
}

fn filters(filters: &Filters) -> Vec<Value> {
    let mut all: Vec<Value> = filters.hashtags.iter().map(|key| term("hashtag_keys", key)).collect();
    if let Some(creator) = &filters.creator {
        let fields = ["sec_user_id", "author_info.unique_id", "author_info.uid"];
        let any = fields.map(|field| term(field, creator));
        all.push(any_of(&any));
    }
    if let Some(region) = &filters.region {
        all.push(term("region", region));
    }
    if let Some(since) = filters.since {
        all.push(json!({ "range": { "publish_ts": { "gte": since } } }));
    }
    if let Some(until) = filters.until {
        all.push(json!({ "range": { "publish_ts": { "lt": until } } }));
    }
    if let Some(plays) = filters.min_plays {
        all.push(at_least("stats.play", plays));
    }
    if filters.only_viral {
        all.push(json!({ "term": { "virality.viral": true } }));
    }
    if let Some(kind) = filters.kind {
        all.push(json!({ "term": { "kind": kind.name() } }));
    }
    all
}
