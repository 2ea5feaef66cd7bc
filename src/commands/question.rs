//! From the flags that all asking commands share to a question, and what is said about its period.

use std::io::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::ask::{FilterArgs, KindFilter};
use crate::jobs::ask::AskError;
use crate::jobs::ask::period::{Period, WindowEnd};
use crate::model::{Filters, Kind, Query, Question, Sort};
use crate::store::StoreReader;

/// Resolves the filters and says on `notes` where a window ends.
pub(super) async fn question(
    reader: &dyn StoreReader,
    query: Query,
    args: &FilterArgs,
    sort: Sort,
    limit: usize,
    notes: &mut dyn Write,
) -> anyhow::Result<Question> {
    let period = Period::resolve(reader, args.since.as_ref(), args.until.as_ref(), &args.timezone).await?;
    if let Some(end) = period.window_end {
        writeln!(notes, "{}", window_note(end, &args.timezone))?;
    }
    let filters = Filters {
        hashtags: args.hashtag.clone(),
        creator: args.creator.clone(),
        region: args.region.clone(),
        since: period.since,
        until: period.until,
        min_plays: args.min_plays,
        kind: args.kind.map(|kind| match kind {
            KindFilter::Video => Kind::Video,
            KindFilter::Photo => Kind::Photo,
        }),
        only_viral: false,
    };
    Ok(Question { query, filters, sort, limit })
}

/// Reads the words of a query, which the shell may have split.
pub(super) fn query(words: &[String]) -> Result<Query, AskError> {
    Ok(Query::parse(&words.join(" "))?)
}

fn window_note(end: WindowEnd, timezone: &TimeZone) -> String {
    let (moment, reason) = match end {
        WindowEnd::Until(seconds) => (Timestamp::from_second(seconds), "--until"),
        WindowEnd::NewestFetch(milliseconds) => (Timestamp::from_millisecond(milliseconds), "the newest fetch stored"),
    };
    let moment = moment.map_or_else(
        |_| "an unknown time".to_owned(),
        |moment| moment.to_zoned(timezone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
    );
    format!("the window ends at {reason}: {moment}")
}
