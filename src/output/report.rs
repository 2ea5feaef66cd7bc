//! The run report for people. (As JSON it is the report's own serialization.)

use std::fmt::Write as _;
use std::time::Duration;

use super::shown::number;
use crate::jobs::backfill::{Backfill, DocumentsReport, RequestsReport};
use crate::source::KeyReport;
use crate::throttle::quota::KeyState;

/// The report of a backfill, several lines, with what to do next where something is left.
#[must_use]
pub fn backfill(backfill: &Backfill) -> String {
    let report = &backfill.report;
    let (creators, requests, documents) = (&report.creators, &report.requests, &report.documents);
    let mut text = String::new();
    let before = match backfill.done_before {
        0 => String::new(),
        before => format!(" ({} of them by an earlier run)", number(before)),
    };
    let left = match backfill.left {
        0 => String::new(),
        left => format!(", {} left to do", number(left)),
    };
    let _ = writeln!(
        text,
        "creators   {} done{before}, {} failed{left}",
        number(creators.done),
        number(creators.failed.len() as u64)
    );
    let _ = writeln!(text, "requests   {}; {:.0}% of the quota", self::requests(requests), report.quota_used * 100.0);
    report.keys.iter().for_each(|key| text.extend(key_line(key)));
    let archived = match report.pages_from_archive {
        0 => String::new(),
        archived => format!(" ({} of them from the archive, not asked again)", number(archived)),
    };
    let _ = writeln!(text, "pages      {}{archived}", number(report.pages));
    let _ = writeln!(
        text,
        "items      {} received, {} skipped",
        number(report.items.received),
        number(report.items.skipped)
    );
    let _ = writeln!(text, "documents  {}", self::documents(documents, "the next run goes on with them"));
    if let Some(cost) = report.requests_per_new_video {
        let (sent, new) = (number(requests.sent), number(documents.new));
        let _ = writeln!(text, "cost       {cost:.2} requests a new video ({sent} requests, {new} new)");
    }
    let _ = writeln!(text, "time       {}", elapsed(Duration::from_millis(report.elapsed_ms)));
    for failed in &creators.failed {
        let _ = writeln!(text, "failed     {}: {}", failed.sec_user_id, failed.error);
    }
    for (creator, warning) in &backfill.warnings {
        let _ = writeln!(text, "warning    {creator}: {warning}");
    }
    text
}

pub(super) fn requests(requests: &RequestsReport) -> String {
    format!(
        "{} sent: {} ok, {} rate-limited, {} failed",
        number(requests.sent),
        number(requests.ok),
        number(requests.rate_limited),
        number(requests.failed)
    )
}

/// `next` says what becomes of documents that are not settled, which only a run has that ended early.
pub(super) fn documents(documents: &DocumentsReport, next: &str) -> String {
    let open = match documents.unsettled {
        0 => String::new(),
        open => format!(", {} not settled ({next})", number(open)),
    };
    format!(
        "{} fetched: {} stored, {} superseded, {} dead letters{open}",
        number(documents.fetched),
        number(documents.stored),
        number(documents.superseded),
        number(documents.dead)
    )
}

/// A line for a key that a person should know of: refused, slowed, or paused.
pub(super) fn key_line(key: &KeyReport) -> Option<String> {
    let state = match key.state {
        KeyState::Active if key.rate_limited == 0 => return None,
        KeyState::Active => "in use",
        KeyState::Paused => "paused by the API",
        KeyState::Retired => "refused by the API, replace it",
    };
    let (sent, rate_limited) = (number(key.sent), number(key.rate_limited));
    let said = if key.words.is_empty() { String::new() } else { format!("; it said \"{}\"", key.words) };
    let name = format!("key {}", key.key);
    Some(format!("{name:<11}{state}: {sent} sent, {rate_limited} rate-limited{said}\n"))
}

/// A duration as people read it: `0.8 s`, `42 s`, `3 min 05 s`, `2 h 10 min`.
#[must_use]
pub fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::backfill::{BackfillReport, CreatorsReport, FailedCreator, ItemsReport};
    use crate::model::CreatorId;

    fn key(key: usize, state: KeyState, rate_limited: u64, words: &str) -> KeyReport {
        KeyReport { key, sent: 400, rate_limited, state, words: words.to_owned() }
    }

    #[test]
    fn the_report_says_what_came_out_and_what_is_left() {
        let failed = FailedCreator { sec_user_id: "MS4wLjABAAAAgone".into(), error: "not found".into() };
        let report = BackfillReport {
            creators: CreatorsReport { done: 12, failed: vec![failed] },
            requests: RequestsReport { sent: 1_234, ok: 1_230, rate_limited: 1, failed: 3 },
            keys: vec![
                key(1, KeyState::Active, 0, ""),
                key(2, KeyState::Retired, 0, "ApiKey invalid"),
                key(3, KeyState::Active, 1, "wait 15s"),
            ],
            pages: 1_230,
            pages_from_archive: 0,
            items: ItemsReport { received: 43_050, skipped: 50 },
            documents: DocumentsReport {
                fetched: 43_000,
                stored: 42_990,
                new: 42_000,
                superseded: 9,
                dead: 1,
                unsettled: 0,
            },
            requests_per_new_video: Some(0.03),
            quota_used: 0.97,
            elapsed_ms: 425_000,
        };
        let creator = CreatorId::parse("MS4wLjABAAAA8fKxxxxxxx").unwrap();
        let warnings = vec![(creator, "repeated".into())];
        let backfill =
            Backfill { report, warnings, done_before: 2, left: 3, interrupted: true, budget_used: false, fatal: None };
        let expected = "\
creators   12 done (2 of them by an earlier run), 1 failed, 3 left to do
requests   1 234 sent: 1 230 ok, 1 rate-limited, 3 failed; 97% of the quota
key 2      refused by the API, replace it: 400 sent, 0 rate-limited; it said \"ApiKey invalid\"
key 3      in use: 400 sent, 1 rate-limited; it said \"wait 15s\"
pages      1 230
items      43 050 received, 50 skipped
documents  43 000 fetched: 42 990 stored, 9 superseded, 1 dead letters
cost       0.03 requests a new video (1 234 requests, 42 000 new)
time       7 min 05 s
failed     MS4wLjABAAAAgone: not found
warning    MS4wLjABAAAA8fKxxxxxxx: repeated
";
        assert_eq!(super::backfill(&backfill), expected);
        let mut early = backfill;
        early.report.documents.unsettled = 35;
        early.report.pages_from_archive = 12;
        assert!(
            super::backfill(&early)
                .contains("\npages      1\u{2009}230 (12 of them from the archive, not asked again)\n")
        );
        assert!(super::backfill(&early).contains("1 dead letters, 35 not settled"));
    }

    #[test]
    fn durations_are_as_long_as_they_need_to_be() {
        let texts = [800, 42_000, 185_000, 7_800_000].map(|ms| elapsed(Duration::from_millis(ms)));
        assert_eq!(texts, ["0.8 s", "42 s", "3 min 05 s", "2 h 10 min"]);
    }
}
