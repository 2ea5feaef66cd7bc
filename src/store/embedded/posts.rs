//! What is counted of a post, read from the columns of its segment: no stored document is opened for it.
//!
//! Used by the collectors of `groups`, `measure` and `slots`. What makes a post judged or viral is told in
//! `model::groups`.

use tantivy::columnar::Column;
use tantivy::{DocId, SegmentReader};

use crate::model::{Tally, Windows};

/// The columns of one segment.
#[derive(Clone)]
pub(super) struct Posts {
    plays: Option<Column<i64>>,
    z: Option<Column<f64>>,
    immature: Option<Column<bool>>,
    viral: Option<Column<bool>>,
    /// `None` also when nobody asks when a post was posted.
    published: Option<Column<i64>>,
    windows: Option<Windows>,
}

/// One post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Post {
    /// Its plays; 0 when they are withheld or unknown.
    pub plays: u64,
    pub is_judged: bool,
    /// Judged, and viral.
    pub is_viral: bool,
    /// 1 in the recent window, else 0.
    pub recent: u32,
    /// 1 in the window before, else 0.
    pub earlier: u32,
}

impl Posts {
    pub(super) fn of(segment: &SegmentReader, windows: Option<&Windows>) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        let published = windows.map(|_| columns.column_opt("publish_ts")).transpose()?.flatten();
        Ok(Self {
            plays: columns.column_opt("stats.play")?,
            z: columns.column_opt("virality.z")?,
            immature: columns.column_opt("virality.immature")?,
            viral: columns.column_opt("virality.viral")?,
            published,
            windows: windows.cloned(),
        })
    }

    pub(super) fn post(&self, document: DocId) -> Post {
        let flag = |column: &Option<Column<bool>>| column.as_ref().and_then(|column| column.first(document));
        let is_judged = self.z.as_ref().is_some_and(|column| column.first(document).is_some())
            && flag(&self.immature) == Some(false);
        let published = self.published.as_ref().and_then(|column| column.first(document));
        let window = published.zip(self.windows.as_ref());
        Post {
            plays: self.plays(document),
            is_judged,
            is_viral: is_judged && flag(&self.viral) == Some(true),
            recent: window.is_some_and(|(published, windows)| windows.recent.contains(&published)).into(),
            earlier: window.is_some_and(|(published, windows)| windows.earlier.contains(&published)).into(),
        }
    }

    /// Its plays; 0 when they are withheld or unknown.
    pub(super) fn plays(&self, document: DocId) -> u64 {
        let plays = self.plays.as_ref().and_then(|column| column.first(document));
        plays.and_then(|plays| u64::try_from(plays).ok()).unwrap_or(0)
    }
}

/// Counts a post in.
pub(super) fn add(tally: &mut Tally, post: Post) {
    tally.posts += 1;
    tally.plays = tally.plays.saturating_add(post.plays);
    tally.judged += u64::from(post.is_judged);
    tally.viral += u64::from(post.is_viral);
    tally.recent += u64::from(post.recent);
    tally.earlier += u64::from(post.earlier);
}

/// Adds up two tallies of different posts.
pub(super) fn add_up(tally: &mut Tally, other: &Tally) {
    tally.posts += other.posts;
    tally.plays = tally.plays.saturating_add(other.plays);
    tally.judged += other.judged;
    tally.viral += other.viral;
    tally.recent += other.recent;
    tally.earlier += other.earlier;
}

/// The median of plays; those that are withheld (0) must be left out before. `None` of none.
pub(super) fn median(plays: &mut [u64]) -> Option<f64> {
    let count = plays.len();
    if count == 0 {
        return None;
    }
    let (below, &mut upper, _) = plays.select_nth_unstable(count / 2);
    let lower = if count % 2 == 1 { upper } else { below.iter().copied().max().unwrap_or(upper) };
    Some(f64::midpoint(lower as f64, upper as f64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_median_is_the_mean_of_the_two_middle_ones(mut plays in prop::collection::vec(1_u64..1 << 40, 0..60)) {
            let mut sorted = plays.clone();
            sorted.sort_unstable();
            let middle = |position: usize| sorted[position] as f64;
            let expected = (!sorted.is_empty())
                .then(|| f64::midpoint(middle((sorted.len() - 1) / 2), middle(sorted.len() / 2)));
            prop_assert_eq!(median(&mut plays), expected);
        }
    }
}
