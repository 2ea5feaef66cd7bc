//! What a report says, as JSON has it; `docs/report.md` tells of each field. Every number on the page stands here.
//!
//! Nothing depends on the clock or on the store's kind: the same data make the same report.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::insight::groups::{Figure, GroupRow};
use crate::insight::history::{History, day_of};
use crate::insight::timing::HourRow;
use crate::jobs::score::standing::Standing;
use crate::jobs::status::{CreatorsStatus, Settled};
use crate::model::{CreatorRow, Measure, TimeSlot, Windows};

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The version of this shape.
    pub format: u32,
    /// Which posts it is about.
    pub about: About,
    /// The numbers above all.
    pub headline: Headline,
    /// Viral posts beside what chance makes, of all that is stored; `None` without a finished score pass.
    pub chance: Option<Chance>,
    /// Posts and plays by the time of posting.
    pub over_time: History,
    /// Tags.
    pub hashtags: Hashtags,
    /// Which tags go together.
    pub related: Related,
    /// Unusual, rising and engaging posts, each apart.
    pub posts: Posts,
    /// Creators by hit rate.
    pub creators: Creators,
    /// The hours of a week.
    pub timing: Vec<HourRow>,
    /// Words.
    pub keywords: Keywords,
    /// The user's categories, by plays.
    pub categories: Vec<GroupRow>,
    /// Sounds, by posts.
    pub sounds: Vec<GroupRow>,
    /// How fresh and complete all this is.
    pub data: Data,
}

/// Which posts a report is about, as they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// The words of the query; "" for all.
    pub query: String,
    /// Tags, folded.
    pub hashtags: Vec<String>,
    /// Handle, uid or `sec_user_id`.
    pub creator: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Posted at or after (seconds, UTC).
    pub since: Option<i64>,
    /// Posted before (seconds, UTC).
    pub until: Option<i64>,
    /// Plays at least.
    pub min_plays: Option<u64>,
    /// "video" or "photo".
    pub kind: Option<&'static str>,
    /// The zone of days and hours.
    pub timezone: String,
}

/// The numbers above all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Headline {
    /// Posts.
    pub posts: u64,
    /// Their creators.
    pub creators: u64,
    /// Their plays, added up.
    pub plays: u64,
    /// The median of plays that are not withheld.
    pub median_plays: Option<Figure>,
    /// Posts that could be judged.
    pub judged: u64,
    /// Viral ones of them.
    pub viral: u64,
    /// The day of the first post.
    pub first_day: Option<Date>,
    /// The day of the last post.
    pub last_day: Option<Date>,
}

impl Headline {
    /// Of what was measured of all posts, and when they were posted.
    #[must_use]
    pub fn of(measure: &Measure, published: &[TimeSlot], timezone: &TimeZone) -> Self {
        let tally = &measure.tally;
        Self {
            posts: tally.posts,
            creators: measure.posts_by_creator.len() as u64,
            plays: tally.plays,
            median_plays: measure.median_plays.map(Figure),
            judged: tally.judged,
            viral: tally.viral,
            first_day: published.first().and_then(|slot| day_of(slot.start, timezone)),
            last_day: published.last().and_then(|slot| day_of(slot.start, timezone)),
        }
    }
}

/// Viral posts beside what chance makes, over all posts that are stored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Chance {
    /// Posts that could be judged.
    pub judged: u64,
    /// Viral ones.
    pub viral: u64,
    /// How many chance alone would make.
    pub viral_by_chance: f64,
    /// Whether there are clearly more than that.
    pub beyond_chance: bool,
}

/// Tags.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hashtags {
    /// Those of most posts.
    pub top: Vec<GroupRow>,
    /// Those that grow most, by more than 1, without generic ones; none where there are no windows.
    pub rising: Vec<GroupRow>,
}

/// Which of the most used tags that are not generic go together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Related {
    /// The tags, by posts.
    pub tags: Vec<String>,
    /// A pair needs so many posts in common to have an NPMI.
    pub min_posts: u64,
    /// Every two of them that have any post in common, the closest first.
    pub pairs: Vec<Pair>,
}

/// Two tags.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Their positions among the tags, the lesser first.
    #[serde(skip)]
    pub positions: (usize, usize),
    /// The one with more posts.
    pub one: String,
    /// The other.
    pub other: String,
    /// Posts with both.
    pub posts: u64,
    /// `relation::npmi`; `None` for few posts, too.
    pub npmi: Option<Figure>,
}

/// Posts in three orders, which do not measure the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Posts {
    /// Viral ones, by z.
    pub unusual: PostList,
    /// By plays an hour.
    pub rising: PostList,
    /// By smoothed engagement.
    pub engaging: PostList,
}

/// The first posts of an order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PostList {
    /// How many posts there are in all.
    pub total: u64,
    /// The first of them.
    pub posts: Vec<Post>,
}

/// A post.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Post {
    /// Its id.
    pub aweme_id: String,
    /// Its address; `None` when there can be none.
    pub link: Option<String>,
    /// Its creator's handle.
    pub unique_id: String,
    /// Its creator.
    pub sec_user_id: Option<String>,
    /// Its text, as received.
    pub video_desc: String,
    /// When it was posted (seconds, UTC).
    pub publish_ts: Option<i64>,
    /// When it was fetched (ms, UTC).
    pub fetched_at: Option<i64>,
    /// "video" or "photo".
    pub kind: Option<String>,
    /// The address of its cover, as received.
    pub cover_img: Option<String>,
    /// Plays; 0 when withheld.
    pub plays: u64,
    /// Likes.
    pub likes: u64,
    /// `engagement.smoothed`.
    pub engagement: Option<f64>,
    /// `virality.z`.
    pub z: Option<f64>,
    /// `virality.multiple`.
    pub multiple: Option<f64>,
    /// `virality.plays_per_hour`.
    pub plays_per_hour: Option<f64>,
}

/// Creators by hit rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Creators {
    /// Judged posts that a creator needs.
    pub min_judged: u64,
    /// How many meet that.
    pub total: u64,
    /// The first of them.
    pub creators: Vec<Creator>,
}

/// A creator, over all of its posts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Creator {
    /// The creator.
    pub sec_user_id: String,
    /// The handle.
    pub unique_id: String,
    /// The shown name.
    pub nickname: String,
    /// Posts stored.
    pub videos: u64,
    /// Of them: judged.
    pub judged: u64,
    /// Of them: viral.
    pub viral: u64,
    /// Median plays of the judged posts.
    pub median_plays: Option<Figure>,
    /// Share of judged posts with three times the median.
    pub hit_rate: Option<f64>,
    /// Posts a week.
    pub posts_per_week: Option<f64>,
    /// Median smoothed engagement.
    pub engagement: Option<f64>,
    /// Median plays of the recent posts over that of those before.
    pub trend: Option<f64>,
}

impl From<CreatorRow> for Creator {
    fn from(row: CreatorRow) -> Self {
        Self {
            sec_user_id: row.sec_user_id,
            unique_id: row.unique_id,
            nickname: row.nickname,
            videos: row.videos,
            judged: row.judged,
            viral: row.viral,
            median_plays: row.median_plays.map(Figure),
            hit_rate: row.hit_rate,
            posts_per_week: row.posts_per_week,
            engagement: row.engagement,
            trend: row.trend,
        }
    }
}

/// Words, and by what they are ordered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Keywords {
    /// "lift", or "posts" where no word stands out among viral posts.
    pub by: &'static str,
    /// The words.
    pub rows: Vec<GroupRow>,
}

/// How fresh and complete the data are.
#[derive(Debug, Clone, Serialize)]
pub struct Data {
    /// Posts stored in all.
    pub stored: u64,
    /// The newest `fetched_at` stored (ms, UTC).
    pub newest_fetched_at: Option<i64>,
    /// The posts of the report by how long before that they were fetched.
    pub ages: Vec<AgeBand>,
    /// The posts of the report of which nobody knows when they were posted.
    pub of_unknown_time: u64,
    /// The windows of growth; `None` where there are none.
    pub windows: Option<WindowSpans>,
    /// How the scores stand.
    pub scores: Standing,
    /// Creators by how their walk stands, of all that are stored.
    pub creators: CreatorsStatus,
    /// The latest ones that the API refused.
    pub failed: Vec<FailedCreator>,
    /// What the walks were made of.
    pub settled: Settled,
    /// Documents that the store refused and that wait in the data folder.
    pub dead_letters: u64,
}

/// Posts that were fetched so long before the newest fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AgeBand {
    /// Less than so many hours; `None` for the last one.
    pub below_hours: Option<u64>,
    /// Posts.
    pub posts: u64,
}

/// A creator that the API refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedCreator {
    /// The creator.
    pub sec_user_id: String,
    /// The API's words.
    pub error: String,
}

/// The windows of growth (seconds, UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowSpans {
    /// The later one.
    pub recent: Span,
    /// The one before.
    pub earlier: Span,
}

/// From a second to that before another (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first second.
    pub from: i64,
    /// The second behind the last.
    pub to: i64,
}

impl From<&Windows> for WindowSpans {
    fn from(windows: &Windows) -> Self {
        let span = |range: &std::ops::Range<i64>| Span { from: range.start, to: range.end };
        Self { recent: span(&windows.recent), earlier: span(&windows.earlier) }
    }
}
