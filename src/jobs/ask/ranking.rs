//! Tags, words and sounds in order: candidates from the store, put in order by `insight`, and the first of them
//! measured, some at a time, until so many met the floors.

use unicode_script::Script;

use super::claiming::claim;
use super::scopes::{is_everything, tagged, tally, viral, within, within_both};
use super::{AskError, script};
use crate::insight::claims::{self, Tested};
use crate::insight::groups::{Background, GroupKind, GroupOrder, GroupRow, sort_by_value};
use crate::insight::relation::npmi;
use crate::insight::{growth, lift};
use crate::model::{Group, GroupBy, GroupQuestion, Groups, Measure, Pick, Scope, Tally, Windows};
use crate::store::{StoreError, StoreReader};

/// A group with fewer viral posts is not looked at for its lift (nor is one with fewer than the floor of posts).
pub const LEAST_VIRAL: u64 = 3;

/// More candidates than are shown, for those that are left out.
const SLACK: usize = 20;

/// So many groups are measured at once.
const CHUNK: std::ops::RangeInclusive<usize> = 20..=200;

/// What a group needs to be in an order by median, lift, growth or relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floors {
    /// Posts at least; by growth: in the recent window.
    pub posts: u64,
    /// Creators at least; by growth: in the recent window.
    pub creators: u64,
}

impl Default for Floors {
    fn default() -> Self {
        Self { posts: 5, creators: 3 }
    }
}

/// What is asked of groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Of which groups.
    pub kind: GroupKind,
    /// In which order.
    pub order: GroupOrder,
    /// So many at most.
    pub limit: usize,
    /// What they need.
    pub floors: Floors,
    /// The windows of growth; without them, nothing grows.
    pub windows: Option<Windows>,
    /// Windows that no `--since` cuts, for what is generic: a tag that bursts everywhere is not.
    pub whole_windows: Option<Windows>,
    /// Whether generic tags are left out.
    pub without_generic: bool,
    /// Only keys that hold a letter of this script.
    pub script: Option<Script>,
    /// The tag (folded) that they are to belong to; generic ones are left out.
    pub related_to: Option<String>,
}

impl Ranking {
    /// The first `limit` in an order, as it is by default.
    #[must_use]
    pub fn new(kind: GroupKind, order: GroupOrder, limit: usize) -> Self {
        let floors = Floors::default();
        Self {
            kind,
            order,
            limit,
            floors,
            windows: None,
            whole_windows: None,
            without_generic: false,
            script: None,
            related_to: None,
        }
    }

    fn by(&self) -> GroupBy {
        match self.kind {
            GroupKind::Hashtag => GroupBy::Hashtag,
            GroupKind::Keyword => GroupBy::Word,
            GroupKind::Sound => GroupBy::Sound,
            // Categories are no groups of the store: `categories` ranks them.
            GroupKind::Category => GroupBy::Creator,
        }
    }

    fn least_viral(&self) -> u64 {
        self.floors.posts.clamp(1, LEAST_VIRAL)
    }

    fn least_recent(&self) -> u64 {
        self.floors.posts.max(1)
    }
}

/// The first groups of the posts of a scope.
pub async fn rank(reader: &dyn StoreReader, scope: &Scope, ranking: &Ranking) -> Result<Vec<GroupRow>, AskError> {
    let inner = ranking.related_to.as_ref().map_or_else(|| scope.clone(), |tag| tagged(scope, tag));
    let asking = Asking { reader, outer: scope, inner, ranking };
    let mut wanted = ranking.limit.saturating_add(SLACK);
    let (mut picked, known) = tokio::try_join!(asking.candidates(wanted), asking.known())?;
    let (mut rows, mut done) = (Vec::new(), 0);
    let rows_at_once = ranking.limit.clamp(*CHUNK.start(), *CHUNK.end());
    // Where most are left out, more of them are looked at at once.
    let mut chunk_size = rows_at_once;
    loop {
        let mut left = picked.keys.get(done..).unwrap_or_default();
        while !left.is_empty() {
            let (chunk, others) = left.split_at(chunk_size.min(left.len()));
            for met in asking.meeting_the_floor(chunk).await?.chunks(rows_at_once) {
                rows.extend(asking.rows(met, &known).await?);
                if rows.len() >= ranking.limit {
                    rows.truncate(ranking.limit);
                    return Ok(rows);
                }
            }
            left = others;
            chunk_size = (2 * chunk_size).min(*CHUNK.end());
        }
        if picked.is_all {
            return Ok(rows);
        }
        done = picked.keys.len();
        wanted = wanted.saturating_mul(4);
        picked = asking.candidates(wanted).await?;
    }
}

/// A group that may be shown, and its measure in the recent window, if it was taken.
type Candidate = (String, Option<Measure>);

/// Groups that may be shown, in order.
struct Candidates {
    keys: Vec<String>,
    /// Whether there are no others.
    is_all: bool,
}

/// What rows are held against.
struct Known {
    /// Of the posts that are counted.
    inner: Background,
    /// Posts of the whole scope, where only posts with a tag are counted.
    outer_posts: Option<u64>,
    /// Of all posts that are stored; for hashtags, unless these are the posts that are counted.
    everything: Option<Background>,
    /// Creators of all posts that are stored; 0 but for hashtags.
    creators: u64,
}

struct Asking<'a> {
    reader: &'a dyn StoreReader,
    outer: &'a Scope,
    /// The posts that are counted.
    inner: Scope,
    ranking: &'a Ranking,
}

impl Asking<'_> {
    async fn groups(&self, scope: Scope, pick: Pick, windows: Option<&Windows>) -> Result<Groups, StoreError> {
        let question = GroupQuestion { scope, by: self.ranking.by(), pick, windows: windows.cloned() };
        self.reader.groups(&question).await
    }

    /// The first `wanted` groups in order, or all where the order is `insight`'s.
    async fn candidates(&self, wanted: usize) -> Result<Candidates, StoreError> {
        let ranking = self.ranking;
        let floors = ranking.floors;
        let inner = || self.inner.clone();
        let first = |pick| self.groups(inner(), pick, None);
        let (keys, is_all) = match ranking.order {
            GroupOrder::Posts => some(first(Pick::MostPosts(wanted)).await?, wanted),
            GroupOrder::Plays => some(first(Pick::MostPlays(wanted)).await?, wanted),
            GroupOrder::Median => {
                some(first(Pick::BestMedian { limit: wanted, min_posts: floors.posts }).await?, wanted)
            }
            GroupOrder::Lift => {
                let found = first(Pick::Viral(ranking.least_viral())).await?;
                let lift = |group: &Tally| lift::jlh(group, &found.scope).filter(|&lift| lift > 0.0);
                let of = |(key, group): &(String, Tally)| Some((key.clone(), lift(group)?));
                let enough = found.groups.iter().filter(|(_, group)| group.posts >= floors.posts);
                (in_order(enough.filter_map(of).collect()), true)
            }
            GroupOrder::Growth => match &ranking.windows {
                None => (Vec::new(), true),
                Some(windows) => {
                    let scope = within_both(&self.inner, windows);
                    let found = self.groups(scope, Pick::Recent(ranking.least_recent()), Some(windows)).await?;
                    let of = |(key, group): &(String, Tally)| Some((key.clone(), growth::growth(group, &found.scope)?));
                    (in_order(found.groups.iter().filter_map(of).collect()), true)
                }
            },
            GroupOrder::Relation => {
                let found = first(Pick::Posts(floors.posts.max(1))).await?;
                let keys: Vec<String> = found.groups.iter().map(|(key, _)| key.clone()).collect();
                let outside = self.groups(self.outer.clone(), Pick::Named(keys), None).await?;
                let (with_tag, all) = (found.scope.posts, outside.scope.posts);
                let of = |((key, inside), (_, outside)): (&(String, Tally), &(String, Tally))| {
                    Some((key.clone(), npmi(inside.posts, with_tag, outside.posts, all)?))
                };
                (in_order(found.groups.iter().zip(&outside.groups).filter_map(of).collect()), true)
            }
        };
        let is_wanted = |key: &String| {
            ranking.script.is_none_or(|wanted| script::holds(key, wanted)) && ranking.related_to.as_ref() != Some(key)
        };
        Ok(Candidates { keys: keys.into_iter().filter(is_wanted).collect(), is_all })
    }

    /// What all rows are held against.
    async fn known(&self) -> Result<Known, StoreError> {
        let ranking = self.ranking;
        let outer_posts = async {
            let Some(_) = ranking.related_to else { return Ok(None) };
            tally(self.reader, self.outer, None).await.map(|outer| Some(outer.posts))
        };
        let is_hashtag = ranking.kind == GroupKind::Hashtag;
        let everything = async {
            if !is_hashtag || self.is_everything() {
                return Ok(None);
            }
            self.background(&Scope::all(), ranking.whole_windows.as_ref()).await.map(Some)
        };
        let creators = async {
            if !is_hashtag {
                return Ok(0);
            }
            let pick = Pick::Posts(1);
            let question = GroupQuestion { scope: Scope::all(), by: GroupBy::Creator, pick, windows: None };
            Ok(self.reader.groups(&question).await?.groups.len() as u64)
        };
        let inner = self.background(&self.inner, ranking.windows.as_ref());
        let (inner, outer_posts, everything, creators) = tokio::try_join!(inner, outer_posts, everything, creators)?;
        Ok(Known { inner, outer_posts, everything, creators })
    }

    /// Whether the posts that are counted are all that are stored.
    fn is_everything(&self) -> bool {
        is_everything(&self.inner)
    }

    async fn background(&self, scope: &Scope, windows: Option<&Windows>) -> Result<Background, StoreError> {
        // Groups with so many recent posts: those with so many in the recent window alone. Likewise for viral ones.
        let bursts = async {
            let floor = self.ranking.least_recent();
            let Some(windows) = windows else { return Ok(Tested { groups: 0, floor }) };
            let found = self.groups(within(scope, &windows.recent), Pick::Posts(floor), None).await?;
            Ok(Tested { groups: found.groups.len() as u64, floor })
        };
        let lifts = async {
            let floor = self.ranking.least_viral();
            let found = self.groups(viral(scope), Pick::Posts(floor), None).await?;
            Ok(Tested { groups: found.groups.len() as u64, floor })
        };
        let (scope, bursts, lifts) = tokio::try_join!(tally(self.reader, scope, windows), bursts, lifts)?;
        Ok(Background { scope, bursts, lifts })
    }

    /// The candidates without those of too few creators in the recent window, if that is what the floor is of; and
    /// their measures there.
    async fn meeting_the_floor(&self, keys: &[String]) -> Result<Vec<Candidate>, StoreError> {
        let ranking = self.ranking;
        let Some(windows) = ranking.windows.as_ref().filter(|_| ranking.order == GroupOrder::Growth) else {
            return Ok(keys.iter().map(|key| (key.clone(), None)).collect());
        };
        let groups = self.groups_of(keys.iter());
        let measures = self.reader.measure(&within(&self.inner, &windows.recent), &groups, None).await?;
        let has_creators = |measure: &Measure| measure.posts_by_creator.len() as u64 >= ranking.floors.creators;
        let meeting = keys.iter().cloned().zip(measures).filter(|(_, measure)| has_creators(measure));
        Ok(meeting.map(|(key, measure)| (key, Some(measure))).collect())
    }

    fn groups_of<'a>(&self, keys: impl Iterator<Item = &'a String>) -> Vec<Group> {
        keys.map(|key| Group::Key(self.ranking.by(), key.clone())).collect()
    }

    /// The rows of some candidates that are to be shown.
    async fn rows(&self, candidates: &[Candidate], known: &Known) -> Result<Vec<GroupRow>, StoreError> {
        let ranking = self.ranking;
        let windows = ranking.windows.as_ref();
        let (keys, recent): (Vec<String>, Vec<Option<Measure>>) = candidates.iter().cloned().unzip();
        let recent: Option<Vec<Measure>> = recent.into_iter().collect();
        let groups = self.groups_of(keys.iter());
        let measures = self.reader.measure(&self.inner, &groups, windows).await?;
        let scope = &known.inner.scope;
        let mut rows: Vec<GroupRow> = keys
            .iter()
            .zip(measures)
            .map(|(key, measure)| GroupRow::of(ranking.kind, key.clone(), measure, scope))
            .collect();
        claim(self.reader, &self.inner, windows, &known.inner, &groups, &mut rows, recent.as_deref()).await?;
        self.mark_generic(&groups, &mut rows, known).await?;
        self.relate(&keys, &mut rows, known).await?;
        // By growth it is the recent window's, above.
        let has_floor = matches!(ranking.order, GroupOrder::Median | GroupOrder::Lift | GroupOrder::Relation);
        let leaves_generic_out = ranking.without_generic || ranking.related_to.is_some();
        rows.retain(|row| {
            (!has_floor || row.creators >= ranking.floors.creators)
                && !(leaves_generic_out && row.generic == Some(true))
        });
        Ok(rows)
    }

    /// By all creators that are stored, and by what is claimed there: among the posts of a filter, its own tags are
    /// everywhere, and beside a tag, each tag is used by few.
    async fn mark_generic(&self, groups: &[Group], rows: &mut [GroupRow], known: &Known) -> Result<(), StoreError> {
        let Some(background) = &known.everything else {
            for row in rows.iter_mut().filter(|row| row.kind == GroupKind::Hashtag) {
                let is_claimed = row.lifted || row.bursting;
                row.generic = Some(claims::is_generic(row.creators, known.creators, row.growth, is_claimed));
            }
            return Ok(());
        };
        let (everything, windows) = (Scope::all(), self.ranking.whole_windows.as_ref());
        let measures = self.reader.measure(&everything, groups, windows).await?;
        let whole = |(group, measure): (&GroupRow, Measure)| {
            GroupRow::of(group.kind, group.key.clone(), measure, &background.scope)
        };
        let mut whole: Vec<GroupRow> = rows.iter().zip(measures).map(whole).collect();
        claim(self.reader, &everything, windows, background, groups, &mut whole, None).await?;
        for (row, whole) in rows.iter_mut().zip(whole) {
            let is_claimed = whole.lifted || whole.bursting;
            row.generic = Some(claims::is_generic(whole.creators, known.creators, whole.growth, is_claimed));
        }
        Ok(())
    }

    async fn relate(&self, keys: &[String], rows: &mut [GroupRow], known: &Known) -> Result<(), StoreError> {
        let Some(outer_posts) = known.outer_posts else { return Ok(()) };
        let outside = self.groups(self.outer.clone(), Pick::Named(keys.to_vec()), None).await?;
        for (row, (_, outside)) in rows.iter_mut().zip(&outside.groups) {
            row.npmi = npmi(row.tally.posts, known.inner.scope.posts, outside.posts, outer_posts);
        }
        Ok(())
    }
}

fn some(found: Groups, wanted: usize) -> (Vec<String>, bool) {
    let is_all = found.groups.len() < wanted;
    (found.groups.into_iter().map(|(key, _)| key).collect(), is_all)
}

fn in_order(mut groups: Vec<(String, f64)>) -> Vec<String> {
    sort_by_value(&mut groups, |group| Some(group.1), |group| &group.0);
    groups.into_iter().map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests;
