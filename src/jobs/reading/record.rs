//! One line of an archive, or one recorded page, into documents. Pure.
//!
//! An archived answer is judged as it was when it came, so that what was a failure then is none of the documents now. A
//! page that was recorded by hand has no status: it is a page if the normalizer can read it.

use std::sync::Arc;

use crate::archive::RecordedPage;
use crate::model::{DocumentPage, Endpoint};
use crate::normalize::{self, PageContext};
use crate::pipeline::load::Origin;
use crate::wire::page::PageError;
use crate::wire::reply::{Judgement, Reply, judge};

/// The end of the year 9999 (ms, UTC).
const LATEST_TIME: i64 = 253_402_300_799_999;

/// What a line is.
#[derive(Debug)]
pub enum Record {
    /// An answer with posts, or an empty page.
    Page(Box<RecordedDocuments>),
    /// An answer that was a failure; carries why.
    FailedAnswer(String),
    /// No record, or one that is of no use; carries why.
    Refused(String),
}

/// The documents of one record.
#[derive(Debug)]
pub struct RecordedDocuments {
    /// The documents.
    pub page: DocumentPage,
    /// Their version (ms, UTC).
    pub fetched_at: i64,
    /// Whether the record carried it. Records whose time was given from outside all have the same.
    pub has_own_time: bool,
    /// Where they came from, for dead letters.
    pub origin: Arc<Origin>,
}

/// Reads a line. `fetched_at` (ms, UTC) is for a record that has none of its own.
#[must_use]
pub fn read(number: u64, line: &[u8], fetched_at: Option<i64>) -> Record {
    let record = match RecordedPage::read(number, line) {
        Ok(record) => record,
        Err(reason) => return Record::Refused(format!("no recorded page: {reason}")),
    };
    if let Some(failure) = failure(&record) {
        return Record::FailedAnswer(failure);
    }
    let Some(version) = record.fetched_at.or(fetched_at) else {
        return Record::Refused(
            "the record has no fetched_at of its own: give the time of its answer with --fetched-at TIME".to_owned(),
        );
    };
    // Microseconds, say, would lie thousands of years ahead, and nothing would ever replace such a document.
    if !(1..=LATEST_TIME).contains(&version) {
        return Record::Refused(format!("fetched_at {version} is no time (milliseconds since 1970)"));
    }
    let creator = record.sec_user_id.as_deref().filter(|_| record.endpoint == Endpoint::List);
    let context =
        PageContext { sec_user_id: creator.unwrap_or_default(), region: record.region.as_deref(), fetched_at: version };
    match normalize::documents(record.response.text().as_bytes(), &context) {
        Ok(page) => Record::Page(Box::new(RecordedDocuments {
            page,
            fetched_at: version,
            has_own_time: record.fetched_at.is_some(),
            origin: Arc::new(Origin { sec_user_id: creator.map(str::to_owned), max_cursor: record.max_cursor }),
        })),
        Err(error @ PageError::Refused { .. }) => Record::FailedAnswer(error.to_string()),
        Err(error) => Record::Refused(error.to_string()),
    }
}

/// Why an archived answer was a failure, if it was.
fn failure(record: &RecordedPage) -> Option<String> {
    let status = record.status?;
    let reply = Reply {
        status,
        retry_after: None,
        date: None,
        endpoint: record.endpoint,
        body: record.response.text().as_bytes(),
        hide: "",
    };
    match judge(&reply) {
        Judgement::Success => None,
        Judgement::RateLimited { words, .. }
        | Judgement::KeyRefused { words }
        | Judgement::CursorRefused { words }
        | Judgement::CreatorRefused { words }
        | Judgement::VideoRefused { words }
        | Judgement::RequestRefused { words } => Some(words),
        Judgement::WithoutContent { reason } | Judgement::Transient { reason, .. } => Some(reason),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(line: &str, fetched_at: Option<i64>) -> &'static str {
        match read(1, line.as_bytes(), fetched_at) {
            Record::Page(documents) if documents.page.is_detail => "detail",
            Record::Page(_) => "list",
            Record::FailedAnswer(_) => "failed",
            Record::Refused(_) => "refused",
        }
    }

    #[test]
    fn an_archived_answer_is_judged_as_it_was_and_a_page_by_hand_by_what_it_holds() {
        let line = |head: &str, response: &str| format!("{{{head}\"fetched_at\":5,\"response\":{response}}}");
        let (archived, by_hand) = ("\"endpoint\":\"list\",\"status\":200,", "");
        let list = r#"{"code":0,"data":{"aweme_list":[]}}"#;
        let detail = r#"{"code":0,"data":{"aweme_detail":{"aweme_id":"1"}}}"#;
        // A walk takes no bare list for a page, and no detail either; a person may record both.
        let cases = [
            (list, "list", "list"),
            (detail, "failed", "detail"),
            ("[]", "failed", "list"),
            (r#"{"code":401,"msg":"no"}"#, "failed", "failed"),
            (r#"{"code":0,"data":{"aweme_list":null}}"#, "failed", "refused"),
            ("7", "failed", "refused"),
        ];
        for (response, as_archived, as_recorded) in cases {
            assert_eq!(kind(&line(archived, response), None), as_archived, "{response}");
            assert_eq!(kind(&line(by_hand, response), None), as_recorded, "{response}");
        }
        assert_eq!(kind(&line("\"status\":429,", list), None), "failed");
    }

    #[test]
    fn a_time_is_needed_and_must_be_one() {
        let without = r#"{"response":{"aweme_list":[]}}"#;
        assert_eq!(
            (kind(without, None), kind(without, Some(5)), kind(without, Some(0))),
            ("refused", "list", "refused")
        );
        let microseconds = r#"{"fetched_at":1750377600000000,"response":{"aweme_list":[]}}"#;
        assert_eq!(kind(microseconds, None), "refused");
        assert_eq!(kind(r#"{"fetched_at":-1,"response":{"aweme_list":[]}}"#, Some(5)), "refused");
        assert_eq!(kind(r#"{"fetched_at":"soon","response":{"aweme_list":[]}}"#, Some(5)), "refused");
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(bytes: Vec<u8>, text in "[\\[\\]{}\":,a-z0-9_\\\\ ]{0,60}") {
            let framed = format!("{{\"status\":200,\"fetched_at\":1,\"response\":{text}}}");
            for line in [&bytes[..], text.as_bytes(), framed.as_bytes()] {
                let _ = read(1, line, Some(5));
            }
        }
    }
}
