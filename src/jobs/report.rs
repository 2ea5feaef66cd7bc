//! The numbers behind the report page: the questions of `jobs::ask`, asked together, and how fresh and complete the
//! data are. The page itself is `report`'s, a room further down.
//!
//! `answer` is what comes out, `posts`, `related` and `state` make parts of it.

mod answer;
mod posts;
mod related;
mod state;

use std::sync::Arc;

use jiff::tz::TimeZone;

pub use answer::{
    About, AgeBand, Chance, Creator, Creators, Data, FailedCreator, Hashtags, Headline, Keywords, Pair, Post, PostList,
    Posts, Related, Report, Span, WindowSpans,
};

use super::ask::categories::{self, Category};
use super::ask::ranking::{Ranking, rank};
use super::ask::{AskError, creators, timing};
use super::score::standing::recorded;
use super::status;
use crate::insight::chance::is_beyond;
use crate::insight::groups::{GroupKind, GroupOrder, GroupRow};
use crate::insight::history::History;
use crate::insight::timing::{HourRow, slot_seconds};
use crate::model::{CreatorSort, Group, PostTime, Query, Scope, TimeSlot, Windows};
use crate::store::{StoreError, StoreReader, StoreView};

/// The shape of the report as JSON; counts up when a field changes its meaning or goes away.
const FORMAT: u32 = 1;

/// Rows of each part.
const HASHTAGS: usize = 20;
const RISING: usize = 15;
const KEYWORDS: usize = 20;
const SOUNDS: usize = 12;
/// The scatter shows as many; the table, too.
const CREATORS: usize = 200;

/// A creator needs so many judged posts, as for `creators`.
const MIN_JUDGED: u64 = 10;

/// Creators whose walk failed that are named.
const FAILED: usize = 10;

/// What a report is asked for.
#[derive(Debug, Clone)]
pub struct ReportQuestion {
    /// Which posts.
    pub scope: Scope,
    /// The same in words, and the time zone by name.
    pub about: About,
    /// The windows of growth; `None` when there are none.
    pub windows: Option<Windows>,
    /// Windows that no `--since` cuts.
    pub whole_windows: Option<Windows>,
    /// The user's categories.
    pub categories: Vec<Category>,
    /// Days and hours are those of this zone.
    pub timezone: TimeZone,
    /// Lines of the dead-letter file of the data folder.
    pub dead_letters: u64,
}

/// Asks everything that stands in a report.
pub async fn gather(view: &Arc<dyn StoreView>, question: &ReportQuestion) -> Result<Report, AskError> {
    let reader: &dyn StoreReader = view.as_ref();
    let scope = &question.scope;
    let status = status::run(Arc::clone(view), FAILED, &mut |_| {}).await?;
    let corpus = recorded(view.as_ref()).await?.filter(|corpus| !corpus.unfinished);
    let whole = [Group::Query(Query::All)];
    let measured = reader.measure(scope, &whole, question.windows.as_ref()).await?;
    let measure = measured.into_iter().next().unwrap_or_default();
    let (published, fetched) = tokio::try_join!(published(reader, question), state::fetched(reader, scope))?;
    let (groups, posts) = tokio::try_join!(Groups::ask(reader, question), posts::lists(reader, scope))?;
    let (creators, hours) = tokio::try_join!(creators(reader, scope), hours(reader, question))?;
    let related = related::related(reader, scope, &groups.telling, measure.tally.posts).await?;
    Ok(Report {
        format: FORMAT,
        about: question.about.clone(),
        headline: Headline::of(&measure, &published, &question.timezone),
        chance: corpus.as_ref().map(|corpus| Chance {
            judged: corpus.judged,
            viral: corpus.viral,
            viral_by_chance: corpus.viral_by_chance,
            beyond_chance: is_beyond(corpus.viral, corpus.viral_by_chance),
        }),
        over_time: History::of(&published, &question.timezone),
        hashtags: Hashtags { top: groups.hashtags, rising: groups.rising },
        related,
        posts,
        creators,
        timing: hours,
        keywords: groups.keywords,
        categories: groups.categories,
        sounds: groups.sounds,
        data: Data::of(&status, &fetched, &measure, &published, question),
    })
}

/// All that is ranked in groups.
struct Groups {
    hashtags: Vec<GroupRow>,
    rising: Vec<GroupRow>,
    /// The tags with most posts that are not generic.
    telling: Vec<GroupRow>,
    keywords: Keywords,
    categories: Vec<GroupRow>,
    sounds: Vec<GroupRow>,
}

impl Groups {
    async fn ask(reader: &dyn StoreReader, question: &ReportQuestion) -> Result<Self, AskError> {
        let scope = &question.scope;
        let ranking = |kind, order, limit| Ranking {
            windows: question.windows.clone(),
            whole_windows: question.whole_windows.clone(),
            ..Ranking::new(kind, order, limit)
        };
        let top = ranking(GroupKind::Hashtag, GroupOrder::Posts, HASHTAGS);
        let rising = Ranking { without_generic: true, ..ranking(GroupKind::Hashtag, GroupOrder::Growth, RISING) };
        let telling =
            Ranking { without_generic: true, ..ranking(GroupKind::Hashtag, GroupOrder::Posts, related::MOST_TAGS) };
        let sounds = ranking(GroupKind::Sound, GroupOrder::Posts, SOUNDS);
        let named = ranking(GroupKind::Category, GroupOrder::Plays, usize::MAX);
        let (hashtags, rising, telling, sounds, categories, keywords) = tokio::try_join!(
            rank(reader, scope, &top),
            rank(reader, scope, &rising),
            rank(reader, scope, &telling),
            rank(reader, scope, &sounds),
            categories::rank(reader, scope, &question.categories, &named),
            keywords(reader, scope, ranking),
        )?;
        let rising = rising.into_iter().filter(|row| row.growth.is_some_and(|growth| growth > 1.0)).collect();
        Ok(Self { hashtags, rising, telling, keywords, categories, sounds })
    }
}

/// The words of viral posts; where nothing is viral, or no word stands out, the words of most posts.
async fn keywords(
    reader: &dyn StoreReader,
    scope: &Scope,
    ranking: impl Fn(GroupKind, GroupOrder, usize) -> Ranking,
) -> Result<Keywords, AskError> {
    let lifted = rank(reader, scope, &ranking(GroupKind::Keyword, GroupOrder::Lift, KEYWORDS)).await?;
    if !lifted.is_empty() {
        return Ok(Keywords { by: "lift", rows: lifted });
    }
    let rows = rank(reader, scope, &ranking(GroupKind::Keyword, GroupOrder::Posts, KEYWORDS)).await?;
    Ok(Keywords { by: "posts", rows })
}

async fn published(reader: &dyn StoreReader, question: &ReportQuestion) -> Result<Vec<TimeSlot>, AskError> {
    let filters = &question.scope.filters;
    let seconds = slot_seconds(&question.timezone, filters.since, filters.until);
    Ok(reader.histogram(&question.scope, PostTime::Published, seconds).await?)
}

async fn hours(reader: &dyn StoreReader, question: &ReportQuestion) -> Result<Vec<HourRow>, AskError> {
    timing::hours(reader, &question.scope, &question.timezone).await
}

/// Those worth following; none where no score pass ever ended.
async fn creators(reader: &dyn StoreReader, scope: &Scope) -> Result<Creators, AskError> {
    let ranking = creators::CreatorRanking {
        sort: CreatorSort::HitRate,
        median: (None, None),
        min_judged: MIN_JUDGED,
        limit: CREATORS,
    };
    let answer = match creators::rank(reader, scope, &ranking).await {
        Err(AskError::Store(StoreError::Missing(_))) => creators::CreatorAnswer::default(),
        answer => answer?,
    };
    let rows = answer.rows.into_iter().map(Creator::from).collect();
    Ok(Creators { min_judged: MIN_JUDGED, total: answer.total, creators: rows })
}
