//! Events on their way to the webhook: oldest first, a hundred a message, each message recorded as taken before the
//! next one is sent. A kill between the answer and its record sends that message again, with the same ids. A message
//! that is refused for what is in it is halved, down to the event that is at fault: that one is given up, so that it
//! holds up no other; but only once the receiver has taken another one and refused it again, since one that refuses
//! everything may be repaired.

use std::ops::ControlFlow;
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

/// So many events in a row that are refused alone: then others have to tell whether the receiver takes any, before more
/// of them are tried one by one.
const MOST_REFUSED: usize = 10;

/// So many of those that wait are tried for that: the newest one, and others by lot, since it may be of the same kind
/// as those that are refused.
const MOST_OTHERS: usize = 8;

/// So many of them are tried even if the round's time is over.
const LATE_OTHERS: usize = 2;

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

/// An event that was refused alone.
struct Refusal {
    event: Event,
    status: u16,
    reason: String,
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
    /// What was refused since the receiver took anything: not recorded yet.
    held: Vec<Refusal>,
    delivery: Delivery,
}

impl<'a> Sending<'a> {
    fn new(parts: &'a DigestParts, webhook: &'a Webhook) -> Self {
        let (started, held, delivery) = (Instant::now(), Vec::new(), Delivery::default());
        Self { parts, webhook, started, has_begun: false, held, delivery }
    }

    /// Sends message after message; why it stopped before the last one, if so.
    async fn all(&mut self) -> Result<Option<Left>, Fatal> {
        let mut from = 0;
        loop {
            let batch = self.parts.in_ledger(move |ledger, _| ledger.to_send(from, MOST_EVENTS)).await?;
            if batch.events.is_empty() {
                return Ok(self.held.last().map(|last| self.nothing_taken(&last.reason, self.held.len())));
            }
            from = batch.next;
            if let Some(left) = self.batch(&batch.events).await? {
                return Ok(Some(left));
            }
        }
    }

    /// Sends events in one message, or in as many as the receiver makes of it.
    async fn batch(&mut self, events: &[Event]) -> Result<Option<Left>, Fatal> {
        // The next one last.
        let mut messages = vec![events];
        // One of these at least is at fault; the next message holds the first of them.
        let mut suspects: &[Event] = &[];
        while let Some(events) = messages.pop() {
            if self.is_late() {
                return self.end_late(suspects).await.map(Some);
            }
            match self.message(events).await {
                End::Taken => {
                    if let Some(left) = self.taken(events).await? {
                        return Ok(Some(left));
                    }
                    suspects = suspects.get(events.len()..).unwrap_or_default();
                }
                End::Unfit(status, reason) => {
                    if let [event] = events {
                        suspects = &[];
                        self.refused(Refusal { event: event.clone(), status, reason });
                        if self.held.len() >= MOST_REFUSED {
                            match self.another_alone().await? {
                                ControlFlow::Continue(taken) => leave_out(&taken, &mut messages),
                                ControlFlow::Break(left) => return Ok(Some(left)),
                            }
                        }
                        continue;
                    }
                    tracing::info!("{reason}; its {} events are sent in two messages", events.len());
                    suspects = events;
                    let (first, second) = events.split_at(events.len() / 2);
                    messages.extend([second, first]);
                }
                End::Left(left) => return Ok(Some(left)),
            }
        }
        Ok(None)
    }

    /// Whether the round's time is over. One message is sent in each.
    fn is_late(&self) -> bool {
        self.has_begun && self.left().is_zero()
    }

    /// How much of the round's time is left.
    fn left(&self) -> Duration {
        self.webhook.settings().give_up_after.saturating_sub(self.started.elapsed())
    }

    /// What is done yet when the round's time is over: a receiver that refuses slowly would never be asked about the
    /// event at fault alone, nor have it recorded, were each round to begin the search anew.
    async fn end_late(&mut self, mut suspects: &[Event]) -> Result<Left, Fatal> {
        while !suspects.is_empty() {
            // Each message halves them, whatever becomes of it.
            let (some, others) = suspects.split_at(suspects.len().div_ceil(2));
            match self.message(some).await {
                End::Taken => {
                    if let Some(left) = self.taken(some).await? {
                        return Ok(left);
                    }
                    suspects = others;
                }
                End::Unfit(status, reason) => {
                    if let [event] = some {
                        self.refused(Refusal { event: event.clone(), status, reason });
                        break;
                    }
                    suspects = some;
                }
                End::Left(left) => return Ok(left),
            }
        }
        if !self.held.is_empty()
            && let ControlFlow::Break(left) = self.another_alone().await?
        {
            return Ok(left);
        }
        Ok(self.is_slow())
    }

    fn is_slow(&self) -> Left {
        let (address, seconds) = (&self.webhook.settings().address, self.webhook.settings().give_up_after.as_secs());
        Left::Trouble(format!("the webhook at {address} is slow: the {seconds} s are over that a round has for it"))
    }

    /// Whether the receiver takes anything: sends events that were not refused yet until one is taken. That event, or
    /// why the round ends.
    async fn another_alone(&mut self) -> Result<ControlFlow<Left, Event>, Fatal> {
        let tried: Vec<String> = self.held.iter().map(|refusal| refusal.event.id.clone()).collect();
        let others = self.parts.in_ledger(move |ledger, _| ledger.some_to_send(&tried, MOST_OTHERS)).await?;
        let mut refused = self.held.len();
        let mut reason = self.held.last().map_or_else(String::new, |last| last.reason.clone());
        for (position, other) in others.into_iter().enumerate() {
            if position >= LATE_OTHERS && self.is_late() {
                break;
            }
            match self.message(std::slice::from_ref(&other)).await {
                End::Taken => {
                    let left = self.taken(std::slice::from_ref(&other)).await?;
                    return Ok(left.map_or(ControlFlow::Continue(other), ControlFlow::Break));
                }
                End::Unfit(_, words) => (refused, reason) = (refused + 1, words),
                End::Left(left) => return Ok(ControlFlow::Break(left)),
            }
        }
        Ok(ControlFlow::Break(self.nothing_taken(&reason, refused)))
    }

    fn nothing_taken(&self, reason: &str, refused: usize) -> Left {
        let address = &self.webhook.settings().address;
        Left::Trouble(format!(
            "{reason}; each event that was sent alone since it last took anything ({refused}) was refused: does the \
             webhook at {address} take messages of this kind?"
        ))
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
            // A receiver that names a later time is not asked before it; but by the next round, which does not know it.
            // One that names no time at all (0 s) is not asked again and again without a break.
            let at_least = wait.map_or(Duration::ZERO, |wait| wait.max(self.webhook.settings().retry.first));
            let delay = retry.after_failure(wait).map(|delay| delay.max(at_least));
            let Some(delay) = delay.filter(|delay| *delay < self.left()) else {
                let wish =
                    wait.map(|wait| format!("; it asks to be left alone for {:.0} s", wait.as_secs_f64().ceil()));
                return End::Left(Left::Trouble(reason + &wish.unwrap_or_default()));
            };
            tracing::info!("{reason}; again in {:.1} s", delay.as_secs_f64());
            tokio::select! {
                biased;
                () = self.parts.stop.cancelled() => return End::Left(Left::Interrupted),
                () = sleep(delay) => {}
            }
        }
    }

    /// Records what was taken. The receiver works, so that what it refused before is sent once more, each alone, and
    /// given up if it is refused again; why the round ends, if it does.
    async fn taken(&mut self, events: &[Event]) -> Result<Option<Left>, Fatal> {
        self.delivered(events).await?;
        let mut held = std::mem::take(&mut self.held).into_iter();
        while let Some(refusal) = held.next() {
            match self.message(std::slice::from_ref(&refusal.event)).await {
                End::Taken => self.delivered(std::slice::from_ref(&refusal.event)).await?,
                End::Unfit(status, reason) => self.given_up(Refusal { status, reason, ..refusal }).await?,
                End::Left(left) => return Ok(Some(left)),
            }
            if self.is_late() && held.len() > 0 {
                return Ok(Some(self.is_slow()));
            }
        }
        Ok(None)
    }

    async fn delivered(&mut self, events: &[Event]) -> Result<(), Fatal> {
        let taken = events.to_vec();
        self.parts.in_ledger(move |ledger, now| ledger.delivered(&taken, now)).await?;
        self.delivery.sent += events.len() as u64;
        Ok(())
    }

    fn refused(&mut self, refusal: Refusal) {
        tracing::info!("{}; that was for the event {:?} alone", refusal.reason, refusal.event.id);
        self.held.push(refusal);
    }

    /// The receiver takes others, so that it is about this event.
    async fn given_up(&mut self, refusal: Refusal) -> Result<(), Fatal> {
        let Refusal { event, status, reason } = refusal;
        // Quoted: a tag may hold what a terminal obeys.
        let id = format!("{:?}", event.id);
        self.parts.in_ledger(move |ledger, now| ledger.refused(&event, status, now)).await?;
        tracing::warn!("{reason}; that was for the event {id} alone, and it is not sent again");
        self.delivery.refused += 1;
        self.delivery.trouble.get_or_insert(reason);
        Ok(())
    }
}

/// The messages without an event that was taken before its turn.
fn leave_out(taken: &Event, messages: &mut Vec<&[Event]>) {
    let around = messages.iter().flat_map(|events| match events.iter().position(|event| event.id == taken.id) {
        Some(position) => vec![&events[position + 1..], &events[..position]],
        None => vec![*events],
    });
    *messages = around.filter(|events| !events.is_empty()).collect();
}
