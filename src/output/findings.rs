//! What `doctor` found, for people: a line each, and what to do below it.

use std::fmt::Write as _;

use super::shown::one_line;
use crate::store::{Finding, Health};

/// The lines, and a last one that sums up.
#[must_use]
pub fn text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.about.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for finding in findings {
        let mark = word(finding.health);
        let _ = writeln!(text, "{mark:<8} {about:<width$}  {}", one_line(&finding.words), about = finding.about);
        if let Some(advice) = &finding.advice {
            let _ = writeln!(text, "{:<8} {:<width$}  → {}", "", "", one_line(advice));
        }
    }
    let count = |health| findings.iter().filter(|finding| finding.health == health).count();
    let _ = match (count(Health::Bad), count(Health::Warning)) {
        (0, 0) => writeln!(text, "\nnothing is wrong"),
        (0, warnings) => writeln!(text, "\nit works; {warnings} to look at"),
        (bad, warnings) => writeln!(text, "\n{bad} wrong, {warnings} more to look at"),
    };
    text
}

/// The word for a health, in text and JSON.
#[must_use]
pub const fn word(health: Health) -> &'static str {
    match health {
        Health::Good => "ok",
        Health::Warning => "warning",
        Health::Bad => "wrong",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_has_its_line_and_its_advice() {
        let finding = |about: &str, health, words: &str, advice: Option<&str>| Finding {
            about: about.into(),
            health,
            words: words.into(),
            advice: advice.map(Into::into),
        };
        let good = finding("store", Health::Good, "green", None);
        let bad = finding("API key 2", Health::Bad, "refused", Some("replace it"));
        let expected = "\
ok       store      green
wrong    API key 2  refused
                    → replace it

1 wrong, 0 more to look at
";
        assert_eq!(text(&[good.clone(), bad]), expected);
        assert!(text(&[good]).ends_with("\nnothing is wrong\n"));
    }
}
