//! Creators that went silent, judged at their last look by the rows that the score pass made: one that was not looked
//! at, or is gone, has not gone silent for all that is known.

use serde::Deserialize;

use super::DigestParts;
use super::after_pass::LookError;
use crate::insight::changes::seen::Seen;
use crate::insight::silence::{POSTS_LOOKED_AT, SILENT_DAYS, Silence, silence};
use crate::model::event::{Event, Happening, Silent, Who};
use crate::model::{Collection, CreatorId, Filters, Query, Question, Sort};
use crate::pipeline::deliver::patiently;
use crate::store::{StoreError, StoreView};

/// Rows that are read at once.
const AT_ONCE: usize = 500;

const DAY: f64 = 24.0 * 60.0 * 60.0;

/// Of a row of the creators' index.
#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    unique_id: String,
    fetched_at: i64,
    newest_publish_ts: Option<i64>,
}

impl Row {
    fn as_of(&self) -> i64 {
        self.fetched_at.div_euclid(1000)
    }

    /// Whether its posts are worth asking for. A newest post of the future says nothing.
    fn may_be_silent(&self) -> bool {
        let seconds = |newest: i64| self.as_of().saturating_sub(newest);
        self.newest_publish_ts.is_some_and(|newest| seconds(newest) < 0 || seconds(newest) as f64 > SILENT_DAYS * DAY)
    }
}

pub(super) async fn look(parts: &DigestParts, view: &dyn StoreView, creators: &[CreatorId]) -> Result<(), LookError> {
    for creators in creators.chunks(AT_ONCE) {
        let ids: Vec<String> = creators.iter().map(ToString::to_string).collect();
        let rows = patiently(parts.patience, || view.get(Collection::Creators, &ids)).await?;
        let mut events = Vec::new();
        for (id, stored) in ids.iter().zip(rows) {
            let row = stored.and_then(|stored| serde_json::from_slice::<Row>(&stored.source).ok());
            let Some(row) = row.filter(|row| row.may_be_silent() && !is_told(parts, id, row)) else { continue };
            if let Some(silence) = silence(&published(parts, view, id).await?, row.as_of()) {
                events.push(event(id, &row, silence));
            }
        }
        parts.append(events).await?;
    }
    Ok(())
}

fn is_told(parts: &DigestParts, id: &str, row: &Row) -> bool {
    let told = parts.ledger.standing(|standing| standing.silent.get(id).copied());
    told.is_some() && told == row.newest_publish_ts
}

/// When the newest posts were posted (seconds, UTC).
async fn published(parts: &DigestParts, view: &dyn StoreView, id: &str) -> Result<Vec<i64>, StoreError> {
    let filters = Filters { creator: Some(id.to_owned()), ..Filters::default() };
    let question = Question { query: Query::All, filters, sort: Sort::Date, limit: POSTS_LOOKED_AT };
    let hits = patiently(parts.patience, || view.search(&question)).await?;
    Ok(hits.videos.iter().filter_map(|video| Seen::read(video)?.publish_ts).collect())
}

fn event(id: &str, row: &Row, silence: Silence) -> Event {
    let Silence { newest, days, usual_days } = silence;
    let creator = Who { sec_user_id: id.to_owned(), unique_id: row.unique_id.clone() };
    let silent = Silent { creator, newest_publish_ts: newest, days, usual_days };
    Event::new(row.fetched_at, Happening::Silent(silent))
}
