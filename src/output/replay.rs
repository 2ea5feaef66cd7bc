//! The report of a replay for people. (As JSON it is the report's own serialization.)

use std::fmt::Write as _;
use std::time::Duration;

use super::report::elapsed;
use super::shown::number;
use crate::jobs::reading::RecordsReport;
use crate::jobs::replay::report::ReplayReport;

/// Several lines.
#[must_use]
pub fn text(report: &ReplayReport) -> String {
    let documents = &report.documents;
    let mut text = records(report.files, &report.records);
    let (received, skipped) = (number(report.items.received), number(report.items.skipped));
    let _ = writeln!(text, "items      {received} received, {skipped} skipped");
    let open = match documents.unsettled {
        0 => String::new(),
        open => format!(", {} not settled (a further replay indexes them)", number(open)),
    };
    let _ = writeln!(
        text,
        "documents  {} made: {} stored ({} new), {} superseded, {} dead letters{open}",
        number(documents.fetched),
        number(documents.stored),
        number(documents.new),
        number(documents.superseded),
        number(documents.dead)
    );
    let _ = writeln!(text, "time       {}", elapsed(Duration::from_millis(report.elapsed_ms)));
    text
}

/// The lines on what was read, which a comparison has, too.
pub(super) fn records(files: u64, records: &RecordsReport) -> String {
    format!(
        "files      {} read\nrecords    {} read: {} pages, {} failed answers, {} refused\n",
        number(files),
        number(records.read),
        number(records.pages),
        number(records.failed_answers),
        number(records.refused)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::backfill::{DocumentsReport, ItemsReport};

    #[test]
    fn the_report_says_what_came_out() {
        let mut report = ReplayReport {
            files: 3,
            records: RecordsReport { read: 1_210, pages: 1_200, failed_answers: 9, refused: 1 },
            items: ItemsReport { received: 42_001, skipped: 1 },
            documents: DocumentsReport {
                fetched: 42_000,
                stored: 41_000,
                superseded: 999,
                dead: 1,
                new: 12,
                unsettled: 0,
            },
            elapsed_ms: 12_000,
        };
        let expected = "\
files      3 read
records    1 210 read: 1 200 pages, 9 failed answers, 1 refused
items      42 001 received, 1 skipped
documents  42 000 made: 41 000 stored (12 new), 999 superseded, 1 dead letters
time       12 s
";
        assert_eq!(text(&report), expected);
        report.documents.unsettled = 7;
        assert!(text(&report).contains("1 dead letters, 7 not settled"));
    }
}
