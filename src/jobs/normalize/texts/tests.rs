//! Cutting texts out of whole, broken, small-chunked and over-long input.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

/// An input that gives `step` bytes at a time.
struct Slow<'a>(Cursor<&'a [u8]>, usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let step = self.1.min(buffer.len());
        self.0.read(&mut buffer[..step])
    }
}

/// Each text as it is, each broken part as "!line".
fn cut(input: &[u8], step: usize) -> Vec<String> {
    cut_with_limit(input, step, MAX_TEXT_BYTES)
}

fn cut_with_limit(input: &[u8], step: usize, limit: usize) -> Vec<String> {
    let mut texts = JsonTexts::with_limit(Slow(Cursor::new(input), step), limit);
    let mut found = Vec::new();
    loop {
        found.push(match texts.next() {
            Next::Text(place, text) => {
                assert_eq!(&input[usize::try_from(place.byte).unwrap()..][..text.len()], text);
                String::from_utf8_lossy(text).into_owned()
            }
            Next::Broken(place, _) => format!("!{}", place.line),
            Next::End => return found,
        });
    }
}

#[test]
fn texts_follow_each_other_in_any_layout() {
    let input = "\u{FEFF}{\"a\":1}{\"b\":\"}\\\"{\"} [1,\n2]\r\n\n{\n  \"c\": []\n}\n";
    let expected = ["{\"a\":1}", "{\"b\":\"}\\\"{\"}", "[1,\n2]", "{\n  \"c\": []\n}"];
    for step in [1, 3, 1000] {
        assert_eq!(cut(input.as_bytes(), step), expected);
    }
    assert_eq!(cut(b" \n ", 1), [""; 0]);
}

/// Found by fuzzing: a number whose first half ended what was read so far broke its text.
#[test]
fn texts_are_whole_wherever_the_reads_end() {
    let input = "{\"a\":-1.5,\"b\":2E-7}\n[0.0,\"\\u00e9\\ud83d\\ude00é\",true,null,-3]\n{\"c\":1e5}";
    let expected: Vec<&str> = input.lines().collect();
    // READ_BYTES is the least that is asked for: the blanks bring each place of the texts to the end of a read.
    for step in 0..input.len() {
        let blanks = " ".repeat(READ_BYTES - step);
        assert_eq!(cut(format!("{blanks}{input}").as_bytes(), READ_BYTES), expected, "{step}");
    }
}

#[test]
fn a_record_cut_short_costs_no_other_record() {
    let cuts =
        ["{\"a\":\"x", "{\"a\":[1,2", "{\"a\":", "{\"a\":1,", "[1,", "<html>\n</html>", "nonsense", "12", "{\"a\":1}}"];
    for broken in cuts {
        let input = format!("{{\"first\":1}}\n{broken}\n{{\"second\":2}}\n{{\"third\":3}}");
        let found = cut(input.as_bytes(), 5);
        let good: Vec<&String> = found.iter().filter(|part| !part.starts_with('!')).collect();
        assert!(good.contains(&&"{\"third\":3}".to_owned()), "{broken}: {found:?}");
        assert!(good.contains(&&"{\"second\":2}".to_owned()), "{broken}: {found:?}");
        assert!(found.contains(&"!2".to_owned()), "{broken}: {found:?}");
    }
}

#[test]
fn the_end_of_the_input_cuts_off() {
    assert_eq!(cut(b"{\"a\":1}\n{\"b\":", 4), ["{\"a\":1}", "!2"]);
}

#[test]
fn deep_nesting_is_no_recursion() {
    let deep = "[".repeat(300_000) + &"]".repeat(300_000);
    assert_eq!(cut(deep.as_bytes(), 1 << 16), [deep]);
}

#[test]
fn a_text_past_the_limit_is_left_out() {
    for length in [90, 100, 600_000] {
        let long = format!("[{}1]", " ".repeat(length));
        let input = format!("{long}\n{{\"next\":1}}\n");
        let first = if long.len() <= 100 { long.as_str() } else { "!1" };
        for step in [7, 1 << 20] {
            assert_eq!(cut_with_limit(input.as_bytes(), step, 100), [first, "{\"next\":1}"]);
        }
    }
}

#[test]
fn an_input_that_fails_is_reported_once() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let mut texts = JsonTexts::with_limit(Failing, MAX_TEXT_BYTES);
    assert!(matches!(texts.next(), Next::Broken(_, reason) if reason.contains("the disk is gone")));
    assert_eq!(texts.next(), Next::End);
}

proptest! {
    #[test]
    fn any_input_ends(input in "([{}\\[\\]\",:1.e \n-]|\\PC){0,60}", step in 1_usize..9) {
        cut(input.as_bytes(), step);
        // Found by fuzzing: what came behind a text past the limit hung on how much of it was read at once.
        let at_once = cut_with_limit(input.as_bytes(), 1000, 20);
        prop_assert_eq!(cut_with_limit(input.as_bytes(), step, 20), at_once);
    }
}
