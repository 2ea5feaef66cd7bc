//! Word breaking: UAX #29 words and emoji of a folded text, and pairs of graphemes in scripts written without
//! spaces. Called by `text` alone, for documents and for queries.
//!
//! Beyond folding, a token has no invisible characters (variation selectors, direction marks: "❤️" and "❤" are one
//! token), and curly apostrophes and final sigmas are straightened, since keyboards and contexts set them.

use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

use super::fold;

/// A token has at most so many characters; what is longer is cut. Twice as many UTF-16 units stay below the 255
/// at which Elasticsearch's `whitespace` tokenizer would split.
pub const LONGEST_TOKEN: usize = 120;

/// Runs of these become pairs of graphemes.
const UNSPACED_SCRIPTS: [Script; 7] =
    [Script::Han, Script::Hiragana, Script::Katakana, Script::Thai, Script::Lao, Script::Khmer, Script::Myanmar];

pub(super) const ZERO_WIDTH_SPACE: &str = "\u{200b}";

/// The tokens of a text, in order, folded: words, emoji (each grapheme by itself), and the pairs of unspaced runs
/// (ABC becomes AB BC C). No token is empty or holds whitespace.
#[must_use]
pub fn tokens(text: &str) -> Vec<String> {
    break_words(text).tokens
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A word, as blanks and marks separate them.
    Word,
    /// A grapheme of an unspaced run, and its follower.
    Pair,
    /// The last grapheme of an unspaced run.
    Grapheme,
    /// An emoji.
    Emoji,
}

/// What one of [`tokens`] is.
#[must_use]
pub fn token_kind(token: &str) -> TokenKind {
    if token.is_ascii() {
        return TokenKind::Word;
    }
    if token.chars().any(is_unspaced) {
        return if token.graphemes(true).nth(1).is_some() { TokenKind::Pair } else { TokenKind::Grapheme };
    }
    if token.chars().any(is_emoji) { TokenKind::Emoji } else { TokenKind::Word }
}

/// The tokens of a text, and how it ended.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) tokens: Vec<String>,
    /// How many graphemes the unspaced run has that the last token ends; 0 when the last token is a word or emoji.
    pub(super) last_run: usize,
}

pub(super) fn break_words(text: &str) -> Words {
    let mut words = Words::default();
    // Blanks first: a token must hold none, and a grapheme can ("\u{600} " is one). A control character is one, too:
    // Java calls more of them whitespace than Unicode does, so that Elasticsearch would split the token there.
    let is_blank = |character: char| character.is_whitespace() || character.is_control();
    for chunk in fold(text).split(is_blank).filter(|chunk| !chunk.is_empty()) {
        if chunk.is_ascii() {
            chunk.unicode_words().for_each(|word| words.push(word));
        } else {
            words.break_chunk(&without_variants(chunk));
        }
    }
    words
}

impl Words {
    fn push(&mut self, token: &str) {
        let cut = token.char_indices().nth(LONGEST_TOKEN).map_or(token.len(), |(end, _)| end);
        self.tokens.push(token[..cut].to_owned());
        self.last_run = 0;
    }

    fn break_chunk(&mut self, chunk: &str) {
        let mut run: Vec<&str> = Vec::new();
        for segment in chunk.split_word_bounds() {
            if segment == ZERO_WIDTH_SPACE && !run.is_empty() {
                continue; // Separates words for line breaking only, which few Thai or Khmer writers do.
            }
            if segment.chars().any(|character| is_unspaced(character) || is_emoji(character)) {
                self.break_mixed(segment, &mut run);
            } else {
                self.end_run(&mut run);
                self.push_word(segment);
            }
        }
        self.end_run(&mut run);
    }

    /// A segment with graphemes that stand alone; UAX #29 may join words to them by "_" or a joiner.
    fn break_mixed<'text>(&mut self, segment: &'text str, run: &mut Vec<&'text str>) {
        let mut word_start = None;
        for (start, grapheme) in segment.grapheme_indices(true) {
            let unspaced = grapheme.chars().any(is_unspaced);
            if !unspaced && !grapheme.chars().any(is_emoji) {
                self.end_run(run);
                word_start.get_or_insert(start);
                continue;
            }
            if let Some(word_start) = word_start.take() {
                self.push_word(&segment[word_start..start]);
            }
            if unspaced {
                run.push(grapheme);
            } else {
                self.end_run(run);
                self.push(grapheme.trim_end_matches(is_joiner));
            }
        }
        if let Some(word_start) = word_start {
            self.push_word(&segment[word_start..]);
        }
    }

    fn push_word(&mut self, word: &str) {
        if word.chars().any(char::is_alphanumeric) {
            self.push(word.trim_matches(is_joiner));
        }
    }

    fn end_run(&mut self, run: &mut Vec<&str>) {
        for (position, grapheme) in run.iter().enumerate() {
            match run.get(position + 1) {
                Some(follower) => self.push(&[*grapheme, *follower].concat()),
                None => self.push(grapheme),
            }
        }
        if !run.is_empty() {
            self.last_run = run.len();
            run.clear();
        }
    }
}

/// Letters, digits and marks of [`UNSPACED_SCRIPTS`], by their extensions, so that "ー" stays in its run.
pub(super) fn is_unspaced(character: char) -> bool {
    // Nothing below U+0E00 (Thai) is of these scripts; punctuation that several of them share is no letter.
    if character < '\u{e00}' || !character.is_alphanumeric() {
        return false;
    }
    let scripts = character.script_extension();
    // "Common" and "inherited" count as containing every script.
    !scripts.is_common()
        && !scripts.is_inherited()
        && UNSPACED_SCRIPTS.iter().any(|&script| scripts.contains_script(script))
}

/// Whether Unicode counts a character as a pictograph or a flag's letter (digits, `#` and `*`, which only keycaps
/// turn into emoji, are none).
#[must_use]
pub fn is_emoji(character: char) -> bool {
    match character {
        '\0'..='\u{a8}' => false,
        '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f300}'..='\u{1f64f}' => true,
        _ if character.is_alphanumeric() && character < '\u{1f000}' => false,
        '\u{2000}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' => false,
        _ => is_pictograph(character),
    }
}

/// The segmenter keeps two pictographs with a joiner between them in one grapheme, and only pictographs (GB11):
/// asking it spares a table that would have to keep its Unicode version.
fn is_pictograph(character: char) -> bool {
    let mut buffer = [0; 12];
    let mut length = character.encode_utf8(&mut buffer).len();
    for follower in ['\u{200d}', '\u{1f600}'] {
        length += follower.encode_utf8(&mut buffer[length..]).len();
    }
    std::str::from_utf8(&buffer[..length]).is_ok_and(|probe| probe.graphemes(true).count() == 1)
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// A piece of a text as its tokens have it.
pub(super) fn plain(piece: &str) -> String {
    if piece.is_ascii() { piece.to_ascii_lowercase() } else { without_variants(&fold(piece)) }
}

fn without_variants(chunk: &str) -> String {
    chunk
        .chars()
        .filter(|&character| !is_invisible(character))
        .map(|character| match character {
            '\u{2018}' | '\u{2019}' => '\'',
            'ς' => 'σ',
            other => other,
        })
        .collect()
}

/// Characters that show nothing and join nothing: soft hyphen, direction marks, variation selectors and the like.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}
