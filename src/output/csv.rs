//! Comma-separated values (RFC 4180, with plain newlines), safe to open in a spreadsheet.
//!
//! A text that a spreadsheet would run as a formula gets a leading `'`, and control characters are left out: captions
//! are strangers' texts. Who needs them exactly takes JSON.

use std::io::{self, Write};

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
                let mark = if text.trim_start().starts_with(starts_formula) { "'" } else { "" };
                let kept =
                    text.chars().filter(|&character| !character.is_control() || matches!(character, '\n' | '\t'));
                mark.chars().chain(kept).collect()
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

fn starts_formula(character: char) -> bool {
    character.is_control() || matches!(character, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_formulas_are_not_run() {
        let cells = ["a,b", "say \"hi\"", "two\nlines", "=1+1", " @x", "\u{1b}[31mred", "-5", "plain"];
        let cells = cells.map(|text| Cell::Text(text.to_owned()));
        let mut out = Vec::new();
        write_record(&mut out, &cells).unwrap();
        let expected = "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=1+1,' @x,'[31mred,'-5,plain\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
