//! What a tracking run's walks show their pages to: the rules of `insight::changes` say what changed, and it stands in
//! the ledger before the walk goes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;

use super::DigestParts;
use crate::insight::changes::seen::Seen;
use crate::insight::changes::{changes, knows_by_itself};
use crate::model::event::{Back, Event, Gone, Happening, Who};
use crate::model::{Collection, CreatorId, ObserveError, Observer, TrackedPage};
use crate::pipeline::Fatal;
use crate::pipeline::deliver::patiently;
use crate::store::{Lookup, StoreError};

/// See above.
pub struct Observing {
    parts: DigestParts,
    lookup: Arc<dyn Lookup>,
    /// The newest post known of a creator before a walk of it, where the walk's pages did not tell.
    known: Mutex<HashMap<CreatorId, (i64, Option<i64>)>>,
}

impl Observing {
    pub(super) fn new(parts: DigestParts, lookup: Arc<dyn Lookup>) -> Self {
        Self { parts, lookup, known: Mutex::default() }
    }

    async fn look(&self, page: &TrackedPage) -> Result<(), Fatal> {
        let known_newest = if knows_by_itself(page) { None } else { self.known_newest(page).await? };
        let mut events = changes(page, known_newest);
        let gone_at = self.parts.ledger.standing(|standing| standing.gone.get(page.creator.as_str()).copied());
        if let Some(gone_at) = gone_at {
            let handle = |seen: Seen| Some(seen.handle().to_owned()).filter(|handle| !handle.is_empty());
            let mut handles = page.posts.iter().filter_map(|post| Seen::read(&post.document).and_then(handle));
            let creator = who(&page.creator, handles.next());
            let back = Back { creator, walk: page.walk, gone_at };
            events.insert(0, Event::new(page.fetched_at, Happening::Back(back)));
        }
        self.parts.append(events).await.map(drop)
    }

    /// When the creator's newest post was posted that was known before this walk. The backfill's checkpoint is not
    /// moved by tracking, so that it tells of the time before, also in the middle of a walk; the score pass's row
    /// serves for creators that were only ever tracked.
    async fn known_newest(&self, page: &TrackedPage) -> Result<Option<i64>, Fatal> {
        let told = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&page.creator).copied();
        if let Some((_, newest)) = told.filter(|(walk, _)| *walk == page.walk) {
            return Ok(newest);
        }
        let newest = match self.stored(Collection::Checkpoints, &page.creator).await? {
            Some(Known { newest_publish_ts: Some(newest), .. }) => Some(newest),
            _ => self.stored(Collection::Creators, &page.creator).await?.and_then(|row| row.newest_publish_ts),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(page.creator.clone(), (page.walk, newest));
        Ok(newest)
    }

    async fn stored(&self, collection: Collection, creator: &CreatorId) -> Result<Option<Known>, StoreError> {
        let ids = [creator.to_string()];
        let found = patiently(self.parts.patience, || self.lookup.get(collection, &ids)).await;
        let found = match found {
            // A store that was filled before there were scores has no rows of creators.
            Err(StoreError::Missing(_)) => return Ok(None),
            found => found?,
        };
        Ok(found.into_iter().flatten().next().and_then(|stored| serde_json::from_slice(&stored.source).ok()))
    }

    async fn note_gone(&self, creator: &CreatorId, walk: i64, reason: &str) -> Result<(), Fatal> {
        // It is told, whether its handle is known or not.
        let row = self.stored(Collection::Creators, creator).await.ok().flatten();
        let gone = Gone { creator: who(creator, row.map(|row| row.unique_id)), walk, reason: reason.to_owned() };
        let event = Event::new(self.parts.clock.now_ms(), Happening::Gone(gone));
        self.parts.append(vec![event]).await.map(drop)
    }
}

#[async_trait]
impl Observer for Observing {
    async fn page(&self, page: &TrackedPage) -> Result<(), ObserveError> {
        self.look(page).await.map_err(|error| ObserveError(error.to_string()))
    }

    async fn gone(&self, creator: &CreatorId, walk: i64, reason: &str) -> Result<(), ObserveError> {
        self.note_gone(creator, walk, reason).await.map_err(|error| ObserveError(error.to_string()))
    }
}

/// Of a checkpoint, or of a row of the creators' index.
#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    newest_publish_ts: Option<i64>,
    #[serde(default)]
    unique_id: String,
}

fn who(creator: &CreatorId, handle: Option<String>) -> Who {
    Who { sec_user_id: creator.to_string(), unique_id: handle.unwrap_or_default() }
}
