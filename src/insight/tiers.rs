//! Creators by how many plays a post of theirs usually has.

use std::str::FromStr;

/// Tiers by thresholds of median plays, from the lowest on. A creator is in the highest one whose threshold its median
/// reaches; without a median, in none.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiers(Vec<(String, f64)>);

/// Why tiers cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TiersError {
    /// Not of the form NAME=PLAYS.
    #[error("{0:?} is no tier: write NAME=PLAYS, as in nano=0,micro=1000,mid=10k,macro=100k,mega=1M")]
    Shape(String),
    /// The first tier starts above 0.
    #[error("the first tier, {0:?}, has to start at 0 plays, or creators below it are in none: write {0}=0")]
    Start(String),
    /// A tier that does not start above the one before it, or is there twice.
    #[error("{0:?} has to start at more plays than the tier before it, and each name stands once")]
    Order(String),
}

impl Default for Tiers {
    /// In plays of a median post, not in followers, by which agencies use these names; each holds ten times the plays.
    fn default() -> Self {
        let tiers = [("nano", 0.0), ("micro", 1e3), ("mid", 1e4), ("macro", 1e5), ("mega", 1e6)];
        Self(tiers.map(|(name, from)| (name.to_owned(), from)).to_vec())
    }
}

impl Tiers {
    /// The tier of a creator with this median.
    #[must_use]
    pub fn of(&self, median_plays: Option<f64>) -> Option<&str> {
        let median = median_plays?;
        self.0.iter().rev().find(|(_, from)| median >= *from).map(|(name, _)| name.as_str())
    }

    /// From which median on (and below which) a creator is in the tier of this name; `None` when there is none such.
    #[must_use]
    pub fn bounds(&self, name: &str) -> Option<(f64, Option<f64>)> {
        let position = self.0.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some((self.0[position].1, self.0.get(position + 1).map(|next| next.1)))
    }

    /// Their names, from the lowest on.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl FromStr for Tiers {
    type Err = TiersError;

    fn from_str(text: &str) -> Result<Self, TiersError> {
        let mut tiers: Vec<(String, f64)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let shape = || TiersError::Shape(part.to_owned());
            let (name, from) = part.split_once('=').ok_or_else(shape)?;
            let (name, from) = (name.trim(), plays(from.trim()).ok_or_else(shape)?);
            if name.is_empty() {
                return Err(shape());
            }
            match tiers.last() {
                None if from > 0.0 => return Err(TiersError::Start(name.to_owned())),
                Some((_, before)) if from <= *before => return Err(TiersError::Order(name.to_owned())),
                _ => {}
            }
            if tiers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                return Err(TiersError::Order(name.to_owned()));
            }
            tiers.push((name.to_owned(), from));
        }
        Ok(Self(tiers))
    }
}

/// 1000, 10k, 2M.
fn plays(text: &str) -> Option<f64> {
    let (digits, factor) = match text.char_indices().last()? {
        (end, 'k' | 'K') => (&text[..end], 1_000),
        (end, 'm' | 'M') => (&text[..end], 1_000_000),
        _ => (text, 1),
    };
    let count: u64 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    count.checked_mul(factor).map(|plays| plays as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_creator_is_in_the_highest_tier_that_it_reaches() {
        let tiers: Tiers = "small=0, Mid=10k,big=1M".parse().unwrap();
        let of = |median: f64| tiers.of(Some(median)).unwrap().to_owned();
        assert_eq!([0.0, 9_999.5, 10_000.0, 5e8].map(of), ["small", "small", "Mid", "big"]);
        assert_eq!(tiers.of(None), None);
        assert_eq!(tiers.bounds("mid"), Some((10_000.0, Some(1e6))));
        assert_eq!((tiers.bounds("big"), tiers.bounds("giant")), (Some((1e6, None)), None));
        assert_eq!(Tiers::default().names().count(), 5);
        assert_eq!("nano=0,micro=1000,mid=10k,macro=100k,mega=1M".parse(), Ok(Tiers::default()));
    }

    #[test]
    fn wrong_tiers_are_told_apart() {
        let error = |text: &str| text.parse::<Tiers>().unwrap_err();
        for text in ["", "small", "small=", "=0", "small=-1", "small=0,big=many", "small=0,,big=5", "a=0,b=1e3"] {
            assert!(matches!(error(text), TiersError::Shape(_)), "{text}");
        }
        assert_eq!(error("small=5,big=9"), TiersError::Start("small".into()));
        assert_eq!(error("small=0,big=0"), TiersError::Order("big".into()));
        assert_eq!(error("small=0,Small=9"), TiersError::Order("Small".into()));
    }

    proptest! {
        #[test]
        fn bounds_and_tiers_agree(median in 0.0..1e7_f64) {
            let tiers = Tiers::default();
            let tier = tiers.of(Some(median)).unwrap();
            let (from, below) = tiers.bounds(tier).unwrap();
            prop_assert!(median >= from && below.is_none_or(|below| median < below));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "([a-zk=,0-9]|\\PC){0,20}") {
            if let Ok(tiers) = text.parse::<Tiers>() {
                prop_assert!(tiers.of(Some(0.0)).is_some());
            }
        }
    }
}
