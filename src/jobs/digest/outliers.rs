//! Posts that are newly viral. Only those of the last 90 days are looked at, as long as the ledger knows ids: what is
//! found viral among older ones is a creator met for the first time, and an old post that rises again is told as a
//! jump.

use super::DigestParts;
use super::after_pass::LookError;
use crate::archive::events::KEPT_FOR;
use crate::insight::changes::seen::Seen;
use crate::model::event::{Event, Happening, Outlier, Who};
use crate::model::{Collection, Filters, Query, Question, Sort};
use crate::pipeline::deliver::patiently;
use crate::store::{StoreError, StoreView};

/// Documents that are read at once.
const AT_ONCE: usize = 100;

/// What is viral now is known from here on.
pub(super) async fn take_as_known(parts: &DigestParts, view: &dyn StoreView) -> Result<(), LookError> {
    let ids: Vec<String> = viral(parts, view).await?.iter().map(|id| Event::outlier_id(id)).collect();
    let record = parts.in_ledger(move |ledger, now| {
        ledger.take_as_known(&ids, now)?;
        ledger.begun(now)
    });
    Ok(record.await?)
}

/// Tells of those that are not known.
pub(super) async fn look(parts: &DigestParts, view: &dyn StoreView) -> Result<(), LookError> {
    let mut viral = viral(parts, view).await?;
    viral.retain(|id| !parts.ledger.knows(&Event::outlier_id(id)));
    viral.sort_unstable();
    for ids in viral.chunks(AT_ONCE) {
        let found = patiently(parts.patience, || view.get(Collection::Videos, ids)).await?;
        let found = ids.iter().zip(found).filter_map(|(id, stored)| outlier(id, &stored?.source));
        parts.append(found.collect()).await?;
    }
    Ok(())
}

/// The ids of the viral posts of the last 90 days; some twenty bytes each.
async fn viral(parts: &DigestParts, view: &dyn StoreView) -> Result<Vec<String>, StoreError> {
    let since = (parts.clock.now_ms() - KEPT_FOR).div_euclid(1000);
    let filters = Filters { only_viral: true, since: Some(since), ..Filters::default() };
    let question = Question { query: Query::All, filters, sort: Sort::Date, limit: usize::MAX };
    patiently(parts.patience, || async {
        let mut ids = Vec::new();
        view.rows(&question, &mut |row| ids.push(row.aweme_id)).await?;
        Ok(ids)
    })
    .await
}

/// `None` of one that changed meanwhile.
fn outlier(id: &str, document: &[u8]) -> Option<Event> {
    let seen = Seen::read(document)?;
    let scored = seen.virality.filter(|scored| scored.viral)?;
    let creator =
        Who { sec_user_id: seen.sec_user_id.clone().unwrap_or_default(), unique_id: seen.handle().to_owned() };
    let fetched_at = seen.fetched_at?;
    let mut post = seen.post(id, &creator, fetched_at);
    post.plays_per_hour = scored.plays_per_hour;
    Some(Event::new(fetched_at, Happening::Outlier(Outlier { post, multiple: scored.multiple, z: scored.z })))
}
