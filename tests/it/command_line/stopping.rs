//! Ctrl-C and kills in the middle of a run, and the same command again: it ends as if nothing had happened.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};

use serde_json::Value;
use viralmine::archive::RecordedPages;
use viralmine::simulator::{Simulator, SimulatorOptions, Strength};

use super::shell::{Shell, end_of, simulator};

/// Two pages a second, and a line on stderr for each bulk request: left alone, the run would last a dozen seconds, so
/// that also a busy machine ends it long before its end; and it tells how far it is.
const SLOWLY: [&str; 7] = ["backfill", "--creators", "creators.txt", "--format", "json", "-vv", "--rate=2"];
const BULK: &str = "bulk request closed";

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Reads stderr until a bulk request was closed; hands back the rest of it.
async fn until_the_first_bulk(child: &mut Child) -> BufReader<std::process::ChildStderr> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while !line.contains(BULK) {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "the run ended before its first bulk request");
        }
        stderr
    })
    .await
    .unwrap()
}

/// What is left of stderr.
fn drain(mut stderr: BufReader<std::process::ChildStderr>) -> tokio::task::JoinHandle<String> {
    tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stderr, &mut text).unwrap();
        text
    })
}

/// How many whole answers are in the archive.
fn archived_answers(shell: &Shell) -> u64 {
    let segments = viralmine::archive::segments(&shell.path("viralmine-data")).unwrap();
    let answers = segments.iter().map(|segment| RecordedPages::open(segment).unwrap().flatten().count());
    answers.sum::<usize>() as u64
}

#[tokio::test]
async fn ctrl_c_settles_and_the_same_command_goes_on() {
    let simulator = simulator(12).await;
    let unbroken = Shell::with_api(&simulator);
    let whole = unbroken.backfill(&["--creators", "creators.txt"]).await.succeeded().json();
    for name in ["-INT", "-TERM"] {
        let before = simulator.observed().total();
        let shell = Shell::with_api(&simulator);
        let mut child = shell.spawn(&SLOWLY);
        let stderr = until_the_first_bulk(&mut child).await;
        signal(&child, name);
        let (stderr, stopped) = (drain(stderr), end_of(child).await);
        let stderr = stderr.await.unwrap();
        assert_eq!(stopped.code, Some(130), "{stderr}");
        assert!(stderr.contains("stopping: ") && stderr.contains("run the same command again to go on"), "{stderr}");
        let report = stopped.json();
        let counts = |name: &str| report["documents"][name].as_u64().unwrap();
        assert_eq!(counts("fetched"), counts("stored"), "all that was fetched is settled: {report}");
        assert_eq!(shell.documents().await.len() as u64, counts("stored"));
        assert!(report["creators"]["done"].as_u64().unwrap() < 12, "{report}");

        let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
        let resumed = shell.backfill(&["--creators", "creators.txt"]).await.succeeded().json();
        assert_eq!(resumed["creators"]["done"], 12);
        assert_eq!(shell.documents().await, unbroken.documents().await);
        let sent = simulator.observed().total() - before;
        assert_eq!(sent, whole["requests"]["sent"].as_u64().unwrap(), "no page is paid for twice");
    }
}

#[tokio::test]
async fn after_a_kill_the_same_command_ends_like_an_unbroken_run() {
    let simulator = simulator(12).await;
    let unbroken = Shell::with_api(&simulator);
    let whole = unbroken.backfill(&["--creators", "creators.txt"]).await.succeeded().json();
    let shell = Shell::with_api(&simulator);
    let mut child = shell.spawn(&SLOWLY);
    let stderr = until_the_first_bulk(&mut child).await;
    signal(&child, "-KILL");
    let (stderr, killed) = (drain(stderr), end_of(child).await);
    stderr.await.unwrap();
    assert_eq!(killed.code, None, "killed by a signal");
    let on_disk = archived_answers(&shell);
    assert!(on_disk > 0);
    // A newer viralmine was at work in the folder, too.
    let newer = "20250620-1750377600999-1.ndjson.zst";
    shell.write(&format!("viralmine-data/archive/{newer}"), "{\"format\":9}\n{\"format\":9}\n");
    let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
    let resumed = shell.backfill(&["--creators", "creators.txt"]).await;
    let words = [&format!("{newer}, line 1: "), "format 9 is newer than this viralmine", "1 more lines of it"];
    let resumed = resumed.ends(0, &words).json();
    assert_eq!(resumed["creators"]["done"], 12);
    assert_eq!(shell.documents().await, unbroken.documents().await);
    let paid = on_disk + resumed["requests"]["sent"].as_u64().unwrap();
    assert_eq!(paid, whole["requests"]["sent"].as_u64().unwrap(), "what is on disk is not paid for twice");
}

#[tokio::test]
async fn a_simulator_says_where_it_is_and_ends_when_told() {
    let shell = Shell::new();
    let mut child = shell.spawn(&["simulate", "--creators", "3", "--creators-out", "creators.txt"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut url = String::new();
    stdout.read_line(&mut url).unwrap();
    let api = url.trim_end().to_owned();
    assert!(api.starts_with("http://127.0.0.1:"), "{api}");
    let backfilling = Shell::new().set("VIRALMINE_API_KEYS", "any").set("VIRALMINE_API_URL", &api);
    std::fs::copy(shell.path("creators.txt"), backfilling.path("creators.txt")).unwrap();
    let arguments = ["backfill", "--creators", "creators.txt", "--max-pages", "1", "--format", "json"];
    assert_eq!(backfilling.run(&arguments).await.succeeded().json()["requests"]["ok"], 3);
    signal(&child, "-TERM");
    end_of(child).await.succeeded();
}

#[tokio::test]
async fn a_simulator_tells_what_it_planted() {
    let shell = Shell::new();
    let mut child =
        shell.spawn(&["simulate", "--creators", "40", "--seed", "3", "--strength", "weak", "--truth", "truth.json"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    signal(&child, "-TERM");
    end_of(child).await.succeeded();
    let written: Value = serde_json::from_slice(&std::fs::read(shell.path("truth.json")).unwrap()).unwrap();
    let options = SimulatorOptions { creators: 40, seed: 3, strength: Strength::WEAK, ..SimulatorOptions::default() };
    let served = Simulator::start(options).await.unwrap().truth().unwrap();
    assert_eq!(written, serde_json::to_value(served).unwrap());
    for planted in ["outliers", "creators", "hashtags", "sounds", "words"] {
        assert!(!written[planted].as_array().unwrap().is_empty(), "{planted}");
    }
    assert_eq!((&written["strength"], &written["seed"]), (&3.0.into(), &3.into()));
    let nowhere = shell.run(&["simulate", "--truth", "no/truth.json"]).await;
    nowhere.ends(1, &["no/truth.json cannot be written (--truth)"]);
}

#[tokio::test]
async fn ctrl_c_does_not_wait_for_a_store_that_accepts_and_says_nothing() {
    let simulator = simulator(1).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let store = format!("http://{}", listener.local_addr().unwrap());
    let shell = Shell::with_api(&simulator);
    let child = shell.spawn(&["backfill", "--creators", "creators.txt", "--store", &store]);
    let (accepted, listener) =
        tokio::task::spawn_blocking(move || (listener.accept().unwrap(), listener)).await.unwrap();
    signal(&child, "-INT");
    end_of(child).await.ends(130, &["nothing was asked of the API"]);
    assert_eq!(simulator.observed().total(), 0);
    drop((accepted, listener));
}
