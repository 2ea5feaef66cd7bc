//! The API client: one page through as many requests as it takes. Quota, send, record, judge, act.
//!
//! WARN: nothing is lost and it goes on. ERROR: a person must act (a key was refused).

mod outcome;
mod tries;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use outcome::Outcome;
use tries::FailedTries;

use super::budget::{Budget, Used};
use super::connections::Connections;
use super::http::{Http, RawReply, Transport, Unanswered};
use super::keys::Keys;
use super::latency::Latency;
use super::redact::without_key;
use super::request::Ask;
use super::{ApiSettings, KeyReport, PageRequest, SourceError, SourcePage, VideoSource};
use crate::model::{Counters, Recorder, Secret};
use crate::throttle::clock::Clock;
use crate::throttle::quota::{KeyPosition, Quota, walks_for};
use crate::throttle::retry::{Retry, RetryPolicy};
use crate::wire::reply::{Judgement, Reply, judge};

/// The doubling of a pause that the server does not name ends here. One that it names is kept whole.
const LONGEST_UNNAMED_PAUSE: Duration = Duration::from_mins(5);

/// A 429 uses up no attempt, but so many for one request are a failure.
const MOST_RATE_LIMITED: u32 = 20;

/// What latency is taken to be before the first answer.
const LATENCY_AT_FIRST: Duration = Duration::from_secs(1);

/// The provider's API. Shared by all walks; every request of the process goes through one of these.
pub struct ApiClient {
    transport: Box<dyn Transport>,
    quota: Quota,
    connections: Connections,
    recorder: Arc<dyn Recorder>,
    counters: Arc<Counters>,
    clock: Clock,
    /// Ends every wait for the quota or for another try; a request that was sent is waited for, since it is paid.
    stop: CancellationToken,
    retry: RetryPolicy,
    failed_tries: FailedTries,
    budget: Budget,
    keys: Keys,
    unnamed_pause: Duration,
    region: Option<String>,
    page_size: u8,
    latency: Latency,
}

/// One request and what became of it.
struct Attempt {
    judgement: Judgement,
    body: Bytes,
    /// Of the answer, or what it was to be later than when none came.
    fetched_at: i64,
}

impl ApiClient {
    /// A client whose keys may send from a second from now on. Checks the settings; sends nothing. Once `stop` is
    /// cancelled, nothing more is sent, and what waited to be sent ends with [`SourceError::Stopped`].
    pub fn new(
        settings: ApiSettings,
        recorder: Arc<dyn Recorder>,
        counters: Arc<Counters>,
        clock: Clock,
        stop: CancellationToken,
    ) -> Result<Self, SourceError> {
        settings.check()?;
        if settings.base_url.is_open_to_eavesdroppers() {
            let url = &settings.base_url;
            tracing::warn!("the API keys cross the network unencrypted to {url}: use https if you can");
        }
        let transport = Box::new(Http::new(&settings)?);
        Ok(Self::over(transport, settings, recorder, counters, clock, stop))
    }

    fn over(
        transport: Box<dyn Transport>,
        settings: ApiSettings,
        recorder: Arc<dyn Recorder>,
        counters: Arc<Counters>,
        clock: Clock,
        stop: CancellationToken,
    ) -> Self {
        counters.keys_given.set(settings.keys.len() as u64);
        Self {
            transport,
            connections: Connections::new(settings.base_url.is_loopback()),
            quota: Quota::new(settings.keys.len(), settings.rate, settings.quota_margin),
            recorder,
            counters,
            clock,
            stop,
            retry: settings.retry,
            failed_tries: FailedTries::default(),
            budget: Budget::new(settings.budget),
            keys: Keys::new(settings.keys),
            unnamed_pause: settings.unnamed_pause,
            region: settings.region,
            page_size: settings.page_size,
            latency: Latency::default(),
        }
    }

    /// One post by the detail endpoint. The answer's `fetched_at` is made later than `fetched_after` (ms, UTC).
    pub async fn detail(&self, aweme_id: &str, fetched_after: i64) -> Result<SourcePage, SourceError> {
        self.fetch(&Ask::detail(aweme_id), fetched_after).await
    }

    /// Smoothed time from a request's send to its last byte; `None` before the first answer.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.latency.mean()
    }

    async fn fetch(&self, ask: &Ask, fetched_after: i64) -> Result<SourcePage, SourceError> {
        let subject = || ask.subject_in_words();
        let mut retry = Retry::new(self.retry_policy());
        let (mut fetched_after, mut rate_limited) = (fetched_after, 0);
        loop {
            // Before the wait for a key, or more would wait than may be sent.
            let permit =
                self.budget.take().map_err(|Used(budget)| SourceError::BudgetUsed { subject: subject(), budget })?;
            let key = self.unless_stopped(ask, self.key_ready()).await??;
            permit.spend();
            let attempt = self.send_once(ask, key, fetched_after).await?;
            fetched_after = attempt.fetched_at;
            match attempt.judgement {
                Judgement::Success => {
                    self.failed_tries.answered();
                    return Ok(SourcePage { body: attempt.body, fetched_at: attempt.fetched_at });
                }
                Judgement::RateLimited { wait, words } => {
                    rate_limited += 1;
                    self.pause(key, wait, rate_limited, &words);
                    if rate_limited >= MOST_RATE_LIMITED {
                        let attempts = rate_limited + retry.tried();
                        return Err(SourceError::Exhausted {
                            subject: subject(),
                            attempts,
                            last: words,
                            about_subject: false,
                        });
                    }
                }
                Judgement::KeyRefused { words } => self.retire(key, &words),
                Judgement::WithoutContent { reason } => {
                    self.wait_to_retry(ask, &mut retry, &reason, None, true).await?;
                }
                Judgement::Transient { reason, wait } => {
                    self.wait_to_retry(ask, &mut retry, &reason, wait, false).await?;
                }
                Judgement::CursorRefused { words } => {
                    let cursor = ask.max_cursor.clone().unwrap_or_default();
                    return Err(SourceError::CursorRefused { subject: subject(), cursor, words });
                }
                Judgement::CreatorRefused { words } => {
                    return Err(SourceError::CreatorRefused { subject: subject(), words });
                }
                Judgement::VideoRefused { words } => {
                    return Err(SourceError::VideoRefused { subject: subject(), words });
                }
                Judgement::RequestRefused { words } => {
                    return Err(SourceError::RequestRefused { subject: subject(), words });
                }
            }
        }
    }

    /// Waits before the next try; an error when there is none left, or the run is stopped.
    async fn wait_to_retry(
        &self,
        ask: &Ask,
        retry: &mut Retry,
        reason: &str,
        named: Option<Duration>,
        about_subject: bool,
    ) -> Result<(), SourceError> {
        let subject = ask.subject_in_words();
        let Some(delay) = retry.after_failure(named) else {
            let (attempts, last) = (retry.tried(), reason.to_owned());
            return Err(SourceError::Exhausted { subject, attempts, last, about_subject });
        };
        let (tried, seconds) = (retry.tried(), delay.as_secs_f64());
        let words = format!("try {tried} for {subject} failed ({reason}); trying again in {seconds:.1} s");
        // What the API withholds of one subject says nothing of others.
        if about_subject {
            tracing::warn!("{words}");
        } else {
            self.failed_tries.tell(&words);
        }
        self.unless_stopped(ask, sleep(delay)).await
    }

    /// Before the first success of the process an error is soon told, since it may be a wrong address; later the same
    /// trouble is an outage, which is waited out for some minutes.
    fn retry_policy(&self) -> RetryPolicy {
        let tries_more = if self.counters.requests_ok.get() == 0 { 1 } else { 2 };
        RetryPolicy { attempts: self.retry.attempts.map(|attempts| attempts * tries_more), ..self.retry }
    }

    async fn unless_stopped<T>(&self, ask: &Ask, wait: impl Future<Output = T>) -> Result<T, SourceError> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(SourceError::Stopped { subject: ask.subject_in_words() }),
            done = wait => Ok(done),
        }
    }

    async fn key_ready(&self) -> Result<KeyPosition, SourceError> {
        let ready = self.quota.ready().await;
        self.show_quota();
        ready.map_err(|_none_left| SourceError::NoKeyLeft {
            keys: self.keys.in_words(),
            words: self.keys.last_refusal(),
        })
    }

    /// Sends, has the answer recorded, and only then looks at it.
    async fn send_once(&self, ask: &Ask, key: KeyPosition, fetched_after: i64) -> Result<Attempt, SourceError> {
        let outcome = Outcome::sent(&self.counters);
        self.keys.sent(key);
        let (under_way, late) = self.connections.enter();
        self.quota.delay(key, late);
        let sent_at = Instant::now();
        let reply = match self.transport.send(ask, key).await {
            Ok(reply) => reply,
            // A long run is not ended by one bad server of many behind a name.
            Err(Unanswered::Distrusted(words)) if self.counters.requests_ok.get() == 0 => {
                return Err(SourceError::Settings(words));
            }
            Err(Unanswered::Passing(reason) | Unanswered::Distrusted(reason)) => {
                let judgement = Judgement::Transient { reason, wait: None };
                return Ok(Attempt { judgement, body: Bytes::new(), fetched_at: fetched_after });
            }
        };
        drop(under_way);
        let fetched_at = self.clock.now_ms().max(fetched_after.saturating_add(1));
        let latency = self.latency.add(sent_at.elapsed());
        self.counters.request_latency_ms.set(u64::try_from(latency.as_millis()).unwrap_or(u64::MAX));

        let secret = self.keys.secret(key);
        let body = without_key(reply.body.clone(), secret);
        let answer = ask.answered(fetched_at, key.number(), reply.status, body.clone());
        self.recorder.record(&answer).await.map_err(SourceError::Record)?;

        let judgement = judgement_of(ask, &reply, &body, secret);
        outcome.is(&judgement);
        Ok(Attempt { judgement, body, fetched_at })
    }

    fn pause(&self, key: KeyPosition, named: Option<Duration>, rate_limited: u32, words: &str) {
        let unnamed = || self.unnamed_pause.saturating_mul(1 << (rate_limited - 1).min(16)).min(LONGEST_UNNAMED_PAUSE);
        let wait = named.unwrap_or_else(unnamed);
        // A little later than asked, so that the server's clock has surely come round.
        let jitter = wait.mul_f64(rand::random_range(0.0..0.1)).min(Duration::from_secs(1));
        self.keys.rate_limited(key, words);
        self.quota.pause(key, wait + jitter);
        self.show_quota();
        let (number, seconds) = (key.number(), wait.as_secs_f64());
        tracing::warn!("the API asks key {number} to wait (\"{words}\"); it pauses for {seconds:.0} s");
    }

    fn retire(&self, key: KeyPosition, words: &str) {
        self.keys.refused(key, words);
        // Requests that were under way with the same key are refused alike: one line says it.
        if self.quota.retire(key) {
            self.counters.keys_retired.add(1);
            let number = key.number();
            tracing::error!("the API refused key {number} (\"{words}\"); it is not used again, replace it");
        }
        self.show_quota();
    }

    fn show_quota(&self) {
        self.counters.keys_paused.set(self.quota.paused() as u64);
        self.counters.quota_used.set(self.quota.used());
    }
}

impl Drop for ApiClient {
    /// Nobody waits for a pause any more.
    fn drop(&mut self) {
        self.counters.keys_paused.set(0);
    }
}

fn judgement_of(ask: &Ask, reply: &RawReply, body: &[u8], secret: &Secret) -> Judgement {
    let judgement = judge(&Reply {
        status: reply.status,
        retry_after: reply.retry_after.as_deref(),
        date: reply.date.as_deref(),
        endpoint: ask.endpoint,
        body,
        hide: secret.expose(),
    });
    match &reply.cut {
        // Half a body may still say "wait 15s" by its status; it never makes a success, nor a final refusal by words
        // cut short.
        Some(reason) if !matches!(judgement, Judgement::RateLimited { .. } | Judgement::KeyRefused { .. }) => {
            Judgement::Transient { reason: reason.clone(), wait: None }
        }
        _ => judgement,
    }
}

#[async_trait]
impl VideoSource for ApiClient {
    async fn page(&self, request: &PageRequest) -> Result<SourcePage, SourceError> {
        let (creator, region) = (request.creator.as_str(), self.region.as_deref());
        let ask = Ask::list(creator, &request.cursor, request.walk, region, self.page_size);
        self.fetch(&ask, request.fetched_after).await
    }

    fn walks_wanted(&self) -> usize {
        walks_for(self.quota.rate_total(), self.latency().unwrap_or(LATENCY_AT_FIRST))
    }

    fn quota_used(&self) -> f64 {
        self.quota.used()
    }

    fn keys(&self) -> Vec<KeyReport> {
        self.keys.report(&self.quota)
    }
}
