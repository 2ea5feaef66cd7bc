//! Tags, words and sounds in order: candidates from the store, put in order by `insight`, and the first of them measured,
//! some at a time, until so many met the floors.

use unicode_script::Script;

use super::claiming::claim;
use super::scopes::{tagged, tally, viral, within, within_both};
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
        Self { kind, order, limit, floors, windows: None, without_generic: false, script: None, related_to: None }
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
    loop {
        let chunk_size = ranking.limit.clamp(*CHUNK.start(), *CHUNK.end());
        for chunk in picked.keys.get(done..).unwrap_or_default().chunks(chunk_size) {
            rows.extend(asking.rows(chunk, &known).await?);
            if rows.len() >= ranking.limit {
                rows.truncate(ranking.limit);
                return Ok(rows);
            }
        }
        if picked.is_all {
            return Ok(rows);
        }
        done = picked.keys.len();
        wanted = wanted.saturating_mul(4);
        picked = asking.candidates(wanted).await?;
    }
}

/// Groups that may be shown, in order.
struct Candidates {
    keys: Vec<String>,
    /// Whether there are no others.
    is_all: bool,
}

/// What rows are held against.
struct Known {
    background: Background,
    /// Posts of the whole scope, whatever tag they are to belong to.
    outer_posts: u64,
    /// Creators of the same; 0 but for hashtags.
    outer_creators: u64,
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
        let windows = ranking.windows.as_ref();
        // Groups with so many recent posts: those with so many in the recent window alone. Likewise for viral ones.
        let bursts = async {
            let floor = ranking.least_recent();
            let Some(windows) = windows else { return Ok(Tested { groups: 0, floor }) };
            let found = self.groups(within(&self.inner, &windows.recent), Pick::Posts(floor), None).await?;
            Ok(Tested { groups: found.groups.len() as u64, floor })
        };
        let lifts = async {
            let floor = ranking.least_viral();
            let found = self.groups(viral(&self.inner), Pick::Posts(floor), None).await?;
            Ok(Tested { groups: found.groups.len() as u64, floor })
        };
        let creators = async {
            if ranking.kind != GroupKind::Hashtag {
                return Ok(0);
            }
            let pick = Pick::Posts(1);
            let question = GroupQuestion { scope: self.outer.clone(), by: GroupBy::Creator, pick, windows: None };
            Ok(self.reader.groups(&question).await?.groups.len() as u64)
        };
        let outer_posts = async {
            let Some(_) = ranking.related_to else { return Ok(0) };
            Ok(tally(self.reader, self.outer, None).await?.posts)
        };
        let scope = tally(self.reader, &self.inner, windows);
        let (scope, bursts, lifts, outer_creators, outer_posts) =
            tokio::try_join!(scope, bursts, lifts, creators, outer_posts)?;
        Ok(Known { background: Background { scope, bursts, lifts }, outer_posts, outer_creators })
    }

    /// The rows of some candidates that are to be shown.
    async fn rows(&self, keys: &[String], known: &Known) -> Result<Vec<GroupRow>, StoreError> {
        let ranking = self.ranking;
        let windows = ranking.windows.as_ref();
        let groups: Vec<Group> = keys.iter().map(|key| Group::Key(ranking.by(), key.clone())).collect();
        let measures = self.reader.measure(&self.inner, &groups, windows).await?;
        let scope = &known.background.scope;
        let mut rows: Vec<GroupRow> = keys
            .iter()
            .zip(measures)
            .map(|(key, measure)| GroupRow::of(ranking.kind, key.clone(), measure, scope))
            .collect();
        let by_growth = ranking.order == GroupOrder::Growth;
        let recent = claim(self.reader, &self.inner, windows, &known.background, &groups, &mut rows, by_growth).await?;
        self.mark_generic(&groups, &mut rows, known).await?;
        self.relate(keys, &mut rows, known).await?;
        let creators_of = |row: &GroupRow, recent: &Option<Measure>| match recent {
            Some(recent) if by_growth => recent.posts_by_creator.len() as u64,
            _ => row.creators,
        };
        let has_floors = !matches!(ranking.order, GroupOrder::Posts | GroupOrder::Plays);
        let leaves_generic_out = ranking.without_generic || ranking.related_to.is_some();
        let is_shown = |(row, recent): &(GroupRow, Option<Measure>)| {
            (!has_floors || creators_of(row, recent) >= ranking.floors.creators)
                && !(leaves_generic_out && row.generic == Some(true))
        };
        Ok(rows.into_iter().zip(recent).filter(is_shown).map(|(row, _)| row).collect())
    }

    /// By the creators of the whole scope: beside a tag, each tag is used by few.
    async fn mark_generic(&self, groups: &[Group], rows: &mut [GroupRow], known: &Known) -> Result<(), StoreError> {
        if self.ranking.kind != GroupKind::Hashtag {
            return Ok(());
        }
        let creators: Vec<u64> = if self.ranking.related_to.is_some() {
            let measures = self.reader.measure(self.outer, groups, None).await?;
            measures.iter().map(|measure| measure.posts_by_creator.len() as u64).collect()
        } else {
            rows.iter().map(|row| row.creators).collect()
        };
        for (row, creators) in rows.iter_mut().zip(creators) {
            row.generic = Some(claims::is_generic(creators, known.outer_creators, row.lifted || row.bursting));
        }
        Ok(())
    }

    async fn relate(&self, keys: &[String], rows: &mut [GroupRow], known: &Known) -> Result<(), StoreError> {
        if self.ranking.related_to.is_none() {
            return Ok(());
        }
        let outside = self.groups(self.outer.clone(), Pick::Named(keys.to_vec()), None).await?;
        let tag_posts = known.background.scope.posts;
        for (row, (_, outside)) in rows.iter_mut().zip(&outside.groups) {
            row.npmi = npmi(row.tally.posts, tag_posts, outside.posts, known.outer_posts);
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
