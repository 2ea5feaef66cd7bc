//! Which creators are walked when: enough side by side to use the quota at the latency seen, no more.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use super::failures::Failures;
use super::page::WalkStep;
use super::plan::{Plan, plan};
use super::resume::resume;
use super::track::Tracking;
use super::walk::{Failure, Walk, Walked};
use super::{Fatal, RunOutcome, Shared, checkpoints, tasks};
use crate::model::CreatorId;

/// Checkpoints are read, and new walks written, for so many creators at a time: one durable write for all.
const CREATORS_AT_A_TIME: usize = 64;

/// So many creators that fail alike, with no page between them, end the run: it is not about them.
const FAILURES_THAT_END_A_RUN: usize = 5;

/// How often the number of walks side by side is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The creators of a run: those to come, those being walked, and how the others came out.
pub(super) struct Schedule {
    shared: Arc<Shared>,
    /// Dropped with the schedule, so that the indexer sees the end.
    steps: mpsc::Sender<WalkStep>,
    to_plan: VecDeque<CreatorId>,
    to_walk: VecDeque<Walk>,
    walks: JoinSet<(CreatorId, Walked)>,
    failures: Failures,
    failures_in_a_row: usize,
    pages_at_last_failure: u64,
    /// What was counted before this run.
    creators_before: u64,
    pages_before: u64,
    outcome: RunOutcome,
}

impl Schedule {
    pub(super) fn new(shared: Arc<Shared>, steps: mpsc::Sender<WalkStep>, creators: Vec<CreatorId>) -> Self {
        let counters = &shared.counters;
        let creators_before = counters.creators_total.get().saturating_sub(creators.len() as u64);
        let pages_before = counters.pages.get().saturating_sub(counters.pages_from_archive.get());
        // Both are runs of a round of tracking, which tells who is gone.
        let failures = Failures::new(shared.tracking.is_some() || shared.bounds.as_begun);
        Self {
            creators_before,
            pages_before,
            shared,
            steps,
            to_plan: creators.into(),
            to_walk: VecDeque::new(),
            walks: JoinSet::new(),
            failures,
            failures_in_a_row: 0,
            pages_at_last_failure: 0,
            outcome: RunOutcome::default(),
        }
    }

    /// Walks creators until all are walked, or the run is stopped or cannot go on.
    pub(super) async fn run(&mut self) {
        if let Err(fatal) = self.go_on_from_archive().await {
            return self.end_run(fatal);
        }
        while !self.shared.stop.is_cancelled() {
            let stop = self.shared.stop.clone();
            tokio::select! {
                biased;
                // The store may be away for long; no walk is under way without its stored checkpoint if this is given
                // up.
                () = stop.cancelled() => return,
                planned = self.plan_some() => if let Err(fatal) = planned {
                    return self.end_run(fatal);
                },
            }
            self.start_walks();
            if self.walks.is_empty() && self.to_walk.is_empty() && self.to_plan.is_empty() {
                return;
            }
            tokio::select! {
                Some(ended) = self.walks.join_next(), if !self.walks.is_empty() => self.take_in(ended),
                () = sleep(LOOK_AGAIN) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Waits for the walks under way, which stop by themselves, and tells how all came out but for the settlement:
    /// who is done, and who is left, is known only behind it.
    pub(super) async fn finish(mut self) -> RunOutcome {
        while let Some(ended) = self.walks.join_next().await {
            self.take_in(ended);
        }
        self.judge_small_run();
        self.failures.say_how_many_more();
        self.outcome
    }

    /// Lets unfinished walks take what an earlier run had fetched for them. Those that it was enough for have ended,
    /// those that it brought forward are walked first, and neither is planned again.
    async fn go_on_from_archive(&mut self) -> Result<(), Fatal> {
        let resumed = resume(&self.shared, &self.steps, self.to_plan.make_contiguous()).await?;
        let mut taken: HashSet<CreatorId> = resumed.open.iter().map(|walk| walk.creator().clone()).collect();
        self.to_walk.extend(resumed.open);
        for (creator, walked) in resumed.ended {
            taken.insert(creator.clone());
            self.shared.counters.creators_unasked.add(u64::from(!matches!(walked, Walked::Stopped)));
            self.take_in(Ok((creator, walked)));
        }
        self.to_plan.retain(|creator| !taken.contains(creator));
        Ok(())
    }

    /// Reads the checkpoints of the next creators and writes those of the walks that begin.
    async fn plan_some(&mut self) -> Result<(), Fatal> {
        while self.to_walk.is_empty() && !self.to_plan.is_empty() {
            let creators: Vec<CreatorId> = self.to_plan.iter().take(CREATORS_AT_A_TIME).cloned().collect();
            let stored = checkpoints::read(&self.shared, &creators).await?;
            let mut begun = Vec::new();
            for (creator, stored) in creators.into_iter().zip(stored) {
                let now = self.shared.clock.now_ms();
                let plan = match &self.shared.tracking {
                    None => plan(&creator, stored.as_ref(), &self.shared.bounds, now),
                    Some(tracking) => tracking.plan(&creator, stored.as_ref(), now),
                };
                if !matches!(plan, Plan::Walk { .. }) {
                    self.shared.counters.creators_unasked.add(1);
                }
                match plan {
                    Plan::Done => {
                        self.outcome.done_before += 1;
                        self.shared.counters.creators_done.add(1);
                    }
                    Plan::Parked(error) => {
                        let error = format!("{error} (parked by an earlier run: --retry-failed asks again)");
                        tracing::warn!("{creator} failed: {error}");
                        self.failed(creator, error);
                    }
                    Plan::Walk { checkpoint, save } => {
                        let (shared, steps) = (Arc::clone(&self.shared), self.steps.clone());
                        let walk = Walk::new(shared, steps, creator, checkpoint);
                        if save {
                            begun.push(walk.checkpoint().clone());
                        }
                        self.to_walk.push_back(walk);
                    }
                }
                self.to_plan.pop_front();
            }
            checkpoints::save_durably(&self.shared, &begun).await?;
        }
        Ok(())
    }

    fn start_walks(&mut self) {
        let wanted = self.shared.source.walks_wanted();
        while self.walks.len() < wanted {
            let Some(walk) = self.to_walk.pop_front() else { break };
            tasks::spawn_walk(&mut self.walks, walk);
        }
        self.shared.counters.creators_walking.set(self.walks.len() as u64);
    }

    fn take_in(&mut self, ended: Result<(CreatorId, Walked), JoinError>) {
        self.shared.counters.creators_walking.set(self.walks.len() as u64);
        match ended {
            Ok((creator, Walked::Ended { warning })) => {
                self.outcome.ended.push(creator.clone());
                self.outcome.warnings.extend(warning.map(|warning| (creator, warning)));
            }
            Ok((creator, Walked::Failed { error, kind })) => {
                self.judge_run(&creator, &kind, &error);
                self.failures.say(&creator, &error, &kind);
                if let Failure::Refused(words) = kind {
                    self.outcome.refused.push((creator.clone(), words));
                }
                self.failed(creator, error);
            }
            Ok((_, Walked::Stopped)) => {}
            Ok((_, Walked::BudgetUsed)) => {
                // Nothing more is begun. Other walks may hold the last requests that are left: they are let come to
                // theirs.
                self.outcome.budget_used = true;
                self.to_plan.clear();
                self.to_walk.clear();
            }
            Ok((_, Walked::Fatal(fatal))) => self.end_run(fatal),
            Err(error) => self.end_run(Fatal::Internal(format!("a walk ended early: {error}"))),
        }
    }

    /// Failures that follow each other with no page between them are not about the creators. A request that is
    /// refused as such is judged so only before the first page: later ones may well be about this creator.
    fn judge_run(&mut self, creator: &CreatorId, kind: &Failure, error: &str) {
        let pages = self.pages_asked();
        let is_about_it = matches!(kind, Failure::Refused(_) | Failure::Creator);
        let says_nothing = is_about_it || (*kind == Failure::Request && pages > 0);
        if says_nothing || pages > self.pages_at_last_failure {
            self.failures_in_a_row = 0;
        }
        self.pages_at_last_failure = pages;
        if says_nothing {
            return;
        }
        self.failures_in_a_row += 1;
        if self.failures_in_a_row < FAILURES_THAT_END_A_RUN {
            return;
        }
        // Who failed in the last round, too, comes behind all others; with a budget, behind some of them: the rest is
        // more overdue than it in the next round.
        let is_no_news = self.shared.tracking.as_ref().is_some_and(|tracking| tracking.has_failed(creator));
        if self.only_goes_on() || (is_no_news && pages > 0) {
            self.to_plan.clear();
            self.to_walk.clear();
        } else {
            let creators = self.failures_in_a_row;
            self.end_run(Fatal::AllFail { creators, words: error.to_owned() });
        }
    }

    /// Whether the run begins nothing. What goes on is few, and often what had failed before: it says nothing of those
    /// that are to begin, which are let come to their turn.
    fn only_goes_on(&self) -> bool {
        let Shared { bounds, tracking, .. } = self.shared.as_ref();
        bounds.as_begun || tracking.as_ref().is_some_and(Tracking::only_goes_on)
    }

    /// A run of fewer creators than that failed as a whole when all of them failed so, and no page came.
    fn judge_small_run(&mut self) {
        if self.only_goes_on() {
            return;
        }
        let total = self.shared.counters.creators_total.get() - self.creators_before;
        let creators = self.failures_in_a_row;
        if creators > 0 && creators as u64 == total && self.pages_asked() == 0 {
            let words = self.outcome.failed.last().map(|(_, error)| error.clone()).unwrap_or_default();
            self.end_run(Fatal::AllFail { creators, words });
        }
    }

    /// Pages that came from the API: those of the archive do not say that it answers.
    fn pages_asked(&self) -> u64 {
        let counters = &self.shared.counters;
        counters.pages.get().saturating_sub(counters.pages_from_archive.get()).saturating_sub(self.pages_before)
    }

    fn failed(&mut self, creator: CreatorId, error: String) {
        self.shared.counters.creators_failed.add(1);
        self.outcome.failed.push((creator, error));
    }

    fn end_run(&mut self, fatal: Fatal) {
        self.outcome.fatal.get_or_insert(fatal);
        self.shared.stop.cancel();
    }
}
