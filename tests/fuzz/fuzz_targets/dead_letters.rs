//! Any bytes as the file of dead letters, and any dead letter written and read back.
//!
//! Asserted besides that nothing panics: reading ends; lines go forward; there is one letter or one error for each line
//! that is not blank, with the line as it stands; a letter that was read is written as one line, and read back the same
//! (line breaks between the tokens of its document are blanks then).
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use viralmine::archive::DeadLetter;
use viralmine::archive::fuzzing::{letter_lines, letters_of_file};

fuzz_target!(|data: &[u8]| {
    let lines: Vec<&[u8]> = data.split(|&byte| byte == b'\n').collect();
    let mut letters = letters_of_file(data.to_vec());
    let mut last = 0;
    let mut found = 0;
    while let Some(letter) = letters.next() {
        found += 1;
        let raw = letters.raw().to_vec();
        let line = match letter {
            Ok(read) => {
                is_read_back(&read.letter);
                is_read_back(&DeadLetter { document: Bytes::from(raw.clone()), ..read.letter });
                read.line
            }
            Err(error) => {
                let words = error.to_string();
                let number = words.strip_prefix("input, line ").and_then(|rest| rest.split(':').next()?.parse().ok());
                number.unwrap_or_else(|| panic!("it names no line: {words}"))
            }
        };
        assert!(line > last, "line {line} after {last}");
        assert_eq!(raw, lines[usize::try_from(line).expect("a line in memory") - 1], "line {line}");
        last = line;
    }
    let filled = lines.iter().filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
    assert_eq!(found, filled, "one for each line");
});

fn is_read_back(letter: &DeadLetter) {
    let written = letter_lines(std::slice::from_ref(letter));
    assert_eq!(written.iter().position(|&byte| byte == b'\n'), Some(written.len() - 1), "one line");
    let read: Vec<_> = letters_of_file(written).collect();
    let [Ok(again)] = &read[..] else { panic!("{read:?}") };
    let expected = DeadLetter { document: as_written(&letter.document), ..letter.clone() };
    assert_eq!(again.letter, expected);
}

fn as_written(document: &Bytes) -> Bytes {
    let text = String::from_utf8_lossy(document);
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(json) => Bytes::from(json.get().replace(['\n', '\r'], " ")),
        Err(_) => Bytes::from(text.into_owned()),
    }
}
