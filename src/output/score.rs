//! The report of a score pass, for people: lines of its own, or one below a run's.

use std::fmt::Write as _;
use std::time::Duration;

use super::report::elapsed;
use super::shown::{NOTHING, number, one_line};
use crate::jobs::score::report::{RefusedScore, RefusedScores, ScoreReport};

/// Refused documents that are named; the JSON report names more.
const MOST_SHOWN: usize = 10;

/// Several lines.
#[must_use]
pub fn text(report: &ScoreReport) -> String {
    let mut text = String::new();
    let newer = match report.newer {
        0 => String::new(),
        newer => format!(", {} fetched anew meanwhile (the next pass scores them)", number(newer)),
    };
    let _ = writeln!(
        text,
        "videos     {} read: {} judged, {} viral; {} rewritten{newer}",
        number(report.videos),
        number(report.judged),
        number(report.viral),
        number(report.rewritten)
    );
    let _ = writeln!(
        text,
        "creators   {} with posts; {} rewritten",
        number(report.creators),
        number(report.creators_written)
    );
    if report.snapshots > 0 {
        let unreadable = match report.snapshots_unreadable {
            0 => String::new(),
            unreadable => format!("; {} cannot be read, and were passed over", number(unreadable)),
        };
        let _ = writeln!(text, "snapshots  {} read{unreadable}", number(report.snapshots));
    }
    if let Some(corpus) = &report.globals {
        let _ = writeln!(text, "chance     would make about {} viral", corpus.viral_by_chance);
        let figure = |value: Option<f64>| value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string());
        let _ = writeln!(
            text,
            "corpus     ln(1 + plays): median {}, MAD {}; engagement prior: a {}, b {}",
            figure(corpus.log_median),
            figure(corpus.log_mad),
            corpus.engagement_a,
            corpus.engagement_b
        );
    }
    let RefusedScores { count, first } = &report.refused;
    if *count > 0 {
        let _ = writeln!(text, "refused    {} documents, which stay as they are", number(*count));
        for RefusedScore { id, error } in first.iter().take(MOST_SHOWN) {
            let _ = writeln!(text, "           {}: {}", one_line(id), one_line(error));
        }
    }
    let _ = writeln!(text, "time       {}", elapsed(Duration::from_millis(report.elapsed_ms)));
    text
}

/// One line, below the report of a run.
#[must_use]
pub fn line(report: &ScoreReport) -> String {
    let refused = match report.refused.count {
        0 => String::new(),
        refused => format!(", {} refused (`viralmine score` names them)", number(refused)),
    };
    format!(
        "scores     {} posts, {} judged, {} viral; {} rewritten{refused}, {}\n",
        number(report.videos),
        number(report.judged),
        number(report.viral),
        number(report.rewritten),
        elapsed(Duration::from_millis(report.elapsed_ms))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Corpus;

    #[test]
    fn the_report_says_what_came_out() {
        let globals = Corpus {
            log_median: Some(9.2),
            log_mad: None,
            engagement_a: 2.8,
            viral_by_chance: 4.5,
            ..Corpus::default()
        };
        let report = ScoreReport {
            videos: 1_200,
            judged: 1_100,
            viral: 12,
            rewritten: 1_200,
            newer: 3,
            refused: RefusedScores::default(),
            snapshots: 90,
            snapshots_unreadable: 2,
            creators: 24,
            creators_written: 24,
            globals: Some(globals),
            elapsed_ms: 1_500,
        };
        let text = text(&report);
        for words in [
            "12 viral",
            "3 fetched anew meanwhile",
            "snapshots  90 read; 2 cannot be read",
            "median 9.2, MAD –",
            "a 2.8, b 0",
            "about 4.5 viral",
            "time       1.5 s",
        ] {
            assert!(text.contains(words), "{words:?} in {text}");
        }
        assert_eq!(line(&report).lines().count(), 1);
    }
}
