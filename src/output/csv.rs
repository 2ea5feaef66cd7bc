//! Comma-separated values (RFC 4180, with plain newlines), safe to open in a spreadsheet.
//!
//! A text that a spreadsheet would run as a formula gets a leading `'`, and what a terminal would obey is left out:
//! control characters but newlines and tabs, and what turns the direction of writing. Captions are strangers' texts.
//! Who needs them exactly takes JSON.

use std::io::{self, Write};

use crate::model::text::turns_direction;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Something we made: a number, a date, an id; written as it is.
    Plain(String),
    /// A stranger's text.
    Text(String),
}

impl Cell {
    /// A value that prints plainly.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers have numbers and literals")]
    pub fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// A value that may be absent: then the cell is empty.
    #[must_use]
    pub fn maybe(value: Option<impl ToString>) -> Self {
        Self::Plain(value.map_or_else(String::new, |value| value.to_string()))
    }

    fn safe(&self) -> String {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Text(text) => {
                let kept: String = text.chars().filter(|&character| !is_obeyed(character)).collect();
                // What is left out may have stood before a formula.
                let is_formula = [text, &kept].iter().any(|text| text.trim_start().starts_with(starts_formula));
                if is_formula { format!("'{kept}") } else { kept }
            }
        }
    }
}

/// Writes one line.
pub fn write_record(out: &mut dyn Write, cells: &[Cell]) -> io::Result<()> {
    for (position, cell) in cells.iter().enumerate() {
        if position > 0 {
            out.write_all(b",")?;
        }
        let value = cell.safe();
        if value.contains(['"', ',', '\n', '\r']) {
            write!(out, "\"{}\"", value.replace('"', "\"\""))?;
        } else {
            out.write_all(value.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

fn is_obeyed(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t') || turns_direction(character)
}

fn starts_formula(character: char) -> bool {
    character.is_control() || matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_formulas_are_not_run() {
        let cells = ["a,b", "say \"hi\"", "two\nlines", "=1+1", " @x", "\u{1b}[31mred", "-5", "plain"];
        let expected = "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=1+1,' @x,'[31mred,'-5,plain\n";
        assert_eq!(written(&cells), expected);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let cells = [
            "a\u{7}b\u{9b}2Jc\rd\u{7f}",
            "exe.\u{202e}gpj\u{202c}",
            "\u{2066}=1+1\u{2069}",
            "a\tb",
            "e\u{301}👩\u{200d}🍳",
        ];
        assert_eq!(written(&cells), "ab2Jcd,exe.gpj,'=1+1,a\tb,e\u{301}👩\u{200d}🍳\n");
    }

    fn written(texts: &[&str]) -> String {
        let cells: Vec<Cell> = texts.iter().map(|text| Cell::Text((*text).to_owned())).collect();
        let mut out = Vec::new();
        write_record(&mut out, &cells).unwrap();
        String::from_utf8(out).unwrap()
    }
}
