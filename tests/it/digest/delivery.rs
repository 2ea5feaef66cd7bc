//! The webhook: what is sent again and what is not, whatever goes wrong on the way; a kill anywhere; nothing of its
//! address anywhere.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;
use viralmine::archive::EventLedger;
use viralmine::jobs::digest::{self, Digest};
use viralmine::notify::{Webhook, WebhookSettings};

use super::receiver::{Receiver, Reply};
use super::{NOW, new_posts, of, parts, parts_to, round};

pub const TOKEN: &str = "T0k3n-0f-th3-ch4nn3l";

#[tokio::test]
async fn what_fails_for_now_is_sent_again_until_it_is_taken() {
    let busy = Reply::Status(429, Some(("retry-after", "0".into())), "slow down".into());
    let failures = [500, 503, 408, 409, 423, 425].map(Reply::status);
    let receiver = Receiver::start(failures.into_iter().chain([busy])).await;
    let data = TempDir::new().unwrap();
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..3), true, NOW).unwrap();
    let told = round(&parts).await;
    let delivery = told.webhook.clone().unwrap();
    assert_eq!((delivery.sent, delivery.waiting, delivery.trouble), (3, 0, None));
    let messages = receiver.received();
    assert_eq!(messages.len(), 8);
    assert!(messages.iter().all(|one| one.key == messages[0].key && one.body == messages[0].body), "the same message");
    assert_eq!(messages[0].path, format!("/services/{TOKEN}"));
    let text = messages[0].body["text"].as_str().unwrap();
    assert!(text.starts_with("viralmine: new posts: 3\n"), "{text}");
    assert_eq!(receiver.taken(), of(0..3));

    let again = round(&parts).await;
    assert_eq!((again.events.len(), again.webhook.unwrap().sent), (0, 0));
    assert_eq!(receiver.received().len(), 8, "what was taken is not sent again");
}

#[tokio::test]
async fn each_message_is_recorded_before_the_next_is_sent() {
    let receiver = Receiver::start([]).await;
    let data = TempDir::new().unwrap();
    let path = EventLedger::path_in(data.path());
    receiver.watch(move |count| {
        let recorded = fs::read_to_string(&path).unwrap().matches("\"delivered\"").count();
        assert_eq!(recorded, count - 1);
    });
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..250), true, NOW).unwrap();
    assert_eq!(round(&parts).await.webhook.unwrap().sent, 250);
    let sizes: Vec<usize> = receiver.received().iter().map(|one| one.ids().len()).collect();
    assert_eq!((sizes, receiver.taken()), (vec![100, 100, 50], of(0..250)));
}

/// As after a kill behind the receiver's answer, and before it was written down.
#[tokio::test]
async fn an_answer_that_was_not_recorded_brings_the_same_message_again() {
    let receiver = Receiver::start([]).await;
    let data = TempDir::new().unwrap();
    let path = EventLedger::path_in(data.path());
    let first = parts_to(data.path(), &receiver.url());
    first.ledger.append(&new_posts(0..5), true, NOW).unwrap();
    let before = fs::read(&path).unwrap();
    let told = digest::round(&first, None, &[]).await.unwrap();
    drop(first);
    let after = fs::read(&path).unwrap();
    // Half of the record may be there.
    fs::write(&path, &after[..before.len() + 20]).unwrap();
    let second = parts_to(data.path(), &receiver.url());
    let told_again = round(&second).await;
    assert_eq!(told.events, told_again.events, "it was not shown either");
    let messages = receiver.received();
    assert_eq!(messages.len(), 2);
    assert_eq!((&messages[0].key, messages[0].ids()), (&messages[1].key, messages[1].ids()));
    round(&second).await;
    assert_eq!(receiver.received().len(), 2);
}

#[tokio::test]
async fn a_receiver_that_stalls_or_names_a_late_time_is_left_to_the_next_round() {
    let late = Reply::Status(429, Some(("retry-after", "3600".into())), String::new());
    for (reply, words) in [(Reply::Silence, "not done within"), (late, "429")] {
        let receiver = Receiver::start([reply]).await;
        let data = TempDir::new().unwrap();
        let usual = parts_to(data.path(), &receiver.url());
        let settings = usual.webhook.as_ref().unwrap().settings().clone();
        let hurried = WebhookSettings {
            request_timeout: Duration::from_millis(50),
            give_up_after: Duration::from_millis(50),
            ..settings
        };
        let hurried = digest::DigestParts { webhook: Some(Webhook::new(hurried).unwrap().into()), ..usual.clone() };
        usual.ledger.append(&new_posts(0..2), true, NOW).unwrap();
        let delivery = round(&hurried).await.webhook.unwrap();
        assert_eq!((delivery.sent, delivery.waiting, receiver.received().len()), (0, 2, 1));
        assert!(delivery.trouble.as_ref().unwrap().contains(words), "{delivery:?}");
        let wish = delivery.trouble.unwrap().contains("it asks to be left alone for 3600 s");
        assert_eq!(wish, words == "429", "the next round does not know of it: a person may");
        assert_eq!(round(&usual).await.webhook.unwrap().sent, 2);
    }
}

#[tokio::test]
async fn whoever_stops_the_run_does_not_wait_for_a_receiver() {
    let receiver = Receiver::start([Reply::Silence]).await;
    let data = TempDir::new().unwrap();
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(0..2), true, NOW).unwrap();
    let stop = parts.stop.clone();
    receiver.watch(move |_| stop.cancel());
    let delivery = round(&parts).await.webhook.unwrap();
    assert_eq!((delivery.sent, delivery.waiting, delivery.interrupted), (0, 2, true));
}

#[tokio::test]
async fn messages_go_to_the_host_that_was_named_and_to_no_other() {
    let other = Receiver::start([]).await;
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Reply::Status(status, Some(("location", other.url())), String::new());
        let receiver = Receiver::start([elsewhere]).await;
        let data = TempDir::new().unwrap();
        let parts = parts_to(data.path(), &receiver.url());
        parts.ledger.append(&new_posts(0..2), true, NOW).unwrap();
        let delivery = round(&parts).await.webhook.unwrap();
        assert_eq!((delivery.waiting, receiver.received().len()), (2, 1));
        assert!(delivery.trouble.unwrap().contains("not sent on to other addresses"));
    }
    assert_eq!(other.received().len(), 0);
}

#[tokio::test]
async fn events_of_a_run_without_a_webhook_are_shown_and_not_sent_later() {
    let data = TempDir::new().unwrap();
    let alone = parts(data.path());
    alone.ledger.append(&new_posts(0..2), false, NOW).unwrap();
    let told = round(&alone).await;
    assert_eq!((told.events.len(), told.webhook), (2, None));
    drop(alone);
    let receiver = Receiver::start([]).await;
    let parts = parts_to(data.path(), &receiver.url());
    parts.ledger.append(&new_posts(1..4), true, NOW).unwrap();
    assert_eq!((round(&parts).await.webhook.unwrap().sent, receiver.taken()), (2, of(2..4)));
}

#[tokio::test]
async fn what_was_not_shown_is_shown_by_the_next_round() {
    let data = TempDir::new().unwrap();
    let parts = parts(data.path());
    parts.ledger.append(&new_posts(0..2), false, NOW).unwrap();
    let killed = digest::round(&parts, None, &[]).await.unwrap();
    parts.ledger.append(&new_posts(2..3), false, NOW).unwrap();
    let told = round(&parts).await;
    assert_eq!(told.events, [killed.events, new_posts(2..3)].concat());
    assert_eq!(round(&parts).await.events, []);
}

#[tokio::test]
async fn nothing_of_the_address_is_told_whatever_happens() {
    let echo = || Reply::Status(404, None, format!("no /services/{TOKEN} here, \\u0054{}", &TOKEN[1..]));
    let receiver = Receiver::start([echo(), echo()]).await;
    let nobody = format!("http://127.0.0.1:1/services/{TOKEN}");
    let no_tls = receiver.url().replace("http://", "https://");
    for url in [receiver.url(), nobody, no_tls, format!("{}?key={TOKEN}", receiver.url())] {
        let data = TempDir::new().unwrap();
        let mut parts = parts_to(data.path(), &url);
        let settings = parts.webhook.as_ref().unwrap().settings().clone();
        let settings = WebhookSettings { give_up_after: Duration::from_millis(20), ..settings };
        parts.webhook = Some(Webhook::new(settings).unwrap().into());
        parts.ledger.append(&new_posts(0..2), true, NOW).unwrap();
        let told: Digest = round(&parts).await;
        let trouble = told.webhook.as_ref().unwrap().trouble.clone().unwrap();
        assert!(trouble.contains("127.0.0.1:"), "{trouble}");
        let kept = fs::read_to_string(EventLedger::path_in(data.path())).unwrap();
        for text in [trouble, format!("{told:?} {:?}", parts.webhook), kept] {
            assert!(!text.contains(TOKEN) && !text.contains(&TOKEN[1..]), "{text}");
        }
    }
}
