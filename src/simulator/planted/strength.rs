//! How strong what is planted is: one number, so many times as much as usual.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// How strong what is planted is; without one, nothing is planted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Strength(f64);

/// Why a text is no strength.
#[derive(Debug, Clone, thiserror::Error)]
#[error("'{0}' is no strength: none, weak (3), medium (10), strong (30), or a number above 1, at most 1000")]
pub struct StrengthError(String);

impl Strength {
    /// Nothing is planted.
    pub const NONE: Self = Self(0.0);
    /// Three times as much as usual.
    pub const WEAK: Self = Self(3.0);
    /// Ten times as much.
    pub const MEDIUM: Self = Self(10.0);
    /// Thirty times as much.
    pub const STRONG: Self = Self(30.0);

    const MOST: f64 = 1000.0;

    /// So many times as much as usual: more than 1 and at most 1000, or 0 for nothing planted. `None` for other
    /// numbers.
    #[must_use]
    pub fn new(multiple: f64) -> Option<Self> {
        if multiple.abs() < f64::EPSILON {
            return Some(Self::NONE);
        }
        (multiple > 1.0 && multiple <= Self::MOST).then_some(Self(multiple))
    }

    /// Whether anything is planted.
    #[must_use]
    pub fn is_some(self) -> bool {
        self.0 > 0.0
    }

    /// An outlier's plays are so many times what they would be, a bursting tag is used so many times as often; 0
    /// without.
    #[must_use]
    pub fn multiple(self) -> f64 {
        self.0
    }

    /// A rising creator's later posts have so many times the plays: the root, since it is all of them.
    #[must_use]
    pub fn rise(self) -> f64 {
        if self.is_some() { self.0.sqrt() } else { 1.0 }
    }
}

impl FromStr for Strength {
    type Err = StrengthError;

    fn from_str(text: &str) -> Result<Self, StrengthError> {
        match text {
            "none" => Ok(Self::NONE),
            "weak" => Ok(Self::WEAK),
            "medium" => Ok(Self::MEDIUM),
            "strong" => Ok(Self::STRONG),
            number => number.parse().ok().and_then(Self::new).ok_or_else(|| StrengthError(text.to_owned())),
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => formatter.write_str("none"),
            Self::WEAK => formatter.write_str("weak"),
            Self::MEDIUM => formatter.write_str("medium"),
            Self::STRONG => formatter.write_str("strong"),
            Self(number) => write!(formatter, "{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_read_and_shown_again() {
        for text in ["none", "weak", "medium", "strong", "5", "2.5", "1000"] {
            assert_eq!(text.parse::<Strength>().unwrap().to_string(), text);
        }
        assert_eq!("0".parse::<Strength>().unwrap(), Strength::NONE);
        assert_eq!("10".parse::<Strength>().unwrap(), Strength::MEDIUM);
        for wrong in ["", "huge", "1", "0.5", "-3", "NaN", "inf", "1001"] {
            let error = wrong.parse::<Strength>().unwrap_err().to_string();
            assert!(error.contains("none, weak (3)"), "{error}");
        }
    }
}
