//! The creators of a run: from the command line and from a file, each line checked before any request.

use std::collections::HashSet;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use super::UsageError;
use crate::model::CreatorId;

/// So many wrong or repeated lines are named; the rest is counted.
const MOST_NAMED: usize = 10;

/// Reads all creators, in order, each once.
pub fn read(typed: &[String], file: Option<&Path>) -> Result<Vec<CreatorId>, UsageError> {
    let mut reading = Reading::default();
    for text in typed {
        reading.add(text, "the command line");
    }
    if let Some(path) = file {
        let (bytes, name) = content(path)?;
        reading.add_file(bytes, &name)?;
    }
    reading.finish()
}

/// The creators of a file with these bytes.
#[cfg(any(test, fuzzing))]
pub fn of_file(bytes: Vec<u8>) -> Result<Vec<CreatorId>, UsageError> {
    let mut reading = Reading::default();
    reading.add_file(bytes, "creators.txt")?;
    reading.finish()
}

#[derive(Default)]
struct Reading {
    creators: Vec<CreatorId>,
    seen: HashSet<CreatorId>,
    repeated: Vec<String>,
    wrong: Vec<String>,
}

impl Reading {
    fn add_file(&mut self, bytes: Vec<u8>, name: &str) -> Result<(), UsageError> {
        let text = String::from_utf8(bytes).map_err(|_| UsageError(format!("--creators: {name} is no UTF-8 text")))?;
        // A byte order mark, as spreadsheets write it, is not part of the first id.
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                self.add(line, &format!("{name}:{}", number + 1));
            }
        }
        if self.creators.is_empty() && self.wrong.is_empty() {
            return Err(UsageError(format!(
                "--creators: {name} names no creator; write one sec_user_id a line, or a link that carries one"
            )));
        }
        Ok(())
    }

    fn add(&mut self, text: &str, place: &str) {
        match CreatorId::parse(text) {
            Ok(creator) if self.seen.insert(creator.clone()) => self.creators.push(creator),
            Ok(creator) => self.repeated.push(format!("{creator} ({place})")),
            Err(error) => self.wrong.push(format!("{place}: {error}")),
        }
    }

    fn finish(self) -> Result<Vec<CreatorId>, UsageError> {
        if !self.wrong.is_empty() {
            return Err(UsageError(first_ones(&self.wrong, "\n")));
        }
        if self.creators.is_empty() {
            return Err(UsageError::new("no creator is given: name some, or a file of them with --creators FILE"));
        }
        if !self.repeated.is_empty() {
            tracing::warn!("named more than once, walked once: {}", first_ones(&self.repeated, ", "));
        }
        Ok(self.creators)
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

fn content(path: &Path) -> Result<(Vec<u8>, String), UsageError> {
    let mut bytes = Vec::new();
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|content| bytes = content)
    };
    read.map_err(|error| UsageError(format!("--creators: cannot read {name}: {error}")))?;
    Ok((bytes, name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "MS4wLjABAAAA8fKxxxxxxx";

    fn read_text(text: &str) -> Result<Vec<CreatorId>, UsageError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("creators.txt");
        std::fs::write(&path, text).unwrap();
        read(&[], Some(&path))
    }

    #[test]
    fn comments_blank_lines_duplicates_and_a_byte_order_mark_are_survived() {
        let creators = read_text(&format!("\u{feff}{ID}\r\n\n# all mine\n{ID} # again\n")).unwrap();
        assert_eq!(creators.len(), 1);
    }

    #[test]
    fn wrong_lines_are_named_by_file_and_line() {
        let error = read_text(&format!("{ID}\n@lily\nno id at all\n")).unwrap_err().0;
        assert!(error.contains("creators.txt:2: \"@lily\" is a handle"), "{error}");
        assert!(error.contains("creators.txt:3: \"no id at all\" is no sec_user_id"), "{error}");
        let many = read_text(&"@x1\n".repeat(30)).unwrap_err().0;
        assert!(many.ends_with("… and 20 more"), "{many}");
    }

    #[test]
    fn no_creator_at_all_is_an_error() {
        assert!(read_text("# nothing\n").unwrap_err().0.contains("names no creator"));
        assert!(read(&[], None).unwrap_err().0.contains("--creators FILE"));
        assert!(read(&[], Some(Path::new("/no/such/file"))).unwrap_err().0.contains("/no/such/file"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            "([@#/?=&\r\n ]|MS4wLjABAAAA[a-c]{4}|https://|sec_uid=|user|\\PC){0,20}".prop_map(String::into_bytes),
        ]) {
            match of_file(bytes.clone()) {
                Ok(creators) => {
                    let text = String::from_utf8(bytes).unwrap();
                    prop_assert!(!creators.is_empty() && creators.iter().all(|creator| text.contains(creator.as_str())));
                }
                Err(UsageError(told)) => {
                    prop_assert!(told.contains("creators.txt") || told.contains("no creator"), "{}", told);
                }
            }
        }

        #[test]
        fn ids_come_in_the_order_of_the_file_each_once(
            ids in prop::collection::vec("MS4w[A-Za-z0-9_-]{12,30}", 1..8),
            repeated in 0_usize..8,
        ) {
            let again = &ids[repeated % ids.len()];
            let text = format!("# all\n{}\r\n\nwww.tiktok.com/@x?sec_uid={again}&x=1 # again\n", ids.join("\n"));
            let mut unique = ids.clone();
            let mut seen = HashSet::new();
            unique.retain(|id| seen.insert(id.clone()));
            let read: Vec<String> = of_file(text.into_bytes()).unwrap().iter().map(ToString::to_string).collect();
            prop_assert_eq!(read, unique);
        }
    }
}
