//! Events on their way to the webhook: oldest first, a hundred a message, each message recorded as taken before the
//! next one is sent. A kill between the answer and its record sends that message again, with the same ids. A message
//! that is refused for what is in it is halved, down to the event that is at fault: that one is given up, so that it
//! holds up no other.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::DigestParts;
use crate::model::Event;
use crate::notify::{Answer, Message, Webhook};
use crate::pipeline::Fatal;
use crate::throttle::retry::Retry;

/// Events of one message.
const MOST_EVENTS: usize = 100;

/// So many events in a row that are refused alone, and none taken, end the round: a receiver that does not like our
/// messages at all must not have all events given up in one go.
const MOST_REFUSED: u32 = 10;

/// What became of the webhook's events in a round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Events that the receiver took.
    pub sent: u64,
    /// Events that the receiver refused for what is in them: they are not sent again.
    pub refused: u64,
    /// Events that wait for the next round.
    pub waiting: u64,
    /// Why, in words; null when nothing went wrong.
    pub trouble: Option<String>,
    /// Whether Ctrl-C kept events back.
    #[serde(skip)]
    pub interrupted: bool,
}

/// How a message ended.
enum End {
    Taken,
    /// For what is in it: the status, and why.
    Unfit(u16, String),
    /// No more of them in this round.
    Left(Left),
}

/// Why a round's delivery ends before all is sent.
enum Left {
    Interrupted,
    Trouble(String),
}

/// Sends what waits. Trouble is told as a warning.
pub(super) async fn deliver(parts: &DigestParts, webhook: &Webhook) -> Result<Delivery, Fatal> {
    let mut sending = Sending::new(parts, webhook);
    let left = sending.all().await?;
    let mut delivery = sending.delivery;
    delivery.waiting = parts.ledger.waiting();
    if let Some(left) = left {
        delivery.interrupted = matches!(left, Left::Interrupted);
        let words = match left {
            Left::Interrupted => "the webhook was left, as asked".to_owned(),
            Left::Trouble(words) => words,
        };
        let waiting = delivery.waiting;
        tracing::warn!("{words}; {waiting} events wait for the webhook, and are sent the next time");
        delivery.trouble = Some(words);
    }
    Ok(delivery)
}

/// The sending of one round.
struct Sending<'a> {
    parts: &'a DigestParts,
    webhook: &'a Webhook,
    started: Instant,
    has_begun: bool,
    refused_in_a_row: u32,
    delivery: Delivery,
}

impl<'a> Sending<'a> {
    fn new(parts: &'a DigestParts, webhook: &'a Webhook) -> Self {
        let (started, delivery) = (Instant::now(), Delivery::default());
        Self { parts, webhook, started, has_begun: false, refused_in_a_row: 0, delivery }
    }

    /// Sends message after message; why it stopped before the last one, if so.
    async fn all(&mut self) -> Result<Option<Left>, Fatal> {
        let mut from = 0;
        loop {
            let batch = self.parts.in_ledger(move |ledger, _| ledger.to_send(from, MOST_EVENTS)).await?;
            if batch.events.is_empty() {
                return Ok(None);
            }
            from = batch.next;
            if let Some(left) = self.batch(&batch.events).await? {
                return Ok(Some(left));
            }
        }
    }

    /// Sends events in one message, or in as many as the receiver makes of it.
    async fn batch(&mut self, events: &[Event]) -> Result<Option<Left>, Fatal> {
        let mut messages = vec![events];
        while let Some(events) = messages.pop() {
            if let Some(left) = self.is_over() {
                return Ok(Some(left));
            }
            match self.message(events).await {
                End::Taken => self.taken(events).await?,
                End::Unfit(status, reason) => {
                    if let [event] = events {
                        self.refused(event, status, reason).await?;
                        continue;
                    }
                    tracing::info!("{reason}; its {} events are sent in two messages", events.len());
                    let (first, second) = events.split_at(events.len() / 2);
                    messages.extend([second, first]);
                }
                End::Left(left) => return Ok(Some(left)),
            }
        }
        Ok(None)
    }

    /// Why nothing more is sent in this round, if so. One message is sent in each.
    fn is_over(&self) -> Option<Left> {
        let address = &self.webhook.settings().address;
        if self.refused_in_a_row >= MOST_REFUSED {
            return Some(Left::Trouble(format!(
                "the webhook at {address} refused {MOST_REFUSED} events in a row, each alone: does it take messages of this \
                 kind?"
            )));
        }
        if self.has_begun && self.left().is_zero() {
            let seconds = self.webhook.settings().give_up_after.as_secs();
            return Some(Left::Trouble(format!(
                "the webhook at {address} is slow: the {seconds} s are over that a round has for it"
            )));
        }
        None
    }

    /// How much of the round's time is left.
    fn left(&self) -> Duration {
        self.webhook.settings().give_up_after.saturating_sub(self.started.elapsed())
    }

    /// Sends one message until it is taken, refused, or the round's time is over.
    async fn message(&mut self, events: &[Event]) -> End {
        self.has_begun = true;
        let text = (self.parts.text)(events);
        let message = Message { text: &text, events };
        let mut retry = Retry::new(self.webhook.settings().retry);
        loop {
            let answer = tokio::select! {
                biased;
                () = self.parts.stop.cancelled() => return End::Left(Left::Interrupted),
                answer = self.webhook.post(&message) => answer,
            };
            let (reason, wait) = match answer {
                Answer::Taken => return End::Taken,
                Answer::Unfit { status, reason } => return End::Unfit(status, reason),
                Answer::Closed(words) => return End::Left(Left::Trouble(words)),
                Answer::Again { reason, wait } => (reason, wait),
            };
            let delay = retry.after_failure(wait);
            // A receiver that names a later time is not asked before it.
            let earliest = wait.max(delay).filter(|_| delay.is_some());
            let Some(delay) = earliest.filter(|delay| *delay < self.left()) else {
                return End::Left(Left::Trouble(reason));
            };
            tracing::info!("{reason}; again in {:.1} s", delay.as_secs_f64());
            tokio::select! {
                biased;
                () = self.parts.stop.cancelled() => return End::Left(Left::Interrupted),
                () = sleep(delay) => {}
            }
        }
    }

    async fn taken(&mut self, events: &[Event]) -> Result<(), Fatal> {
        let taken = events.to_vec();
        self.parts.in_ledger(move |ledger, now| ledger.delivered(&taken, now)).await?;
        self.delivery.sent += events.len() as u64;
        self.refused_in_a_row = 0;
        Ok(())
    }

    async fn refused(&mut self, event: &Event, status: u16, reason: String) -> Result<(), Fatal> {
        let refused = event.clone();
        self.parts.in_ledger(move |ledger, now| ledger.refused(&refused, status, now)).await?;
        // Quoted: a tag may hold what a terminal obeys.
        tracing::warn!("{reason}; that was for the event {:?} alone, and it is not sent again", event.id);
        self.delivery.refused += 1;
        self.delivery.trouble.get_or_insert(reason);
        self.refused_in_a_row += 1;
        Ok(())
    }
}
