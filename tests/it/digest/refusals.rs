//! A webhook that refuses: for what is in a message, which costs that event alone; or everything, which costs nothing.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;
use viralmine::archive::EventLedger;
use viralmine::jobs::digest::DigestParts;
use viralmine::notify::{Webhook, WebhookSettings};

use super::receiver::{Received, Receiver, Reply};
use super::{NOW, new_posts, of, parts_to, round};

/// Refuses messages that hold one of these.
fn refuses(status: u16, ids: &[u32]) -> impl Fn(&Received) -> Option<Reply> + Send + 'static {
    let ids: Vec<String> = ids.iter().map(|id| format!("new-post:{id}")).collect();
    move |message| message.ids().iter().any(|id| ids.contains(id)).then(|| Reply::status(status))
}

#[tokio::test]
async fn an_event_that_is_refused_is_given_up_and_the_others_go_on() {
    for status in [400, 409, 413, 422] {
        let receiver = Receiver::start([]).await;
        receiver.judge(refuses(status, &[0, 57, 249]));
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..250), true, NOW).unwrap();
        let told = round(&parts).await;
        let delivery = told.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (247, 3, 0), "{status}");
        assert!(delivery.trouble.unwrap().contains(&status.to_string()));
        assert_eq!(told.events.len(), 250, "told all the same");
        assert_eq!(receiver.taken(), [of(1..57), of(58..249)].concat(), "in their order");
        let recorded = fs::read_to_string(EventLedger::path_in(data.path())).unwrap();
        for id in [0, 57, 249] {
            let record = format!("\"refused\":{{\"id\":\"new-post:{id}\",\"status\":{status}}}");
            assert_eq!(recorded.matches(&record).count(), 1, "{record}");
        }

        let messages = receiver.received().len();
        drop(parts);
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..251), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.refused, delivery.trouble), (1, 0, None), "{status}");
        assert_eq!(receiver.received().len(), messages + 1, "what was refused is not sent again");
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

/// As a chat service does that wants another shape of message: not all events may be given up at once.
#[tokio::test]
async fn a_receiver_that_likes_no_message_costs_few_events_a_round() {
    let receiver = Receiver::start([]).await;
    receiver.judge(|_| Some(Reply::status(400)));
    let data = TempDir::new().unwrap();
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..900), true, NOW).unwrap();
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.refused, delivery.waiting), (0, 10, 890));
    assert!(delivery.trouble.unwrap().contains("refused 10 events in a row"));
    receiver.judge(|_| None);
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.refused, receiver.taken()), (890, 0, of(10..900)));
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
    let settings = usual.webhook.as_ref().unwrap().settings().clone();
    // However quick the receiver is, it is too slow for this.
    let hurried = WebhookSettings { give_up_after: Duration::ZERO, ..settings };
    let hurried = DigestParts { webhook: Some(Webhook::new(hurried).unwrap().into()), ..usual.clone() };
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
