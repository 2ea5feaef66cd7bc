//! Events on their way to the webhook: oldest first, a hundred a message, each message recorded as taken before the next one is
//! sent. A kill between the answer and its record sends that message again, with the same ids.

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::DigestParts;
use crate::model::Event;
use crate::notify::{Answer, Message, Webhook};
use crate::pipeline::Fatal;
use crate::throttle::retry::Retry;

/// Events of one message.
const MOST_EVENTS: usize = 100;

/// One message may be refused for what is in it, and the next one taken; so many in a row mean that none will be.
const REFUSALS: u32 = 3;

/// What became of the webhook's events in a round.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Events that the receiver took.
    pub sent: u64,
    /// Events that wait for the next round.
    pub waiting: u64,
    /// Why, in words; null when nothing went wrong.
    pub trouble: Option<String>,
}

/// How a message ended.
enum End {
    Taken,
    /// Of this message alone, perhaps.
    Refused(String),
    /// No more of them in this round.
    GivenUp(String),
}

/// Sends what waits. Trouble is told as a warning.
pub(super) async fn deliver(parts: &DigestParts, webhook: &Webhook) -> Result<Delivery, Fatal> {
    let (mut delivery, mut from, mut refused_in_a_row) = (Delivery::default(), 0, 0);
    let deadline = Instant::now() + webhook.settings().give_up_after;
    loop {
        let batch = parts.in_ledger(move |ledger, _| ledger.to_send(from, MOST_EVENTS)).await?;
        if batch.events.is_empty() {
            break;
        }
        from = batch.next;
        match send(parts, webhook, &batch.events, deadline).await {
            End::Taken => {
                delivery.sent += batch.events.len() as u64;
                refused_in_a_row = 0;
                parts.in_ledger(move |ledger, now| ledger.delivered(&batch.events, now)).await?;
            }
            End::Refused(words) => {
                refused_in_a_row += 1;
                delivery.trouble.get_or_insert(words);
                if refused_in_a_row == REFUSALS {
                    break;
                }
            }
            End::GivenUp(words) => {
                delivery.trouble.get_or_insert(words);
                break;
            }
        }
    }
    delivery.waiting = parts.ledger.waiting();
    if let Some(trouble) = &delivery.trouble {
        let waiting = delivery.waiting;
        tracing::warn!("{trouble}; {waiting} events wait for the webhook, and are sent again by the next round");
    }
    Ok(delivery)
}

/// Sends one message until it is taken, refused, or the round's time is over.
async fn send(parts: &DigestParts, webhook: &Webhook, events: &[Event], deadline: Instant) -> End {
    let text = (parts.text)(events);
    let message = Message { text: &text, events };
    let mut retry = Retry::new(webhook.settings().retry);
    loop {
        let answer = tokio::select! {
            biased;
            () = parts.stop.cancelled() => return End::GivenUp("the webhook was left, as asked".to_owned()),
            answer = webhook.post(&message) => answer,
        };
        let (reason, wait) = match answer {
            Answer::Taken => return End::Taken,
            Answer::Refused(words) => return End::Refused(words),
            Answer::Again { reason, wait } => (reason, wait),
        };
        let delay = retry.after_failure(wait);
        // A receiver that names a later time is not asked before it.
        let earliest = wait.max(delay).filter(|_| delay.is_some());
        let Some(delay) = earliest.filter(|delay| Instant::now() + *delay < deadline) else {
            return End::GivenUp(reason);
        };
        tracing::info!("{reason}; again in {:.1} s", delay.as_secs_f64());
        tokio::select! {
            () = parts.stop.cancelled() => return End::GivenUp(reason),
            () = sleep(delay) => {}
        }
    }
}
