//! Faults on demand: which share of the requests is answered wrongly, and how. A new kind is a variant and a row of
//! the table here, and its answer in `server`.

use std::fmt;
use std::str::FromStr;

use rand::Rng;

use super::draws::{Purpose, stream};

/// What can be done to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// The provider's 429, though the quota was kept.
    RateLimited,
    /// An HTTP 500 without JSON, as a gateway sends it.
    ServerError,
    /// The connection breaks off in the middle of a good body.
    Cut,
}

impl FaultKind {
    /// Each kind with its name in a specification and what it does.
    pub const TABLE: [(Self, &'static str, &'static str); 3] = [
        (Self::RateLimited, "429", "rate limit, though the quota was kept"),
        (Self::ServerError, "500", "HTTP 500 without JSON"),
        (Self::Cut, "cut", "the connection breaks off in the middle of the body"),
    ];

    fn of_name(name: &str) -> Option<Self> {
        Self::TABLE.into_iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| kind)
    }

    /// The name in a specification.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::TABLE.into_iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }
}

/// Shares of the requests that go wrong. By default, none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Each kind's share, 0 to 1; together at most 1.
    shares: Vec<(FaultKind, f64)>,
    /// Makes other requests the unlucky ones.
    seed: u64,
}

/// Why a specification cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// A part is not `name=value`, or its name is unknown.
    #[error("unknown fault {0:?}: write NAME=SHARE, separated by commas; known are {known}, and seed=NUMBER", known = known())]
    Unknown(String),
    /// A share is no number from 0 to 1.
    #[error("the share in {0:?} is no number from 0 to 1")]
    Share(String),
    /// The seed is no whole number.
    #[error("the seed in {0:?} is no whole number")]
    Seed(String),
    /// A name stands twice.
    #[error("{0:?} stands twice")]
    Twice(String),
    /// More than every request.
    #[error("the shares of all faults add up to more than 1")]
    Sum,
}

fn known() -> String {
    FaultKind::TABLE.map(|(_, name, what)| format!("{name} ({what})")).join(", ")
}

impl Faults {
    /// The fault of the request with this number, if it is to have one.
    #[must_use]
    pub fn draw(&self, request: u64) -> Option<FaultKind> {
        if self.shares.is_empty() {
            return None;
        }
        let mut lot: f64 = stream(self.seed, Purpose::Fault, &[request]).random();
        self.shares.iter().find_map(|&(kind, share)| {
            lot -= share;
            (lot < 0.0).then_some(kind)
        })
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    /// Reads `429=0.02,500=0.05,cut=0.01,seed=7`; an empty text is no faults.
    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        let mut has_seed = false;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| FaultsError::Unknown(part.to_owned()))?;
            if name == "seed" {
                faults.seed = value.parse().map_err(|_| FaultsError::Seed(part.to_owned()))?;
                if std::mem::replace(&mut has_seed, true) {
                    return Err(FaultsError::Twice(name.to_owned()));
                }
                continue;
            }
            let kind = FaultKind::of_name(name).ok_or_else(|| FaultsError::Unknown(part.to_owned()))?;
            let share: f64 = value.parse().map_err(|_| FaultsError::Share(part.to_owned()))?;
            if !(0.0..=1.0).contains(&share) {
                return Err(FaultsError::Share(part.to_owned()));
            }
            if faults.shares.iter().any(|(known, _)| *known == kind) {
                return Err(FaultsError::Twice(name.to_owned()));
            }
            faults.shares.push((kind, share));
        }
        let sum: f64 = faults.shares.iter().map(|(_, share)| share).sum();
        if sum > 1.0 + 1e-9 { Err(FaultsError::Sum) } else { Ok(faults) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, share) in &self.shares {
            write!(formatter, "{}={share},", kind.name())?;
        }
        write!(formatter, "seed={}", self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wrong_specifications_name_their_part() {
        let error = |text: &str| text.parse::<Faults>().unwrap_err();
        assert_eq!(error("429=0.1,slow=1"), FaultsError::Unknown("slow=1".to_owned()));
        assert!(error("slow").to_string().contains("429 (rate limit"), "{}", error("slow"));
        assert_eq!(error("cut=1.5"), FaultsError::Share("cut=1.5".to_owned()));
        assert_eq!(error("cut=NaN"), FaultsError::Share("cut=NaN".to_owned()));
        assert_eq!(error("500=0.1,seed=x"), FaultsError::Seed("seed=x".to_owned()));
        assert_eq!(error("cut=0.1,cut=0.1"), FaultsError::Twice("cut".to_owned()));
        assert_eq!(error("429=0.6,500=0.6"), FaultsError::Sum);
        assert_eq!("".parse(), Ok(Faults::default()));
    }

    #[test]
    fn each_kind_gets_its_share_of_the_requests() {
        let faults: Faults = "429=0.02,500=0.05,cut=0.01,seed=7".parse().unwrap();
        let drawn = |kind| (0..20_000).filter(|&request| faults.draw(request) == Some(kind)).count();
        assert!((300..500).contains(&drawn(FaultKind::RateLimited)));
        assert!((850..1150).contains(&drawn(FaultKind::ServerError)));
        assert!((130..270).contains(&drawn(FaultKind::Cut)));
        let always: Faults = "500=1".parse().unwrap();
        assert!((0..100).all(|request| always.draw(request) == Some(FaultKind::ServerError)));
        assert!((0..100).all(|request| Faults::default().draw(request).is_none()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-z=,. ]{0,40}") {
            if let Ok(faults) = text.parse::<Faults>() {
                prop_assert_eq!(faults.to_string().parse::<Faults>(), Ok(faults));
            }
        }
    }
}
