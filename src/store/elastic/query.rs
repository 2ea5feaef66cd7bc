//! A question as the body of a search. Pure. Only term, phrase, prefix, range and bool queries: tokens are folded and
//! broken already (`model::text`), and the fields they are asked of break at blanks at most, so the server analyzes
//! nothing.

use serde_json::{Value, json};

use crate::model::text::prefix_bounds;
use crate::model::{Filters, Query, Question, Sort};

/// The longest term that Lucene indexes (bytes); the server refuses to look for a longer one.
const LONGEST_TERM: usize = 32_766;

/// The longest prefix that the server takes by default (`index.max_regex_length`, UTF-16 units).
const LONGEST_PREFIX: usize = 1_000;

/// The query of a question; its text part counts for the score, its filters do not.
pub(super) fn query(question: &Question) -> Value {
    json!({ "bool": { "must": [text(&question.query)], "filter": filters(&question.filters) } })
}

/// The order of a question; ties by id.
pub(super) fn sort(sort: Sort) -> Value {
    let tie = json!({ "aweme_id": "asc" });
    let highest_first = |field: &str| json!({ field: { "order": "desc", "missing": "_last" } });
    match sort {
        Sort::Plays => json!([highest_first("stats.play"), tie]),
        Sort::Score => json!([{ "_score": "desc" }, tie]),
        Sort::Date => json!([highest_first("publish_ts"), tie]),
        Sort::Engagement => json!([highest_first("engagement.rate"), tie]),
        Sort::SmoothedEngagement => json!([highest_first("engagement.smoothed"), tie]),
        Sort::Z => json!([highest_first("virality.z"), tie]),
        Sort::Multiple => json!([highest_first("virality.multiple"), tie]),
        Sort::PlaysPerHour => json!([highest_first("virality.plays_per_hour"), tie]),
    }
}

fn text(query: &Query) -> Value {
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
        Query::Or(parts) => json!({ "bool": { "filter": [
            { "bool": { "should": parts.iter().map(text).collect::<Vec<_>>(), "minimum_should_match": 1 } }
        ] } }),
        Query::Not(inner) => json!({ "bool": { "must_not": [text(inner)] } }),
    }
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
        all.push(json!({ "bool": { "should": any, "minimum_should_match": 1 } }));
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
        // More than a long holds is more than any video has.
        all.push(match i64::try_from(plays) {
            Ok(plays) => json!({ "range": { "stats.play": { "gte": plays } } }),
            Err(_) => json!({ "match_none": {} }),
        });
    }
    if filters.only_viral {
        all.push(json!({ "term": { "virality.viral": true } }));
    }
    if let Some(kind) = filters.kind {
        all.push(json!({ "term": { "kind": kind.name() } }));
    }
    all
}
