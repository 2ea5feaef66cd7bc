//! The median plays of many groups, exactly: the plays of each are gathered, of as many groups at a time as memory
//! should hold, in as many passes as that takes.

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::Query;
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

use super::groups;
use super::pick::Candidate;
use super::posts::{Posts, median};
use crate::model::GroupBy;

/// Posts whose plays are gathered at a time, 8 bytes each: 64 MB.
const POSTS_AT_A_TIME: u64 = 8 << 20;
/// In place of a group's number: it is not gathered.
const NOT_NOW: u32 = u32::MAX;

/// The median plays of each candidate among the posts that `query` matches, those withheld (0) left out.
pub(super) fn of(
    searcher: &Searcher,
    query: &dyn Query,
    by: GroupBy,
    candidates: &[Candidate],
) -> tantivy::Result<Vec<Option<f64>>> {
    let mut medians = Vec::with_capacity(candidates.len());
    for some in portions(candidates, POSTS_AT_A_TIME) {
        let gathering = Gathering { by, groups: some };
        let mut plays = searcher.search(query, &gathering)?;
        medians.extend(plays.iter_mut().map(|plays| median(plays)));
    }
    Ok(medians)
}

/// Cuts the candidates where their posts are more than `posts`; one alone may have more.
fn portions(candidates: &[Candidate], posts: u64) -> impl Iterator<Item = &[Candidate]> {
    let mut rest = candidates;
    std::iter::from_fn(move || {
        let mut sum = 0;
        let fits = |candidate: &Candidate| {
            sum += candidate.tally.posts;
            sum <= posts
        };
        let count = rest.iter().map(fits).take_while(|fits| *fits).count().max(1);
        let (some, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(some)
    })
}

struct Gathering<'a> {
    by: GroupBy,
    groups: &'a [Candidate],
}

struct SegmentGathering {
    posts: Posts,
    ordinals: Option<Column<u64>>,
    /// The group's number, by ordinal.
    numbers: Vec<u32>,
    /// By the group's number: its plays, and the number after its last post's.
    plays: Vec<(Vec<u64>, u32)>,
}

impl Collector for Gathering<'_> {
    type Fruit = Vec<Vec<u64>>;
    type Child = SegmentGathering;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentGathering> {
        let (keys, _) = groups::ordinals(reader, self.by)?;
        let mut numbers = vec![NOT_NOW; keys.as_ref().map_or(0, |keys| keys.num_terms())];
        for (number, group) in (0..).zip(self.groups) {
            for &(_, ordinal) in group.places.iter().filter(|place| place.0 == segment as usize) {
                if let Some(place) = usize::try_from(ordinal).ok().and_then(|ordinal| numbers.get_mut(ordinal)) {
                    *place = number;
                }
            }
        }
        let posts = Posts::of(reader, None)?;
        let ordinals = keys.map(|keys| keys.ords().clone());
        Ok(SegmentGathering { posts, ordinals, numbers, plays: vec![(Vec::new(), 0); self.groups.len()] })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Vec<(Vec<u64>, u32)>>) -> tantivy::Result<Vec<Vec<u64>>> {
        let mut all = vec![Vec::new(); self.groups.len()];
        for segment in segments {
            for (all, (of_segment, _)) in all.iter_mut().zip(segment) {
                if all.is_empty() {
                    *all = of_segment;
                } else {
                    all.extend(of_segment);
                }
            }
        }
        Ok(all)
    }
}

impl SegmentCollector for SegmentGathering {
    type Fruit = Vec<(Vec<u64>, u32)>;

    fn collect(&mut self, document: DocId, _score: Score) {
        let plays = self.posts.plays(document);
        let Some(ordinals) = self.ordinals.as_ref().filter(|_| plays > 0) else { return };
        for ordinal in ordinals.values_for_doc(document) {
            let number = usize::try_from(ordinal).ok().and_then(|ordinal| self.numbers.get(ordinal));
            let group = number.and_then(|&number| self.plays.get_mut(number as usize));
            // One that carries its key twice is counted once.
            if let Some((gathered, after_last)) = group.filter(|(_, after_last)| *after_last != document + 1) {
                *after_last = document + 1;
                gathered.push(plays);
            }
        }
    }

    fn harvest(self) -> Self::Fruit {
        self.plays
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tally;

    #[test]
    fn portions_hold_no_more_than_they_may_and_leave_nobody_out() {
        let posts = [3, 3, 4, 20, 1, 9, 1];
        let tally = |posts| Tally { posts, ..Tally::default() };
        let candidates = posts.map(|posts| Candidate { key: "".into(), tally: tally(posts), places: Box::default() });
        let sizes: Vec<Vec<u64>> = portions(&candidates, 10)
            .map(|some| some.iter().map(|candidate| candidate.tally.posts).collect())
            .collect();
        assert_eq!(sizes, [vec![3, 3, 4], vec![20], vec![1, 9], vec![1]]);
        assert_eq!(portions(&[], 10).count(), 0);
    }
}
