//! When posts do well, by weekday and hour.

use jiff::tz::TimeZone;

use super::AskError;
use crate::insight::timing::{HourRow, by_hour, slot_seconds};
use crate::model::Scope;
use crate::store::StoreReader;

/// The hours of a week in a time zone, over the judged posts of a scope.
pub async fn hours(reader: &dyn StoreReader, scope: &Scope, timezone: &TimeZone) -> Result<Vec<HourRow>, AskError> {
    let seconds = slot_seconds(timezone, scope.filters.since, scope.filters.until);
    let slots = reader.slots(scope, seconds).await?;
    Ok(by_hour(&slots, timezone))
}
