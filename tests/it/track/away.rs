//! A store, an API, or a reader that is away, and places that are not there: a round ends at once when it is asked to,
//! says once what is wrong, and makes nothing by mistake.

#[cfg(unix)]
use std::process::Child;

use serde_json::Value;
use viralmine::commands::stores;
use viralmine::simulator::SimulatorOptions;

use super::support::Rounds;
use crate::command_line::shell::{NOBODY, Shell, end_of, simulator};
use crate::elastic::node_url;
use crate::support::place::{Place, on_both_stores};
use crate::support::proxy::FaultProxy;
use crate::support::proxy::fault::Fault;
use crate::support::proxy::wire::Answer;
use crate::support::run::{Trouble, quick};

on_both_stores!(ctrl_c_does_not_wait_for_checkpoints_that_cannot_be_read, who_was_refused_at_once_is_told_what_helps);

async fn ctrl_c_does_not_wait_for_checkpoints_that_cannot_be_read(place: Place) {
    let simulator = crate::support::run::simulator(SimulatorOptions { creators: 2, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    rounds.backfill().await;
    let before = simulator.observed().total();
    let mut run = rounds.prepared();
    run.trouble = Some(Trouble::StoppedWhileAway(run.stop.clone()));
    // Longer than any test may take.
    run.limits.patience.give_up_after = std::time::Duration::from_hours(24);
    let stopped = rounds.track_with(run).await.unwrap_err();
    assert!(stopped.to_string().starts_with("interrupted before the store"), "{stopped}");
    assert_eq!(simulator.observed().total(), before);
}

async fn who_was_refused_at_once_is_told_what_helps(place: Place) {
    let simulator = crate::support::run::simulator(SimulatorOptions { creators: 2, ..quick() }).await;
    let mut rounds = Rounds::new(&place, &simulator);
    simulator.set_faults("gone@creator-2=1".parse().unwrap());
    rounds.backfill().await;
    let second = simulator.creators()[1].clone();
    rounds.named = vec![second.clone()];
    let failed = rounds.track().await.report.creators.failed;
    let [failed] = failed.as_slice() else { panic!("{failed:?}") };
    assert!(failed.error.contains(&format!("`viralmine backfill --retry-failed {second}`")), "{}", failed.error);
    assert!(failed.error.contains("not found") && !failed.error.contains("never walked"), "{}", failed.error);
}

/// Types `track` against a real node, and Ctrl-C once this path is asked for, which is not answered well from then on.
#[cfg(unix)]
async fn interrupted_at(path: &'static str, backfilled_with: &[&str]) {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    let place = Place::elastic();
    let proxy = FaultProxy::start(&node_url()).await;
    let through = place.by_way_of(&proxy.url()).flags();
    let through: Vec<&str> = through.iter().map(String::as_str).collect();
    let more = [&["--creators", "creators.txt"], backfilled_with, through.as_slice()].concat();
    shell.backfill(&more).await.succeeded();
    proxy.decide(Box::new(move |request| {
        let unavailable =
            || Answer::of_elasticsearch(503, "unavailable_shards_exception", "primary shard is not active");
        if request.path().ends_with(path) { Fault::Answer(unavailable()) } else { Fault::Pass }
    }));
    let before = proxy.observed().faulted();
    let child = shell.spawn(&[&["track", "--rate", "1000", "--no-scores"], through.as_slice()].concat());
    proxy.until(|observed| observed.faulted() > before).await;
    interrupt(&child);
    let ended = end_of(child).await.ends(130, &["interrupted"]);
    assert!(!ended.stderr.contains("next round"), "{}", ended.stderr);
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_does_not_wait_for_young_posts() {
    // Without scores nothing is asked of the videos before.
    interrupted_at("-videos/_pit", &["--no-scores"]).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_does_not_wait_for_what_is_viral_already() {
    interrupted_at("-videos/_pit", &[]).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_does_not_wait_for_who_went_silent() {
    interrupted_at("-creators/_mget", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_away_is_told_in_a_few_lines() {
    let simulator = simulator(30).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt", "--no-scores"]).await.succeeded();
    let away = shell.set("VIRALMINE_API_URL", NOBODY);
    let ended = away.run(&["track", "--rate", "1000", "--no-scores"]).await.ends(1, &["the round ended early: "]);
    let lines_with = |words: &str| ended.stderr.lines().filter(|line| line.contains(words)).count();
    assert_eq!(lines_with("warning: try "), 4, "{}", ended.stderr);
    assert_eq!((lines_with("failed: no good answer"), lines_with("more creators")), (3, 1), "{}", ended.stderr);
    let error = ended.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
    assert_eq!(error.matches("the same command").count(), 1, "{error}");
    assert!(!ended.stderr.contains("next round"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_to_do_about_refused_keys_is_said_once() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt", "--no-scores"]).await.succeeded();
    let refused = shell.set("VIRALMINE_API_KEYS", "tk_wrong");
    let ended = refused.run(&["track", "--rate", "1000", "--no-scores"]).await.ends(1, &["key 1"]);
    let error = ended.stderr.lines().find(|line| line.contains("the round ended early")).unwrap();
    assert_eq!(error.matches("run the same command again").count(), 1, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_is_told_once_in_the_words_of_the_api() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    simulator.set_faults("gone@creator-2=1".parse().unwrap());
    let second = simulator.creators()[1].to_string();
    let json = shell.run(&["track", "--rate", "1000", "--no-scores", "--format", "json"]).await.succeeded();
    let gone: &Value = &json.json()["creators"]["gone"][0];
    assert_eq!(gone["sec_user_id"], second);
    let words = gone["error"].as_str().unwrap();
    assert!(words.contains("not found") && !words.contains("--retry-failed") && !words.contains("API"), "{words}");
    assert!(!json.stderr.contains("failed") && !json.stderr.contains(&second), "{}", json.stderr);
    let event =
        json.json()["events"].as_array().unwrap().iter().find(|event| event["kind"] == "gone").cloned().unwrap();
    assert_eq!(event["reason"], words);
    let text = shell.run(&["track", &second, "--rate", "1000", "--no-scores"]).await.succeeded();
    assert!(text.stdout.contains(&format!("gone       {second}: the API says {words:?}")), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_end_when_nobody_reads_them_any_more() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let mut child = shell.spawn(&["track", "--every", "1d", "--rate", "1000", "--format", "json"]);
    drop(child.stdout.take());
    // Without a reader it would wait for a day.
    end_of(child).await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_is_told_and_not_made() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    let words = ["mistyped", "no creator was walked yet"];
    let creator = simulator.creators()[0].to_string();
    for named in [&[][..], &[creator.as_str()]] {
        shell.run(&[&["track", "--data-dir", "mistyped"], named].concat()).await.ends(1, &words);
    }
    shell.backfill(&["--creators", "creators.txt", "--no-scores"]).await.succeeded();
    let entries = shell.entries();
    shell.run(&["track", "--index-prefix", "mistyped"]).await.ends(1, &words);
    shell.run(&["track", "--data-dir", "mistyped"]).await.ends(1, &words);
    assert_eq!(shell.entries(), entries);
}

#[tokio::test(flavor = "multi_thread")]
async fn indices_that_are_not_there_are_told_and_not_made() {
    let simulator = simulator(1).await;
    let (shell, place) = (Shell::with_api(&simulator), Place::elastic());
    let flags = place.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let words = [place.settings.prefix.as_str(), "no creator was walked yet"];
    shell.run(&[&["track"], flags.as_slice()].concat()).await.ends(1, &words);
    let indices = stores::open_examine(&place.settings).unwrap().indices().await.unwrap();
    assert!(indices.iter().all(|found| found.index.is_none() && found.template.is_none()), "{indices:?}");
    assert_eq!(std::fs::read_dir(&place.settings.data_dir).unwrap().count(), 0);
}
