//! Posts in groups (by hashtag, sound, word, creator, or by a query): what stores count, and how they are asked.
//!
//! Stores only count: everything here is a whole number or an exact median. What is made of it (lift, growth, entropy)
//! is `insight`'s, so that both stores answer alike. `store::StoreReader` says what each question promises.

use std::ops::Range;

use super::{Filters, Query};

/// What posts are grouped by. A post is in each group that it carries, once; a post that carries none is in no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// `hashtag_keys`.
    Hashtag,
    /// `words`: the words and pairs of the text.
    Word,
    /// `music_info.music_id`; an empty one is none.
    Sound,
    /// `sec_user_id`.
    Creator,
}

impl GroupBy {
    /// The keyword field whose values are the groups' keys.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Hashtag => "hashtag_keys",
            Self::Word => "words",
            Self::Sound => "music_info.music_id",
            Self::Creator => "sec_user_id",
        }
    }
}

/// Which posts a question over groups is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// What the text and the hashtags must hold.
    pub query: Query,
    /// What else must hold.
    pub filters: Filters,
}

impl Scope {
    /// Every post.
    #[must_use]
    pub fn all() -> Self {
        Self { query: Query::All, filters: Filters::default() }
    }
}

/// Two windows of `publish_ts` (seconds, UTC), one right before the other, for growth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// The later one.
    pub recent: Range<i64>,
    /// The one before it, of the same length.
    pub earlier: Range<i64>,
}

/// What is counted of some posts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Posts.
    pub posts: u64,
    /// Their plays, added up.
    pub plays: u64,
    /// Posts that the scores could judge: `virality.z` is there and `virality.immature` is false.
    pub judged: u64,
    /// Judged posts with `virality.viral`.
    pub viral: u64,
    /// Posts of the recent window; 0 when no windows were asked for.
    pub recent: u64,
    /// Posts of the window before; 0 when no windows were asked for.
    pub earlier: u64,
}

/// Which groups are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// The first so many by posts; ties by key (ascending, by code points).
    MostPosts(usize),
    /// The first so many by plays; ties by key.
    MostPlays(usize),
    /// The first so many by median plays among those with at least `min_posts` posts; ties by key; without a median
    /// last.
    BestMedian {
        /// How many.
        limit: usize,
        /// Posts at least.
        min_posts: u64,
    },
    /// All with at least so many posts, in no order.
    Posts(u64),
    /// All with at least so many viral posts ([`Tally::viral`]), in no order.
    Viral(u64),
    /// All with at least so many posts in the recent window, in no order.
    Recent(u64),
    /// These keys, in this order; one that no post carries has a tally of zeros.
    Named(Vec<String>),
}

/// A question for groups.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupQuestion {
    /// Which posts.
    pub scope: Scope,
    /// Grouped by what.
    pub by: GroupBy,
    /// Which groups.
    pub pick: Pick,
    /// The windows of growth.
    pub windows: Option<Windows>,
}

/// The groups that were picked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Over all posts of the scope, in a group or not.
    pub scope: Tally,
    /// Key and tally of each group picked.
    pub groups: Vec<(String, Tally)>,
}

/// One group to be measured, whatever it has.
#[derive(Debug, Clone, PartialEq)]
pub enum Group {
    /// The posts that carry this key.
    Key(GroupBy, String),
    /// The posts that this query finds.
    Query(Query),
}

/// What is measured of a few groups; exact.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measure {
    /// The tally.
    pub tally: Tally,
    /// Posts of each creator (`sec_user_id`) that has any, highest first. A post without a creator is in none of them.
    pub posts_by_creator: Vec<u64>,
    /// The median of the plays that are not withheld (0), the mean of the two middle ones of an even number; `None`
    /// when all are withheld.
    pub median_plays: Option<f64>,
    /// How the key is written by those who use it, as received, with the posts that write it so; empty but for
    /// hashtags. A spelling that equals the key stands here too. Most posts first, ties by spelling (code points).
    pub spellings: Vec<(String, u64)>,
    /// The newest fetched post's music (name and author) of a sound, of two fetched at once the lesser `aweme_id`'s;
    /// `None` but for sounds, and for one without posts.
    pub music: Option<(String, String)>,
}

/// A time of a post that posts can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PostTime {
    /// `publish_ts`.
    Published,
    /// `fetched_at`.
    Fetched,
}

impl PostTime {
    /// The field of the videos' index.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Published => "publish_ts",
            Self::Fetched => "fetched_at",
        }
    }

    /// How many of the field's units make a second.
    #[must_use]
    pub const fn units_a_second(self) -> i64 {
        match self {
            Self::Published => 1,
            Self::Fetched => 1_000,
        }
    }
}

/// All posts of one slot of time, judged or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeSlot {
    /// Its first second (UTC); slots have the length asked for, counted from 1970.
    pub start: i64,
    /// Posts.
    pub posts: u64,
    /// Their plays, added up.
    pub plays: u64,
}

/// Posts of one slot of time, for `timing`. Only judged posts with plays count.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Slot {
    /// Its first second (UTC); slots have the length asked for, counted from 1970.
    pub start: i64,
    /// Posts.
    pub posts: u64,
    /// Of them: viral ones.
    pub viral: u64,
    /// The sum of `virality.log_multiple` over them.
    pub log_multiple: f64,
}
