//! From the flags that all asking commands share to the posts that a question is about, and what is said of its times.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::ask::{FilterArgs, KindFilter, QueryWords};
use crate::jobs::ask::AskError;
use crate::jobs::ask::period::{self, Period, PeriodError, WindowEnd};
use crate::model::{Filters, Kind, Query, Scope, Windows};
use crate::settings::categories;
use crate::store::StoreReader;

/// What is said beside an order by growth when nothing of what matches has any.
pub(super) const NO_GROWTH: &str = "of nothing that matches growth is known: it takes two looks at a post, an hour apart at least (`viralmine track`), and a \
     score pass behind them";

/// What was typed, resolved.
pub(super) struct Asked {
    /// Which posts.
    pub(super) scope: Scope,
    /// When they were posted.
    period: Period,
}

/// Reads the words, resolves the filters, and says on `notes` where a window ends.
pub(super) async fn asked(
    reader: &dyn StoreReader,
    words: &QueryWords,
    filters: &FilterArgs,
    notes: &mut dyn Write,
) -> anyhow::Result<Asked> {
    let mut query = Query::parse(&words.0.join(" ")).map_err(AskError::from)?;
    if let Some(name) = &filters.category {
        let category = categories::named(categories::load(filters.categories.as_deref())?, name)?;
        query = both(query, category.query);
    }
    let period = Period::resolve(reader, filters.since.as_ref(), filters.until.as_ref(), &filters.timezone).await?;
    if let Some(end) = period.window_end {
        let (reason, moment) = shown(end, &filters.timezone);
        writeln!(notes, "the window ends at {reason}: {moment}")?;
    }
    let filters = Filters {
        hashtags: filters.hashtag.clone(),
        creator: filters.creator.clone(),
        region: filters.region.clone(),
        since: period.since,
        until: period.until,
        min_plays: filters.min_plays,
        kind: filters.kind.map(|kind| match kind {
            KindFilter::Video => Kind::Video,
            KindFilter::Photo => Kind::Photo,
        }),
        only_viral: false,
    };
    Ok(Asked { scope: Scope { query, filters }, period })
}

/// The windows of growth, of `length` seconds each; says on `notes` which they are, or why there are none. Who wants to
/// see growth first gets an error in place of the latter.
pub(super) async fn growth_windows(
    reader: &dyn StoreReader,
    asked: &Asked,
    length: i64,
    is_needed: bool,
    timezone: &TimeZone,
    notes: &mut dyn Write,
) -> anyhow::Result<Option<Windows>> {
    match period::windows(reader, &asked.period, length).await {
        Ok(Some((windows, end))) => {
            let (reason, moment) = shown(end, timezone);
            let length = in_words(length);
            writeln!(notes, "growth compares the {length} up to {reason}, {moment}, with the {length} before")?;
            Ok(Some(windows))
        }
        Ok(None) => Ok(None),
        Err(AskError::Period(error @ PeriodError::CutWindow)) if !is_needed => {
            writeln!(notes, "growth is not told: {error}")?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// The windows of growth, whatever `--since` leaves out of them.
pub(super) async fn uncut_windows(
    reader: &dyn StoreReader,
    asked: &Asked,
    length: i64,
) -> anyhow::Result<Option<Windows>> {
    let period = Period { since: None, ..asked.period.clone() };
    Ok(period::windows(reader, &period, length).await?.map(|(windows, _)| windows))
}

fn both(query: Query, category: Query) -> Query {
    match query {
        Query::All => category,
        Query::And(mut parts) => {
            parts.push(category);
            Query::And(parts)
        }
        query => Query::And(vec![query, category]),
    }
}

fn shown(end: WindowEnd, timezone: &TimeZone) -> (&'static str, String) {
    let (moment, reason) = match end {
        WindowEnd::Until(seconds) => (Timestamp::from_second(seconds), "--until"),
        WindowEnd::NewestFetch(milliseconds) => (Timestamp::from_millisecond(milliseconds), "the newest fetch stored"),
    };
    let moment = moment.map_or_else(
        |_| "an unknown time".to_owned(),
        |moment| moment.to_zoned(timezone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
    );
    (reason, moment)
}

fn in_words(seconds: i64) -> String {
    let hours = seconds / 3_600;
    match (hours % 24, hours / 24, hours) {
        (0, 1, _) => "day".to_owned(),
        (0, days, _) => format!("{days} days"),
        (_, _, 1) => "hour".to_owned(),
        (_, _, hours) => format!("{hours} hours"),
    }
}
