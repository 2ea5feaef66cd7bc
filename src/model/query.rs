//! The query tree that both stores run, and how it is read from what was typed.

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
    /// None of this.
    Not(Box<Query>),
}

/// Why a query cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A quote without its end.
    #[error("the query has a quote (\") without its end")]
    OpenQuote,
    /// A word with nothing to search for in it.
    #[error("{0:?} has no letter, digit or emoji to search for")]
    Empty(String),
}
