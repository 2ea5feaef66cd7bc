//! The `standard` analyzer: words by UAX #29 in lower case, as Elasticsearch's of that name.
//!
//! It serves the full-text fields that people explore; what questions search is `search_text`, whose tokens were
//! made in `model` and which the `whitespace` analyzer only splits.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_segmentation::UnicodeSegmentation;

/// Splits at word boundaries and drops what holds neither letter nor digit.
#[derive(Debug, Clone, Copy)]
pub(super) struct StandardTokenizer;

impl Tokenizer for StandardTokenizer {
    type TokenStream<'a> = StandardTokenStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> StandardTokenStream<'a> {
        StandardTokenStream { words: text.unicode_word_indices(), token: Token::default() }
    }
}

/// The words of one text.
pub(super) struct StandardTokenStream<'a> {
    words: unicode_segmentation::UnicodeWordIndices<'a>,
    token: Token,
}

impl TokenStream for StandardTokenStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((offset, word)) = self.words.next() else { return false };
        // A fresh token stands before the first position, so the first word comes to stand at 0.
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = offset;
        self.token.offset_to = offset + word.len();
        self.token.text.clear();
        self.token.text.extend(word.chars().flat_map(char::to_lowercase));
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_in_a_row() {
        let mut tokenizer = StandardTokenizer;
        let mut stream = tokenizer.token_stream("Summer's OOTD ✨ #Été 2025!");
        let mut seen = Vec::new();
        while stream.advance() {
            seen.push((stream.token().position, stream.token().text.clone()));
        }
        let expected = [(0, "summer's"), (1, "ootd"), (2, "été"), (3, "2025")];
        assert_eq!(seen, expected.map(|(position, text)| (position, text.to_owned())));
    }
}
