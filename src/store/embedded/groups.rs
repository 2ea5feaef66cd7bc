//! Counts posts in groups, exactly, in one pass over the columns of the posts that a scope matches.
//!
//! Each segment counts by the ordinals of its own keys, 32 bytes for each key; then the segments' keys are walked
//! together, and what the question picks is kept (`pick`). Medians take a second pass (`medians`), over the groups that
//! may be picked alone.

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

use super::keys::{self, Place};
use super::pick::{Best, Candidate};
use super::posts::{self, Post, Posts};
use super::query::AskedFields;
use super::{medians, pick};
use crate::model::{GroupBy, GroupQuestion, Groups, Pick, Scope, Tally, Windows};

/// The groups that a question picks.
pub(super) fn groups(searcher: &Searcher, fields: &AskedFields, question: &GroupQuestion) -> tantivy::Result<Groups> {
    let GroupQuestion { scope: Scope { query, filters }, by, pick, windows } = question;
    let query = fields.both(query, filters);
    let counted = searcher.search(&query, &Counting { by: *by, windows: windows.as_ref() })?;
    let groups = match pick {
        Pick::MostPosts(limit) => counted.best(Best::new(*limit, |tally| tally.posts))?,
        Pick::MostPlays(limit) => counted.best(Best::new(*limit, |tally| tally.plays))?,
        Pick::BestMedian { limit, min_posts } => {
            let candidates = counted.candidates(|tally| tally.posts >= *min_posts)?;
            let medians = medians::of(searcher, &query, *by, &candidates)?;
            pick::by_median(candidates, medians, *limit)
        }
        Pick::Posts(least) => counted.all(|tally| tally.posts >= *least)?,
        Pick::Viral(least) => counted.all(|tally| tally.viral >= *least)?,
        Pick::Recent(least) => counted.all(|tally| tally.recent >= *least)?,
        Pick::Named(keys) => counted.named(keys)?,
    };
    Ok(Groups { scope: counted.scope(), groups })
}

/// The values by which a segment's posts are grouped; an empty `music_id` is none.
pub(super) fn ordinals(segment: &SegmentReader, by: GroupBy) -> tantivy::Result<(Option<StrColumn>, Option<u64>)> {
    let keys = segment.fast_fields().str(by.field())?;
    let none = match (&keys, by) {
        (Some(keys), GroupBy::Sound) => keys.dictionary().term_ord("")?,
        _ => None,
    };
    Ok((keys, none))
}

struct Counting<'a> {
    by: GroupBy,
    windows: Option<&'a Windows>,
}

impl Collector for Counting<'_> {
    type Fruit = Counted;
    type Child = SegmentCounting;

    fn for_segment(&self, _segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentCounting> {
        let (keys, none) = ordinals(reader, self.by)?;
        let groups = vec![Group::default(); keys.as_ref().map_or(0, |keys| keys.num_terms())];
        let ordinals = keys.as_ref().map(|keys| keys.ords().clone());
        let posts = Posts::of(reader, self.windows)?;
        Ok(SegmentCounting { posts, ordinals, none, counts: SegmentCounts { scope: Tally::default(), keys, groups } })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<SegmentCounts>) -> tantivy::Result<Counted> {
        Ok(Counted(segments))
    }
}

/// Reads the posts of one segment.
struct SegmentCounting {
    posts: Posts,
    ordinals: Option<Column<u64>>,
    /// The ordinal of a key that is none.
    none: Option<u64>,
    counts: SegmentCounts,
}

/// What one segment counted.
struct SegmentCounts {
    scope: Tally,
    keys: Option<StrColumn>,
    /// By the key's ordinal.
    groups: Vec<Group>,
}

/// A tally, small: no segment has more posts than 32 bits count.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    plays: u64,
    posts: u32,
    judged: u32,
    viral: u32,
    recent: u32,
    earlier: u32,
    /// The number after the last post's, so that one that carries its key twice is counted once.
    after_last: u32,
}

impl SegmentCollector for SegmentCounting {
    type Fruit = SegmentCounts;

    fn collect(&mut self, document: DocId, _score: Score) {
        let post = self.posts.post(document);
        posts::add(&mut self.counts.scope, post);
        let Some(ordinals) = &self.ordinals else { return };
        for ordinal in ordinals.values_for_doc(document) {
            if Some(ordinal) == self.none {
                continue;
            }
            let group = usize::try_from(ordinal).ok().and_then(|ordinal| self.counts.groups.get_mut(ordinal));
            if let Some(group) = group {
                group.add(document, post);
            }
        }
    }

    fn harvest(self) -> SegmentCounts {
        self.counts
    }
}

impl Group {
    fn add(&mut self, document: DocId, post: Post) {
        if self.after_last == document + 1 {
            return;
        }
        self.after_last = document + 1;
        self.plays = self.plays.saturating_add(post.plays);
        self.posts += 1;
        self.judged += u32::from(post.is_judged);
        self.viral += u32::from(post.is_viral);
        self.recent += post.recent;
        self.earlier += post.earlier;
    }

    fn tally(self) -> Tally {
        Tally {
            posts: self.posts.into(),
            plays: self.plays,
            judged: self.judged.into(),
            viral: self.viral.into(),
            recent: self.recent.into(),
            earlier: self.earlier.into(),
        }
    }
}

/// What all segments counted.
struct Counted(Vec<SegmentCounts>);

impl Counted {
    fn scope(&self) -> Tally {
        let mut scope = Tally::default();
        self.0.iter().for_each(|segment| posts::add_up(&mut scope, &segment.scope));
        scope
    }

    fn best(&self, mut best: Best) -> tantivy::Result<Vec<(String, Tally)>> {
        self.walk(|key, tally, _| best.offer(key, tally))?;
        Ok(best.finish())
    }

    fn all(&self, is_picked: impl Fn(&Tally) -> bool) -> tantivy::Result<Vec<(String, Tally)>> {
        let mut all = Vec::new();
        self.walk(|key, tally, _| {
            if is_picked(&tally) {
                all.push((String::from_utf8_lossy(key).into_owned(), tally));
            }
        })?;
        Ok(all)
    }

    fn candidates(&self, may_be_picked: impl Fn(&Tally) -> bool) -> tantivy::Result<Vec<Candidate>> {
        let mut all = Vec::new();
        self.walk(|key, tally, places| {
            if may_be_picked(&tally) {
                all.push(Candidate { key: String::from_utf8_lossy(key).into(), tally, places: places.into() });
            }
        })?;
        Ok(all)
    }

    fn named(&self, keys: &[String]) -> tantivy::Result<Vec<(String, Tally)>> {
        let columns = self.columns();
        let one = |key: &String| Ok((key.clone(), self.tally(&keys::places_of(&columns, key)?)));
        keys.iter().map(one).collect()
    }

    /// Gives every group that has a post to `each`, by key, ascending.
    fn walk(&self, mut each: impl FnMut(&[u8], Tally, &[Place])) -> tantivy::Result<()> {
        let has_posts = |place| self.group(place).posts > 0;
        keys::walk(&self.columns(), has_posts, |key, places| each(key, self.tally(places), places))
    }

    fn columns(&self) -> Vec<Option<StrColumn>> {
        self.0.iter().map(|segment| segment.keys.clone()).collect()
    }

    fn tally(&self, places: &[Place]) -> Tally {
        let mut tally = Tally::default();
        for &place in places {
            posts::add_up(&mut tally, &self.group(place).tally());
        }
        tally
    }

    fn group(&self, (segment, ordinal): Place) -> Group {
        let groups = &self.0[segment].groups;
        usize::try_from(ordinal).ok().and_then(|ordinal| groups.get(ordinal)).copied().unwrap_or_default()
    }
}
