//! The result of a comparison for people. (As JSON it is the report's own serialization.)

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;

use super::replay::records;
use super::report::elapsed;
use super::shown::number;
use crate::jobs::verify::report::{Gap, GapKind, VerifyReport};

/// Several lines: counts, then the first gaps.
pub fn write_text(out: &mut dyn Write, report: &VerifyReport) -> io::Result<()> {
    out.write_all(text(report).as_bytes())
}

fn text(report: &VerifyReport) -> String {
    let mut text = counts(report);
    for gap in &report.gaps {
        let _ = writeln!(text, "{}", line(gap));
    }
    let more = report.ids.gaps().saturating_sub(report.gaps.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "           … and {} more (--format ndjson lists all)", number(more));
    }
    text + &time(report)
}

/// The counts alone: the gaps went elsewhere.
#[must_use]
pub fn summary(report: &VerifyReport) -> String {
    counts(report) + &time(report)
}

fn time(report: &VerifyReport) -> String {
    format!("time       {}\n", elapsed(Duration::from_millis(report.elapsed_ms)))
}

fn counts(report: &VerifyReport) -> String {
    let ids = &report.ids;
    let mut text = records(report.files, &report.records);
    let _ = writeln!(
        text,
        "posts      {} archived: {} ok, {} newer in the store, {} missing, {} older, {} dead letters",
        number(ids.archived),
        number(ids.ok),
        number(ids.newer),
        number(ids.missing),
        number(ids.older),
        number(ids.dead)
    );
    text
}

fn line(gap: &Gap) -> String {
    let moment = |ms: i64| Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |moment| moment.to_string());
    let creator = gap.sec_user_id.as_ref().map(|creator| format!(" of {creator}")).unwrap_or_default();
    let stored = gap.stored.map(|stored| format!(", stored {}", moment(stored))).unwrap_or_default();
    let kind = match gap.gap {
        GapKind::Missing => "missing",
        GapKind::Older => "older",
        GapKind::Dead => "dead",
    };
    format!("{kind:10} {}{creator}, fetched {}{stored}: {}, line {}", gap.id, moment(gap.archived), gap.file, gap.line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::reading::RecordsReport;
    use crate::jobs::verify::report::IdsReport;

    #[test]
    fn gaps_are_named_with_their_place() {
        let gap = Gap {
            id: "75".to_owned(),
            sec_user_id: Some("MS4w".to_owned()),
            gap: GapKind::Older,
            archived: 1_750_377_600_000,
            stored: Some(1_750_377_599_000),
            file: "data/archive/a.ndjson.zst".to_owned(),
            line: 12,
        };
        let report = VerifyReport {
            files: 1,
            records: RecordsReport { read: 3, pages: 3, failed_answers: 0, refused: 0 },
            ids: IdsReport { archived: 105, ok: 101, newer: 1, missing: 1, older: 1, dead: 1 },
            gaps: vec![gap],
            elapsed_ms: 800,
        };
        let expected = "\
files      1 read
records    3 read: 3 pages, 0 failed answers, 0 refused
posts      105 archived: 101 ok, 1 newer in the store, 1 missing, 1 older, 1 dead letters
older      75 of MS4w, fetched 2025-06-20T00:00:00Z, stored 2025-06-19T23:59:59Z: data/archive/a.ndjson.zst, line 12
           … and 2 more (--format ndjson lists all)
time       0.8 s
";
        assert_eq!(text(&report), expected);
        let without_gaps = expected.lines().filter(|line| !line.starts_with("older") && !line.contains('…'));
        assert!(summary(&report).lines().eq(without_gaps), "{}", summary(&report));
    }
}
