//! The hashtags of a post: the names of `text_extra` in order, then those of the text that are not there yet.
//!
//! `start` and `end` of `text_extra` are not used: they count UTF-16 units of a text that was edited since.
//! Tags are compared by their folded form, and the first spelling wins.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::emoji;
use crate::model::text::fold;

/// The sign of a hashtag, and its full-width form.
const SIGNS: [char; 2] = ['#', '\u{FF03}'];
/// They join what stands beside them; at an end of a tag they join nothing.
const ZERO_WIDTH_JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];
/// Names beyond so many are tags, but are not looked for in the text: a real post has some dozens.
const MAX_NAMES_SOUGHT: usize = 1000;
/// Nor are names looked for behind so many signs: a text of nothing but signs would take minutes.
const MAX_SIGNS_SOUGHT: usize = 1000;
/// From so many tags on, known ones are looked up by hash.
const FEW: usize = 32;

/// The hashtags (as received) and their keys (folded), position by position.
pub(super) fn collect<'a>(names: &[Cow<'a, str>], text: &str) -> (Vec<Cow<'a, str>>, Vec<String>) {
    let mut tags = Tags::default();
    for name in names.iter().flat_map(pieces) {
        tags.add(name);
    }
    let sought = Sought::new(names.iter().flat_map(|name| split(name)));
    for sign in signs(text, &sought) {
        if let Some(tag) = sign.unnamed {
            tags.add(Cow::Owned(tag.to_owned()));
        }
    }
    (tags.shown, tags.keys)
}

/// Names that are looked for at each sign of a text, in any case, the longest first.
pub(super) struct Sought(Vec<String>);

impl Sought {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut sought: Vec<String> = names.take(MAX_NAMES_SOUGHT).map(lowered).collect();
        sought.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
        Self(sought)
    }
}

/// The tags that a text holds: their bytes, sign included, and their keys. `hashtags` are those of its post.
pub fn standing_in(text: &str, hashtags: &[String]) -> Vec<(Range<usize>, String)> {
    let sought = Sought::new(hashtags.iter().map(String::as_str));
    let signs = signs(text, &sought).into_iter().map(|sign| sign.range);
    signs
        .map(|range| {
            (range.clone(), fold(text[range].trim_start_matches([SIGNS[0], SIGNS[1], '\u{FE0E}', '\u{FE0F}'])))
        })
        .collect()
}

/// A sign of a text with the tag behind it.
pub(super) struct Sign<'text> {
    /// From the sign to the tag's end (bytes of the text).
    pub(super) range: Range<usize>,
    /// The tag, when it is none of those sought.
    unnamed: Option<&'text str>,
}

/// The signs of a text, in order; those of keycaps are none.
pub(super) fn signs<'text>(text: &'text str, sought: &Sought) -> Vec<Sign<'text>> {
    let mut signs: Vec<Sign<'text>> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(SIGNS) {
        let start = text.len() - rest.len() + at;
        let sign_bytes = if rest[at..].starts_with('#') { 1 } else { SIGNS[1].len_utf8() };
        rest = &rest[at + sign_bytes..];
        if is_keycap(rest) {
            continue;
        }
        // Keyboards send a presentation selector behind the sign: it belongs to the sign.
        rest = rest.strip_prefix(['\u{FE0E}', '\u{FE0F}']).unwrap_or(rest);
        let sought_here = if signs.len() < MAX_SIGNS_SOUGHT { sought.0.as_slice() } else { &[] };
        let (length, unnamed) = if let Some(length) = sought_here.iter().find_map(|name| standing(name, rest)) {
            (length, None)
        } else {
            let run = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
            let tag = rest[..run].trim_matches(ZERO_WIDTH_JOINERS);
            let shows = |character| !is_combining_mark(character) && !emoji::is_joiner(character);
            (run, Some(tag).filter(|tag| tag.chars().any(shows)))
        };
        rest = &rest[length..];
        signs.push(Sign { range: start..text.len() - rest.len(), unnamed });
    }
    signs
}

/// A name that holds a sign is the tags between its signs: no tag of the platform can hold one.
fn pieces<'a>(name: &Cow<'a, str>) -> Vec<Cow<'a, str>> {
    match name {
        Cow::Borrowed(name) => split(name).map(Cow::Borrowed).collect(),
        Cow::Owned(name) => split(name).map(|piece| Cow::Owned(piece.to_owned())).collect(),
    }
}

fn split(name: &str) -> impl Iterator<Item = &str> {
    name.split(SIGNS).map(str::trim).filter(|piece| !piece.is_empty())
}

fn lowered(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// How many bytes of `rest` the lower-cased `name` takes, if `rest` starts with it in any case.
fn standing(name: &str, rest: &str) -> Option<usize> {
    let mut expected = name.chars();
    let mut taken = 0;
    for character in rest.chars() {
        if expected.as_str().is_empty() {
            break;
        }
        for lower in character.to_lowercase() {
            if expected.next() != Some(lower) {
                return None;
            }
        }
        taken += character.len_utf8();
    }
    expected.as_str().is_empty().then_some(taken)
}

/// The emoji #️⃣ starts with the sign but is no hashtag.
fn is_keycap(after_sign: &str) -> bool {
    let after_selector = after_sign.strip_prefix('\u{FE0F}').unwrap_or(after_sign);
    after_selector.starts_with('\u{20E3}')
}

/// Letters, marks, digits, underscore, emoji and what joins them.
pub(super) fn is_part(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    character.is_alphanumeric()
        || is_combining_mark(character)
        || emoji::is_joiner(character)
        || emoji::is_emoji(character)
}

/// Tags in order, each folded form once.
#[derive(Default)]
struct Tags<'a> {
    shown: Vec<Cow<'a, str>>,
    keys: Vec<String>,
    known: HashSet<String>,
}

impl<'a> Tags<'a> {
    fn add(&mut self, tag: Cow<'a, str>) {
        let key = fold(&tag);
        if key.is_empty() || self.knows(&key) {
            return;
        }
        self.shown.push(tag);
        self.keys.push(key);
    }

    fn knows(&mut self, key: &str) -> bool {
        if self.keys.len() < FEW {
            return self.keys.iter().any(|known| known == key);
        }
        let unhashed = self.known.len();
        self.known.extend(self.keys[unhashed..].iter().cloned());
        self.known.contains(key)
    }
}

#[cfg(test)]
mod tests;
