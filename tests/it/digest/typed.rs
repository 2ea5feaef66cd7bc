//! `track` as it is typed: what changed on stdout, and at a webhook, told once each whenever it is killed; wrong use;
//! and nothing of the webhook's address in any output.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use viralmine::simulator::Simulator;

use super::delivery::TOKEN;
use super::receiver::{Receiver, Reply};
use crate::command_line::shell::{Ended, NOBODY, Shell, contents, end_of, simulator};

const TRACK: [&str; 5] = ["track", "--once", "--rate", "1000", "--format"];

/// Walked in June; ten days later, much has been posted.
async fn ten_days_later(creators: u32) -> (Simulator, Shell) {
    let simulator = simulator(creators).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    simulator.advance(Duration::from_hours(240));
    (simulator, shell.set("VIRALMINE_NOW", "2025-06-30T00:00:00Z"))
}

async fn track(shell: &Shell, format: &str) -> Ended {
    shell.run(&[&TRACK[..], &[format]].concat()).await
}

fn ids(report: &Value) -> Vec<String> {
    report["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_changed_is_told_once_and_delivered_once() {
    let (_simulator, shell) = ten_days_later(6).await;
    let receiver = Receiver::start([Reply::status(503)]).await;
    let shell = shell.set("VIRALMINE_WEBHOOK", &receiver.url());
    let report = track(&shell, "json").await.succeeded().json();
    let told = ids(&report);
    let new_posts = report["posts"]["new"].as_u64().unwrap();
    assert!(new_posts > 0, "{report}");
    assert_eq!(report["counts"]["new-post"], new_posts, "each new post is told");
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len());
    assert_eq!(receiver.taken(), told, "and delivered");
    assert_eq!((&report["webhook"]["sent"], &report["webhook"]["waiting"]), (&told.len().into(), &0.into()));

    let again = track(&shell, "text").await.succeeded();
    assert!(again.stdout.starts_with("nothing changed\nwebhook     0 events sent\n"), "{again:#?}");
    assert_eq!(receiver.taken(), told);
}

#[tokio::test]
async fn whoever_is_killed_tells_it_again_with_the_same_ids() {
    let (_simulator, shell) = ten_days_later(4).await;
    let receiver = Receiver::start([Reply::Silence]).await;
    let shell = shell.set("VIRALMINE_WEBHOOK", &receiver.url());
    let (arrived, mut has_arrived) = tokio::sync::mpsc::unbounded_channel();
    receiver.watch(move |_| arrived.send(()).unwrap_or_default());
    let child = shell.spawn(&[&TRACK[..], &["json"]].concat());
    let id = child.id().to_string();
    has_arrived.recv().await.unwrap();
    std::process::Command::new("kill").args(["-9", &id]).status().unwrap();
    let killed = end_of(child).await;
    assert_eq!((killed.code, killed.stdout.as_str()), (None, ""));

    let report = track(&shell, "json").await.succeeded().json();
    let messages = receiver.received();
    assert!(!messages[0].ids().is_empty());
    assert_eq!(messages[0].ids(), messages[1].ids());
    assert_eq!((messages[0].key.as_str(), &messages[0].body), (messages[1].key.as_str(), &messages[1].body));
    assert_eq!(receiver.taken(), ids(&report), "what nobody was shown is shown");
    assert_eq!(ids(&track(&shell, "json").await.succeeded().json()), Vec::<String>::new());
}

#[tokio::test]
async fn whoever_interrupts_a_delivery_is_told_so_and_the_next_round_sends_it() {
    let (_simulator, shell) = ten_days_later(4).await;
    let receiver = Receiver::start([Reply::Silence]).await;
    let shell = shell.set("VIRALMINE_WEBHOOK", &receiver.url());
    let (arrived, mut has_arrived) = tokio::sync::mpsc::unbounded_channel();
    receiver.watch(move |_| arrived.send(()).unwrap_or_default());
    let child = shell.spawn(&[&TRACK[..], &["json"]].concat());
    let id = child.id().to_string();
    has_arrived.recv().await.unwrap();
    std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    let stopped = end_of(child).await.ends(130, &["interrupted while sending to the webhook", "wait for the webhook"]);
    let told = stopped.json();
    assert!(told["webhook"]["waiting"].as_u64().unwrap() > 0 && told["webhook"]["sent"] == 0, "{told}");

    let report = track(&shell, "json").await.succeeded().json();
    assert_eq!((receiver.taken(), ids(&report)), (ids(&told), Vec::new()), "sent, and not shown again");
}

#[tokio::test]
async fn a_refused_event_is_warned_of_once_with_its_id() {
    let (_simulator, shell) = ten_days_later(4).await;
    let receiver = Receiver::start([]).await;
    let (shell, refused) = (shell.set("VIRALMINE_WEBHOOK", &receiver.url()), std::sync::OnceLock::<String>::new());
    receiver.judge(move |message| {
        let refused = refused.get_or_init(|| message.ids()[1].clone());
        message.ids().contains(refused).then(|| Reply::status(422))
    });
    let first = track(&shell, "json").await.succeeded();
    let (report, taken) = (first.json(), receiver.taken());
    let missing: Vec<String> = ids(&report).into_iter().filter(|id| !taken.contains(id)).collect();
    let [missing] = &missing[..] else { panic!("{missing:?}") };
    assert_eq!((&report["webhook"]["refused"], &report["webhook"]["waiting"]), (&1.into(), &0.into()));
    assert_eq!(first.stderr.matches(missing.as_str()).count(), 1, "{}", first.stderr);
    assert!(first.stderr.contains("422 Unprocessable Entity"), "{}", first.stderr);
    let second = track(&shell, "text").await.succeeded();
    assert!(!second.stderr.contains(missing.as_str()) && receiver.taken() == taken, "{second:#?}");
}

#[tokio::test]
async fn a_webhook_that_takes_nothing_does_not_fail_the_run() {
    let (_simulator, shell) = ten_days_later(4).await;
    let receiver = Receiver::start([Reply::status(404)]).await;
    let with_webhook = shell.beside().set("VIRALMINE_WEBHOOK", &receiver.url());
    let first = track(&with_webhook, "text").await.ends(0, &["404 Not Found", "wait for the webhook"]);
    assert!(first.stdout.contains("0 events sent, ") && first.stdout.starts_with("new posts   "), "{first:#?}");
    assert_eq!(receiver.taken(), Vec::<String>::new());
    assert_eq!(ids(&track(&shell, "json").await.succeeded().json()), Vec::<String>::new(), "shown already");
    let report = track(&with_webhook, "json").await.succeeded().json();
    assert_eq!(report["webhook"]["sent"], receiver.taken().len());
    assert!(!receiver.taken().is_empty());
}

#[tokio::test]
async fn an_address_that_is_none_is_wrong_use_and_found_before_any_request() {
    let (simulator, shell) = ten_days_later(1).await;
    let asked = || simulator.observed().total();
    let before = asked();
    for wrong in ["hooks.example.com/x", "ftp://h/x", "https://", "x"] {
        let wrong = format!("{wrong}{TOKEN}").replace("https://", "https://#");
        let named = shell.run(&["track", "--webhook", &wrong]).await.ends(2, &["--webhook "]);
        let set = shell.beside().set("VIRALMINE_WEBHOOK", &wrong);
        let set = set.run(&["track"]).await.ends(2, &["VIRALMINE_WEBHOOK "]);
        shell.write("hook.toml", &format!("webhook = {wrong:?}\n"));
        let written = shell.run(&["track", "--config", "hook.toml"]).await.ends(2, &["configuration file"]);
        for ended in [named, set, written] {
            assert!(!ended.stderr.contains(TOKEN) && ended.stdout.is_empty(), "{ended:#?}");
        }
    }
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn the_address_is_in_no_output_and_no_file() {
    let (_simulator, shell) = ten_days_later(2).await;
    let shell = shell.set("RUST_LOG", "trace").set("RUST_BACKTRACE", "1");
    let echo = |status| Reply::Status(status, None, format!("{{\"no\":\"/services/{TOKEN}\"}}"));
    let receiver = Receiver::start([echo(403)]).await;
    receiver.judge(move |_| Some(echo(422)));
    let log = |format| ["-vvv", "--log-format", format];
    for (url, format) in [(receiver.url(), "text"), (receiver.url(), "json")] {
        let arguments = [&TRACK[..], &[format, "--webhook", &url], &log(format)].concat();
        let ended = shell.run(&arguments).await.succeeded();
        assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(&TOKEN[1..]), "{ended:#?}");
    }
    let answered: Vec<Option<u16>> = receiver.received().iter().map(|one| one.answered).collect();
    assert!(answered.contains(&Some(403)) && answered.contains(&Some(422)), "{answered:?}");
    let stopped = shell.run(&["track", "--once", "--api-url", NOBODY, "--webhook", &receiver.url(), "-vvv"]).await;
    assert!(!format!("{}{}", stopped.stdout, stopped.stderr).contains(&TOKEN[1..]), "{stopped:#?}");
    for (path, text) in contents(&shell.path("viralmine-data")) {
        assert!(!text.contains(&TOKEN[1..]), "{}", path.display());
    }
}
