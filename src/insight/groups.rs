//! A row of an answer over groups: what was measured of a tag, word, sound or category, and what follows from it.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::claims::{self, Tested};
use super::{growth, lift, spread};
use crate::model::{Measure, Tally};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// A hashtag.
    Hashtag,
    /// A word or a pair of words.
    Keyword,
    /// A sound.
    Sound,
    /// A category of the user's.
    Category,
}

impl GroupKind {
    /// Its name: the first key of a row.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hashtag => "hashtag",
            Self::Keyword => "keyword",
            Self::Sound => "sound",
            Self::Category => "category",
        }
    }

    /// The same, of several.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Hashtag => "hashtags",
            Self::Keyword => "keywords",
            Self::Sound => "sounds",
            Self::Category => "categories",
        }
    }
}

/// The order of rows: highest first, ties by key (ascending, by code points), a missing value last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupOrder {
    /// By posts.
    Posts,
    /// By plays in all.
    Plays,
    /// By median plays.
    Median,
    /// By lift among the viral posts.
    Lift,
    /// By growth.
    Growth,
    /// By how closely they belong to another tag.
    Relation,
}

/// What a group is held against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Background {
    /// Over all posts of the scope.
    pub scope: Tally,
    /// The groups that could have been said to burst.
    pub bursts: Tested,
    /// The groups that could have been said to be lifted.
    pub lifts: Tested,
}

/// One group over all posts that a question matches.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRow {
    /// What it is.
    pub kind: GroupKind,
    /// What it is grouped by: a folded tag, a word, a sound's id, a category's name.
    pub key: String,
    /// The tag as most of its posts write it, as received; of equally many spellings the smallest by code points. Else
    /// the key.
    pub name: String,
    /// Its counts.
    pub tally: Tally,
    /// Distinct creators (`sec_user_id`) of its posts.
    pub creators: u64,
    /// The median of the plays that are not withheld.
    pub median_plays: Option<f64>,
    /// `lift::jlh`.
    pub lift: Option<f64>,
    /// `growth::growth`.
    pub growth: Option<f64>,
    /// `spread::entropy_bits`.
    pub entropy: f64,
    /// `spread::effective_creators`.
    pub effective_creators: f64,
    /// `claims::lifted`.
    pub lifted: bool,
    /// `claims::bursts`.
    pub bursting: bool,
    /// `claims::is_generic`; `None` but for hashtags.
    pub generic: Option<bool>,
    /// `relation::npmi`, when another tag was asked for.
    pub npmi: Option<f64>,
    /// Name and author of a sound.
    pub music: Option<(String, String)>,
}

impl GroupRow {
    /// The row of a measured group, without claims.
    #[must_use]
    pub fn of(kind: GroupKind, key: String, measure: Measure, scope: &Tally) -> Self {
        let name = spelling(measure.spellings).unwrap_or_else(|| key.clone());
        Self {
            kind,
            key,
            name,
            creators: measure.posts_by_creator.len() as u64,
            median_plays: measure.median_plays,
            lift: lift::jlh(&measure.tally, scope),
            growth: growth::growth(&measure.tally, scope),
            entropy: spread::entropy_bits(&measure.posts_by_creator),
            effective_creators: spread::effective_creators(&measure.posts_by_creator),
            tally: measure.tally,
            lifted: false,
            bursting: false,
            generic: None,
            npmi: None,
            music: measure.music,
        }
    }

    /// Whether a claim is possible at all, so that its creators are to be asked for: of a burst, of a lift.
    #[must_use]
    pub fn may_be_claimed(&self, background: &Background) -> (bool, bool) {
        (
            claims::may_burst(&self.tally, &background.scope, background.bursts),
            claims::may_be_lifted(&self.tally, &background.scope, background.lifts),
        )
    }

    /// The value that an order goes by.
    #[must_use]
    pub fn value(&self, order: GroupOrder) -> Option<f64> {
        match order {
            GroupOrder::Posts => Some(self.tally.posts as f64),
            GroupOrder::Plays => Some(self.tally.plays as f64),
            GroupOrder::Median => self.median_plays,
            GroupOrder::Lift => self.lift,
            GroupOrder::Growth => self.growth,
            GroupOrder::Relation => self.npmi,
        }
    }
}

/// Puts what has a key and a value in order.
pub fn sort_by_value<T>(rows: &mut [T], value: impl Fn(&T) -> Option<f64>, key: impl Fn(&T) -> &str) {
    rows.sort_by(|one, other| {
        let [one_value, other_value] = [one, other].map(|row| value(row).unwrap_or(f64::NEG_INFINITY));
        other_value.total_cmp(&one_value).then_with(|| key(one).cmp(key(other)))
    });
}

fn spelling(spellings: Vec<(String, u64)>) -> Option<String> {
    let most = spellings
        .into_iter()
        .min_by(|(one, posts), (other, other_posts)| other_posts.cmp(posts).then_with(|| one.cmp(other)));
    most.map(|(spelling, _)| spelling)
}

impl Serialize for GroupRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(self.kind.name(), &self.name)?;
        if let Some((name, author)) = &self.music {
            map.serialize_entry("name", name)?;
            map.serialize_entry("author", author)?;
        }
        map.serialize_entry("posts", &self.tally.posts)?;
        map.serialize_entry("creators", &self.creators)?;
        map.serialize_entry("plays", &self.tally.plays)?;
        map.serialize_entry("median_plays", &self.median_plays.map(Figure))?;
        map.serialize_entry("lift", &self.lift.map(Figure))?;
        map.serialize_entry("growth", &self.growth.map(Figure))?;
        if self.npmi.is_some() {
            map.serialize_entry("npmi", &self.npmi.map(Figure))?;
        }
        map.serialize_entry("entropy", &Figure(self.entropy))?;
        map.serialize_entry("effective_creators", &Figure(self.effective_creators))?;
        map.serialize_entry("judged", &self.tally.judged)?;
        map.serialize_entry("viral", &self.tally.viral)?;
        map.serialize_entry("recent", &self.tally.recent)?;
        map.serialize_entry("earlier", &self.tally.earlier)?;
        map.serialize_entry("lifted", &self.lifted)?;
        map.serialize_entry("bursting", &self.bursting)?;
        if let Some(generic) = self.generic {
            map.serialize_entry("generic", &generic)?;
        }
        map.end()
    }
}

/// A number that is written as an integer where it is whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure(pub f64);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number in u64's range")]
        if self.0.fract() == 0.0 && (0.0..1e19).contains(&self.0) {
            serializer.serialize_u64(self.0 as u64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(measure: Measure) -> GroupRow {
        let scope = Tally { judged: 100, viral: 10, recent: 20, earlier: 20, ..Tally::default() };
        GroupRow::of(GroupKind::Hashtag, "ootd".into(), measure, &scope)
    }

    #[test]
    fn a_row_as_json() {
        let spellings = vec![("ootd".to_owned(), 2), ("OOTD".to_owned(), 2), ("Ootd".to_owned(), 1)];
        let tally = Tally { posts: 5, plays: 61, judged: 5, viral: 1, recent: 2, earlier: 1 };
        let measure =
            Measure { tally, posts_by_creator: vec![3, 1], median_plays: Some(20.0), spellings, ..Measure::default() };
        let expected = "{\"hashtag\":\"OOTD\",\"posts\":5,\"creators\":2,\"plays\":61,\"median_plays\":20,\"lift\":0.1,\
            \"growth\":1.167,\"entropy\":0.8113,\"effective_creators\":1.755,\"judged\":5,\"viral\":1,\"recent\":2,\
            \"earlier\":1,\"lifted\":false,\"bursting\":false}";
        assert_eq!(serde_json::to_string(&row(measure)).unwrap(), expected);
    }

    #[test]
    fn a_median_may_lie_between_two_posts_or_be_unknown() {
        let json = |median_plays| serde_json::to_string(&row(Measure { median_plays, ..Measure::default() })).unwrap();
        assert!(json(Some(1.5)).contains("\"median_plays\":1.5,") && json(None).contains("\"median_plays\":null,"));
    }

    #[test]
    fn a_missing_value_comes_last_and_equal_ones_by_key() {
        let mut rows = vec![("c", Some(1.0)), ("a", None), ("d", Some(2.0)), ("b", Some(1.0))];
        sort_by_value(&mut rows, |row| row.1, |row| row.0);
        assert_eq!(rows.iter().map(|row| row.0).collect::<String>(), "dbca");
    }
}
