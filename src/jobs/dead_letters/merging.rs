//! What a dead letter becomes beside what the store has of its video meanwhile. Pure.
//!
//! A list's document is whole, a detail's carries only some fields, and a detail's that was stored alone has no
//! `sec_user_id`: so neither may replace the other (promise 3: lists and later details are merged).

use bytes::Bytes;
use serde::Deserialize;

use crate::archive::DeadLetter;
use crate::normalize::merge::with_detail;
use crate::store::StoredDocument;

/// What is to be done with a letter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Index this.
    Send {
        /// The external version (ms, UTC).
        version: i64,
        /// The whole document.
        source: Bytes,
    },
    /// The store has this version, made anew perhaps, or a newer one.
    IsThere,
    /// The document is none that could be stored.
    Refused(String),
}

/// Decides for one letter.
pub(super) fn step(letter: &DeadLetter, stored: Option<&StoredDocument>) -> Step {
    let merged = |version: i64, older: &[u8], detail: &[u8]| match with_detail(older, detail) {
        Ok(source) => Step::Send { version, source: source.into() },
        Err(error) => Step::Refused(format!("cannot be merged with what is stored: {error}")),
    };
    let is_list = letter.sec_user_id.is_some();
    match stored {
        None => Step::Send { version: letter.fetched_at, source: letter.document.clone() },
        Some(stored) if stored.version < letter.fetched_at && is_list => {
            Step::Send { version: letter.fetched_at, source: letter.document.clone() }
        }
        Some(stored) if stored.version < letter.fetched_at => {
            merged(letter.fetched_at, &stored.source, &letter.document)
        }
        // Equal: a replay stored it, from a better normalizer perhaps.
        Some(stored) if is_list && stored.version > letter.fetched_at && is_detail_alone(&stored.source) => {
            merged(stored.version, &letter.document, &stored.source)
        }
        Some(_) => Step::IsThere,
    }
}

fn is_detail_alone(source: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Document {
        sec_user_id: Option<String>,
    }
    serde_json::from_slice::<Document>(source).is_ok_and(|document| document.sec_user_id.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(is_list: bool, fetched_at: i64, document: &str) -> DeadLetter {
        DeadLetter {
            reason: "x".into(),
            attempts: 1,
            at: 0,
            id: "7".into(),
            sec_user_id: is_list.then(|| "MS4w".to_owned()),
            max_cursor: None,
            fetched_at,
            document: Bytes::copy_from_slice(document.as_bytes()),
        }
    }

    fn stored(version: i64, source: &str) -> StoredDocument {
        StoredDocument { version, source: Bytes::copy_from_slice(source.as_bytes()) }
    }

    const LIST: &str =
        r#"{"aweme_id":"7","video_desc":"a","stats":{"play":1},"hashtags":[],"sec_user_id":"MS4w","fetched_at":5}"#;
    const DETAIL: &str = r#"{"aweme_id":"7","video_desc":"a","stats":{"play":9},"fetched_at":8}"#;

    #[test]
    fn what_is_there_is_not_sent_and_nothing_older_wins() {
        assert_eq!(step(&letter(true, 5, LIST), Some(&stored(5, LIST))), Step::IsThere);
        assert_eq!(step(&letter(true, 5, LIST), Some(&stored(6, LIST))), Step::IsThere);
        assert_eq!(step(&letter(false, 5, DETAIL), Some(&stored(6, LIST))), Step::IsThere);
        let sent = |letter: &DeadLetter| Step::Send { version: letter.fetched_at, source: letter.document.clone() };
        let newer = letter(true, 7, LIST);
        assert_eq!(step(&newer, Some(&stored(6, LIST))), sent(&newer));
        assert_eq!(step(&newer, None), sent(&newer));
    }

    #[test]
    fn a_list_and_a_later_detail_make_one_document_whichever_of_them_was_refused() {
        for (letter, stored) in
            [(letter(true, 5, LIST), stored(8, DETAIL)), (letter(false, 8, DETAIL), stored(5, LIST))]
        {
            let Step::Send { version, source } = step(&letter, Some(&stored)) else { panic!("it is sent") };
            let document: serde_json::Value = serde_json::from_slice(&source).unwrap();
            assert_eq!((version, &document["fetched_at"]), (8, &8.into()));
            assert_eq!((&document["stats"]["play"], &document["sec_user_id"]), (&9.into(), &"MS4w".into()));
        }
    }
}
