//! Folding and word breaking: once, in Rust, so that both stores find the same in every script.
//!
//! `fold` makes texts comparable, `words` breaks a text into tokens, `search_text` makes the tokens that a
//! document carries, `located` says where tokens stand, `one_line`
//! makes a text fit to be shown. The normalizer calls it for documents, `model::query` for what was typed; no engine
//! analyses a text of its own.

mod located;
mod one_line;
mod prefix;
mod words;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

pub use located::{Located, located};
pub use one_line::{INVISIBLE_MARKS, one_line, turns_direction};
pub use prefix::prefix_bounds;
pub use words::{LONGEST_TOKEN, TokenKind, is_emoji, token_kind, tokens};

use words::break_words;

/// NFKC and lower case, for comparing only; folding twice changes nothing.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Lower-casing may undo NFKC and the reverse ("ϔ" is such a letter), for a round or two at most.
    let mut folded = fold_once(text);
    for _ in 0..8 {
        let again = fold_once(&folded);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

fn fold_once(text: &str) -> String {
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.to_lowercase()
    } else {
        text.nfkc().collect::<String>().to_lowercase()
    }
}

/// Hashtags beyond so many are not looked for in the text, nor any behind so many of its tokens: they stand as elements
/// of their own then, which changes no answer. A real post is far below both; a hostile one would take minutes.
const MOST_HASHTAGS_SOUGHT: usize = 1_000;
const MOST_TOKENS_SEARCHED: usize = 10_000;

/// The tokens of a post: the text first, then each hashtag that the text does not hold, each as tokens joined
/// by one blank. What has no token (a text of dots) is left out.
#[must_use]
pub fn search_text(text: &str, hashtags: &[&str]) -> Vec<String> {
    let text_tokens = tokens(text);
    let mut elements: Vec<String> = Vec::with_capacity(1);
    if !text_tokens.is_empty() {
        elements.push(text_tokens.join(" "));
    }
    let searched = &text_tokens[..text_tokens.len().min(MOST_TOKENS_SEARCHED)];
    let mut known: HashSet<String> = elements.iter().cloned().collect();
    for (position, hashtag) in hashtags.iter().enumerate() {
        let Some(phrase) = Phrase::asked(hashtag) else { continue };
        if position >= MOST_HASHTAGS_SOUGHT || !phrase.is_in(searched) {
            let element = tokens(hashtag).join(" ");
            if known.insert(element.clone()) {
                elements.push(element);
            }
        }
    }
    elements
}

/// Tokens as a question asks for them: one after another, the last one whole or only started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    /// Folded tokens, at least one.
    pub(super) tokens: Vec<String>,
    /// Whether the last token is a prefix.
    pub(super) prefix: bool,
}

impl Phrase {
    /// What finds `text` inside longer texts; `None` when it has no token.
    ///
    /// A document's run "ABCD" is the tokens AB BC CD D, so the C that stands alone at the end of "ABC" is not
    /// asked for; a single grapheme is asked for as the start of its pair.
    pub(super) fn asked(text: &str) -> Option<Self> {
        let mut words = break_words(text);
        let prefix = words.last_run == 1;
        if words.last_run > 1 {
            words.tokens.pop();
        }
        (!words.tokens.is_empty()).then_some(Self { tokens: words.tokens, prefix })
    }

    fn is_in(&self, tokens: &[String]) -> bool {
        let Some((last, whole)) = self.tokens.split_last() else { return false };
        tokens.windows(self.tokens.len()).any(|window| {
            let found = &window[whole.len()];
            window.starts_with(whole) && if self.prefix { found.starts_with(last.as_str()) } else { found == last }
        })
    }
}
