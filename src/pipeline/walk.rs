//! The walk of one creator: asks page after page, normalizes each, and sends what it became down the channel.
//!
//! A walk never waits for the store, only for room in the channel; the checkpoint moves elsewhere (`settle`). Pages
//! that an earlier run had asked for come from the archive (`resume`), by the same way.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::deliver::patiently;
use super::page::{Progress, WalkStep};
use super::resume::records::{ArchivedPage, continues};
use super::room::Reservation;
use super::track::look::{Look, Looked};
use super::{Bounds, Fatal, Shared, tasks};
use crate::model::{Checkpoint, CreatorId, DocumentPage, Ground, WalkBounds, WalkEnd};
use crate::normalize::{self, PageContext};
use crate::source::{PageRequest, SourceError, SourcePage};

/// How one creator's walk came out.
#[derive(Debug)]
pub(super) enum Walked {
    /// It ended; the warning is why it may be incomplete.
    Ended { warning: Option<String> },
    /// The creator failed; the run goes on.
    Failed { error: String, kind: Failure },
    /// The run is to stop: the rest of this creator is for the next one.
    Stopped,
    /// No more requests are allowed: likewise.
    BudgetUsed,
    /// The whole run cannot go on.
    Fatal(Fatal),
}

/// Where a page came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Api,
    Archive,
}

/// What kind of failure it was, for judging whether the run as a whole makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The API does not know this creator, or withholds it; in its words.
    Refused(String),
    /// An answer about this creator that is of no use; it says nothing of others.
    Creator,
    /// The API refuses the request as such (a bad region, say).
    Request,
    /// No answer to use after all tries.
    Server,
}

/// One walk under way.
pub(super) struct Walk {
    shared: Arc<Shared>,
    steps: mpsc::Sender<WalkStep>,
    creator: CreatorId,
    /// Where the walk is now, as far as it knows; its verdict counts are the settlement's.
    checkpoint: Checkpoint,
    base: Option<Checkpoint>,
    /// Cursors.
    seen: HashSet<String>,
    /// Of a tracking walk: its posts so far, and whether they were known.
    earlier: HashMap<String, bool>,
    restarted: bool,
}

impl Walk {
    pub(super) fn new(
        shared: Arc<Shared>,
        steps: mpsc::Sender<WalkStep>,
        creator: CreatorId,
        mut checkpoint: Checkpoint,
    ) -> Self {
        if !shared.bounds.as_begun {
            // Whoever goes on with it goes as far as this run was to.
            let Bounds { since, max_pages, .. } = shared.bounds;
            let bounds = WalkBounds { since, max_pages };
            checkpoint.bounds = (bounds != WalkBounds::default()).then_some(bounds);
        }
        let seen = HashSet::from([Checkpoint::FIRST_CURSOR.to_owned(), checkpoint.cursor.clone()]);
        let base = Some(checkpoint.clone());
        Self { shared, steps, creator, base, checkpoint, seen, earlier: HashMap::new(), restarted: false }
    }

    /// Where the walk is now, as far as it knows.
    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub(super) fn creator(&self) -> &CreatorId {
        &self.creator
    }

    pub(super) async fn run(mut self) -> Walked {
        loop {
            if self.is_at_max_pages() {
                return self.end_at_max_pages().await;
            }
            let Some(reservation) = self.room_for_a_page().await else { return Walked::Stopped };
            let request = PageRequest {
                creator: self.creator.clone(),
                cursor: self.checkpoint.cursor.clone(),
                walk: self.checkpoint.walk,
                fetched_after: self.checkpoint.fetched_at,
            };
            let walked = match self.shared.source.page(&request).await {
                Ok(page) => self.take_page(page, Origin::Api, reservation).await,
                Err(error) => self.take_error(error).await,
            };
            if let Some(walked) = walked {
                return walked;
            }
        }
    }

    /// Whether this is the answer to what the walk would ask for now, if it is to ask for anything.
    pub(super) fn asks_for(&self, page: &ArchivedPage) -> bool {
        !self.is_at_max_pages() && continues(&self.checkpoint, page)
    }

    /// Takes the answer to what the walk would ask for now from the archive. `None`: it asks for the next page.
    pub(super) async fn take_archived(&mut self, page: SourcePage) -> Option<Walked> {
        let Some(reservation) = self.room_for_a_page().await else { return Some(Walked::Stopped) };
        self.take_page(page, Origin::Archive, reservation).await
    }

    fn is_at_max_pages(&self) -> bool {
        self.bounds().max_pages.is_some_and(|most| self.checkpoint.pages >= most)
    }

    /// How far this walk goes.
    fn bounds(&self) -> WalkBounds {
        self.checkpoint.bounds.clone().unwrap_or_default()
    }

    /// Waits until a page has room; `None` when the run is to stop.
    async fn room_for_a_page(&self) -> Option<Reservation> {
        tokio::select! {
            biased;
            () = self.shared.stop.cancelled() => None,
            reservation = self.shared.room.reserve_page() => reservation,
        }
    }

    /// `None`: ask the next page.
    async fn take_page(&mut self, page: SourcePage, origin: Origin, reservation: Reservation) -> Option<Walked> {
        let fetched_at = page.fetched_at;
        let documents = match self.normalize(page).await {
            Ok(documents) => documents,
            Err(error) => return Some(self.fail(error, Failure::Creator).await),
        };
        self.count(&documents, origin);
        for skip in &documents.skipped {
            tracing::debug!(creator = %self.creator, position = skip.position, "item skipped: {}", skip.reason);
        }
        let looked = match self.look(&documents, fetched_at).await {
            Ok(looked) => looked,
            Err(fatal) => return Some(Walked::Fatal(fatal)),
        };
        let (end, message) = self.judge_end(&documents, looked);
        let progress = Progress {
            asked_cursor: self.checkpoint.cursor.clone(),
            next_cursor: documents.next_cursor.clone().filter(|cursor| !cursor.is_empty()),
            end,
            since: (end == Some(WalkEnd::Since)).then_some(self.bounds().since).flatten(),
            pages: 1,
            received: documents.received(),
            skipped: documents.skipped.len() as u64,
            newest_publish_ts: documents.documents.iter().filter_map(|document| document.publish_ts).max(),
            fetched_at,
            known_in_a_row: looked.map(|looked| looked.known_in_a_row),
            message: message.clone(),
            failed: false,
        };
        self.checkpoint.pages += 1;
        self.checkpoint.fetched_at = fetched_at;
        if let Some(cursor) = &progress.next_cursor {
            self.checkpoint.cursor.clone_from(cursor);
            self.seen.insert(cursor.clone());
        }
        let step = self.step(documents, progress, fetched_at, Some(reservation));
        if let Err(stopped) = self.send(step).await {
            return Some(stopped);
        }
        if let Some(warning) = &message {
            tracing::warn!("{}: {warning}", self.creator);
        }
        end.map(|_| Walked::Ended { warning: message })
    }

    async fn normalize(&self, page: SourcePage) -> Result<DocumentPage, String> {
        let (creator, region) = (self.creator.clone(), self.shared.bounds.region.clone());
        let work = move || {
            let context =
                PageContext { sec_user_id: creator.as_str(), region: region.as_deref(), fetched_at: page.fetched_at };
            normalize::documents(&page.body, &context).map_err(|error| error.to_string())
        };
        tasks::blocking(work).await.map_err(|error| error.to_string())?
    }

    fn count(&self, page: &DocumentPage, origin: Origin) {
        let counters = &self.shared.counters;
        counters.pages.add(1);
        counters.pages_from_archive.add(u64::from(origin == Origin::Archive));
        counters.items_received.add(page.received());
        counters.items_skipped.add(page.skipped.len() as u64);
        counters.documents_fetched.add(page.documents.len() as u64);
    }

    /// What a tracking walk does with a page before it is stored; `None` for all others.
    async fn look(&mut self, page: &DocumentPage, fetched_at: i64) -> Result<Option<Looked>, Fatal> {
        let Some(tracking) = &self.shared.tracking else { return Ok(None) };
        let ground = self.checkpoint.ground.get_or_insert_default();
        let look = Look {
            shared: &self.shared,
            tracking,
            creator: &self.creator,
            walk: self.checkpoint.walk,
            ground,
            earlier: &mut self.earlier,
            page,
            fetched_at,
        };
        let looked = look.run().await?;
        ground.known_in_a_row = looked.known_in_a_row;
        Ok(Some(looked))
    }

    /// Whether the walk ends behind this page, and a warning if it does so against the API's word.
    fn judge_end(&self, page: &DocumentPage, looked: Option<Looked>) -> (Option<WalkEnd>, Option<String>) {
        let warn = |what: &str| {
            (Some(WalkEnd::Warning), Some(format!("the API {what}; the walk ends here, --refresh begins it again")))
        };
        if !page.has_more {
            return (Some(WalkEnd::End), None);
        }
        if page.received() == 0 {
            return warn("sent an empty page that says there is more");
        }
        // What the API says of the pages behind does not matter to a walk that has come to what is known.
        if looked.is_some_and(|looked| looked.is_at_the_end) {
            return (Some(WalkEnd::Known), None);
        }
        match page.next_cursor.as_deref() {
            None | Some("") => return warn("says there is more but gave no cursor"),
            Some(cursor) if self.seen.contains(cursor) => return warn(&format!("repeated the cursor {cursor:?}")),
            Some(_) => {}
        }
        let bounds = self.bounds();
        if bounds.since.is_some_and(|since| page.is_older_than(since)) {
            return (Some(WalkEnd::Since), None);
        }
        if bounds.max_pages.is_some_and(|most| self.checkpoint.pages + 1 >= most) {
            return (Some(WalkEnd::MaxPages), None);
        }
        (None, None)
    }

    async fn take_error(&mut self, error: SourceError) -> Option<Walked> {
        match error {
            SourceError::Stopped { .. } => Some(Walked::Stopped),
            SourceError::BudgetUsed { .. } => Some(Walked::BudgetUsed),
            error if error.ends_the_run() => Some(Walked::Fatal(Fatal::Source(error))),
            SourceError::CursorRefused { .. } if !self.restarted => self.restart(&error).await,
            SourceError::CreatorRefused { ref words, .. } => {
                let words = words.clone();
                Some(self.park(error.to_string(), words).await)
            }
            SourceError::RequestRefused { .. } => Some(self.fail(error.to_string(), Failure::Request).await),
            SourceError::Exhausted { about_subject: false, .. } => {
                Some(self.fail(error.to_string(), Failure::Server).await)
            }
            error => Some(self.fail(error.to_string(), Failure::Creator).await),
        }
    }

    /// The API no longer knows the cursor: the creator is walked again from the start, once.
    async fn restart(&mut self, error: &SourceError) -> Option<Walked> {
        self.restarted = true;
        let warning = format!("{error}; the creator is walked again from its newest post");
        tracing::warn!("{}: {warning}", self.creator);
        let walk = self.shared.clock.now_ms().max(self.checkpoint.walk + 1);
        let fetched_at = self.checkpoint.fetched_at;
        let bounds = self.checkpoint.bounds.take();
        // What the walk stored so far is not known ground: it is left out of what was there before.
        let ground = self.checkpoint.ground.take().map(|ground| Ground { known_in_a_row: 0, ..ground });
        self.checkpoint = Checkpoint { bounds, ground, fetched_at, ..Checkpoint::new(&self.creator, walk) };
        self.base = Some(self.checkpoint.clone());
        self.seen = HashSet::from([self.checkpoint.cursor.clone()]);
        let progress = Progress { message: Some(warning), ..Progress::default() };
        // The new walk's id is durable before its first request, as for every walk.
        let (saved, told) = oneshot::channel();
        let step = WalkStep { saved: Some(saved), ..self.step(DocumentPage::default(), progress, 0, None) };
        if let Err(stopped) = self.send(step).await {
            return Some(stopped);
        }
        if told.await.is_err() {
            return Some(Walked::Stopped);
        }
        let synced = patiently(self.shared.patience, || self.shared.store.sync()).await;
        synced.err().map(|error| Walked::Fatal(error.into()))
    }

    /// A walk that was interrupted under a wider bound may stand behind this one's already.
    async fn end_at_max_pages(&mut self) -> Walked {
        let progress = Progress { end: Some(WalkEnd::MaxPages), ..Progress::default() };
        let step = self.step(DocumentPage::default(), progress, 0, None);
        match self.send(step).await {
            Ok(()) => Walked::Ended { warning: None },
            Err(stopped) => stopped,
        }
    }

    /// The API does not know the creator: it is asked again only when told to.
    async fn park(&mut self, mut error: String, words: String) -> Walked {
        if let Some(tracking) = &self.shared.tracking {
            if let Err(fatal) = tracking.gone(&self.creator, self.checkpoint.walk, &words).await {
                return Walked::Fatal(fatal);
            }
            // What a backfill advises does not help: it is asked again by itself.
            error.clone_from(&words);
        }
        self.give_up(Some(WalkEnd::Refused), error, Failure::Refused(words)).await
    }

    /// Any other failure leaves the walk under way: the next backfill goes on from there, the next visit begins anew.
    async fn fail(&mut self, error: String, kind: Failure) -> Walked {
        self.give_up(None, error, kind).await
    }

    async fn give_up(&mut self, end: Option<WalkEnd>, error: String, kind: Failure) -> Walked {
        let failed = end.is_none();
        let progress = Progress { end, message: Some(error.clone()), failed, ..Progress::default() };
        let step = self.step(DocumentPage::default(), progress, 0, None);
        match self.send(step).await {
            Ok(()) => Walked::Failed { error, kind },
            Err(stopped) => stopped,
        }
    }

    fn step(
        &mut self,
        page: DocumentPage,
        progress: Progress,
        version: i64,
        reservation: Option<Reservation>,
    ) -> WalkStep {
        WalkStep {
            creator: self.creator.clone(),
            base: self.base.take(),
            documents: page.documents,
            sources: Bytes::from(page.sources),
            version,
            progress,
            reservation,
            saved: None,
        }
    }

    async fn send(&mut self, mut step: WalkStep) -> Result<(), Walked> {
        if let Some(reservation) = &mut step.reservation {
            self.shared.room.fill(reservation, step.documents.len(), step.sources.len()).await;
        }
        // The channel is closed only when the indexer has ended, and then the run says why.
        self.steps.send(step).await.map_err(|_| Walked::Stopped)
    }
}
