//! A store of a few posts in memory, for the tests of this folder: it looks at each of them for every question.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;

use crate::model::{
    CreatorQuestion, Filters, Group, GroupBy, GroupQuestion, Groups, Hits, Measure, Pick, PostTime, Query, Question,
    Row, Scope, Slot, Tally, TimeSlot, Windows,
};
use crate::store::{StoreError, StoreReader};

/// A post, as far as groups go.
#[derive(Debug, Clone, Default)]
pub struct Post {
    pub creator: &'static str,
    pub tags: Vec<String>,
    pub words: Vec<&'static str>,
    pub sound: &'static str,
    pub plays: u64,
    pub posted: i64,
    /// `None` when it could not be judged.
    pub viral: Option<bool>,
}

/// The posts, and when the newest was fetched (ms).
#[derive(Debug, Default)]
pub struct Fake {
    pub posts: Vec<Post>,
    pub newest_fetched_at: Option<i64>,
}

impl Fake {
    fn of(&self, scope: &Scope) -> Vec<&Post> {
        self.posts.iter().filter(|post| meets(post, scope)).collect()
    }

    fn grouped(&self, scope: &Scope, by: GroupBy) -> BTreeMap<String, Vec<&Post>> {
        let mut groups: BTreeMap<String, Vec<&Post>> = BTreeMap::new();
        for post in self.of(scope) {
            for key in keys(post, by) {
                groups.entry(key).or_default().push(post);
            }
        }
        groups
    }
}

fn meets(post: &Post, scope: &Scope) -> bool {
    let Filters { hashtags, since, until, only_viral, .. } = &scope.filters;
    finds(&scope.query, post)
        && hashtags.iter().all(|tag| keys(post, GroupBy::Hashtag).contains(tag))
        && since.is_none_or(|since| post.posted >= since)
        && until.is_none_or(|until| post.posted < until)
        && (!only_viral || post.viral == Some(true))
}

fn finds(query: &Query, post: &Post) -> bool {
    match query {
        Query::All => true,
        Query::Words { tokens, .. } => tokens.iter().all(|token| post.words.contains(&token.as_str())),
        Query::Tag { key, .. } => keys(post, GroupBy::Hashtag).contains(key),
        Query::And(parts) => parts.iter().all(|part| finds(part, post)),
        Query::Or(parts) => parts.iter().any(|part| finds(part, post)),
        Query::Not(part) => !finds(part, post),
    }
}

fn keys(post: &Post, by: GroupBy) -> BTreeSet<String> {
    match by {
        GroupBy::Hashtag => post.tags.iter().map(|tag| tag.to_lowercase()).collect(),
        GroupBy::Word => post.words.iter().map(ToString::to_string).collect(),
        GroupBy::Sound => Some(post.sound.to_owned()).filter(|sound| !sound.is_empty()).into_iter().collect(),
        GroupBy::Creator => Some(post.creator.to_owned()).filter(|creator| !creator.is_empty()).into_iter().collect(),
    }
}

fn tally(posts: &[&Post], windows: Option<&Windows>) -> Tally {
    let count = |is: &dyn Fn(&Post) -> bool| posts.iter().filter(|post| is(post)).count() as u64;
    Tally {
        posts: posts.len() as u64,
        plays: posts.iter().map(|post| post.plays).sum(),
        judged: count(&|post| post.viral.is_some()),
        viral: count(&|post| post.viral == Some(true)),
        recent: windows.map_or(0, |windows| count(&|post| windows.recent.contains(&post.posted))),
        earlier: windows.map_or(0, |windows| count(&|post| windows.earlier.contains(&post.posted))),
    }
}

fn median(posts: &[&Post]) -> Option<f64> {
    let mut plays: Vec<u64> = posts.iter().map(|post| post.plays).filter(|&plays| plays > 0).collect();
    plays.sort_unstable();
    let middle = |position: usize| plays[position] as f64;
    (!plays.is_empty()).then(|| f64::midpoint(middle((plays.len() - 1) / 2), middle(plays.len() / 2)))
}

#[async_trait]
impl StoreReader for Fake {
    async fn search(&self, _: &Question) -> Result<Hits, StoreError> {
        Err(StoreError::Broken("the fake finds no videos".to_owned()))
    }

    async fn rows(&self, _: &Question, _: &mut (dyn FnMut(Row) + Send)) -> Result<(), StoreError> {
        Err(StoreError::Broken("the fake has no rows".to_owned()))
    }

    async fn documents(&self, _: &Question, _: &mut (dyn FnMut(Bytes) -> bool + Send)) -> Result<(), StoreError> {
        Err(StoreError::Broken("the fake has no documents".to_owned()))
    }

    async fn groups(&self, question: &GroupQuestion) -> Result<Groups, StoreError> {
        let windows = question.windows.as_ref();
        let posts = self.grouped(&question.scope, question.by);
        let mut groups: Vec<(String, Tally)> =
            posts.iter().map(|(key, posts)| (key.clone(), tally(posts, windows))).collect();
        match &question.pick {
            Pick::MostPosts(limit) => {
                groups.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.posts));
                groups.truncate(*limit);
            }
            Pick::MostPlays(limit) => {
                groups.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.plays));
                groups.truncate(*limit);
            }
            Pick::BestMedian { limit, min_posts } => {
                groups.retain(|(_, tally)| tally.posts >= *min_posts);
                groups.sort_by(|(one, _), (other, _)| {
                    let value = |key: &String| median(&posts[key]).unwrap_or(-1.0);
                    value(other).total_cmp(&value(one))
                });
                groups.truncate(*limit);
            }
            Pick::Posts(least) => groups.retain(|(_, tally)| tally.posts >= *least),
            Pick::Viral(least) => groups.retain(|(_, tally)| tally.viral >= *least),
            Pick::Recent(least) => groups.retain(|(_, tally)| tally.recent >= *least),
            Pick::Named(keys) => {
                let of = |key: &String| tally(posts.get(key).map_or(&[][..], Vec::as_slice), windows);
                groups = keys.iter().map(|key| (key.clone(), of(key))).collect();
            }
        }
        Ok(Groups { scope: tally(&self.of(&question.scope), windows), groups })
    }

    async fn measure(
        &self,
        scope: &Scope,
        groups: &[Group],
        windows: Option<&Windows>,
    ) -> Result<Vec<Measure>, StoreError> {
        let measure = |group: &Group| {
            let mut posts = self.of(scope);
            match group {
                Group::Key(by, key) => posts.retain(|post| keys(post, *by).contains(key)),
                Group::Query(query) => posts.retain(|post| finds(query, post)),
            }
            let mut by_creator: BTreeMap<&str, u64> = BTreeMap::new();
            let mut spellings: BTreeMap<String, u64> = BTreeMap::new();
            for post in &posts {
                *by_creator.entry(post.creator).or_default() += 1;
                if let Group::Key(GroupBy::Hashtag, key) = group {
                    let spelling = post.tags.iter().find(|tag| tag.to_lowercase() == *key).unwrap();
                    *spellings.entry(spelling.clone()).or_default() += 1;
                }
            }
            by_creator.remove("");
            let mut posts_by_creator: Vec<u64> = by_creator.into_values().collect();
            posts_by_creator.sort_unstable_by(|one, other| other.cmp(one));
            Measure {
                tally: tally(&posts, windows),
                posts_by_creator,
                median_plays: median(&posts),
                spellings: spellings.into_iter().collect(),
                music: None,
            }
        };
        Ok(groups.iter().map(measure).collect())
    }

    async fn slots(&self, _: &Scope, _: u32) -> Result<Vec<Slot>, StoreError> {
        Err(StoreError::Broken("the fake has no slots".to_owned()))
    }

    async fn histogram(&self, _: &Scope, _: PostTime, _: u32) -> Result<Vec<TimeSlot>, StoreError> {
        Err(StoreError::Broken("the fake has no times".to_owned()))
    }

    async fn creators(&self, _: &CreatorQuestion) -> Result<Hits, StoreError> {
        Err(StoreError::Broken("the fake has no creators".to_owned()))
    }

    async fn newest_fetched_at(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.newest_fetched_at)
    }
}
