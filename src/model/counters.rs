//! The run's counters: every room adds to them, bars, metrics and reports only read them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::histogram::Histogram;
use super::waiting::{StoreWatch, Unsettled};

/// One count. Relaxed: each stands alone, and is read exactly only after the run.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `amount`.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Takes `amount` away (gauges only).
    pub fn subtract(&self, amount: u64) {
        self.0.fetch_sub(amount, Ordering::Relaxed);
    }

    /// Sets the value (gauges only).
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// The value now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A share, a gauge.
#[derive(Debug, Default)]
pub struct Share(AtomicU64);

impl Share {
    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    /// The value now; 0 before it was set.
    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// What is counted in a run, by the stage that counts it.
#[derive(Debug, Default)]
pub struct Counters {
    /// Creators to do in this run (or videos, where single ones are asked for; so below).
    pub creators_total: Counter,
    /// Creators whose walk ended, and whose every page is settled, in this run or before.
    pub creators_done: Counter,
    /// Creators of those done and failed that an earlier run had done or parked, or fetched: no request was theirs.
    pub creators_unasked: Counter,
    /// Creators that failed.
    pub creators_failed: Counter,
    /// Creators being walked now (gauge).
    pub creators_walking: Counter,
    /// Requests sent to the API; `sent = ok + rate_limited + failed` once all are answered.
    pub requests_sent: Counter,
    /// Requests answered with success.
    pub requests_ok: Counter,
    /// Requests answered with 429.
    pub requests_rate_limited: Counter,
    /// Requests that failed otherwise (refusals, 5xx, time-outs, broken answers).
    pub requests_failed: Counter,
    /// API keys given (gauge).
    pub keys_given: Counter,
    /// API keys paused now by a 429 (gauge).
    pub keys_paused: Counter,
    /// API keys retired by a 401.
    pub keys_retired: Counter,
    /// Smoothed time from a request's send to its last byte (ms, gauge).
    pub request_latency_ms: Counter,
    /// Requests sent, as a share of what the quota allows in the time from the first to the last, 0 to 1.
    pub quota_used: Share,
    /// Pages taken from the archive, where an earlier run had left them; some of `pages`.
    pub pages_from_archive: Counter,
    /// Pages received, or taken from the archive.
    pub pages: Counter,
    /// Items in those pages.
    pub items_received: Counter,
    /// Items skipped.
    pub items_skipped: Counter,
    /// Documents made of the rest.
    pub documents_fetched: Counter,
    /// Documents stored whose id was not there before; some of `documents_stored`.
    pub documents_new: Counter,
    /// Documents stored.
    pub documents_stored: Counter,
    /// Documents that a newer version superseded.
    pub documents_superseded: Counter,
    /// Documents that became dead letters.
    pub documents_dead: Counter,
    /// Posts of tracking walks that were not stored before; some of `documents_fetched`.
    pub posts_new: Counter,
    /// Posts of tracking walks that were stored before.
    pub posts_read_again: Counter,
    /// Snapshots stored that were not there before.
    pub snapshots_stored: Counter,
    /// Documents between normalizer and verdict now (gauge).
    pub documents_waiting: Counter,
    /// Their bytes (gauge).
    pub bytes_waiting: Counter,
    /// How many documents may wait so (gauge).
    pub documents_waiting_limit: Counter,
    /// How many bytes of them (gauge).
    pub bytes_waiting_limit: Counter,
    /// How old the pages are that wait so.
    pub unsettled: Unsettled,
    /// Bulk requests sent.
    pub bulks_sent: Counter,
    /// Those of them that failed as a whole: no answer, or one that refuses all.
    pub bulks_failed: Counter,
    /// What the bulk requests were like that got an answer, or were given up.
    pub bulks: BulkHistograms,
    /// Whether the store gets on.
    pub store: StoreWatch,
    /// Documents sent again.
    pub documents_retried: Counter,
    /// Bulk requests flushed because of their bytes.
    pub flushed_by_bytes: Counter,
    /// Bulk requests flushed because of their count of documents.
    pub flushed_by_count: Counter,
    /// Bulk requests flushed because of their age.
    pub flushed_by_age: Counter,
    /// Bulk requests flushed because the input ended.
    pub flushed_by_end: Counter,
    /// Bytes of archives and recorded pages to be read, as they lie on the disk.
    pub bytes_to_read: Counter,
    /// Bytes of them read.
    pub bytes_read: Counter,
    /// Records read: `records_read = pages + answers_failed + records_refused`.
    pub records_read: Counter,
    /// Records of answers that were failures when they came.
    pub answers_failed: Counter,
    /// Records that are none, are broken or without a time.
    pub records_refused: Counter,
    /// Videos that a score pass has to read.
    pub videos_to_score: Counter,
    /// Those of them that it read.
    pub videos_read: Counter,
    /// Those of them that it computed scores of.
    pub videos_scored: Counter,
}

/// What bulk requests were like.
#[derive(Debug)]
pub struct BulkHistograms {
    /// From the send to the answer (microseconds).
    pub microseconds: Histogram,
    /// Bytes of the body, before it is compressed.
    pub bytes: Histogram,
    /// Documents.
    pub documents: Histogram,
}

impl BulkHistograms {
    /// Counts one request.
    pub fn add(&self, lasted: Duration, bytes: usize, documents: usize) {
        self.microseconds.add(u64::try_from(lasted.as_micros()).unwrap_or(u64::MAX));
        self.bytes.add(bytes as u64);
        self.documents.add(documents as u64);
    }
}

impl Default for BulkHistograms {
    /// From what an embedded index needs for a page to what a busy server needs for the largest request.
    fn default() -> Self {
        const MILLISECOND: u64 = 1_000;
        const KIB: u64 = 1 << 10;
        Self {
            microseconds: Histogram::new(&[
                5 * MILLISECOND,
                10 * MILLISECOND,
                25 * MILLISECOND,
                50 * MILLISECOND,
                100 * MILLISECOND,
                250 * MILLISECOND,
                500 * MILLISECOND,
                1_000 * MILLISECOND,
                2_500 * MILLISECOND,
                5_000 * MILLISECOND,
                10_000 * MILLISECOND,
                30_000 * MILLISECOND,
                60_000 * MILLISECOND,
            ]),
            bytes: Histogram::new(&[
                16 * KIB,
                64 * KIB,
                256 * KIB,
                512 * KIB,
                1024 * KIB,
                2048 * KIB,
                4096 * KIB,
                5120 * KIB,
                8192 * KIB,
                16384 * KIB,
            ]),
            documents: Histogram::new(&[1, 10, 35, 100, 250, 500, 1_000, 2_500, 5_000]),
        }
    }
}
