//! Every metric: its name, what it is, and which counters it is made of. docs/operating.md has the same table.

use std::sync::Arc;
use std::time::Instant;

use super::text::{Kind, Labels, Page, Value};
use super::{Stage, Watched};
use crate::model::Counters;

/// What a family's samples are made of.
type Samples = Vec<(Labels, Value)>;

/// One metric.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    samples: fn(&Counters, Instant) -> Samples,
    /// The stages that have it; each is told apart by a label where there is more than one.
    stages: &'static [Stage],
}

const FETCH: &[Stage] = &[Stage::Creators, Stage::Videos];
const PAGES: &[Stage] = &[Stage::Creators, Stage::Videos, Stage::Load];
const STORE: &[Stage] = &[Stage::Creators, Stage::Videos, Stage::Load, Stage::Score];
const MICROSECONDS: f64 = 1_000_000.0;

/// The page of everything that is watched.
pub(super) fn text(watched: &Watched, now: Instant) -> String {
    let stages = watched.stages().clone();
    let mut page = Page::default();
    page.family("viralmine_build_info", Kind::Gauge, "Always 1; the version of the program.");
    page.sample("viralmine_build_info", &vec![("version", env!("CARGO_PKG_VERSION"))], &Value::Whole(1));
    page.family("viralmine_run_info", Kind::Gauge, "Always 1; the command that runs.");
    page.sample("viralmine_run_info", &vec![("command", watched.command)], &Value::Whole(1));
    page.family("process_start_time_seconds", Kind::Gauge, "When the run began (seconds since 1970, UTC).");
    page.sample("process_start_time_seconds", &Vec::new(), &Value::Real(watched.started));
    for family in FAMILIES {
        family.write(&mut page, &stages, now);
    }
    page.finish()
}

impl Family {
    fn write(&self, page: &mut Page, stages: &[(Stage, Arc<Counters>)], now: Instant) {
        let mut having = stages.iter().filter(|(stage, _)| self.stages.contains(stage)).peekable();
        if having.peek().is_none() {
            return;
        }
        page.family(self.name, self.kind, self.help);
        let has_several = self.stages.contains(&Stage::Creators) && self.stages.contains(&Stage::Load);
        for (stage, counters) in having {
            for (mut labels, value) in (self.samples)(counters, now) {
                if has_several {
                    labels.insert(0, ("stage", stage.name()));
                }
                page.sample(self.name, &labels, &value);
            }
        }
    }
}

fn one(value: u64) -> Samples {
    vec![(Vec::new(), Value::Whole(value))]
}

fn real(value: f64) -> Samples {
    vec![(Vec::new(), Value::Real(value))]
}

/// A sample for each value of one label.
fn by<const N: usize>(label: &'static str, values: [(&'static str, u64); N]) -> Samples {
    values.into_iter().map(|(name, value)| (vec![(label, name)], Value::Whole(value))).collect()
}

fn subjects(counters: &Counters) -> Samples {
    let (done, failed) = (counters.creators_done.get(), counters.creators_failed.get());
    let walking = counters.creators_walking.get();
    let waiting = counters.creators_total.get().saturating_sub(done + failed + walking);
    by("state", [("waiting", waiting), ("walking", walking), ("done", done), ("failed", failed)])
}

fn keys(counters: &Counters) -> Samples {
    let (paused, retired) = (counters.keys_paused.get(), counters.keys_retired.get());
    let active = counters.keys_given.get().saturating_sub(paused + retired);
    by("state", [("active", active), ("paused", paused), ("retired", retired)])
}

macro_rules! families {
    ($($stages:expr, $kind:ident $name:literal: $help:literal, |$counters:ident, $now:ident| $samples:expr;)+) => {
        &[$(Family { name: $name, kind: Kind::$kind, help: $help, stages: $stages, samples: |$counters, $now| $samples }),+]
    };
}

/// All but those of the process itself.
#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = families! {
    FETCH, Counter "viralmine_requests_sent_total": "Requests sent to the API.",
        |counters, _now| one(counters.requests_sent.get());
    FETCH, Counter "viralmine_requests_total": "Requests that were answered, or got no answer, by outcome.",
        |counters, _now| by("outcome", [
            ("ok", counters.requests_ok.get()),
            ("rate_limited", counters.requests_rate_limited.get()),
            ("failed", counters.requests_failed.get()),
        ]);
    FETCH, Gauge "viralmine_request_latency_seconds": "From a request's send to its last byte, smoothed.",
        |counters, _now| real(counters.request_latency_ms.get() as f64 / 1_000.0);
    FETCH, Gauge "viralmine_quota_used_ratio": "Requests sent, as a share of what the quota allows from the first to the last.",
        |counters, _now| real(counters.quota_used.get());
    FETCH, Gauge "viralmine_api_keys": "API keys by state; paused by a 429, retired by a 401.",
        |counters, _now| keys(counters);
    &[Stage::Creators], Gauge "viralmine_creators": "Creators of the run by state; waiting: to begin, or for their last pages to be settled.",
        |counters, _now| subjects(counters);
    &[Stage::Videos], Gauge "viralmine_videos": "Videos of the run by state.",
        |counters, _now| subjects(counters);
    &[Stage::Load], Counter "viralmine_records_total": "Records read from archives, by what they hold: a page, a failed answer, nothing that can be used.",
        |counters, _now| by("outcome", [
            ("page", counters.pages.get()),
            ("failed_answer", counters.answers_failed.get()),
            ("refused", counters.records_refused.get()),
        ]);
    &[Stage::Load], Gauge "viralmine_input_bytes": "Bytes of archives and recorded pages to be read, as they lie on the disk.",
        |counters, _now| one(counters.bytes_to_read.get());
    &[Stage::Load], Counter "viralmine_input_read_bytes_total": "Bytes of them that were read.",
        |counters, _now| one(counters.bytes_read.get());
    FETCH, Counter "viralmine_pages_total": "Pages by where they came from; archive: an earlier run had paid for them.",
        |counters, _now| {
            let archived = counters.pages_from_archive.get();
            by("from", [("api", counters.pages.get().saturating_sub(archived)), ("archive", archived)])
        };
    PAGES, Counter "viralmine_items_received_total": "Items in pages.",
        |counters, _now| one(counters.items_received.get());
    PAGES, Counter "viralmine_items_skipped_total": "Items that are no post, or cannot be read.",
        |counters, _now| one(counters.items_skipped.get());
    PAGES, Counter "viralmine_documents_fetched_total": "Documents made of the other items.",
        |counters, _now| one(counters.documents_fetched.get());
    STORE, Counter "viralmine_documents_total": "Documents by the store's verdict; dead: in the dead letters.",
        |counters, _now| by("verdict", [
            ("stored", counters.documents_stored.get()),
            ("superseded", counters.documents_superseded.get()),
            ("dead", counters.documents_dead.get()),
        ]);
    STORE, Counter "viralmine_documents_new_total": "Documents stored whose id was not there before; some of those stored.",
        |counters, _now| one(counters.documents_new.get());
    STORE, Counter "viralmine_dead_letters_total": "Documents that the store refused; those of the verdict dead.",
        |counters, _now| one(counters.documents_dead.get());
    STORE, Counter "viralmine_documents_retried_total": "Documents sent to the store again.",
        |counters, _now| one(counters.documents_retried.get());
    STORE, Gauge "viralmine_waiting_documents": "Documents between the normalizer and their saved checkpoint.",
        |counters, _now| one(counters.documents_waiting.get());
    STORE, Gauge "viralmine_waiting_documents_limit": "How many there is room for; then nothing more is asked or read.",
        |counters, _now| one(counters.documents_waiting_limit.get());
    STORE, Gauge "viralmine_waiting_bytes": "Bytes of the documents that wait.",
        |counters, _now| one(counters.bytes_waiting.get());
    STORE, Gauge "viralmine_waiting_bytes_limit": "How many there is room for.",
        |counters, _now| one(counters.bytes_waiting_limit.get());
    STORE, Gauge "viralmine_settle_lag_seconds": "How long the oldest page has been here that is not settled; 0 when all are.",
        |counters, now| real(counters.unsettled.oldest(now).unwrap_or_default().as_secs_f64());
    STORE, Gauge "viralmine_store_standstill_seconds": "How long the store has taken nothing of what is under way; 0 when nothing is.",
        |counters, now| real(counters.store.standstill(now).map_or(0.0, |still| still.lasts.as_secs_f64()));
    STORE, Counter "viralmine_bulk_requests_total": "Bulk requests sent to the store.",
        |counters, _now| one(counters.bulks_sent.get());
    STORE, Counter "viralmine_bulk_requests_failed_total": "Bulk requests that failed as a whole.",
        |counters, _now| one(counters.bulks_failed.get());
    STORE, Counter "viralmine_bulk_flushes_total": "Bulk requests by why they were closed.",
        |counters, _now| by("reason", [
            ("bytes", counters.flushed_by_bytes.get()),
            ("count", counters.flushed_by_count.get()),
            ("age", counters.flushed_by_age.get()),
            ("end", counters.flushed_by_end.get()),
        ]);
    STORE, Histogram "viralmine_bulk_duration_seconds": "From a bulk request's send to its answer.",
        |counters, _now| vec![(Vec::new(), Value::Histogram(counters.bulks.microseconds.read(), MICROSECONDS))];
    STORE, Histogram "viralmine_bulk_size_bytes": "Bytes of a bulk request, before it is compressed.",
        |counters, _now| vec![(Vec::new(), Value::Histogram(counters.bulks.bytes.read(), 1.0))];
    STORE, Histogram "viralmine_bulk_documents": "Documents of a bulk request.",
        |counters, _now| vec![(Vec::new(), Value::Histogram(counters.bulks.documents.read(), 1.0))];
    &[Stage::Score], Gauge "viralmine_score_videos": "Videos that the score pass has to read.",
        |counters, _now| one(counters.videos_to_score.get());
    &[Stage::Score], Counter "viralmine_score_videos_read_total": "Videos that it read.",
        |counters, _now| one(counters.videos_read.get());
    &[Stage::Score], Counter "viralmine_score_videos_scored_total": "Videos that it computed scores of.",
        |counters, _now| one(counters.videos_scored.get());
};
