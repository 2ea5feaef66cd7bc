//! Posts by the time they were posted, in slots of equal length.

use serde_json::json;

use super::answer::needed;
use super::client::Client;
use super::groups::{Asking, Pages};
use super::query;
use crate::model::{Scope, Slot};
use crate::store::StoreError;

/// Sums are rounded to the decimals of what is added up, so that they do not depend on its order.
const DECIMALS: f64 = 10_000.0;

/// The slots of the judged posts with plays that have any, by start.
pub(super) async fn slots(
    client: &Client,
    alias: &str,
    scope: &Scope,
    seconds: u32,
    most_buckets: usize,
) -> Result<Vec<Slot>, StoreError> {
    let mut asking = Asking::open(client, alias, scope, None, most_buckets).await?;
    let outcome = pages(&mut asking, seconds).await;
    asking.close().await;
    outcome
}

async fn pages(asking: &mut Asking<'_>, seconds: u32) -> Result<Vec<Slot>, StoreError> {
    let posts = asking.among(vec![query::judged(), query::played(1, None)]);
    let source = json!({ "histogram": { "field": "publish_ts", "interval": seconds.max(1) } });
    let inner = json!({
        "viral": { "filter": query::viral() },
        "log_multiple": { "sum": { "field": "virality.log_multiple" } },
    });
    let mut pages = Pages::new(posts, "by_slot", source, Some(inner), None);
    let mut slots = Vec::new();
    while let Some(page) = asking.next_page(&mut pages, |found| found.by_slot).await? {
        for bucket in page {
            let sum = needed(asking.client(), bucket.log_multiple, "log_multiple")?.value;
            slots.push(Slot {
                #[expect(clippy::cast_possible_truncation, reason = "a whole number of seconds, far below 2^53")]
                start: bucket.key.key as i64,
                posts: bucket.doc_count,
                viral: needed(asking.client(), bucket.viral, "viral")?.doc_count,
                log_multiple: (sum * DECIMALS).round() / DECIMALS,
            });
        }
    }
    Ok(slots)
}
