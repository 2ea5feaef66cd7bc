//! No room. A limit on the size of files makes every write beyond it fail, as a full disk does; where a file system can
//! be mounted, a real one is filled, too.

use std::process::Stdio;

use super::{BACKFILL, OnTheNode, faultless, posts, simulator};
use crate::command_line::shell::{Ended, Shell, end_of};
use crate::support::proxy::fault::{Fault, Items};

/// Runs a command whose files cannot grow beyond so many KiB.
async fn run_limited(shell: &Shell, kib: u32, arguments: &[&str]) -> Ended {
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
    end_of(shell.command_under(&["bash", "-c", &script], arguments).spawn().unwrap()).await
}

const GO_ON: &str = "run the same command again to go on";

#[tokio::test]
async fn a_disk_that_is_full_from_the_start_costs_no_request() {
    let api = simulator(1, 40).await;
    let shell = Shell::with_api(&api);
    let ended = run_limited(&shell, 100, &BACKFILL).await;
    ended.ends(1, &["viralmine-data cannot be written", "File too large", "the disk", "another --data-dir"]);
    assert_eq!(api.observed().total(), 0);
    shell.run(&BACKFILL).await.succeeded();
}

#[tokio::test]
async fn a_disk_that_fills_up_with_the_archive() {
    let api = simulator(20, 200).await;
    let node = OnTheNode::new("archive-full").await;
    let shell = Shell::with_api(&api);
    node.set_in(&shell);
    let ended = run_limited(&shell, 300, &BACKFILL).await;
    let report = ended.json();
    ended.ends(1, &["raw archive", "viralmine-data/archive", "File too large", "make room", GO_ON]);
    let stored = report["documents"]["stored"].as_u64().unwrap();
    assert!(stored < posts(&api), "{report}");
    // An answer that could not be kept was not looked at.
    let pages = report["pages"].as_u64().unwrap();
    let paid = api.observed().total();
    assert!(pages < paid, "{report}");

    let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
    let resumed = shell.run(&BACKFILL).await.succeeded().json();
    assert_eq!(resumed["creators"]["done"], 20);
    assert_eq!(shell.documents().await, faultless(&api).await);
    // Only what could not be kept is paid for twice: the requests that were under way together.
    let all = (api.observed().total() - paid) + pages;
    let needed: u64 =
        api.creators().iter().filter_map(|creator| api.video_count(creator)).map(|n| n.div_ceil(35)).sum();
    assert!(all <= 2 * needed + 20, "{all} requests for both runs and the faultless one, {needed} pages");
}

#[tokio::test]
async fn a_disk_that_fills_up_with_the_index() {
    let api = simulator(20, 200).await;
    let shell = Shell::with_api(&api);
    let arguments = [&BACKFILL[..], &["--no-archive"]].concat();
    let ended = run_limited(&shell, 300, &arguments).await;
    let ended = ended.ends(1, &["viralmine-data/index", "File too large", "again"]);
    assert!(!ended.stderr.contains("Error {") && !ended.stderr.contains("IoError"), "{}", ended.stderr);
    let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
    let resumed = shell.run(&arguments).await.succeeded().json();
    assert_eq!(resumed["creators"]["done"], 20);
    assert_eq!(shell.documents().await, faultless(&api).await);
}

/// A checkpoint does not pass a dead letter that is not on the disk.
#[tokio::test]
async fn a_disk_that_fills_up_with_dead_letters() {
    let api = simulator(12, 60).await;
    let node = OnTheNode::new("letters-full").await;
    let shell = Shell::with_api(&api);
    node.set_in(&shell);
    node.proxy.decide(Box::new(
        |request| {
            if request.is_bulk_of("videos") { Items::unparsable(1, false) } else { Fault::Pass }
        },
    ));
    let arguments = [&BACKFILL[..], &["--no-archive"]].concat();
    let ended = run_limited(&shell, 300, &arguments).await;
    let report = ended.json();
    ended.ends(1, &["viralmine-data/dead-letters.ndjson cannot be written", "File too large", GO_ON]);
    assert!(report["creators"]["done"].as_u64().unwrap() < 12, "{report}");
    // On a healthy disk, with a store that takes them: all arrives, by the walks or by the letters.
    node.proxy.decide(crate::support::proxy::fault::none());
    let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
    assert_eq!(shell.run(&arguments).await.succeeded().json()["creators"]["done"], 12);
    let retried = shell.run(&["dead-letters", "retry"]).await;
    assert_eq!(retried.code, Some(0), "{retried:#?}");
    assert_eq!(shell.documents().await, faultless(&api).await);
}

/// The same on a real file system without room, which takes the rights to mount one.
#[tokio::test]
async fn a_real_disk_that_is_full() {
    let can_mount = "mount -t tmpfs -o size=1m none . && true";
    let tried =
        std::process::Command::new("unshare").args(["-m", "bash", "-c", can_mount]).stderr(Stdio::null()).status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("LEFT OUT: no file system can be mounted here, so no real disk was filled");
        return;
    }
    let api = simulator(20, 200).await;
    let shell = Shell::with_api(&api);
    std::fs::create_dir(shell.path("viralmine-data")).unwrap();
    // What is in there goes with the mount, so it is copied to where there is room.
    let script = "mount -t tmpfs -o size=1500k none viralmine-data || exit 99; \"$0\" \"$@\"; code=$?; \
                  cp -r viralmine-data saved; exit $code";
    let ended = end_of(shell.command_under(&["unshare", "-m", "bash", "-c", script], &BACKFILL).spawn().unwrap()).await;
    let ended = ended.ends(1, &["viralmine-data", "No space left on device", "again"]);
    assert!(!ended.stderr.contains("Error {") && !ended.stderr.contains("IoError"), "{}", ended.stderr);
    let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z").set("VIRALMINE_DATA_DIR", "saved");
    assert_eq!(shell.run(&BACKFILL).await.succeeded().json()["creators"]["done"], 20);
    assert_eq!(shell.documents().await, faultless(&api).await);
}
