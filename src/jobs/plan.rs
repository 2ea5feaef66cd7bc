//! What a backfill would cost, told by the checkpoints and by what was measured before; nothing is fetched. Pure.
//!
//! Three figures for each thing: the least, the most where there is a bound, and an estimate where walks are known
//! whose lengths say something. Tries that fail and are made again come on top; pages that an earlier run left in the
//! archive cost nothing, and are not taken off.

mod lengths;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::model::{Checkpoint, CreatorId};
use crate::pipeline::Bounds;
use crate::pipeline::plan::{Plan, plan as plan_of};
use lengths::Lengths;

/// What a post takes in the compressed archive (bytes). Measured on 7,218 real posts of 2025, answers of one post each.
pub const ARCHIVE_BYTES_A_POST: f64 = 300.0;

/// What a post takes in an index (bytes). Measured on the same posts, embedded; Elasticsearch takes about as much.
pub const INDEX_BYTES_A_POST: f64 = 1_200.0;

/// What a plan is made from.
#[derive(Debug, Clone)]
pub struct PlanBasis<'a> {
    /// The creators, in any order.
    pub creators: &'a [CreatorId],
    /// Their checkpoints, position by position; `None` where there is none.
    pub checkpoints: &'a [Option<Checkpoint>],
    /// How far the run would go.
    pub bounds: &'a Bounds,
    /// Now (ms, UTC).
    pub now_ms: i64,
    /// Requests a second that all keys together are sent.
    pub requests_per_second: f64,
    /// Posts a page at most.
    pub page_size: u8,
    /// Bytes a page as measured in the archive, if there is one.
    pub measured_page_bytes: Option<f64>,
    /// Whether raw answers would be kept.
    pub archive: bool,
    /// What a request costs, in any currency.
    pub price_per_request: Option<f64>,
    /// Requests that one run may send.
    pub budget: Option<u64>,
}

/// The plan: one object, its shape is stable.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanReport {
    /// What is to be done with the creators.
    pub creators: PlannedCreators,
    /// Requests to the API.
    pub requests: Figures<u64>,
    /// Time (s).
    pub seconds: Figures<u64>,
    /// Disk for the raw archive (bytes).
    pub archive_bytes: Figures<u64>,
    /// Disk for the index (bytes), if every post is new.
    pub index_bytes: Figures<u64>,
    /// Money, in the currency of the price; null without a price.
    pub money: Option<Figures<f64>>,
    /// What the figures were computed with.
    pub assumed: Assumed,
}

/// The creators of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PlannedCreators {
    /// Never walked, or to be walked again from the start.
    pub begin: u64,
    /// Under way, or ended by a narrower bound.
    pub go_on: u64,
    /// Nothing to ask.
    pub done: u64,
    /// Refused before; nothing to ask.
    pub parked: u64,
}

/// A figure in three ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Figures<T> {
    /// At least: one request a creator.
    pub least: T,
    /// About, by the lengths of walks that are known; null when too few are.
    pub estimate: Option<T>,
    /// At most, by `--max-pages`; null without it.
    pub most: Option<T>,
}

/// What the figures were computed with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Assumed {
    /// Walks known to their end, which the estimate is made from.
    pub known_walks: u64,
    /// Requests a second, all keys together.
    pub requests_per_second: f64,
    /// Posts a page: the mean of the pages settled, else the page size.
    pub posts_per_page: f64,
    /// Bytes of a page in the archive; 0 when none is kept.
    pub page_bytes: f64,
    /// Whether that was measured in this archive; otherwise it is of real posts in general.
    pub page_bytes_measured: bool,
    /// Price of a request.
    pub price_per_request: Option<f64>,
    /// Requests that one run may send.
    pub budget: Option<u64>,
}

impl<T: Copy> Figures<T> {
    /// The same in another unit.
    pub fn map<U>(self, convert: impl Fn(T) -> U) -> Figures<U> {
        Figures { least: convert(self.least), estimate: self.estimate.map(&convert), most: self.most.map(&convert) }
    }
}

/// Makes the plan.
#[must_use]
pub fn plan(basis: &PlanBasis<'_>) -> PlanReport {
    let lengths = lengths_of(basis);
    let (creators, requests) = requests(basis, &lengths);
    let posts_per_page = posts_per_page(basis);
    let page_bytes = match basis.measured_page_bytes {
        _ if !basis.archive => 0.0,
        Some(measured) => measured,
        None => posts_per_page * ARCHIVE_BYTES_A_POST,
    };
    let times = |factor: f64| requests.map(|requests| whole(requests as f64 * factor));
    PlanReport {
        creators,
        requests,
        seconds: times(1.0 / basis.requests_per_second),
        archive_bytes: times(page_bytes),
        index_bytes: times(posts_per_page * INDEX_BYTES_A_POST),
        money: basis.price_per_request.map(|price| requests.map(|requests| requests as f64 * price)),
        assumed: Assumed {
            known_walks: lengths.ended(),
            requests_per_second: basis.requests_per_second,
            posts_per_page,
            page_bytes,
            page_bytes_measured: basis.archive && basis.measured_page_bytes.is_some(),
            price_per_request: basis.price_per_request,
            budget: basis.budget,
        },
    }
}

/// A walk has ended for this plan where a run with its `--since`, and no other bound, would not go on.
fn lengths_of(basis: &PlanBasis<'_>) -> Lengths {
    let unbounded = Bounds { since: basis.bounds.since, ..Bounds::default() };
    let known = basis.creators.iter().zip(basis.checkpoints).filter_map(|(creator, checkpoint)| {
        let checkpoint = checkpoint.as_ref().filter(|checkpoint| checkpoint.pages > 0)?;
        match plan_of(creator, Some(checkpoint), &unbounded, basis.now_ms) {
            Plan::Done => Some((checkpoint.pages, true)),
            Plan::Walk { .. } => Some((checkpoint.pages, false)),
            Plan::Parked(_) => None,
        }
    });
    Lengths::new(known)
}

fn requests(basis: &PlanBasis<'_>, lengths: &Lengths) -> (PlannedCreators, Figures<u64>) {
    let mut creators = PlannedCreators::default();
    let (mut least, mut most, mut estimate) = (0, Some(0), Some(0.0));
    for (creator, stored) in basis.creators.iter().zip(basis.checkpoints) {
        let done = match plan_of(creator, stored.as_ref(), basis.bounds, basis.now_ms) {
            Plan::Done => {
                creators.done += 1;
                continue;
            }
            Plan::Parked(_) => {
                creators.parked += 1;
                continue;
            }
            Plan::Walk { checkpoint, .. } => checkpoint.pages,
        };
        *(if done == 0 { &mut creators.begin } else { &mut creators.go_on }) += 1;
        let bound = basis.bounds.max_pages.map(|most| most.saturating_sub(done));
        least += bound.unwrap_or(1).min(1);
        most = most.zip(bound).map(|(most, bound)| most + bound);
        estimate = estimate.zip(lengths.expected(done, bound)).map(|(sum, expected): (f64, f64)| sum + expected);
    }
    (creators, Figures { least, estimate: estimate.map(whole), most })
}

fn posts_per_page(basis: &PlanBasis<'_>) -> f64 {
    let known = || basis.checkpoints.iter().flatten();
    let (pages, posts): (u64, u64) =
        known().fold((0, 0), |(pages, posts), checkpoint| (pages + checkpoint.pages, posts + checkpoint.received));
    if pages == 0 { f64::from(basis.page_size) } else { posts as f64 / pages as f64 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is not negative")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}
