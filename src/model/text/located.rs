//! Tokens with the place they have in a text as it is shown: for marking what a query found there. No store uses it.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::words::{TokenKind, ZERO_WIDTH_SPACE, is_unspaced, plain, token_kind, tokens};

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// As [`super::tokens`] gives it.
    pub token: String,
    /// Its bytes in the text; those of a pair overlap those of the next one.
    pub range: Range<usize>,
    /// Where its first grapheme ends, for a pair; where it ends, for any other token.
    pub first_end: usize,
}

/// The tokens of a text with their places. Folding changes lengths ("ﬁ" is two letters), so each grapheme is folded by
/// itself; a token that spans graphemes which only fold together is left out.
#[must_use]
pub fn located(text: &str) -> Vec<Located> {
    let folded = Folded::of(text);
    let mut found = Vec::new();
    let mut cursor = 0;
    for token in tokens(&folded.text) {
        let Some(at) = folded.text[cursor..].find(&token) else { continue };
        let start = cursor + at;
        let end = start + token.len();
        let first_end = match token_kind(&token) {
            TokenKind::Pair => start + token.graphemes(true).next().map_or(0, str::len),
            TokenKind::Word | TokenKind::Grapheme | TokenKind::Emoji => end,
        };
        let range = folded.shown(start..end);
        found.push(Located { first_end: folded.shown(start..first_end).end, range, token });
        cursor = first_end;
    }
    found
}

/// A folded text whose every piece knows where it comes from.
struct Folded {
    text: String,
    /// Where each piece starts in the folded text, and its bytes in the shown one.
    pieces: Vec<(usize, Range<usize>)>,
}

impl Folded {
    fn of(text: &str) -> Self {
        let mut folded = Self { text: String::with_capacity(text.len()), pieces: Vec::new() };
        for (start, grapheme) in text.grapheme_indices(true) {
            // It separates no words within a run, and the tokenizer passes over it.
            if grapheme == ZERO_WIDTH_SPACE && folded.text.chars().next_back().is_some_and(is_unspaced) {
                continue;
            }
            folded.pieces.push((folded.text.len(), start..start + grapheme.len()));
            folded.text.push_str(&plain(grapheme));
        }
        folded
    }

    /// The shown bytes of a folded range that is not empty.
    fn shown(&self, range: Range<usize>) -> Range<usize> {
        let piece_at = |byte: usize| {
            let next = self.pieces.partition_point(|(start, _)| *start <= byte);
            self.pieces.get(next.saturating_sub(1)).map_or(0..0, |(_, shown)| shown.clone())
        };
        piece_at(range.start).start..piece_at(range.end.saturating_sub(1)).end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{fold, tokens};
    use super::*;

    fn shown(text: &str) -> String {
        let found = located(text);
        found.iter().map(|located| &text[located.range.clone()]).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn tokens_stand_where_they_were_read() {
        for (text, expected) in [
            ("Summer  DRESS, #OOTD!", "Summer|DRESS|OOTD"),
            ("ＯＯＴＤ ﬁne İstanbul", "ＯＯＴＤ|ﬁne|İstanbul"),
            ("don’t ΜΟΔΑΣ Straße", "don’t|ΜΟΔΑΣ|Straße"),
            ("好手机壳iPhone", "好手|手机|机壳|壳|iPhone"),
            ("ｶﾞｯﾁ", "ｶﾞｯ|ｯﾁ|ﾁ"),
            ("a❤️b 👩🏼‍❤️‍💋‍👩🏻", "a|❤️|b|👩🏼‍❤️‍💋‍👩🏻"),
            ("ไทย\u{200b}ไทย", "ไท|ทย|ย\u{200b}ไ|ไท|ทย|ย"),
            ("e\u{301}te\u{301} été", "e\u{301}te\u{301}|été"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_token_is_lost_or_out_of_place(text in "([a-eÀ-ÿﬁ手机ไทガｶﾞ😍#.' ]|\\PC){0,40}") {
            let found = located(&text);
            for one in &found {
                let piece = &text[one.range.clone()];
                prop_assert!(one.range.start < one.first_end && one.first_end <= one.range.end);
                prop_assert!(text.is_char_boundary(one.first_end));
                let folded = plain(piece).replace(ZERO_WIDTH_SPACE, "");
                prop_assert!(folded.contains(&one.token) || one.token.contains(&folded), "{:?} in {:?}", one, piece);
            }
            prop_assert!(found.is_sorted_by_key(|one| one.range.start));
        }

        /// Where each grapheme folds by itself, all tokens are there.
        #[test]
        fn every_token_of_plain_texts_is_located(text in "[a-eÀ-ÖØ-öﬁＡ-Ｚ手机ไทがガ😍#., ]{0,40}") {
            let found: Vec<String> = located(&text).into_iter().map(|located| located.token).collect();
            prop_assert_eq!(found, tokens(&text), "{:?}", fold(&text));
        }
    }
}
