//! Hashtags: rows in, one row per tag out, exact, in one pass. Called by `jobs::ask`.
//!
//! Tags are one when their folded forms are. Withheld plays (0) are no evidence: they add nothing to `plays` and are
//! left out of the median. A post whose creator is unknown (a detail alone) counts as a post, but for no creator.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::model::Row;

/// One hashtag over all posts that a question matches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HashtagRow {
    /// The spelling most posts have, as received; of equally many the smallest by code points.
    pub hashtag: String,
    /// Posts that carry it; a tag twice in one post counts once.
    pub posts: u64,
    /// Distinct creators (`sec_user_id`) of those posts.
    pub creators: u64,
    /// The posts' plays, added up.
    pub plays: u64,
    /// The median of the plays that are not withheld, the mean of the two middle ones of an even number; `null` when
    /// all are withheld. A whole number is written as an integer.
    #[serde(serialize_with = "whole_as_integer")]
    pub median_plays: Option<f64>,
}

/// The order of hashtags: highest first, ties by the folded tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashtagSort {
    /// By number of posts.
    #[default]
    Posts,
    /// By plays in all.
    Plays,
    /// By median plays; tags without one last.
    Median,
}

/// Adds up rows by hashtag. Memory: about 12 bytes per post and tag, and each tag and creator once.
#[derive(Debug, Default)]
pub struct HashtagCounter {
    tags: HashMap<Box<str>, Tally>,
    creators: HashMap<Box<str>, u32>,
}

#[derive(Debug, Default)]
struct Tally {
    posts: u64,
    plays: u64,
    spellings: Vec<(Box<str>, u64)>,
    creators: Creators,
    known_plays: Vec<u64>,
}

impl HashtagCounter {
    /// Counts one post. Each post is to be given once.
    pub fn add(&mut self, row: &Row) {
        let creator = row.sec_user_id.as_deref().map(|creator| self.creator_number(creator));
        for (position, key) in row.hashtag_keys.iter().enumerate() {
            if row.hashtag_keys[..position].contains(key) {
                continue;
            }
            let spelling = row.hashtags.get(position).unwrap_or(key);
            if let Some(tally) = self.tags.get_mut(key.as_str()) {
                tally.add(spelling, creator, row.stats.play);
            } else {
                let mut tally = Tally::default();
                tally.add(spelling, creator, row.stats.play);
                self.tags.insert(key.as_str().into(), tally);
            }
        }
    }

    /// How many hashtags there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether no hashtag was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The first `limit` hashtags in the order asked for.
    #[must_use]
    pub fn finish(self, sort: HashtagSort, limit: usize) -> Vec<HashtagRow> {
        let mut rows: Vec<(Box<str>, HashtagRow)> =
            self.tags.into_iter().map(|(key, tally)| (key, tally.finish())).collect();
        rows.sort_unstable_by(|(key, row), (other_key, other)| {
            let highest_first = match sort {
                HashtagSort::Posts => other.posts.cmp(&row.posts),
                HashtagSort::Plays => other.plays.cmp(&row.plays),
                // No median is negative, so that none at all sorts below each.
                HashtagSort::Median => other.median_plays.unwrap_or(-1.0).total_cmp(&row.median_plays.unwrap_or(-1.0)),
            };
            highest_first.then_with(|| key.cmp(other_key))
        });
        rows.truncate(limit);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn creator_number(&mut self, creator: &str) -> u32 {
        if let Some(&number) = self.creators.get(creator) {
            return number;
        }
        let number = u32::try_from(self.creators.len()).unwrap_or(u32::MAX);
        self.creators.insert(creator.into(), number);
        number
    }
}

impl Tally {
    fn add(&mut self, spelling: &str, creator: Option<u32>, plays: u64) {
        self.posts += 1;
        self.plays = self.plays.saturating_add(plays);
        match self.spellings.iter_mut().find(|(known, _)| **known == *spelling) {
            Some((_, posts)) => *posts += 1,
            None => self.spellings.push((spelling.into(), 1)),
        }
        if let Some(creator) = creator {
            self.creators.add(creator);
        }
        if plays > 0 {
            self.known_plays.push(plays);
        }
    }

    fn finish(mut self) -> HashtagRow {
        self.spellings
            .sort_unstable_by(|(one, posts), (other, other_posts)| other_posts.cmp(posts).then(one.cmp(other)));
        HashtagRow {
            hashtag: self.spellings.into_iter().next().map_or_else(String::new, |(spelling, _)| spelling.into()),
            posts: self.posts,
            creators: self.creators.count(),
            plays: self.plays,
            median_plays: median(&mut self.known_plays),
        }
    }
}

/// A set of numbers that costs 4 bytes an entry, duplicates taken out whenever it would have to grow.
#[derive(Debug, Default)]
struct Creators(Vec<u32>);

impl Creators {
    fn add(&mut self, creator: u32) {
        // Rows often come creator by creator.
        if self.0.last() == Some(&creator) {
            return;
        }
        if self.0.len() == self.0.capacity() {
            self.take_duplicates_out();
            // Half full at most, or a set without duplicates would be sorted again for each entry.
            self.0.reserve(self.0.len().max(1));
        }
        self.0.push(creator);
    }

    fn count(mut self) -> u64 {
        self.take_duplicates_out();
        self.0.len() as u64
    }

    fn take_duplicates_out(&mut self) {
        self.0.sort_unstable();
        self.0.dedup();
    }
}

fn median(values: &mut [u64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let is_even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable(values.len() / 2);
    // With an even number, the lower of the two middle values is the highest of those below.
    let lower = if is_even { below.iter().copied().max().unwrap_or(upper) } else { upper };
    Some((u128::from(lower) + u128::from(upper)) as f64 / 2.0)
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn whole_as_integer<S: Serializer>(median: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match *median {
        None => serializer.serialize_none(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number in u64's range")]
        Some(value) if value.fract() == 0.0 && (0.0..1e19).contains(&value) => serializer.serialize_u64(value as u64),
        Some(value) => serializer.serialize_f64(value),
    }
}

#[cfg(test)]
mod tests;
