//! As it is typed: who is known, exit codes, the report, rounds that follow each other, and the unit files' command
//! line.

use std::io::{BufRead, BufReader, Read};
use std::process::Child;

use clap::Parser;
use serde_json::Value;
use viralmine::cli::{Cli, Command};

use crate::command_line::shell::{Ended, NOBODY, STRANGER, Shell, simulator};
use crate::repository::root;

const TRACK: [&str; 5] = ["track", "--rate", "1000", "--format", "json"];

impl Shell {
    async fn track(&self, more: &[&str]) -> Ended {
        self.run(&[&TRACK[..], more].concat()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_made_of_what_was_backfilled_and_tells_of_itself() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.track(&[]).await.ends(1, &["no creator was walked yet: run `viralmine backfill` first"]);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    simulator.advance(std::time::Duration::from_hours(48));
    let shell = shell.set("VIRALMINE_NOW", "2025-06-22T00:00:00Z");

    let report = shell.track(&[]).await.succeeded().json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let documented = std::fs::read_to_string(root().join("docs/tracking.md")).unwrap();
    for object in [&report, &report["creators"], &report["posts"]] {
        for key in keys(object) {
            assert!(documented.contains(&format!("\"{key}\"")), "docs/tracking.md does not tell of {key:?}");
        }
    }
    assert_eq!((&report["creators"]["visited"], &report["creators"]["left"]), (&3.into(), &0.into()), "{report}");
    assert!(report["posts"]["new"].as_u64() > Some(0) && report["scores"].is_object(), "{report}");

    let text = shell.run(&["track", "--rate", "1000", "--no-scores"]).await.succeeded();
    assert!(text.stdout.contains("creators   3 visited (3 of them without a new post), 0 failed, 0 gone"), "{text:?}");
    let named = shell.track(&[STRANGER, "--no-scores"]).await.ends(3, &[]);
    assert!(named.json()["creators"]["failed"][0]["error"].as_str().unwrap().contains("run `viralmine backfill"));
    let budget = shell.track(&["--budget", "2", "--no-scores"]).await.ends(4, &["the budget is used up"]).json();
    assert_eq!((&budget["requests"]["sent"], &budget["creators"]["left"]), (&2.into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_found_before_anything_is_asked() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    for (wrong, words) in [
        (&["--every", "10s"][..], "a minute (1m) is the least"),
        (&["--every", "often"], "--every: \"often\" is no duration"),
        (&["--every", "6h", "--once"], "cannot be used with"),
        (&["@lily"], "is a handle"),
        (&["--creators", "missing.txt"], "missing.txt"),
    ] {
        shell.track(wrong).await.ends(2, &[words]);
    }
    assert_eq!((simulator.observed().total(), shell.entries()), (0, vec!["creators.txt".to_owned()]));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn rounds_follow_each_other_until_they_are_stopped() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let child = shell.spawn(&[&TRACK[..], &["--every", "1d"]].concat());
    let (child, line) = until_the_next_round_is_told(child).await;
    assert!(line.contains(" UTC, in 23 h 59 min") || line.contains("in 24 h 00 min"), "{line}");
    // Nobody else is kept out while it waits.
    shell.run(&["score"]).await.succeeded();
    let (code, stdout) = terminated(child).await;
    assert_eq!(code, Some(130));
    assert_eq!(stdout.lines().count(), 1, "one round, one line: {stdout}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["creators"]["visited"], 2);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_finds_no_store_is_followed_by_the_next_one() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    let child = shell.spawn(&[&TRACK[..], &["--every", "6h", "--store", NOBODY]].concat());
    let (child, line) = until_the_next_round_is_told(child).await;
    assert!(line.contains("in 5 h 59 min") || line.contains("in 6 h 00 min"), "{line}");
    assert_eq!(terminated(child).await, (Some(130), String::new()));
    // One round alone fails.
    shell.track(&["--store", NOBODY]).await.ends(1, &[NOBODY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_keys_end_the_rounds() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let refused = shell.beside().set("VIRALMINE_API_KEYS", "tk_wrong");
    refused.track(&["--every", "1h"]).await.ends(1, &["key 1"]);
}

#[cfg(unix)]
async fn until_the_next_round_is_told(mut child: Child) -> (Child, String) {
    let told = move || {
        let line = line_with(&mut child, "the next round begins at");
        (child, line)
    };
    tokio::task::spawn_blocking(told).await.unwrap()
}

/// The exit code behind a SIGTERM, and what stood on stdout.
#[cfg(unix)]
async fn terminated(child: Child) -> (Option<i32>, String) {
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    tokio::task::spawn_blocking(move || rest(child)).await.unwrap()
}

/// Reads what the process says on stderr until it says this; the line.
#[cfg(unix)]
fn line_with(child: &mut Child, words: &str) -> String {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.find_map(|line| line.ok().filter(|line| line.contains(words)));
    // Whatever else it says must find somebody who reads it.
    std::thread::spawn(move || lines.for_each(drop));
    line.expect("it ends without a word of the next round")
}

#[cfg(unix)]
fn rest(mut child: Child) -> (Option<i32>, String) {
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    (child.wait().unwrap().code(), stdout)
}

/// The sections of a unit file, each with its settings.
fn unit(name: &str) -> Vec<(String, Vec<(String, String)>)> {
    let text = std::fs::read_to_string(root().join("docs/systemd").join(name)).unwrap();
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push((section.to_owned(), Vec::new()));
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{name}: {line:?} is no setting"));
        assert!(key.chars().all(|char| char.is_ascii_alphanumeric()) && !value.is_empty(), "{name}: {line:?}");
        sections.last_mut().expect("a setting stands in a section").1.push((key.to_owned(), value.to_owned()));
    }
    sections
}

#[test]
fn the_unit_files_are_whole_and_their_command_line_is_understood() {
    let sections = |name: &str| unit(name).into_iter().map(|(section, _)| section).collect::<Vec<_>>();
    assert_eq!(sections("viralmine-track.service"), ["Unit", "Service"]);
    assert_eq!(sections("viralmine-track.timer"), ["Unit", "Timer", "Install"]);
    let service = &unit("viralmine-track.service")[1].1;
    let setting = |name: &str| service.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap();
    assert_eq!((setting("Type"), setting("DynamicUser")), ("oneshot", "yes"));
    let words: Vec<&str> = setting("ExecStart").split(' ').collect();
    let Command::Track(args) = Cli::try_parse_from(&words).unwrap().command else { panic!("it tracks: {words:?}") };
    assert!(args.once && args.every.is_none() && args.creators.is_empty());
    // The key is handed over as a credential, never in the command line.
    let (name, _) = setting("LoadCredential").split_once(':').unwrap();
    let file = args.api.api_keys_file.unwrap();
    assert_eq!(file, std::path::Path::new("${CREDENTIALS_DIRECTORY}").join(name));
    let data = words.iter().position(|word| *word == "--data-dir").map(|position| words[position + 1]).unwrap();
    assert_eq!(data, format!("/var/lib/{}", setting("StateDirectory")));
}

#[test]
fn the_lines_of_the_docs_are_understood() {
    let text = std::fs::read_to_string(root().join("docs/tracking.md")).unwrap();
    let typed = text.lines().filter_map(|line| line.find("viralmine track").map(|start| &line[start..]));
    let mut lines = 0;
    for line in typed.filter(|line| !line.contains('`')) {
        let words = line.split(" >>").next().unwrap().split_whitespace();
        Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
        lines += 1;
    }
    assert!(lines >= 3);
}
