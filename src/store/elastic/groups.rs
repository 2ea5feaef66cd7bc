//! Posts in groups: counts and measures, all of them counted by the server, all of them exact.
//!
//! A question is answered of one point in time, in two or three requests of several searches each: `pick` finds the
//! keys of the groups (`best` those with the best medians; `pages` goes through all groups where a list of the first
//! ones may be wrong), `tally` counts their posts. `measure` is for the few groups that are shown; medians are in
//! `median`, as Elasticsearch's own are approximate.

mod best;
mod measure;
mod median;
mod pages;
mod pick;
mod tally;

use serde_json::{Value, json};

pub(super) use self::pages::Pages;
use super::answer::{self, Found};
use super::client::Client;
use super::point::PointInTime;
use super::query;
use crate::model::{Group, GroupBy, GroupQuestion, Groups, Measure, Scope, Windows};
use crate::store::StoreError;

/// Buckets that one search may return: less than half of what the server allows by default (`search.max_buckets`), as
/// it counts also what is inside of them.
pub(super) const MOST_BUCKETS: usize = 30_000;

/// Searches in one request.
const SEARCHES_A_REQUEST: usize = 100;

/// Counts of the groups that a question picks.
pub(super) async fn groups(
    client: &Client,
    alias: &str,
    question: &GroupQuestion,
    most_buckets: usize,
) -> Result<Groups, StoreError> {
    let mut asking = Asking::open(client, alias, &question.scope, question.windows.as_ref(), most_buckets).await?;
    let outcome = asking.groups(question.by, &question.pick).await;
    asking.close().await;
    outcome
}

/// Measures of groups, in their order.
pub(super) async fn measure(
    client: &Client,
    alias: &str,
    (scope, windows): (&Scope, Option<&Windows>),
    groups: &[Group],
    most_buckets: usize,
) -> Result<Vec<Measure>, StoreError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let mut asking = Asking::open(client, alias, scope, windows, most_buckets).await?;
    let outcome = asking.measure(groups).await;
    asking.close().await;
    outcome
}

/// A question under way: all its searches see the same posts.
pub(super) struct Asking<'a> {
    point: PointInTime<'a>,
    /// The posts that it is about.
    scope: Value,
    windows: Option<&'a Windows>,
    most_buckets: usize,
}

impl<'a> Asking<'a> {
    pub(super) async fn open(
        client: &'a Client,
        alias: &str,
        scope: &Scope,
        windows: Option<&'a Windows>,
        most_buckets: usize,
    ) -> Result<Self, StoreError> {
        let point = PointInTime::open(client, alias).await?;
        Ok(Self { point, scope: query::scope(scope), windows, most_buckets })
    }

    pub(super) async fn close(self) {
        self.point.close().await;
    }

    pub(super) fn client(&self) -> &'a Client {
        self.point.client
    }

    /// The posts of the scope that meet these, too.
    pub(super) fn among(&self, mut parts: Vec<Value>) -> Value {
        parts.insert(0, self.scope.clone());
        query::all_of(parts)
    }

    /// What each of these searches finds, in their order.
    async fn ask(&mut self, bodies: &[Value]) -> Result<Vec<Found>, StoreError> {
        let mut all = Vec::with_capacity(bodies.len());
        for bodies in bodies.chunks(SEARCHES_A_REQUEST) {
            let bytes = self.point.search_all(bodies, answer::PARTS).await?;
            let mut found = answer::found(self.client(), &bytes, bodies.len())?;
            self.point.renamed(found.iter_mut().find_map(|found| found.pit_id.take()));
            all.append(&mut found);
        }
        Ok(all)
    }

    async fn ask_one(&mut self, body: Value) -> Result<Found, StoreError> {
        Ok(self.ask(&[body]).await?.pop().unwrap_or_default())
    }
}

/// A search that returns nothing but what it counts.
fn counting(query: &Value, aggregations: &Value) -> Value {
    json!({ "size": 0, "track_total_hits": false, "query": query, "aggs": aggregations })
}

/// The first groups of some posts, as `terms` says. Those of no key are none.
fn first_groups(query: &Value, by: GroupBy, mut terms: Value, inner: Option<Value>) -> Value {
    terms["field"] = by.field().into();
    if terms.get("include").is_none() {
        terms["exclude"] = json!([""]);
    }
    let mut groups = json!({ "terms": terms });
    if let Some(inner) = inner {
        groups["aggs"] = inner;
    }
    counting(query, &json!({ "groups": groups }))
}
