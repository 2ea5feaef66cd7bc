//! The report of a reindexing, for people.

use std::fmt::Write as _;
use std::time::Duration;

use super::report::elapsed;
use super::shown::number;
use crate::jobs::reindex::report::ReindexReport;

/// The lines.
#[must_use]
pub fn text(report: &ReindexReport) -> String {
    let mut text = String::new();
    if report.next.is_empty() {
        let _ = writeln!(text, "index      nothing was begun");
        return text;
    }
    let _ = writeln!(text, "index      {} → {}", report.old, report.next);
    let along = match report.brought_along {
        0 => String::new(),
        along => format!(", {} more that were written meanwhile", number(along)),
    };
    let _ = writeln!(text, "copied     {} posts of the old version{along}", number(report.copied));
    if let Some(archive) = &report.archive {
        let (records, documents) = (&archive.records, &archive.documents);
        let _ = writeln!(
            text,
            "archive    {} records: {} pages, {} failed answers, {} refused",
            number(records.read),
            number(records.pages),
            number(records.failed_answers),
            number(records.refused)
        );
        let _ = writeln!(
            text,
            "documents  {} read from it: {} stored ({} of them new), {} superseded, {} dead letters",
            number(documents.fetched),
            number(documents.stored),
            number(documents.new),
            number(documents.superseded),
            number(documents.dead)
        );
    }
    if report.switched {
        let _ = writeln!(text, "checked    {} ids of the old version: none is missing", number(report.checked));
        let _ =
            writeln!(text, "in use     {}; {} is kept until `viralmine reindex --drop-old`", report.next, report.old);
    } else {
        let _ = writeln!(text, "in use     {}, as before", report.old);
    }
    let _ = writeln!(text, "time       {}", elapsed(Duration::from_millis(report.elapsed_ms)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_which_version_is_in_use_now() {
        let mut report =
            ReindexReport { old: "v-000001".into(), next: "v-000002".into(), copied: 5, ..ReindexReport::default() };
        assert!(text(&report).contains("in use     v-000001, as before"));
        (report.switched, report.checked) = (true, 5);
        assert!(text(&report).contains("in use     v-000002; v-000001 is kept"));
        assert_eq!(text(&ReindexReport::default()), "index      nothing was begun\n");
    }
}
