//! Numbers, dates and strangers' texts, as a person reads them. Used by the tables; data forms get the plain values.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands where there is no value.
pub const NOTHING: &str = "–";

const ELLIPSIS: &str = "…";
const THIN_SPACE: char = '\u{2009}';
const LEFT_TO_RIGHT_MARK: char = '\u{200e}';

/// Stand around what is marked, from [`marked`] to [`styled`]: they show nothing and take no room, so a text can be cut
/// and put into a table with them.
const MARK_START: char = '\u{2062}';
const MARK_END: char = '\u{2063}';
/// Bold and underlined, and no more.
const STYLE_START: &str = "\u{1b}[1;4m";
const STYLE_END: &str = "\u{1b}[0m";

/// A number in groups of three digits, a thin space between them (which `awk` does not take for a separator).
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(THIN_SPACE);
        }
        grouped.push(digit);
    }
    grouped
}

/// A share of one as a percentage.
#[must_use]
pub fn percentage(share: Option<f64>) -> String {
    share.map_or_else(|| NOTHING.to_owned(), |share| format!("{:.2}%", share * 100.0))
}

/// A median of whole numbers: half a play, between two middle posts, is shown as such.
#[must_use]
pub fn median(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "plays, in u64's range")]
    let whole = number(value.trunc() as u64);
    if value.fract() == 0.0 { whole } else { format!("{whole}.5") }
}

/// A figure of four significant digits at most: two decimals below 100 either way, none beyond.
#[must_use]
pub fn figure(value: Option<f64>) -> String {
    match value {
        None => NOTHING.to_owned(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and what is beyond is cut"
        )]
        Some(value) if value.abs() >= 100.0 => {
            format!("{}{}", if value < 0.0 { "-" } else { "" }, number(value.abs().round() as u64))
        }
        Some(value) => format!("{value:.2}"),
    }
}

/// A time (seconds since 1970, UTC) as it is in a time zone, in a format of `jiff`; `None` when it is none.
#[must_use]
pub fn time(seconds: i64, timezone: &TimeZone, format: &str) -> Option<String> {
    let zoned = Timestamp::from_second(seconds).ok()?.to_zoned(timezone.clone());
    jiff::fmt::strtime::format(format, &zoned).ok()
}

/// A stranger's text as one line that leaves the terminal alone: no line breaks, no control characters (escape codes
/// start with one), no direction overrides; and what is written from right to left keeps to itself.
#[must_use]
pub fn one_line(text: &str) -> String {
    let is_mark = |character| matches!(character, MARK_START | MARK_END);
    let visible = text.chars().filter(|&character| !turns_direction(character) && !is_mark(character));
    let harmless: String = visible
        .map(|character| if character.is_control() && !character.is_whitespace() { '\u{fffd}' } else { character })
        .collect();
    harmless.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of [`one_line`] with marks around these pieces of it (bytes, in order and apart).
#[must_use]
pub fn marked(text: &str, pieces: &[Range<usize>]) -> String {
    let mut marked = text.to_owned();
    for piece in pieces.iter().rev() {
        marked.insert(piece.end, MARK_END);
        marked.insert(piece.start, MARK_START);
    }
    marked
}

/// What was marked, bold and underlined; without colours, the marks are taken out.
#[must_use]
pub fn styled(text: &str, is_coloured: bool) -> String {
    let (start, end) = if is_coloured { (STYLE_START, STYLE_END) } else { ("", "") };
    text.replace(MARK_START, start).replace(MARK_END, end)
}

/// The start of a text that takes at most `width` columns, with an ellipsis where something was cut. Where the first
/// thing marked lies behind that, the piece around it.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return keep_direction(text);
    }
    let start = window_start(text, width);
    let head = if start > 0 { ELLIPSIS } else { "" };
    let room = width.saturating_sub(head.width() + ELLIPSIS.width());
    let tail = &text[start..];
    if start > 0 && tail.width() <= room + ELLIPSIS.width() {
        return keep_direction(&format!("{head}{tail}"));
    }
    let mut end = 0;
    for (start, grapheme) in tail.grapheme_indices(true) {
        let next = start + grapheme.len();
        if tail[..next].width() > room {
            break;
        }
        end = next;
    }
    let kept = tail[..end].trim_end();
    let is_open = kept.rfind(MARK_START) > kept.rfind(MARK_END);
    let close = if is_open { MARK_END.to_string() } else { String::new() };
    keep_direction(&format!("{head}{kept}{close}{ELLIPSIS}"))
}

/// Where the piece begins that is shown of a text too wide (bytes): 0, unless the first thing marked would be cut off;
/// then at a word before it, a third of the width at most.
fn window_start(text: &str, width: usize) -> usize {
    let Some(mark) = text.find(MARK_START) else { return 0 };
    let mark_end = text[mark..].find(MARK_END).map_or(text.len(), |end| mark + end);
    if text[..mark_end].width() + ELLIPSIS.width() <= width {
        return 0;
    }
    let mut start = mark;
    for (word, _) in text[..mark].rmatch_indices(' ') {
        if text[word + 1..mark].width() > width / 3 {
            break;
        }
        start = word + 1;
    }
    start
}

/// Marks around a text with right-to-left letters keep a terminal from moving the columns beside it.
fn keep_direction(text: &str) -> String {
    if text.chars().any(is_right_to_left) {
        format!("{LEFT_TO_RIGHT_MARK}{text}{LEFT_TO_RIGHT_MARK}")
    } else {
        text.to_owned()
    }
}

/// The blocks that Unicode keeps for scripts written from right to left.
fn is_right_to_left(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    )
}

fn turns_direction(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "one piece of a text is meant")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_grouped() {
        let shown: Vec<_> = [0, 999, 1_000, 215_689, 1_000_000].map(number).to_vec();
        assert_eq!(shown, ["0", "999", "1\u{2009}000", "215\u{2009}689", "1\u{2009}000\u{2009}000"]);
    }

    #[test]
    fn figures_have_as_many_digits_as_they_mean() {
        let shown = [None, Some(-0.131), Some(3.456), Some(99.994), Some(1_234.0), Some(-1_234.0)].map(figure);
        assert_eq!(shown, ["–", "-0.13", "3.46", "99.99", "1\u{2009}234", "-1\u{2009}234"]);
        assert_eq!([2_000.0, 1.5].map(median), ["2\u{2009}000", "1.5"]);
    }

    #[test]
    fn a_hostile_text_is_shown_not_obeyed() {
        let text = "red \u{1b}[31m\u{9b}2J\r\nevil\u{202e}txt\u{7}\u{2028}end\u{0}";
        assert_eq!(one_line(text), "red \u{fffd}[31m\u{fffd}2J eviltxt\u{fffd} end\u{fffd}");
    }

    #[test]
    fn texts_are_cut_between_graphemes() {
        assert_eq!(cut("summer dress", 8), "summer…");
        assert_eq!(cut("手机壳很好", 5), "手机…");
        assert_eq!(cut("👩🏼‍❤️‍💋‍👩🏻👩🏼‍❤️‍💋‍👩🏻", 3), "👩🏼‍❤️‍💋‍👩🏻…");
        assert_eq!(cut("السعودية", 20), "\u{200e}السعودية\u{200e}");
    }

    #[test]
    fn the_piece_that_is_shown_holds_what_is_marked() {
        let cut_at = |text: &str, piece: &str, width| {
            let start = text.find(piece).unwrap();
            styled(&cut(&marked(text, &[start..start + piece.len()]), width), true).replace('\u{1b}', "")
        };
        assert_eq!(cut_at("summer dress", "summer", 8), "[1;4msummer[0m…");
        assert_eq!(cut_at("a dress for the summer", "summer", 12), "…the [1;4msummer[0m");
        assert_eq!(cut_at("a dress for the summer of the year", "summer", 15), "…the [1;4msummer[0m of…");
        assert_eq!(cut_at("a dress for the summer", "dress for the", 8), "…[1;4mdress[0m…");
        assert_eq!(cut_at("a dress", "dress", 20), "a [1;4mdress[0m");
        assert_eq!(styled(&marked("a dress", &[2..7]), false), "a dress");
        assert_eq!(one_line("a\u{2062}b\u{2063}"), "ab");
    }

    #[test]
    fn times_are_shown_in_their_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(time(1_750_212_365, &berlin, "%Y-%m-%d %H:%M").as_deref(), Some("2025-06-18 04:06"));
        assert_eq!(time(i64::MAX, &berlin, "%Y"), None);
    }

    proptest! {
        #[test]
        fn nothing_shown_is_wider_than_its_column(text in any::<String>(), width in 1_usize..60) {
            let shown = cut(&one_line(&text), width);
            prop_assert!(shown.width() <= width, "{:?}", shown);
            prop_assert!(!shown.chars().any(char::is_control));
        }

        #[test]
        fn marks_take_no_room_and_are_closed(text in "[a-c手😍é ]{1,40}", width in 4_usize..30, from in 0_usize..40, to in 0_usize..40) {
            let text = one_line(&text);
            let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (from, to) = (bounds[from.min(to).min(bounds.len() - 1)], bounds[from.max(to).min(bounds.len() - 1)]);
            prop_assume!(from < to);
            let shown = cut(&marked(&text, &[from..to]), width);
            prop_assert!(shown.width() <= width, "{:?}", shown);
            prop_assert_eq!(shown.matches(MARK_START).count(), 1, "{:?}", shown);
            prop_assert_eq!(shown.matches(MARK_END).count(), 1, "{:?}", shown);
        }
    }
}
