//! Measures a few groups, exactly: one search each, of the posts of the scope that are in the group, over columns.
//!
//! Only the music of a sound is read from a stored document, one for each sound.

use std::collections::{BTreeMap, HashMap};
use std::ops::{Bound, Range};
use std::sync::Arc;

use serde::Deserialize;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{BooleanQuery, Occur, Query};
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument, TantivyError};

use super::committed::source_of;
use super::keys::{Numbered, columns};
use super::posts::{self, Posts, median};
use super::query::AskedFields;
use super::schema::CoreFields;
use super::top::{Order, Top};
use crate::model::{Group, GroupBy, Measure, Scope, Tally, Windows};

/// Stands between key and spelling in `hashtag_spellings`.
const BETWEEN: char = '\t';
/// The next character: what starts with a key and [`BETWEEN`] comes before the key with this.
const AFTER_BETWEEN: char = '\n';

/// Measures `groups` among the posts of `scope`, in their order.
pub(super) fn measure(
    searcher: &Searcher,
    (fields, core): (&AskedFields, CoreFields),
    scope: &Scope,
    groups: &[Group],
    windows: Option<&Windows>,
) -> tantivy::Result<Vec<Measure>> {
    let segments = segments(searcher, windows)?;
    let scope = fields.both(&scope.query, &scope.filters);
    let one = |group: &Group| {
        let within = match group {
            // An empty one is none.
            Group::Key(GroupBy::Sound, key) if key.is_empty() => return Ok(Measure::default()),
            Group::Key(by, key) => fields.group(*by, key),
            Group::Query(query) => fields.found(query),
        };
        let query = BooleanQuery::new(vec![(Occur::Must, scope.box_clone()), (Occur::Must, within)]);
        let tag = match group {
            Group::Key(GroupBy::Hashtag, key) => Some(key.as_str()),
            _ => None,
        };
        let mut measure = searcher.search(&query, &Measuring { segments: &segments, tag })?;
        if matches!(group, Group::Key(GroupBy::Sound, _)) {
            measure.music = music(searcher, core, &query)?;
        }
        Ok(measure)
    };
    groups.iter().map(one).collect()
}

/// Name and author, as the newest fetched of these posts has them.
fn music(searcher: &Searcher, core: CoreFields, query: &dyn Query) -> tantivy::Result<Option<(String, String)>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Music {
        music_name: Option<String>,
        music_author: Option<String>,
    }
    #[derive(Deserialize)]
    struct Post {
        #[serde(default)]
        music_info: Music,
    }
    let newest = searcher.search(query, &Top { order: Order::Whole("fetched_at"), id: "aweme_id", limit: 1 })?;
    let Some(&address) = newest.first.first() else { return Ok(None) };
    let document: TantivyDocument = searcher.doc(address)?;
    let post: Post = serde_json::from_slice(&source_of(&document, core)?)
        .map_err(|error| TantivyError::InternalError(format!("a stored video's music cannot be read: {error}")))?;
    let Music { music_name, music_author } = post.music_info;
    Ok(Some((music_name.unwrap_or_default(), music_author.unwrap_or_default())))
}

/// The columns of one segment, opened once for all groups: opening takes longer than counting a small group.
#[derive(Clone)]
struct Segment {
    posts: Posts,
    creators: Option<Column<u64>>,
    /// The creators' numbers over all segments, by ordinal.
    numbers: Arc<[u32]>,
    spellings: Option<StrColumn>,
}

fn segments(searcher: &Searcher, windows: Option<&Windows>) -> tantivy::Result<Vec<Segment>> {
    let creators = columns(searcher, GroupBy::Creator.field())?;
    let numbered = Numbered::of(&creators)?;
    let open = |(number, (reader, creators)): (usize, (&SegmentReader, Option<StrColumn>))| {
        Ok(Segment {
            posts: Posts::of(reader, windows)?,
            creators: creators.map(|creators| creators.ords().clone()),
            numbers: numbered.of_segment(number),
            spellings: reader.fast_fields().str("hashtag_spellings")?,
        })
    };
    searcher.segment_readers().iter().zip(creators).enumerate().map(open).collect()
}

struct Measuring<'a> {
    segments: &'a [Segment],
    /// The hashtag whose spellings are wanted.
    tag: Option<&'a str>,
}

struct SegmentMeasuring {
    segment: Segment,
    spellings: Option<Spellings>,
    found: Found,
}

/// What one segment found.
#[derive(Default)]
struct Found {
    tally: Tally,
    /// Those not withheld.
    plays: Vec<u64>,
    /// By the creator's number.
    posts_by_creator: HashMap<u32, u64>,
    /// Of the hashtag asked for, other than its key.
    spellings: BTreeMap<String, u64>,
    /// Posts that have one of them.
    spelled: u64,
}

impl Collector for Measuring<'_> {
    type Fruit = Measure;
    type Child = SegmentMeasuring;

    fn for_segment(&self, segment: SegmentOrdinal, _reader: &SegmentReader) -> tantivy::Result<SegmentMeasuring> {
        let segment = self.segments[segment as usize].clone();
        let spellings = segment.spellings.as_ref().zip(self.tag);
        let spellings = spellings.map(|(column, tag)| Spellings::of(column, tag)).transpose()?.flatten();
        Ok(SegmentMeasuring { segment, spellings, found: Found::default() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Found>>) -> tantivy::Result<Measure> {
        let mut all = Found::default();
        for segment in segments {
            all.add(segment?);
        }
        if let Some(tag) = self.tag {
            all.spell_the_rest(tag);
        }
        let mut posts_by_creator: Vec<u64> = all.posts_by_creator.into_values().collect();
        posts_by_creator.sort_unstable_by(|left, right| right.cmp(left));
        let mut spellings: Vec<(String, u64)> = all.spellings.into_iter().collect();
        // Stable: equally many stay in the order of their code points.
        spellings.sort_by(|(_, left), (_, right)| right.cmp(left));
        Ok(Measure { tally: all.tally, posts_by_creator, median_plays: median(&mut all.plays), spellings, music: None })
    }
}

impl Found {
    fn add(&mut self, other: Self) {
        posts::add_up(&mut self.tally, &other.tally);
        self.plays.extend(other.plays);
        for (creator, posts) in other.posts_by_creator {
            *self.posts_by_creator.entry(creator).or_default() += posts;
        }
        for (spelling, posts) in other.spellings {
            *self.spellings.entry(spelling).or_default() += posts;
        }
        self.spelled += other.spelled;
    }

    /// Who has no spelling of its own writes the tag as its key is.
    fn spell_the_rest(&mut self, tag: &str) {
        let rest = self.tally.posts.saturating_sub(self.spelled);
        if rest > 0 {
            *self.spellings.entry(tag.to_owned()).or_default() += rest;
        }
    }
}

impl SegmentCollector for SegmentMeasuring {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, document: DocId, _score: Score) {
        let post = self.segment.posts.post(document);
        posts::add(&mut self.found.tally, post);
        if post.plays > 0 {
            self.found.plays.push(post.plays);
        }
        let creator = self.segment.creators.as_ref().and_then(|creators| creators.first(document));
        let number = creator.and_then(|ordinal| self.segment.numbers.get(usize::try_from(ordinal).ok()?));
        if let Some(&number) = number {
            *self.found.posts_by_creator.entry(number).or_default() += 1;
        }
        if let Some(spellings) = &mut self.spellings {
            self.found.spelled += u64::from(spellings.count(document));
        }
    }

    fn harvest(mut self) -> tantivy::Result<Found> {
        if let Some(spellings) = &self.spellings {
            self.found.spellings = spellings.in_words()?;
        }
        Ok(self.found)
    }
}

/// Counts how one hashtag is written in one segment.
struct Spellings {
    column: StrColumn,
    /// The ordinals of this hashtag's values.
    range: Range<u64>,
    /// The length of what stands before the spelling.
    before: usize,
    counts: HashMap<u64, u64>,
}

impl Spellings {
    /// `None` where nobody has a spelling of it.
    fn of(column: &StrColumn, tag: &str) -> tantivy::Result<Option<Self>> {
        let before = format!("{tag}{BETWEEN}");
        let after = format!("{tag}{AFTER_BETWEEN}");
        let bounds = column.dictionary().term_bounds_to_ord(Bound::Included(&before), Bound::Excluded(&after))?;
        let (Bound::Included(start), Bound::Excluded(end)) = bounds else { return Ok(None) };
        let (column, range, before) = (column.clone(), start..end, before.len());
        Ok((!range.is_empty()).then(|| Self { column, range, before, counts: HashMap::new() }))
    }

    /// Whether a post has one.
    fn count(&mut self, document: DocId) -> bool {
        let values = self.column.ords().values_for_doc(document);
        let mut own: Vec<u64> = values.filter(|ordinal| self.range.contains(ordinal)).collect();
        own.sort_unstable();
        own.dedup();
        for &ordinal in &own {
            *self.counts.entry(ordinal).or_default() += 1;
        }
        !own.is_empty()
    }

    fn in_words(&self) -> tantivy::Result<BTreeMap<String, u64>> {
        let mut value = String::new();
        let mut words = BTreeMap::new();
        for (&ordinal, &posts) in &self.counts {
            self.column.ord_to_str(ordinal, &mut value)?;
            words.insert(value.get(self.before..).unwrap_or_default().to_owned(), posts);
        }
        Ok(words)
    }
}
