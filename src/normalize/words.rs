//! The words of a post's text that questions count (`words`): what is left beside hashtags, mentions and links.
//!
//! Words are broken by the tokenizer of `search_text`, so that what is counted is found. Two that follow each other
//! stand there as a pair, too; in scripts written without spaces, each grapheme with its follower stands for a word.
//! Called for documents, and where two of them are merged.

use std::collections::HashSet;
use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::hashtags::{self, Sought, signs};
use super::merge::object::Object;
use super::stop_words::StopWords;
use crate::model::text::{TokenKind, fold, token_kind, tokens};

/// A post has at most so many, the first of its text; a long caption has about a hundred.
pub(super) const MOST_WORDS: usize = 200;

/// Joins words when it stands between letters, and ends a run at the edge of a word.
const JOINING: [char; 12] = ['-', '‐', '‑', '.', '_', ':', '·', '"', '״', '&', '+', '~'];
/// A chunk without blanks has at most so many addresses; a text in a script without spaces may well have several.
const MOST_ADDRESSES: usize = 20;
const APOSTROPHES: [char; 3] = ['\'', '’', '׳'];

/// The distinct words and pairs ("summer dress") of a text, folded, in the order of the text: no stop words of the
/// region, no numbers, no single characters, no emoji. A pair's words may be one number at most, and no stop word.
pub(super) fn collect<H: AsRef<str>>(text: &str, hashtags: &[H], region: Option<&str>) -> Vec<String> {
    let mut words = Words { stopping: StopWords::of(region), found: Vec::new(), known: HashSet::new() };
    let sought = Sought::new(hashtags.iter().map(AsRef::as_ref));
    let mut start = 0;
    for sign in signs(text, &sought) {
        words.add_all(&text[start..sign.range.start]);
        start = sign.range.end;
    }
    words.add_all(&text[start..]);
    words.found
}

/// Adds words and spellings to a document (as stored) that an older viralmine made without them.
pub(super) fn add_missing(fields: &mut Object<'_>) -> serde_json::Result<()> {
    let Some(hashtags) = fields.value::<Vec<String>>("hashtags")?.filter(|_| fields.get("words").is_none()) else {
        return Ok(());
    };
    let text: String = fields.value("video_desc")?.unwrap_or_default();
    let region: Option<String> = fields.value("region")?;
    let keys: Vec<String> = hashtags.iter().map(|hashtag| fold(hashtag)).collect();
    let shown: Vec<&str> = hashtags.iter().map(String::as_str).collect();
    fields.put("hashtag_spellings", &spellings(&shown, &keys))?;
    fields.put("words", &collect(&text, &shown, region.as_deref()))
}

struct Words {
    stopping: StopWords,
    found: Vec<String>,
    known: HashSet<String>,
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// A word by itself, and in pairs.
    Word,
    /// In a pair with a word: "iphone 15".
    Number,
    Nothing,
}

impl Words {
    fn add_all(&mut self, text: &str) {
        for line in text.split(is_line_break) {
            for part in without_addresses(line) {
                for run in runs(part) {
                    if self.found.len() >= MOST_WORDS {
                        return;
                    }
                    self.add_run(run);
                }
            }
        }
    }

    fn add_run(&mut self, run: &str) {
        let mut before: Option<(String, Worth)> = None;
        for token in tokens(run) {
            let worth = match token_kind(&token) {
                TokenKind::Word => self.worth(&token),
                TokenKind::Pair => {
                    if !self.stopping.hold(&token) {
                        self.add(&token);
                    }
                    Worth::Nothing
                }
                TokenKind::Grapheme | TokenKind::Emoji => Worth::Nothing,
            };
            if worth == Worth::Word {
                self.add(&token);
            }
            if let Some((word, worth_before)) = before.take()
                && worth != Worth::Nothing
                && (worth == Worth::Word || worth_before == Worth::Word)
            {
                self.add(&format!("{word} {token}"));
            }
            before = (worth != Worth::Nothing).then_some((token, worth));
        }
    }

    fn worth(&self, token: &str) -> Worth {
        let mut letters = token.chars().filter(|character| !is_combining_mark(*character));
        if !token.chars().any(char::is_alphabetic) {
            // Not the emoji of a keycap, a digit with a mark around it.
            if token.chars().any(is_combining_mark) { Worth::Nothing } else { Worth::Number }
        } else if letters.nth(1).is_none() || self.stopping.hold(token) {
            Worth::Nothing
        } else {
            Worth::Word
        }
    }

    fn add(&mut self, word: &str) {
        if self.found.len() < MOST_WORDS && !self.known.contains(word) {
            self.known.insert(word.to_owned());
            self.found.push(word.to_owned());
        }
    }
}

fn is_line_break(character: char) -> bool {
    matches!(character, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The stretches of a line beside its mentions, links and mail addresses.
fn without_addresses(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut chunk_end = 0;
    for chunk in line.split_inclusive(char::is_whitespace) {
        let mut rest = chunk_end;
        chunk_end += chunk.len();
        for count in 0.. {
            let chunk = line[rest..chunk_end].trim_end();
            let Some(address) = address(chunk) else { break };
            // Of a chunk of nothing but signs, each would be looked for in all that follows.
            let end = if count == MOST_ADDRESSES { chunk.len() } else { address.end };
            parts.push(&line[start..rest + address.start]);
            rest += end;
            start = rest;
        }
    }
    parts.push(&line[start..]);
    parts
}

/// The first mention, link or mail address of a chunk (bytes of it).
fn address(chunk: &str) -> Option<Range<usize>> {
    let bare = chunk.trim_matches(|character: char| character.is_ascii_punctuation());
    if is_host(bare.split('/').next().unwrap_or_default()) {
        return Some(0..chunk.len());
    }
    let lower = chunk.to_ascii_lowercase();
    let link = ["http://", "https://", "www."].iter().filter_map(|start| lower.find(start)).min();
    let mention = chunk.find(['@', '＠']);
    match (link, mention) {
        (Some(link), mention) if mention.is_none_or(|mention| link < mention) => {
            let end = chunk[link..].find(|character: char| !character.is_ascii_graphic());
            Some(link..end.map_or(chunk.len(), |end| link + end))
        }
        (_, Some(mention)) => {
            let local_part = |character: char| !(character.is_ascii_alphanumeric() || "._%+-".contains(character));
            let sign_bytes = chunk[mention..].chars().next().map_or(1, char::len_utf8);
            let name = &chunk[mention + sign_bytes..];
            let is_name = |character: char| hashtags::is_part(character) || matches!(character, '.' | '-');
            let end = mention + sign_bytes + name.find(|character| !is_name(character)).unwrap_or(name.len());
            let is_mail = is_host(chunk[mention + sign_bytes..end].trim_end_matches('.'));
            let local = chunk[..mention]
                .rfind(local_part)
                .map_or(0, |at| at + chunk[at..].chars().next().map_or(1, char::len_utf8));
            Some(if is_mail { local } else { mention }..end)
        }
        _ => None,
    }
}

/// Whether a text is a server's name ("shop.example.com"): ASCII labels, the last one of letters alone.
fn is_host(text: &str) -> bool {
    let Some((labels, last)) = text.rsplit_once('.') else { return false };
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic()) && labels.split('.').all(is_label)
}

/// The stretches of a text whose words follow each other: a run ends at what joins no words ("," or a dash between
/// blanks).
fn runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut end_run = |start: &mut usize, from: usize, to: usize| {
        runs.push(&text[*start..from]);
        *start = to;
    };
    let mut before: Option<char> = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let is_edge = |other: Option<char>| other.is_none_or(|other| !is_part(other));
        let after = characters.peek().map(|&(_, after)| after);
        let joins = JOINING.contains(&character) && !is_edge(before) && !is_edge(after);
        let ends = !(joins || character.is_whitespace() || is_part(character));
        if ends {
            end_run(&mut start, at, at + character.len_utf8());
        }
        before = Some(character);
    }
    runs.push(&text[start..]);
    runs
}

/// Whether a character belongs to words, or to what stands in their place.
fn is_part(character: char) -> bool {
    hashtags::is_part(character) && character != '_' || APOSTROPHES.contains(&character)
}

/// "key\tspelling" of each hashtag that is written in another way than its key. One with a tab in it is left out: its
/// parts could not be told apart.
pub(super) fn spellings<H: AsRef<str>>(hashtags: &[H], keys: &[String]) -> Vec<String> {
    let pairs = hashtags.iter().map(AsRef::as_ref).zip(keys);
    let differing = pairs.filter(|(hashtag, key)| hashtag != key && !key.contains('\t'));
    differing.map(|(hashtag, key)| format!("{key}\t{hashtag}")).collect()
}

#[cfg(test)]
mod tests;
