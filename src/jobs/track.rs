//! Tracking: new posts and new counts of known creators, one round of it. No terminal, no flags: it returns a report.
//!
//! First what an earlier run left under way is gone on with, backfills within their own bounds, then tracking walks;
//! then each creator is walked from its newest post (`pipeline::track`). `known` reads who is known and what is due,
//! `plan` decides (purely) who is visited in which order and how far back, `report` is what comes of it.

pub mod known;
pub mod plan;
pub mod report;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::time::Instant;

use self::known::{Creators, KnownError, Standing};
use self::plan::{Plan, Visit, plan};
use self::report::{Outcomes, TrackReport};
use super::backfill::FailedCreator;
use crate::model::{CreatorId, Observer};
use crate::pipeline::track::{Begin, Tracking};
use crate::pipeline::{self, Bounds, Fatal, Limits, Parts, RunOutcome};
use crate::source::words_of_refusal;
use crate::store::StoreView;

/// What a round works with.
pub struct TrackParts {
    /// What its runs work with. Snapshots go to the same store.
    pub run: Parts,
    /// The same store, to be asked for who is known and what is due.
    pub view: Arc<dyn StoreView>,
    /// Is shown each page before it is stored, and who is gone.
    pub observer: Arc<dyn Observer>,
}

/// What a round is to do.
#[derive(Debug, Clone)]
pub struct TrackOptions {
    /// Only these creators; empty: all that are known.
    pub named: Vec<CreatorId>,
    /// The region asked with; it stands on the documents.
    pub region: Option<String>,
    /// Requests that may be sent.
    pub budget: Option<u64>,
    /// Posts asked for a page.
    pub page_size: usize,
    /// The sizes and limits of its runs.
    pub limits: Limits,
}

/// How a round came out.
#[derive(Debug)]
pub struct Track {
    /// Its counts.
    pub report: TrackReport,
    /// Creators that may be incomplete, with the warning.
    pub warnings: Vec<(CreatorId, String)>,
    /// Whether it was stopped from outside (Ctrl-C) with something left to do, and ended well.
    pub interrupted: bool,
    /// Whether the budget of requests left creators unvisited, or walks under way, and it ended well.
    pub budget_used: bool,
    /// Why it could not go on, if so.
    pub fatal: Option<Fatal>,
    /// Everybody that it was about, visited or not.
    pub known: Vec<CreatorId>,
}

/// Makes one round.
///
/// # Errors
/// Nobody is known, or the store cannot tell who is.
pub async fn run(parts: TrackParts, options: TrackOptions) -> Result<Track, KnownError> {
    let started = Instant::now();
    let now_ms = parts.run.clock.now_ms();
    let known = known::creators(&parts, &options.named, options.limits.patience, now_ms).await?;
    let mut round = Round { parts, options, known, outcomes: Outcomes::default(), asked: HashSet::new() };
    let fatal = round.make(now_ms).await.err();
    Ok(round.finish(fatal, started))
}

/// A round under way.
struct Round {
    parts: TrackParts,
    options: TrackOptions,
    known: Creators,
    outcomes: Outcomes,
    /// Creators that failed, or were refused, in this round: they are not asked again.
    asked: HashSet<CreatorId>,
}

impl Round {
    async fn make(&mut self, now_ms: i64) -> Result<(), Fatal> {
        self.tell_who_is_gone().await?;
        self.go_on_with_backfills(now_ms).await?;
        if !self.is_over() {
            self.go_on_with_walks().await?;
        }
        if !self.is_over() {
            self.visit(now_ms).await?;
        }
        Ok(())
    }

    /// Whether nothing more may be begun.
    fn is_over(&self) -> bool {
        self.outcomes.budget_used || self.parts.run.stop.is_cancelled()
    }

    /// Those that were refused before: a backfill tells nobody, and a round that was killed may not have come to it.
    /// What was told is not told again.
    async fn tell_who_is_gone(&self) -> Result<(), Fatal> {
        for (creator, standing) in self.known.all().filter(|(_, standing)| standing.was_refused) {
            let words = words_of_refusal(&standing.last_error);
            let told = self.parts.observer.gone(creator, standing.last_visit, words);
            // The store, which knows the handle, may be away for long.
            let Some(told) = self.parts.run.stop.run_until_cancelled(told).await else { return Ok(()) };
            told?;
        }
        Ok(())
    }

    async fn go_on_with_backfills(&mut self, now_ms: i64) -> Result<(), Fatal> {
        let creators = self.still(|standing| standing.backfill_under_way);
        if creators.is_empty() {
            return Ok(());
        }
        tracing::info!(creators = creators.len(), "going on with backfills that were interrupted");
        let bounds = Bounds { region: self.options.region.clone(), as_begun: true, ..Bounds::default() };
        let outcome = pipeline::run(self.parts.run.clone(), creators.clone(), bounds, self.options.limits).await;
        self.outcomes.went_on += outcome.done;
        // A tracking walk tells the observer by itself.
        for (creator, words) in &outcome.refused {
            self.parts.observer.gone(creator, self.known.of(creator).last_visit, words).await?;
        }
        self.take_in(outcome)?;
        self.look_again_at(&creators, now_ms).await
    }

    /// What these backfills stored is older than the visits that follow, and may be all that there is.
    async fn look_again_at(&mut self, creators: &[CreatorId], now_ms: i64) -> Result<(), Fatal> {
        match known::creators(&self.parts, creators, self.options.limits.patience, now_ms).await {
            Ok(newer) => self.known.take_over(&newer),
            Err(KnownError::Store(error)) => return Err(error.into()),
            // Then nobody is visited.
            Err(KnownError::Nobody | KnownError::Stopped) => {}
        }
        Ok(())
    }

    async fn go_on_with_walks(&mut self) -> Result<(), Fatal> {
        let creators = self.still(|standing| standing.walk_under_way);
        if creators.is_empty() {
            return Ok(());
        }
        tracing::info!(creators = creators.len(), "going on with tracking walks that were interrupted");
        let outcome = self.track(creators, HashMap::new()).await;
        // Those that came to no page are left to the visits.
        self.outcomes.went_on += outcome.done - outcome.done_before;
        self.take_in(outcome)
    }

    async fn visit(&mut self, now_ms: i64) -> Result<(), Fatal> {
        let creators = self.still(|_| true);
        let young = known::young_posts(self.parts.view.as_ref(), now_ms, self.options.limits.patience);
        let Some(young) = self.parts.run.stop.run_until_cancelled(young).await else { return Ok(()) };
        let known = self.known.with_posts(&creators, young?);
        let spent = self.parts.run.counters.requests_sent.get();
        let budget = self.options.budget.map(|budget| budget.saturating_sub(spent));
        let Plan { visits, left, due } = plan(known, now_ms / 1000, self.options.page_size, budget);
        self.outcomes.due = due;
        self.outcomes.budget_used = left > 0;
        let begin = |visit: &Visit| {
            let standing = self.known.of(&visit.creator);
            let Standing { newest: after, waits_since, later_backfill, known_until, has_failed, .. } = *standing;
            let (read_back_to, waits_since) = (visit.read_back_to, Some(waits_since));
            (visit.creator.clone(), Begin { read_back_to, after, later_backfill, known_until, waits_since, has_failed })
        };
        let begin: HashMap<CreatorId, Begin> = visits.iter().map(begin).collect();
        if begin.is_empty() {
            return Ok(());
        }
        let order = visits.iter().map(|visit| visit.creator.clone()).collect();
        let outcome = self.track(order, begin).await;
        self.outcomes.visited = outcome.done;
        let ended: HashSet<&CreatorId> = outcome.ended.iter().collect();
        let with_new_posts = &self.outcomes.with_new_posts;
        let unchanged = outcome.ended.iter().filter(|creator| !with_new_posts.contains(*creator)).count() as u64;
        self.outcomes.unchanged = unchanged.min(outcome.done);
        let read = visits.iter().filter(|visit| ended.contains(&visit.creator));
        self.outcomes.due_read = read.map(|visit| visit.due).sum();
        let is_back = |creator: &&CreatorId| self.known.of(creator).was_refused;
        self.outcomes.back.extend(outcome.ended.iter().filter(is_back).map(ToString::to_string));
        self.take_in(outcome)
    }

    async fn track(&mut self, creators: Vec<CreatorId>, begin: HashMap<CreatorId, Begin>) -> RunOutcome {
        let tracking = Tracking::new(Arc::clone(&self.parts.observer), begin);
        let (region, limits) = (self.options.region.clone(), self.options.limits);
        let outcome = pipeline::track(self.parts.run.clone(), creators, region, tracking.clone(), limits).await;
        self.outcomes.with_new_posts.extend(tracking.with_new_posts());
        outcome
    }

    /// The known creators of whom this is true and who did not fail in this round, in the order of their ids.
    fn still(&self, is_wanted: impl Fn(&Standing) -> bool) -> Vec<CreatorId> {
        let wanted = self.known.all().filter(|(creator, standing)| {
            is_wanted(standing) && !standing.is_left_alone && !self.asked.contains(*creator)
        });
        wanted.map(|(creator, _)| creator.clone()).collect()
    }

    fn take_in(&mut self, outcome: RunOutcome) -> Result<(), Fatal> {
        let mut refused: HashMap<CreatorId, String> = outcome.refused.into_iter().collect();
        for (creator, error) in outcome.failed {
            self.asked.insert(creator.clone());
            let (list, error) = match refused.remove(&creator) {
                Some(words) => (&mut self.outcomes.gone, words),
                None => (&mut self.outcomes.failed, error),
            };
            list.push(FailedCreator { sec_user_id: creator.to_string(), error });
        }
        self.outcomes.warnings.extend(outcome.warnings);
        self.outcomes.budget_used |= outcome.budget_used;
        outcome.fatal.map_or(Ok(()), Err)
    }

    fn finish(mut self, fatal: Option<Fatal>, started: Instant) -> Track {
        let never_walked = self
            .known
            .never_walked
            .iter()
            .map(|(creator, reason)| FailedCreator { sec_user_id: creator.to_string(), error: reason.clone() });
        let (wanted, left_alone) = (self.known.len(), self.known.left_alone());
        self.outcomes.failed.splice(0..0, never_walked.collect::<Vec<_>>());
        let asked = self.asked.len() as u64;
        let left = wanted.saturating_sub(left_alone + self.outcomes.visited + asked);
        let is_well_but_not_over = fatal.is_none() && left > 0;
        let (budget_used, warnings) = (self.outcomes.budget_used, std::mem::take(&mut self.outcomes.warnings));
        let report = TrackReport::of(self.outcomes, left, left_alone, &self.parts.run, started.elapsed());
        let known = self.known.all().map(|(creator, _)| creator.clone()).collect();
        Track {
            known,
            report,
            warnings,
            interrupted: is_well_but_not_over && self.parts.run.stop.is_cancelled() && !budget_used,
            budget_used: is_well_but_not_over && budget_used,
            fatal,
        }
    }
}
