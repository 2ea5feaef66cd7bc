//! How faults are written: `429=0.02,500=0.05,null@creator-2@page-1=1,wait=0.5,seed=7`. Read and written here alone;
//! `help` is what the command line says of it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{FaultKind, Faults, Rule, Target, USUAL_WAIT};

/// Why a specification cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// A part is not `name=value`, or its name is unknown.
    #[error(
        "unknown fault {0:?}: write NAME=SHARE or NAME@TARGET=SHARE, separated by commas; known are {known}, and \
         wait=SECONDS and seed=NUMBER",
        known = known()
    )]
    Unknown(String),
    /// What stands behind an `@` is no target.
    #[error("unknown target in {0:?}: it is creator-N, key-N, page-N or try-N, counted from 1")]
    Target(String),
    /// A share is no number from 0 to 1.
    #[error("the share in {0:?} is no number from 0 to 1")]
    Share(String),
    /// The wait is no number of seconds.
    #[error("the wait in {0:?} is no number of seconds from 0.001 to 86400")]
    Wait(String),
    /// The seed is no whole number.
    #[error("the seed in {0:?} is no whole number")]
    Seed(String),
    /// A name stands twice (with the same targets).
    #[error("{0:?} stands twice")]
    Twice(String),
    /// More than every request.
    #[error("the shares of all faults without a target add up to more than 1")]
    Sum,
}

fn known() -> String {
    FaultKind::TABLE.map(|(_, name, what)| format!("{name} ({what})")).join(", ")
}

impl Faults {
    /// What a specification may hold, for people: a line for each kind, and the rest.
    #[must_use]
    pub fn help() -> String {
        let kinds = FaultKind::TABLE.map(|(_, name, what)| format!("  {name:<11} {what}\n")).concat();
        format!(
            "Faults, by name; each has a share of the requests, such as 429=0.02,500=0.05:\n{kinds}\
             NAME@TARGET=SHARE is about some requests only: creator-N (as --creators-out lists them), key-N (as --keys \
             does), page-N of a creator, try-N of a page; several may be joined: null@creator-2@page-1=1. What is asked \
             for by target is drawn first. wait=SECONDS is what 429 names (1), seed=NUMBER chooses other requests."
        )
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    /// Reads `429=0.02,500=0.05,cut@creator-1=0.5,seed=7`; an empty text is no faults.
    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        let mut settings: Vec<&str> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| FaultsError::Unknown(part.to_owned()))?;
            if matches!(name, "seed" | "wait") {
                if settings.contains(&name) {
                    return Err(FaultsError::Twice(name.to_owned()));
                }
                settings.push(name);
            }
            match name {
                "seed" => faults.seed = value.parse().map_err(|_| FaultsError::Seed(part.to_owned()))?,
                "wait" => faults.wait = wait(value).ok_or_else(|| FaultsError::Wait(part.to_owned()))?,
                _ => faults.add(rule(part, name, value)?, name)?,
            }
        }
        let shares = faults.rules.iter().filter(|rule| rule.targets.is_empty()).map(|rule| rule.share);
        if shares.sum::<f64>() > 1.0 + 1e-9 { Err(FaultsError::Sum) } else { Ok(faults) }
    }
}

impl Faults {
    fn add(&mut self, rule: Rule, name: &str) -> Result<(), FaultsError> {
        if self.rules.iter().any(|known| known.kind == rule.kind && known.targets == rule.targets) {
            return Err(FaultsError::Twice(name.to_owned()));
        }
        self.rules.push(rule);
        Ok(())
    }
}

fn rule(part: &str, name: &str, value: &str) -> Result<Rule, FaultsError> {
    let mut names = name.split('@');
    let kind_name = names.next().unwrap_or_default();
    let known = FaultKind::TABLE.into_iter().find(|(_, known, _)| *known == kind_name);
    let (kind, ..) = known.ok_or_else(|| FaultsError::Unknown(part.to_owned()))?;
    let targets: Option<Vec<Target>> = names.map(target).collect();
    let targets = targets.ok_or_else(|| FaultsError::Target(part.to_owned()))?;
    let share: f64 = value.parse().map_err(|_| FaultsError::Share(part.to_owned()))?;
    if !(0.0..=1.0).contains(&share) {
        return Err(FaultsError::Share(part.to_owned()));
    }
    Ok(Rule { kind, targets, share })
}

fn target(text: &str) -> Option<Target> {
    let (name, number) = text.split_once('-')?;
    let number: u32 = number.parse().ok().filter(|&number| number > 0)?;
    let position = usize::try_from(number).ok()?;
    match name {
        "creator" => Some(Target::Creator(number)),
        "key" => Some(Target::Key(position)),
        "page" => Some(Target::Page(position)),
        "try" => Some(Target::Try(number)),
        _ => None,
    }
}

/// To the millisecond, as a 429 names it.
fn wait(seconds: &str) -> Option<Duration> {
    let seconds: f64 = seconds.parse().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds))?;
    Some(Duration::from_millis(super::super::draws::whole((seconds * 1000.0).round())))
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Creator(number) => write!(formatter, "creator-{number}"),
            Self::Key(number) => write!(formatter, "key-{number}"),
            Self::Page(number) => write!(formatter, "page-{number}"),
            Self::Try(number) => write!(formatter, "try-{number}"),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.rules {
            formatter.write_str(rule.kind.name())?;
            for target in &rule.targets {
                write!(formatter, "@{target}")?;
            }
            write!(formatter, "={},", rule.share)?;
        }
        if self.wait != USUAL_WAIT {
            write!(formatter, "wait={},", self.wait.as_millis() as f64 / 1000.0)?;
        }
        write!(formatter, "seed={}", self.seed)
    }
}
