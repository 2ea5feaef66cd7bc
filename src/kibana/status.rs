//! Which Kibana it is: reads `GET /api/status`, and says whether it can read the objects.

use std::fmt;

use serde::Deserialize;

/// The oldest that reads objects of this form.
pub(super) const OLDEST: Version = Version { major: 8, minor: 9 };

/// A version, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Its first number.
    pub major: u32,
    /// Its second number.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// Reads `9.5.3` or `9.6.0-SNAPSHOT`.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(['.', '-']).map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return None };
        Some(Self { major, minor })
    }
}

/// What the answer's body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// A Kibana of this version (as it writes it), that works or says in a word how it is.
    Known { version: Version, number: String, trouble: Option<String> },
    /// A Kibana that tells strangers no more than that it is there.
    Reserved,
    /// No Kibana's answer.
    Strange,
}

impl Status {
    pub(super) fn read(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Answer {
            version: Option<Number>,
            status: Option<Overall>,
        }
        #[derive(Deserialize)]
        struct Number {
            number: String,
        }
        #[derive(Deserialize)]
        struct Overall {
            overall: Level,
        }
        #[derive(Deserialize)]
        struct Level {
            // Absent in versions before the oldest, which only need to be told their number.
            level: Option<String>,
        }
        let Ok(answer) = serde_json::from_slice::<Answer>(body) else { return Self::Strange };
        match (answer.version.map(|version| (Version::parse(&version.number), version.number)), answer.status) {
            (Some((Some(version), number)), status) => {
                let level = status.and_then(|status| status.overall.level);
                let trouble = level.filter(|level| !matches!(level.as_str(), "available" | "degraded"));
                Self::Known { version, number, trouble }
            }
            (None, Some(_)) => Self::Reserved,
            _ => Self::Strange,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kibanas_are_told_from_others() {
        let known = |major, minor, number: &str, trouble: Option<&str>| Status::Known {
            version: Version { major, minor },
            number: number.to_owned(),
            trouble: trouble.map(str::to_owned),
        };
        for (body, expected) in [
            (
                r#"{"name":"k","version":{"number":"9.5.3"},"status":{"overall":{"level":"available"}}}"#,
                known(9, 5, "9.5.3", None),
            ),
            (
                r#"{"version":{"number":"8.9.0-SNAPSHOT"},"status":{"overall":{"level":"critical"}}}"#,
                known(8, 9, "8.9.0-SNAPSHOT", Some("critical")),
            ),
            (r#"{"version":{"number":"7.10.2"},"status":{"overall":{"state":"green"}}}"#, known(7, 10, "7.10.2", None)),
            (r#"{"status":{"overall":{"level":"available"}}}"#, Status::Reserved),
            ("Kibana server is not ready yet", Status::Strange),
            (r#"{"status":"ok"}"#, Status::Strange),
            (r#"{"error":"no handler","status":400}"#, Status::Strange),
            (r#"{"version":{"number":"nine"},"status":{"overall":{}}}"#, Status::Strange),
            ("<html>", Status::Strange),
            ("{}", Status::Strange),
        ] {
            assert_eq!(Status::read(body.as_bytes()), expected, "{body}");
        }
        assert!(Version { major: 8, minor: 8 } < OLDEST && OLDEST < Version { major: 9, minor: 0 });
    }
}
