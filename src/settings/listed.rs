//! What a run is about (creators, videos): from the command line and from a file, each line checked before any request.

use std::collections::HashSet;
use std::fmt::{Display, Write};
use std::hash::Hash;
use std::io::Read;
use std::path::Path;

use super::UsageError;

/// So many wrong or repeated lines are named; the rest is counted.
const MOST_NAMED: usize = 10;

/// What is listed, in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// The flag of the file.
    pub(super) flag: &'static str,
    /// One of them: "creator".
    pub(super) one: &'static str,
    /// What is done with each: "walked".
    pub(super) done: &'static str,
    /// What a line of the file holds: "one `sec_user_id` a line".
    pub(super) line: &'static str,
}

/// Reads all of them, in order, each once.
pub(super) fn read<T, E>(
    typed: &[String],
    file: Option<&Path>,
    words: Words,
    parse: fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, UsageError>
where
    T: Clone + Eq + Hash + Display,
    E: Display,
{
    let mut reading = Reading { found: Vec::new(), seen: HashSet::new(), repeated: Vec::new(), wrong: Vec::new() };
    for text in typed {
        reading.add(parse(text), "the command line");
    }
    if let Some(path) = file {
        let (bytes, name) = content(path, words.flag)?;
        reading.add_file(bytes, &name, words, parse)?;
    }
    reading.finish(words)
}

/// What a file with these bytes lists.
#[cfg(any(test, fuzzing))]
pub(super) fn of_file<T, E>(
    bytes: Vec<u8>,
    name: &str,
    words: Words,
    parse: fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, UsageError>
where
    T: Clone + Eq + Hash + Display,
    E: Display,
{
    let mut reading = Reading { found: Vec::new(), seen: HashSet::new(), repeated: Vec::new(), wrong: Vec::new() };
    reading.add_file(bytes, name, words, parse)?;
    reading.finish(words)
}

struct Reading<T> {
    found: Vec<T>,
    seen: HashSet<T>,
    repeated: Vec<String>,
    wrong: Vec<String>,
}

impl<T: Clone + Eq + Hash + Display> Reading<T> {
    fn add_file<E: Display>(
        &mut self,
        bytes: Vec<u8>,
        name: &str,
        words: Words,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<(), UsageError> {
        let Words { flag, one, line: in_words, .. } = words;
        let text = String::from_utf8(bytes).map_err(|_| UsageError(format!("{flag}: {name} is no UTF-8 text")))?;
        // A byte order mark, as spreadsheets write it, is not part of the first id.
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                self.add(parse(line), &format!("{name}:{}", number + 1));
            }
        }
        if self.found.is_empty() && self.wrong.is_empty() {
            return Err(UsageError(format!(
                "{flag}: {name} names no {one}; write {in_words}, or a link that carries one"
            )));
        }
        Ok(())
    }

    fn add<E: Display>(&mut self, parsed: Result<T, E>, place: &str) {
        match parsed {
            Ok(subject) if self.seen.insert(subject.clone()) => self.found.push(subject),
            Ok(subject) => self.repeated.push(format!("{subject} ({place})")),
            Err(error) => self.wrong.push(format!("{place}: {error}")),
        }
    }

    fn finish(self, words: Words) -> Result<Vec<T>, UsageError> {
        if !self.wrong.is_empty() {
            return Err(UsageError(first_ones(&self.wrong, "\n")));
        }
        let Words { flag, one, done, .. } = words;
        if self.found.is_empty() {
            return Err(UsageError(format!("no {one} is given: name some, or a file of them with {flag} FILE")));
        }
        if !self.repeated.is_empty() {
            tracing::warn!("named more than once, {done} once: {}", first_ones(&self.repeated, ", "));
        }
        Ok(self.found)
    }
}

fn first_ones(texts: &[String], separator: &str) -> String {
    let mut text = texts[..texts.len().min(MOST_NAMED)].join(separator);
    let rest = texts.len().saturating_sub(MOST_NAMED);
    if rest > 0 {
        let _ = write!(text, "{separator}… and {rest} more");
    }
    text
}

fn content(path: &Path, flag: &str) -> Result<(Vec<u8>, String), UsageError> {
    let mut bytes = Vec::new();
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|content| bytes = content)
    };
    read.map_err(|error| UsageError(format!("{flag}: cannot read {name}: {error}")))?;
    Ok((bytes, name))
}
