//! The creators of a run.

use std::path::Path;

use super::UsageError;
use super::listed::{self, Words};
use crate::model::CreatorId;

const WORDS: Words = Words { flag: "--creators", one: "creator", done: "walked", line: "one sec_user_id a line" };

/// Reads all creators, in order, each once: those typed, then those of the file (`-` is standard input).
pub fn read(typed: &[String], file: Option<&Path>) -> Result<Vec<CreatorId>, UsageError> {
    listed::read(typed, file, WORDS, CreatorId::parse)
}

/// The creators of a file with these bytes.
#[cfg(any(test, fuzzing))]
pub fn of_file(bytes: Vec<u8>) -> Result<Vec<CreatorId>, UsageError> {
    listed::of_file(bytes, "creators.txt", WORDS, CreatorId::parse)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

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
