//! All posts by a time of theirs, in slots of equal length.

use serde_json::{Value, json};

use super::answer::needed;
use super::client::Client;
use super::groups::{Asking, Pages};
use crate::model::{PostTime, Scope, TimeSlot};
use crate::store::StoreError;

/// The slots of so many seconds that have any post, by start.
pub(super) async fn histogram(
    client: &Client,
    alias: &str,
    scope: &Scope,
    (time, seconds): (PostTime, u32),
    most_buckets: usize,
) -> Result<Vec<TimeSlot>, StoreError> {
    let mut asking = Asking::open(client, alias, scope, None, most_buckets).await?;
    let outcome = pages(&mut asking, time, i64::from(seconds.max(1))).await;
    asking.close().await;
    outcome
}

async fn pages(asking: &mut Asking<'_>, time: PostTime, seconds: i64) -> Result<Vec<TimeSlot>, StoreError> {
    let interval = seconds * time.units_a_second();
    let source = match time {
        PostTime::Published => json!({ "histogram": { "field": time.field(), "interval": interval } }),
        // Keys of a plain one over a date are texts.
        PostTime::Fetched => {
            json!({ "date_histogram": { "field": time.field(), "fixed_interval": format!("{seconds}s") } })
        }
    };
    let plays = json!({ "plays": { "sum": { "field": "stats.play" } } });
    let mut pages = Pages::new(asking.among(Vec::new()), "by_slot", source, Some(plays), None);
    let (mut slots, mut unsure) = (Vec::new(), Vec::new());
    while let Some(page) = asking.next_page(&mut pages, |found| found.by_slot).await? {
        for bucket in page {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and far below 2^53")]
            let start = bucket.key.key as i64;
            let plays = needed(asking.client(), bucket.plays, "plays")?;
            if plays.whole().is_none() {
                unsure.push((slots.len(), within(time, start, interval), plays));
            }
            let plays = plays.whole().unwrap_or_default();
            slots.push(TimeSlot { start: start / time.units_a_second(), posts: bucket.doc_count, plays });
        }
    }
    for (position, posts, plays) in unsure {
        slots[position].plays = asking.exact_plays(&asking.among(vec![posts]), plays).await?;
    }
    Ok(slots)
}

/// The posts of a slot.
fn within(time: PostTime, start: i64, interval: i64) -> Value {
    json!({ "range": { time.field(): { "gte": start, "lt": start + interval } } })
}
