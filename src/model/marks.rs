//! Where a text holds what a query asks for: words, phrases, prefixes and tags, found by the tokenizer that made the
//! document's own tokens. For showing a match, never for deciding one: that is the stores'.

use std::ops::Range;

use super::text::{Located, TokenKind, located, token_kind};
use super::{Filters, Query};

/// What is marked in texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    words: Vec<(Vec<String>, bool)>,
    tags: Vec<(String, bool)>,
}

impl Marks {
    /// All that a query and the hashtags beside it ask for; what they exclude is no match.
    #[must_use]
    pub fn of(query: &Query, filters: &Filters) -> Self {
        let mut marks = Self::default();
        marks.add(query);
        marks.tags.extend(filters.hashtags.iter().map(|key| (key.clone(), false)));
        marks
    }

    fn add(&mut self, query: &Query) {
        match query {
            Query::All | Query::Not(_) => {}
            Query::Words { tokens, prefix } => self.words.push((tokens.clone(), *prefix)),
            Query::Tag { key, prefix } => self.tags.push((key.clone(), *prefix)),
            Query::And(parts) | Query::Or(parts) => parts.iter().for_each(|part| self.add(part)),
        }
    }

    /// Where `text` holds any of it (bytes), in order and apart. `tags` are the tags that the text holds: their bytes,
    /// sign included, and their keys.
    #[must_use]
    pub fn find(&self, text: &str, tags: &[(Range<usize>, String)]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        if !self.words.is_empty() {
            let tokens = located(text);
            for (asked, prefix) in self.words.iter().filter(|(asked, _)| !asked.is_empty()) {
                found.extend(tokens.windows(asked.len()).filter_map(|window| matched(window, asked, *prefix)));
            }
        }
        for (key, prefix) in &self.tags {
            let is_it = |tag: &str| if *prefix { tag.starts_with(key.as_str()) } else { tag == key };
            found.extend(tags.iter().filter(|(_, tag)| is_it(tag)).map(|(range, _)| range.clone()));
        }
        joined(found)
    }
}

/// The bytes of these tokens, if they are those asked for. Of a pair that only starts so, its first grapheme counts.
fn matched(window: &[Located], asked: &[String], prefix: bool) -> Option<Range<usize>> {
    let (last, whole) = window.split_last()?;
    let (asked_last, asked_whole) = asked.split_last()?;
    let is_started = prefix && last.token.starts_with(asked_last.as_str());
    if !(last.token == *asked_last || is_started) || !whole.iter().map(|located| &located.token).eq(asked_whole) {
        return None;
    }
    let is_half = token_kind(asked_last) == TokenKind::Grapheme && token_kind(&last.token) == TokenKind::Pair;
    Some(window[0].range.start..if is_half { last.first_end } else { last.range.end })
}

/// Those that overlap or touch made one.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "one piece of a text is meant")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The text with brackets around what is marked.
    fn marked(query: &str, text: &str) -> String {
        let marks = Marks::of(&Query::parse(query).unwrap(), &Filters::default());
        let mut shown = text.to_owned();
        for range in marks.find(text, &[]).into_iter().rev() {
            shown.insert(range.end, ']');
            shown.insert(range.start, '[');
        }
        shown
    }

    #[test]
    fn words_phrases_and_prefixes_are_marked_where_they_stand() {
        for (query, text, expected) in [
            ("summer", "Summer in SUMMER, summery", "[Summer] in [SUMMER], summery"),
            ("summ*", "Summer summery sum", "[Summer] [summery] sum"),
            ("\"black dress\"", "black dress, dress black  dress", "[black dress], dress [black  dress]"),
            ("\"black dr*\"", "a black drill", "a [black drill]"),
            ("\"black dr\"*", "a black drill", "a [black drill]"),
            ("dress -black", "black dress", "black [dress]"),
            ("fine", "so ﬁne ＦＩＮＥ", "so [ﬁne] [ＦＩＮＥ]"),
            ("μοδας", "ΜΟΔΑΣ", "[ΜΟΔΑΣ]"),
            ("手机壳", "好手机壳很", "好[手机壳]很"),
            ("壳", "手机壳很 壳", "手机[壳]很 [壳]"),
            ("手机", "手机壳", "[手机]壳"),
            ("ガ", "ｶﾞｯﾁ", "[ｶﾞ]ｯﾁ"),
            ("❤", "a❤️b", "a[❤️]b"),
            ("ootd", "my #OOTD", "my #[OOTD]"),
            ("x-y", "an x-y", "an [x-y]"),
        ] {
            assert_eq!(marked(query, text), expected, "{query} in {text}");
        }
    }

    #[test]
    fn tags_are_marked_with_their_sign() {
        let text = "#OOTD #ootdfashion";
        let tags = [(0..5, "ootd".to_owned()), (6..18, "ootdfashion".to_owned())];
        let find = |query: &str| Marks::of(&Query::parse(query).unwrap(), &Filters::default()).find(text, &tags);
        assert_eq!((find("#ootd"), find("#ootd*")), (vec![0..5], vec![0..5, 6..18]));
        let filters = Filters { hashtags: vec!["ootd".to_owned()], ..Filters::default() };
        assert_eq!(Marks::of(&Query::All, &filters).find(text, &tags), [0..5]);
    }

    proptest! {
        #[test]
        fn a_text_is_marked_whole_by_itself(text in "[a-eé手机ไ😍]{1,12}") {
            let found = Marks::of(&Query::parse(&text).unwrap(), &Filters::default()).find(&text, &[]);
            prop_assert_eq!(found, vec![0..text.len()]);
        }

        #[test]
        fn marks_lie_apart_within_the_text(query in "\\PC{0,12}", text in "\\PC{0,40}") {
            let Ok(query) = Query::parse(&query) else { return Ok(()) };
            let found = Marks::of(&query, &Filters::default()).find(&text, &[]);
            prop_assert!(found.windows(2).all(|pair| pair[0].end < pair[1].start));
            prop_assert!(found.iter().all(|range| text.get(range.clone()).is_some_and(|piece| !piece.is_empty())));
        }
    }
}
