//! What the server's word on one document of a bulk answer means: one table, for every status and error type.
//! Sends nothing and retries nothing.

use serde::Deserialize;

use super::failure::Reason;
use crate::model::Verdict;

/// One document's part of a bulk answer, behind its action's name.
#[derive(Debug, Deserialize)]
pub(super) struct ItemAnswer {
    status: u16,
    #[serde(default)]
    error: Option<Reason>,
}

/// Errors that only the document's own content causes. All else is the index's or the cluster's trouble, or unknown,
/// and is sent again: a run that cannot go on stops with the reason, while a dead letter would be laid aside.
const DOCUMENT_ERRORS: [&str; 6] = [
    "document_parsing_exception",
    "mapper_parsing_exception",
    "strict_dynamic_mapping_exception",
    "parsing_exception",
    "x_content_parse_exception",
    "max_bytes_length_exceeded_exception",
];

/// `illegal_argument_exception` says anything; with these words it speaks of the document. The same type also means an
/// alias without a write index, a missing ingest pipeline, an index that is full.
const DOCUMENT_ARGUMENTS: [&str; 3] = ["immense term", "if _id is specified it must not be empty", "Malformed content"];

impl ItemAnswer {
    /// Strikes out of the server's words what must not be shown, before they are cut.
    pub(super) fn redact(&mut self, redacted: impl Fn(String) -> String) {
        if let Some(text) = self.error.as_mut().and_then(|error| error.text.as_mut()) {
            *text = redacted(std::mem::take(text));
        }
    }

    /// The verdict on the document.
    pub(super) fn verdict(&self) -> Verdict {
        let unnamed = Reason::default();
        let error = self.error.as_ref().unwrap_or(&unnamed);
        let reason = || format!("{} (status {}){}", error.words(), self.status, error.advice());
        match (self.status, error.kind.as_str()) {
            (201, _) => Verdict::Stored { new: true },
            (200..300, _) => Verdict::Stored { new: false },
            (409, "version_conflict_engine_exception") => Verdict::Superseded,
            (413, _) => Verdict::Refused(reason()),
            (400, kind) if DOCUMENT_ERRORS.contains(&kind) => Verdict::Refused(reason()),
            (400, "illegal_argument_exception") if speaks_of_the_document(error) => Verdict::Refused(reason()),
            _ => Verdict::Again(reason()),
        }
    }
}

fn speaks_of_the_document(error: &Reason) -> bool {
    let words = error.text.as_deref().unwrap_or_default();
    DOCUMENT_ARGUMENTS.iter().any(|part| words.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, kind: &str, reason: &str) -> Verdict {
        let json = serde_json::json!({"status": status, "error": {"type": kind, "reason": reason}});
        serde_json::from_value::<ItemAnswer>(json).unwrap().verdict()
    }

    #[test]
    fn every_known_answer_has_its_verdict() {
        let refused = [
            (400, "document_parsing_exception", "failed to parse field [publish_ts]"),
            (400, "mapper_parsing_exception", "failed to parse"),
            (400, "strict_dynamic_mapping_exception", "dynamic introduction of [nope]"),
            (400, "illegal_argument_exception", "Document contains at least one immense term in field=\"a\""),
            (400, "illegal_argument_exception", "Malformed content, found extra data after parsing: START_OBJECT"),
            (413, "anything", "too large"),
        ];
        for (status, kind, reason) in refused {
            assert!(
                matches!(verdict(status, kind, reason), Verdict::Refused(words) if words.contains(reason)),
                "{kind}"
            );
        }
        let again = [
            (400, "index_closed_exception", "closed"),
            (400, "illegal_argument_exception", "no write index is defined for alias [viralmine-videos]"),
            (400, "illegal_argument_exception", "pipeline with id [x] does not exist"),
            (400, "an_exception_nobody_knows", "?"),
            (403, "cluster_block_exception", "blocked by: [FORBIDDEN/8/index write (api)]"),
            (403, "security_exception", "action is unauthorized"),
            (404, "index_not_found_exception", "no such index and [require_alias] request flag is [true]"),
            (409, "another_conflict", "?"),
            (429, "cluster_block_exception", "disk usage exceeded flood-stage watermark"),
            (429, "es_rejected_execution_exception", "rejected execution"),
            (429, "circuit_breaking_exception", "Data too large"),
            (503, "unavailable_shards_exception", "primary shard is not active"),
        ];
        for (status, kind, reason) in again {
            assert!(matches!(verdict(status, kind, reason), Verdict::Again(words) if words.contains(reason)), "{kind}");
        }
        assert_eq!(verdict(409, "version_conflict_engine_exception", "higher"), Verdict::Superseded);
        for (status, new) in [(200, false), (201, true)] {
            assert_eq!(ItemAnswer { status, error: None }.verdict(), Verdict::Stored { new });
        }
    }

    #[test]
    fn a_block_says_what_to_do_about_it() {
        let words = |reason| match verdict(403, "cluster_block_exception", reason) {
            Verdict::Again(words) => words,
            other => panic!("{other:?}"),
        };
        let frozen = words("index [v-000001] blocked by: [FORBIDDEN/8/index write (api)];");
        assert!(frozen.contains("viralmine reindex") && frozen.contains("viralmine doctor"), "{frozen}");
        let full = words("index [v-000001] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];");
        assert!(full.contains("make room"), "{full}");
    }

    #[test]
    fn a_quoted_value_does_not_make_the_reason_endless() {
        let Verdict::Refused(reason) = verdict(400, "document_parsing_exception", &"x".repeat(40_000)) else {
            panic!()
        };
        assert!(reason.chars().count() < 400);
    }
}
