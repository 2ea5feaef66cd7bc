//! A webhook that refuses: for what is in a message, which costs that event alone; or everything, which costs nothing.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;
use viralmine::archive::EventLedger;
use viralmine::jobs::digest::DigestParts;
use viralmine::notify::{Webhook, WebhookSettings};
use viralmine::throttle::retry::RetryPolicy;

use super::receiver::{Received, Receiver, Reply};
use super::{NOW, new_posts, of, parts_to, round};

/// Refuses messages that hold one of these.
fn refuses(status: u16, ids: &[u32]) -> impl Fn(&Received) -> Option<Reply> + Send + 'static {
    let ids: Vec<String> = ids.iter().map(|id| format!("new-post:{id}")).collect();
    move |message| message.ids().iter().any(|id| ids.contains(id)).then(|| Reply::status(status))
}

/// However quick the receiver is, it is too slow for this.
fn hurried(usual: &DigestParts) -> DigestParts {
    let settings = usual.webhook.as_ref().unwrap().settings().clone();
    let settings = WebhookSettings { give_up_after: Duration::ZERO, ..settings };
    DigestParts { webhook: Some(Webhook::new(settings).unwrap().into()), ..usual.clone() }
}

#[tokio::test]
async fn an_event_that_is_refused_is_given_up_and_the_others_go_on() {
    for status in [400, 413, 422] {
        let receiver = Receiver::start([]).await;
        receiver.judge(refuses(status, &[0, 57, 249]));
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..250), true, NOW).unwrap();
        let told = round(&parts).await;
        let delivery = told.webhook.unwrap();
        let newest_waits = (247, 2, 1);
        assert_eq!((delivery.sent, delivery.refused, delivery.waiting), newest_waits, "{status}");
        assert!(delivery.trouble.unwrap().contains(&status.to_string()));
        assert_eq!(told.events.len(), 250, "told all the same");
        assert_eq!(receiver.taken(), [of(1..57), of(58..249)].concat(), "in their order");

        drop(parts);
        let parts = parts_to(data.path(), &receiver.url());
        let messages = receiver.received().len();
        parts.ledger.append(&new_posts(0..251), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (1, 1, 0), "{status}");
        assert_eq!(receiver.received().len(), messages + 4, "what was given up is not sent again");
        let recorded = fs::read_to_string(EventLedger::path_in(data.path())).unwrap();
        for id in [0, 57, 249] {
            let record = format!("\"refused\":{{\"id\":\"new-post:{id}\",\"status\":{status}}}");
            assert_eq!(recorded.matches(&record).count(), 1, "{record}");
        }
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.trouble), (0, 0, None), "{status}");
        assert_eq!(receiver.received().len(), messages + 4);
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_taken_in_parts() {
    let receiver = Receiver::start([]).await;
    receiver.judge(|message| (message.ids().len() > 30).then(|| Reply::status(413)));
    let data = TempDir::new().unwrap();
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..120), true, NOW).unwrap();
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.refused, delivery.waiting, delivery.trouble), (120, 0, 0, None));
    assert_eq!(receiver.taken(), of(0..120));
    let sizes: Vec<usize> = receiver.received().iter().map(|one| one.ids().len()).collect();
    assert_eq!(sizes, [100, 50, 25, 25, 50, 25, 25, 20]);
}

/// As a chat service does that wants another shape of message, or any receiver behind a bad change: it may be repaired.
#[tokio::test]
async fn a_receiver_that_likes_no_message_costs_no_event() {
    for (waiting, status, messages) in [(1, 422, 1), (2, 422, 3), (10, 400, 19), (11, 400, 21), (900, 400, 31)] {
        let receiver = Receiver::start([]).await;
        receiver.judge(move |_| Some(Reply::status(status)));
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..waiting), true, NOW).unwrap();
        for round_number in 1..4 {
            let delivery = round(&parts).await.webhook.unwrap();
            assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (0, 0, u64::from(waiting)), "{status}");
            let trouble = delivery.trouble.unwrap();
            assert!(
                trouble.contains("take messages of this kind?") && trouble.contains(&status.to_string()),
                "{trouble}"
            );
            assert_eq!(receiver.received().len(), round_number * messages, "{waiting} events");
        }
        let recorded = fs::read_to_string(EventLedger::path_in(data.path())).unwrap();
        assert!(!recorded.contains("\"refused\""), "{recorded}");
        receiver.judge(|_| None);
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.trouble), (u64::from(waiting), 0, None));
        assert_eq!(receiver.taken(), of(0..waiting), "repaired, it gets them all");
    }
}

/// More of them than are tried one by one before it is known that the receiver takes anything.
#[tokio::test]
async fn events_that_are_refused_at_the_head_hold_up_none_behind_them() {
    for (bad, all) in [(10, 11), (10, 60), (14, 40), (99, 130), (130, 250)] {
        let receiver = Receiver::start([]).await;
        receiver.judge(refuses(422, &(0..bad).collect::<Vec<_>>()));
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..all), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused), (u64::from(all - bad), u64::from(bad)), "{bad} of {all}");
        assert_eq!(delivery.waiting, 0);
        // Each ten take one.
        let newest = bad / 10;
        let before_their_turn: Vec<String> = of(all - newest..all).into_iter().rev().collect();
        let taken = receiver.taken();
        assert_eq!(taken[..newest as usize], before_their_turn, "the newest tell that it works");
        assert_eq!(taken[newest as usize..], of(bad..all - newest), "and each is taken once");
        let recorded = fs::read_to_string(EventLedger::path_in(data.path())).unwrap();
        assert_eq!(recorded.matches("\"refused\"").count(), bad as usize);
    }
}

/// A kind of event that the receiver does not take stands at both ends: one between them tells that it works.
#[tokio::test]
async fn the_newest_one_may_be_at_fault_too() {
    let receiver = Receiver::start([]).await;
    receiver.judge(refuses(422, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 29]));
    let data = TempDir::new().unwrap();
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..30), true, NOW).unwrap();
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (18, 11, 1));
    let taken = receiver.taken();
    let first = taken[0].clone();
    assert_eq!(taken[1..], of(11..29).into_iter().filter(|id| *id != first).collect::<Vec<_>>(), "each once");
    parts.ledger.append(&new_posts(30..31), true, NOW).unwrap();
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (1, 1, 0));
}

/// Few wait: each of them is tried, wherever the good one stands.
#[tokio::test]
async fn one_between_many_at_fault_is_found() {
    for good in 10..16 {
        let receiver = Receiver::start([]).await;
        receiver.judge(refuses(422, &(0..18).filter(|id| *id != good).collect::<Vec<_>>()));
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..18), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (1, 10, 7));
        assert_eq!(receiver.taken(), of(good..good + 1));
    }
}

/// None but the newest is taken: the ten before it are given up, and the others wait until more are taken.
#[tokio::test]
async fn what_was_refused_is_given_up_once_the_receiver_takes_something() {
    let receiver = Receiver::start([]).await;
    receiver.judge(refuses(422, &(0..99).collect::<Vec<_>>()));
    let data = TempDir::new().unwrap();
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..100), true, NOW).unwrap();
    for (newest, waiting) in [(100, 89), (101, 79), (102, 69)] {
        parts.ledger.append(&new_posts(0..newest), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (1, 10, waiting));
        assert!(delivery.trouble.unwrap().contains("422"));
    }
    assert_eq!(receiver.taken(), of(99..102));
}

/// As behind a bad change there: what it took before says nothing of what it refuses from then on.
#[tokio::test]
async fn a_receiver_that_begins_to_refuse_in_the_middle_costs_no_event() {
    for taken in [1, 2, 3] {
        let receiver = Receiver::start((0..taken).map(|_| Reply::status(200))).await;
        receiver.judge(|_| Some(Reply::status(400)));
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..900), true, NOW).unwrap();
        for sent in [100 * taken, 0] {
            let delivery = round(&parts).await.webhook.unwrap();
            assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (sent, 0, 900 - 100 * taken));
            assert!(delivery.trouble.unwrap().contains("take messages of this kind?"));
        }
        receiver.judge(|_| None);
        assert_eq!(round(&parts).await.webhook.unwrap().waiting, 0);
        assert_eq!(receiver.taken(), of(0..900), "repaired, it gets them all");
    }
}

/// What it refused before it was repaired is sent once more, whenever that is.
#[tokio::test]
async fn a_receiver_that_is_repaired_in_the_middle_gets_each_event_once() {
    for refusals in 1..40 {
        let receiver = Receiver::start((0..refusals).map(|_| Reply::status(400))).await;
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..60), true, NOW).unwrap();
        let mut refused = 0;
        for _ in 0..3 {
            refused += round(&parts).await.webhook.unwrap().refused;
        }
        let mut taken = receiver.taken();
        taken.sort_by_key(|id| id["new-post:".len()..].parse::<u32>().unwrap());
        assert_eq!((refused, taken), (0, of(0..60)), "{refusals} refusals");
    }
}

/// A broken balancer's word for "at once".
#[tokio::test]
async fn a_receiver_that_names_no_time_is_not_asked_without_a_break() {
    let receiver = Receiver::start([]).await;
    receiver.judge(|_| Some(Reply::Status(503, Some(("retry-after", "0".into())), String::new())));
    let data = TempDir::new().unwrap();
    let usual = parts_to(data.path(), &receiver.url());
    let settings = usual.webhook.as_ref().unwrap().settings().clone();
    let retry = RetryPolicy { first: Duration::from_millis(200), ..settings.retry };
    let settings = WebhookSettings { retry, give_up_after: Duration::from_secs(1), ..settings };
    let parts = DigestParts { webhook: Some(Webhook::new(settings).unwrap().into()), ..usual };
    parts.ledger.append(&new_posts(0..1), true, NOW).unwrap();
    assert_eq!(round(&parts).await.webhook.unwrap().waiting, 1);
    // A slow machine sends fewer.
    assert!((1..=6).contains(&receiver.received().len()), "{}", receiver.received().len());
}

#[tokio::test]
async fn a_receiver_that_lets_nobody_in_ends_the_round_and_nothing_is_lost() {
    for status in [401, 403, 404, 405, 410] {
        let receiver = Receiver::start([Reply::Status(status, None, "no \u{1b}[31m such\nthing".into())]).await;
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..300), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (0, 0, 300), "{status}");
        assert_eq!(receiver.received().len(), 1, "{status}");
        let trouble = delivery.trouble.unwrap();
        assert!(trouble.contains(&status.to_string()) && trouble.contains("\"no [31m such thing\""), "{trouble}");
        assert!(trouble.contains("check --webhook"), "what to do: {trouble}");
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.waiting, receiver.taken()), (300, 0, of(0..300)), "{status}");
    }
}

/// Killed between the halves: what was taken of the message is not sent again.
#[tokio::test]
async fn halves_are_recorded_one_by_one() {
    let receiver = Receiver::start([Reply::status(413), Reply::status(200), Reply::status(404)]).await;
    let data = TempDir::new().unwrap();
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..40), true, NOW).unwrap();
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (20, 0, 20));
    drop(parts);
    let parts = parts_to(data.path(), &receiver.url());
    assert_eq!(round(&parts).await.webhook.unwrap().sent, 20);
    assert_eq!(receiver.taken(), of(0..40), "each once");
}

#[tokio::test]
async fn a_receiver_that_takes_messages_slowly_has_the_round_for_it_and_no_longer() {
    let receiver = Receiver::start([]).await;
    let data = TempDir::new().unwrap();
    let usual = parts_to(data.path(), &receiver.url());
    let hurried = hurried(&usual);
    usual.ledger.append(&new_posts(0..250), true, NOW).unwrap();
    for left in [150, 50] {
        let delivery = round(&hurried).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.waiting), (100, left), "one message a round");
        let trouble = delivery.trouble.unwrap();
        assert!(trouble.contains("is slow") && !delivery.interrupted, "{trouble}");
    }
    let delivery = round(&hurried).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.waiting, delivery.trouble), (50, 0, None), "nothing was left");
    assert_eq!(receiver.taken(), of(0..250));
}

/// The time is over behind the first message: the event at fault is found all the same, wherever it stands.
#[tokio::test]
async fn a_search_that_has_begun_is_ended_even_if_the_time_is_over() {
    for bad in [0, 1, 57, 98, 99] {
        let receiver = Receiver::start([]).await;
        receiver.judge(refuses(422, &[bad]));
        let data = TempDir::new().unwrap();
        let parts = hurried(&parts_to(data.path(), &receiver.url()));
        parts.ledger.append(&new_posts(0..300), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!(delivery.refused, 1, "{bad}");
        assert!(delivery.trouble.unwrap().contains("is slow"));
        // The whole, the search, the newest one, and the one at fault again.
        let messages = receiver.received();
        assert!(messages.len() <= 1 + 8 + 1 + 1, "{bad}: {}", messages.len());
        assert!(receiver.taken().contains(&"new-post:299".to_owned()), "it tells that the receiver takes others");
        while round(&parts).await.webhook.unwrap().waiting > 0 {}
        let mut taken = receiver.taken();
        taken.sort_by_key(|id| id["new-post:".len()..].parse::<u32>().unwrap());
        assert_eq!(taken, [of(0..bad), of(bad + 1..300)].concat(), "each once");
    }
}

/// It refuses everything, and slowly.
#[tokio::test]
async fn a_search_behind_the_time_gives_up_nothing_of_a_receiver_that_takes_nothing() {
    let receiver = Receiver::start([]).await;
    receiver.judge(|_| Some(Reply::status(422)));
    let data = TempDir::new().unwrap();
    let parts = hurried(&parts_to(data.path(), &receiver.url()));
    parts.ledger.append(&new_posts(0..300), true, NOW).unwrap();
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (0, 0, 300));
    assert!(delivery.trouble.unwrap().contains("take messages of this kind?"));
    let sizes: Vec<usize> = receiver.received().iter().map(|one| one.ids().len()).collect();
    assert_eq!(sizes, [100, 50, 25, 13, 7, 4, 2, 1, 1, 1]);
}
