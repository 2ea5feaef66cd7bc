//! The report of a run over single posts, for people. (As JSON it is the report's own serialization.)

use std::fmt::Write as _;
use std::time::Duration;

use super::report::{documents, elapsed, key_line, requests};
use super::shown::number;
use crate::jobs::video::VideoReport;

/// Videos that are named; the rest is counted.
const MOST_NAMED: usize = 10;

/// The report, several lines.
#[must_use]
pub fn text(report: &VideoReport) -> String {
    let videos = &report.videos;
    let mut text = String::new();
    let left = match videos.left.len() as u64 {
        0 => String::new(),
        left => format!(", {} left to ask", number(left)),
    };
    let failed = number(videos.failed.len() as u64);
    let _ = writeln!(text, "videos     {} done, {failed} failed{left}", number(videos.done));
    let _ = writeln!(text, "requests   {}", requests(&report.requests));
    text.extend(report.keys.iter().filter_map(key_line));
    let (received, skipped) = (number(report.items.received), number(report.items.skipped));
    let _ = writeln!(text, "items      {received} received, {skipped} skipped");
    let _ = writeln!(
        text,
        "documents  {}; {} new",
        documents(&report.documents, "name them again"),
        number(report.documents.new)
    );
    let _ = writeln!(text, "time       {}", elapsed(Duration::from_millis(report.elapsed_ms)));
    for failed in &videos.failed {
        let _ = writeln!(text, "failed     {}: {}", failed.aweme_id, failed.error);
    }
    for id in videos.left.iter().take(MOST_NAMED) {
        let _ = writeln!(text, "left       {id}");
    }
    if videos.left.len() > MOST_NAMED {
        let _ = writeln!(text, "left       … and {} more", number((videos.left.len() - MOST_NAMED) as u64));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::jobs::backfill::{DocumentsReport, ItemsReport, RequestsReport};
    use crate::jobs::video::{FailedVideo, VideosReport};

    use super::*;

    #[test]
    fn the_report_names_what_failed_and_what_is_left() {
        let failed = FailedVideo { aweme_id: "7528963259874125698".into(), error: "not found".into() };
        let left = (0..12).map(|number| format!("75289632598741256{number:02}")).collect();
        let report = VideoReport {
            videos: VideosReport { done: 3, failed: vec![failed], left },
            requests: RequestsReport { sent: 5, ok: 3, rate_limited: 0, failed: 2 },
            keys: Vec::new(),
            items: ItemsReport { received: 3, skipped: 0 },
            documents: DocumentsReport { fetched: 3, stored: 3, new: 1, superseded: 0, dead: 0, unsettled: 0 },
            elapsed_ms: 2_500,
        };
        let text = text(&report);
        let expected = "\
videos     3 done, 1 failed, 12 left to ask
requests   5 sent: 3 ok, 0 rate-limited, 2 failed
items      3 received, 0 skipped
documents  3 fetched: 3 stored, 0 superseded, 0 dead letters; 1 new
time       2.5 s
failed     7528963259874125698: not found
left       7528963259874125600
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with("left       7528963259874125609\nleft       … and 2 more\n"), "{text}");
    }
}
