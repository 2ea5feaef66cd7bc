//! A stranger's text as one harmless line, for a terminal or a page.

/// Characters that show nothing: no line holds them, so that whoever shows one may mark places in it with them.
pub const INVISIBLE_MARKS: [char; 2] = ['\u{2062}', '\u{2063}'];

/// A text as one line that leaves the terminal alone: no line breaks, no control characters (escape codes start with
/// one), no direction overrides; and what is written from right to left keeps to itself.
#[must_use]
pub fn one_line(text: &str) -> String {
    let visible = text.chars().filter(|character| !turns_direction(*character) && !INVISIBLE_MARKS.contains(character));
    let harmless: String = visible
        .map(|character| if character.is_control() && !character.is_whitespace() { '\u{fffd}' } else { character })
        .collect();
    harmless.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character shows nothing but turns, or isolates, the direction of what stands around it: with these a text
/// can be made to read as another one.
#[must_use]
pub fn turns_direction(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}
