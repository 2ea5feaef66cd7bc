//! Bars on a terminal, a plain line every few seconds otherwise; both on stderr, both only read counters.
//! The only file that names indicatif. Where programs read, a line's figures are fields (`figures`).

mod figures;

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::log::told;
use super::report::elapsed;
use super::shown::number;
use crate::model::Counters;

const BARS_EVERY: Duration = Duration::from_millis(200);
const LINES_EVERY: Duration = Duration::from_secs(5);

/// All bars of the process, so that a log line can be written above them.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Runs `write` while the bars are off the screen.
pub fn above_the_bars<T>(write: impl FnOnce() -> T) -> T {
    BARS.suspend(write)
}

/// Takes the bars off the screen for good: what is written next begins a line of its own.
pub fn clear_bars() {
    let _ = BARS.clear();
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Bars.
    Bars,
    /// A plain line every few seconds.
    Lines,
    /// Nothing.
    Nothing,
}

impl Look {
    /// Bars on a terminal, lines elsewhere and where programs read (`json`), nothing when quiet.
    #[must_use]
    pub fn of_this_process(quiet: bool, json: bool) -> Self {
        match (quiet, std::io::stderr().is_terminal() && !json) {
            (true, _) => Self::Nothing,
            (false, true) => Self::Bars,
            (false, false) => Self::Lines,
        }
    }
}

/// What the counters cannot say.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Requests a second that the keys allow together.
    pub per_second: f64,
    /// What is counted off: "creators".
    pub subjects: &'static str,
}

/// Shows a run's progress until it is finished.
#[derive(Debug)]
pub struct Progress {
    ticker: Option<JoinHandle<()>>,
    bars: Vec<ProgressBar>,
}

impl Progress {
    /// Starts showing. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(look: Look, counters: Arc<Counters>, quota: Quota) -> Self {
        match look {
            Look::Nothing => Self { ticker: None, bars: Vec::new() },
            Look::Bars => Self::bars(counters, quota),
            Look::Lines => Self { ticker: Some(tokio::spawn(lines(counters, quota))), bars: Vec::new() },
        }
    }

    fn bars(counters: Arc<Counters>, quota: Quota) -> Self {
        BARS.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        let creators = BARS.add(ProgressBar::new(0).with_style(style("{prefix:10} [{bar:32}] {pos}/{len}{msg}")));
        let line = || BARS.add(ProgressBar::new_spinner().with_style(style("{prefix:10} {msg}")));
        let bars = vec![
            creators.with_prefix(quota.subjects),
            line().with_prefix("requests"),
            line().with_prefix("videos"),
            line().with_prefix("waiting"),
        ];
        let shown = bars.clone();
        let ticker = tokio::spawn(async move {
            let mut rates = Rates::new();
            let mut ticks = every(BARS_EVERY);
            loop {
                ticks.tick().await;
                let now = Snapshot::of(&counters, quota, &mut rates);
                shown[0].set_length(now.creators_total);
                shown[0].set_position(now.creators_done + now.creators_failed);
                shown[0].set_message(now.creators_text());
                shown[1].set_message(now.requests_text());
                shown[2].set_message(now.videos_text());
                shown[3].set_message(now.waiting_text());
            }
        });
        Self { ticker: Some(ticker), bars }
    }

    /// Starts showing how far files are read, and what becomes of them. Must be called inside a tokio runtime.
    #[must_use]
    pub fn of_reading(look: Look, counters: Arc<Counters>) -> Self {
        match look {
            Look::Nothing => Self { ticker: None, bars: Vec::new() },
            Look::Bars => {
                BARS.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                let template = "read       [{bar:32}] {bytes}/{total_bytes}, about {eta} left";
                let read = BARS.add(ProgressBar::new(0).with_style(style(template)));
                let rest = BARS.add(ProgressBar::new_spinner().with_style(style("           {msg}")));
                let bars = vec![read.clone(), rest.clone()];
                let ticker = tokio::spawn(async move {
                    let mut rates = Rates::new();
                    let mut ticks = every(BARS_EVERY);
                    loop {
                        ticks.tick().await;
                        read.set_length(counters.bytes_to_read.get());
                        read.set_position(counters.bytes_read.get());
                        rest.set_message(reading_text(&counters, &mut rates));
                    }
                });
                Self { ticker: Some(ticker), bars }
            }
            Look::Lines => {
                let ticker = tokio::spawn(async move {
                    let mut rates = Rates::new();
                    let mut ticks = every(LINES_EVERY);
                    ticks.tick().await;
                    loop {
                        ticks.tick().await;
                        let (read, all) = (counters.bytes_read.get(), counters.bytes_to_read.get());
                        let share = read.min(all) as f64 / all.max(1) as f64 * 100.0;
                        let text = format!("{share:.0}% read · {}", reading_text(&counters, &mut rates));
                        told(&text, "progress", &figures::reading(&counters));
                    }
                });
                Self { ticker: Some(ticker), bars: Vec::new() }
            }
        }
    }

    /// Starts showing how far a score pass is. Must be called inside a tokio runtime.
    #[must_use]
    pub fn of_scoring(look: Look, counters: Arc<Counters>) -> Self {
        match look {
            Look::Nothing => Self { ticker: None, bars: Vec::new() },
            Look::Bars => {
                BARS.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
                let bar = BARS.add(ProgressBar::new(0).with_style(style("scores     [{bar:32}] {msg}")));
                let shown = bar.clone();
                let ticker = tokio::spawn(async move {
                    let mut ticks = every(BARS_EVERY);
                    loop {
                        ticks.tick().await;
                        // Reading and scoring take about as long as each other.
                        shown.set_length(2 * counters.videos_to_score.get());
                        shown.set_position(counters.videos_read.get() + counters.videos_scored.get());
                        shown.set_message(scoring_text(&counters));
                    }
                });
                Self { ticker: Some(ticker), bars: vec![bar] }
            }
            Look::Lines => {
                let ticker = tokio::spawn(async move {
                    let mut ticks = every(LINES_EVERY);
                    ticks.tick().await;
                    loop {
                        ticks.tick().await;
                        let text = format!("scores: {}", scoring_text(&counters));
                        told(&text, "progress", &figures::scoring(&counters));
                    }
                });
                Self { ticker: Some(ticker), bars: Vec::new() }
            }
        }
    }

    /// Stops showing and clears the bars.
    pub fn finish(self) {
        if let Some(ticker) = &self.ticker {
            ticker.abort();
        }
        for bar in &self.bars {
            bar.finish_and_clear();
        }
    }
}

async fn lines(counters: Arc<Counters>, quota: Quota) {
    let mut rates = Rates::new();
    let mut ticks = every(LINES_EVERY);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let now = Snapshot::of(&counters, quota, &mut rates);
        let line = format!(
            "{} {}/{}{} · requests {} · videos {} · waiting {}",
            quota.subjects,
            number(now.creators_done + now.creators_failed),
            number(now.creators_total),
            now.creators_text(),
            now.requests_text(),
            now.videos_text(),
            now.waiting_text()
        );
        told(&line, "progress", &now.figures());
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// Documents and requests per second over the last few seconds.
#[derive(Debug)]
struct Rates {
    started: Instant,
    last: Instant,
    stored_before: u64,
    stored_per_second: f64,
}

impl Rates {
    fn new() -> Self {
        let now = Instant::now();
        Self { started: now, last: now, stored_before: 0, stored_per_second: 0.0 }
    }

    /// An exponentially weighted rate with a time constant of about three seconds.
    fn update(&mut self, stored: u64) {
        let seconds = self.last.elapsed().as_secs_f64();
        if seconds < 0.05 {
            return;
        }
        let rate = stored.saturating_sub(self.stored_before) as f64 / seconds;
        let weight = 1.0 - (-seconds / 3.0).exp();
        self.stored_per_second += weight * (rate - self.stored_per_second);
        self.stored_before = stored;
        self.last = Instant::now();
    }
}

/// What is shown at one moment.
struct Snapshot<'a> {
    counters: &'a Counters,
    subjects: &'static str,
    creators_total: u64,
    creators_done: u64,
    creators_failed: u64,
    quota_used: f64,
    stored_per_second: f64,
    left: Option<Duration>,
}

impl<'a> Snapshot<'a> {
    fn of(counters: &'a Counters, quota: Quota, rates: &mut Rates) -> Self {
        rates.update(counters.documents_stored.get());
        let elapsed = rates.started.elapsed().as_secs_f64();
        let sent = counters.requests_sent.get() as f64;
        let (done, failed) = (counters.creators_done.get(), counters.creators_failed.get());
        let total = counters.creators_total.get();
        Self {
            counters,
            subjects: quota.subjects,
            creators_total: total,
            creators_done: done,
            creators_failed: failed,
            quota_used: if elapsed > 1.0 { sent / (elapsed * quota.per_second).max(1.0) } else { 0.0 },
            stored_per_second: rates.stored_per_second,
            left: time_left(
                total.saturating_sub(done + failed),
                (done + failed).saturating_sub(counters.creators_unasked.get()),
                counters.creators_walking.get(),
                counters.pages.get().saturating_sub(counters.pages_from_archive.get()),
                sent / elapsed.max(0.1),
            ),
        }
    }

    fn creators_text(&self) -> String {
        let failed =
            if self.creators_failed > 0 { format!(", {} failed", self.creators_failed) } else { String::new() };
        let walking = match self.counters.creators_walking.get() {
            0 => String::new(),
            walking => format!(", {} under way", number(walking)),
        };
        let left = self.left.map(|left| format!(", about {} left", elapsed(left))).unwrap_or_default();
        format!("{walking}{failed}{left}")
    }

    fn requests_text(&self) -> String {
        let counters = self.counters;
        let mut text = format!(
            "{}, {:.0}% of the quota",
            number(counters.requests_sent.get()),
            (self.quota_used * 100.0).min(100.0)
        );
        let latency = counters.request_latency_ms.get();
        if latency > 0 {
            let _ = write!(text, ", {} ms each", number(latency));
        }
        for (count, word) in [
            (counters.requests_rate_limited.get(), "rate-limited"),
            (counters.requests_failed.get(), "failed"),
            (counters.keys_paused.get(), "keys paused"),
            (counters.keys_retired.get(), "keys retired"),
        ] {
            if count > 0 {
                let _ = write!(text, ", {} {word}", number(count));
            }
        }
        text
    }

    fn videos_text(&self) -> String {
        let counters = self.counters;
        let mut text = format!(
            "{} fetched, {} indexed, {:.0}/s",
            number(counters.documents_fetched.get()),
            number(counters.documents_stored.get() + counters.documents_superseded.get()),
            self.stored_per_second
        );
        for (count, word) in
            [(counters.documents_dead.get(), "dead letters"), (counters.documents_retried.get(), "sent again")]
        {
            if count > 0 {
                let _ = write!(text, ", {} {word}", number(count));
            }
        }
        text
    }

    fn waiting_text(&self) -> String {
        let kilobytes = self.counters.bytes_waiting.get() / 1024;
        format!("{} documents, {} KiB", number(self.counters.documents_waiting.get()), number(kilobytes))
    }
}

fn reading_text(counters: &Counters, rates: &mut Rates) -> String {
    let mut text = format!("{} records", number(counters.records_read.get()));
    if counters.documents_fetched.get() > 0 {
        rates.update(counters.documents_stored.get());
        let now = Snapshot::of(counters, Quota { per_second: 1.0, subjects: "creators" }, rates);
        let _ = write!(text, " · videos {} · waiting {}", now.videos_text(), now.waiting_text());
    }
    text
}

fn scoring_text(counters: &Counters) -> String {
    format!(
        "{} of {} posts read, {} scored, {} rewritten",
        number(counters.videos_read.get()),
        number(counters.videos_to_score.get()),
        number(counters.videos_scored.get()),
        number(counters.documents_stored.get())
    )
}

/// By what is left to ask: the pages that the creators to come will need, if they are like those asked in this run.
/// Of those under way, on average half is behind us: early in a run most pages are theirs.
fn time_left(to_come: u64, asked: u64, under_way: u64, pages: u64, requests_per_second: f64) -> Option<Duration> {
    if to_come == 0 || asked == 0 || pages == 0 || requests_per_second <= 0.0 {
        return None;
    }
    let half = under_way.min(to_come) as f64 / 2.0;
    let pages_left = (to_come as f64 - half) * (pages as f64 / (asked as f64 + half));
    Duration::try_from_secs_f64(pages_left / requests_per_second).ok()
}

#[cfg(test)]
mod tests;
