//! The query tree that both stores run, and how it is read from what was typed.
//!
//! Words are and-ed; `"a phrase"` and a word of several tokens ask for tokens one after another; `x*` asks for the
//! start of the last one; `#tag` and `#tag*` ask the hashtags; `-` before any of these asks for its absence. A word
//! with nothing to search for in it (a dash, "&", "***") is passed over, so that a caption can be pasted as it is.

use super::text::{Phrase, fold};

/// What a video's text and hashtags must hold. Tokens and keys are folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Everything.
    All,
    /// These tokens one after another in `search_text` (one token: a term). With `prefix`, the last one only
    /// starts a token.
    Words {
        /// Folded tokens, at least one.
        tokens: Vec<String>,
        /// Whether the last token is a prefix.
        prefix: bool,
    },
    /// A hashtag of `hashtag_keys`, whole, or its start.
    Tag {
        /// The folded tag, without `#`.
        key: String,
        /// Whether it is a prefix.
        prefix: bool,
    },
    /// All of these.
    And(Vec<Query>),
    /// Any of these; none of them typed by a person, but made of a category. Scores nothing.
    Or(Vec<Query>),
    /// None of this.
    Not(Box<Query>),
}

/// Why a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A quote without its end.
    #[error("the query has a quote (\") without its end")]
    OpenQuote,
    /// A query that is not blank, with nothing to search for in it.
    #[error("{0:?} has no letter, digit or emoji to search for (without a query, everything is found)")]
    Empty(String),
}

impl Query {
    /// Reads what was typed; a blank text asks for everything.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            rest = read_part(rest, &mut terms)?.trim_start();
        }
        let only_negations = terms.iter().all(|term| matches!(term, Self::Not(_)));
        match terms.len() {
            0 if text.trim().is_empty() => Ok(Self::All),
            0 => Err(QueryError::Empty(text.trim().to_owned())),
            _ if only_negations => Ok(Self::And(std::iter::once(Self::All).chain(terms).collect())),
            1 => Ok(terms.remove(0)),
            _ => Ok(Self::And(terms)),
        }
    }
}

/// Reads one word, phrase or tag off the start of `text`, adds what it asks for, and returns what follows it.
fn read_part<'text>(text: &'text str, terms: &mut Vec<Query>) -> Result<&'text str, QueryError> {
    let body = text.trim_start_matches('-');
    let negated = body.len() < text.len();
    let tag_body = body.strip_prefix(['#', '＃']);
    let (content, rest) = match tag_body.unwrap_or(body).strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or(QueryError::OpenQuote)?,
        None => split_word(tag_body.unwrap_or(body)),
    };
    let is_quoted = tag_body.unwrap_or(body).starts_with('"');
    let after_star = if is_quoted { rest.trim_start_matches('*') } else { rest };
    let starred = after_star.len() < rest.len();
    let mut add = |term: Option<Query>| {
        terms.extend(term.map(|term| if negated { Query::Not(Box::new(term)) } else { term }));
    };
    match tag_body {
        None => add(words(content, starred)),
        Some(_) if is_quoted => add(tag(content, starred)),
        // Captions have tags without a space between them: "#fyp#family"; and lists of tags are often typed with
        // commas, which hardly a tag has.
        Some(_) => content.split(['#', '＃']).for_each(|name| add(tag(name.trim_end_matches(','), false))),
    }
    Ok(after_star)
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| character.is_whitespace() || character == '"').unwrap_or(text.len());
    text.split_at(end)
}

fn words(text: &str, starred: bool) -> Option<Query> {
    let bare = text.trim_end_matches('*');
    let Phrase { tokens, prefix } = Phrase::asked(bare)?;
    Some(Query::Words { tokens, prefix: prefix || starred || bare.len() < text.len() })
}

fn tag(text: &str, starred: bool) -> Option<Query> {
    let bare = text.trim_end_matches('*');
    let key = fold(bare).trim().to_owned();
    (!key.is_empty()).then_some(Query::Tag { key, prefix: starred || bare.len() < text.len() })
}

#[cfg(test)]
mod tests;
