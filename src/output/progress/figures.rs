//! What a line of progress tells, as figures for programs.

use serde_json::{Value, json};

use super::Snapshot;
use crate::model::Counters;

impl Snapshot<'_> {
    /// Of a run that fetches.
    pub(super) fn figures(&self) -> Value {
        let counters = self.counters;
        json!({
            self.subjects: {
                "total": self.creators_total,
                "done": self.creators_done,
                "failed": self.creators_failed,
                "walking": counters.creators_walking.get(),
            },
            "requests": {
                "sent": counters.requests_sent.get(),
                "ok": counters.requests_ok.get(),
                "rate_limited": counters.requests_rate_limited.get(),
                "failed": counters.requests_failed.get(),
                "latency_ms": counters.request_latency_ms.get(),
            },
            "keys": { "paused": counters.keys_paused.get(), "retired": counters.keys_retired.get() },
            "quota_used": to_two_decimals(self.quota_used),
            "pages": counters.pages.get(),
            "documents": documents(counters),
            "stored_per_second": to_two_decimals(self.stored_per_second),
            "waiting": waiting(counters),
            "seconds_left": self.left.map(|left| left.as_secs()),
        })
    }
}

/// Of a run that reads files.
pub(super) fn reading(counters: &Counters) -> Value {
    json!({
        "bytes": { "read": counters.bytes_read.get(), "total": counters.bytes_to_read.get() },
        "records": { "read": counters.records_read.get(), "refused": counters.records_refused.get() },
        "pages": counters.pages.get(),
        "documents": documents(counters),
        "waiting": waiting(counters),
    })
}

/// Of a score pass.
pub(super) fn scoring(counters: &Counters) -> Value {
    json!({
        "videos": {
            "total": counters.videos_to_score.get(),
            "read": counters.videos_read.get(),
            "scored": counters.videos_scored.get(),
            "rewritten": counters.documents_stored.get(),
        },
    })
}

/// The names are those of the run report.
fn documents(counters: &Counters) -> Value {
    json!({
        "fetched": counters.documents_fetched.get(),
        "stored": counters.documents_stored.get(),
        "new": counters.documents_new.get(),
        "superseded": counters.documents_superseded.get(),
        "dead": counters.documents_dead.get(),
        "retried": counters.documents_retried.get(),
    })
}

fn waiting(counters: &Counters) -> Value {
    json!({ "documents": counters.documents_waiting.get(), "bytes": counters.bytes_waiting.get() })
}

fn to_two_decimals(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
