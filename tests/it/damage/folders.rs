//! Data folders that cannot be written, are in use by another process, or vanish under a run.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Child;

use super::{BACKFILL, OnTheNode, faultless, simulator, unprivileged};
use crate::command_line::shell::{Ended, Shell, end_of};

const SLOWLY: [&str; 7] = ["backfill", "--creators", "creators.txt", "--rate=4", "--format", "json", "-vv"];

/// Waits until a bulk request was closed; what is left of stderr is read on.
async fn until_under_way(child: &mut Child) -> tokio::task::JoinHandle<String> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut stderr = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while !line.contains("bulk request closed") {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "the run ended before its first bulk request");
        }
        stderr
    })
    .await
    .unwrap();
    tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        text
    })
}

async fn end_with(child: Child, stderr: tokio::task::JoinHandle<String>) -> Ended {
    let ended = end_of(child).await;
    let ended = Ended { stderr: stderr.await.unwrap(), ..ended };
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    ended
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_folder_that_may_not_be_written() {
    let api = simulator(1, 40).await;
    let shell = Shell::with_api(&api);
    open_to_all(&shell.path(""), 0o755);
    fs::create_dir(shell.path("viralmine-data")).unwrap();
    open_to_all(&shell.path("viralmine-data"), 0o555);
    // Root heeds no permissions, so somebody else runs a copy that all may run.
    fs::copy(env!("CARGO_BIN_EXE_viralmine"), shell.path("viralmine")).unwrap();
    open_to_all(&shell.path("viralmine"), 0o755);
    let run = |arguments: &[&str]| {
        let starter = [unprivileged(), &["./viralmine"]].concat();
        end_of(shell.command_instead(&starter, arguments).spawn().unwrap())
    };
    let refused = run(&BACKFILL).await;
    refused.ends(1, &["viralmine-data cannot be written", "Permission denied", "permissions", "another --data-dir"]);
    run(&[&BACKFILL[..], &["--data-dir", "viralmine-data/below"]].concat()).await.ends(1, &["viralmine-data/below"]);
    assert_eq!(api.observed().total(), 0, "no request is paid for in vain");
    assert_eq!(fs::read_dir(shell.path("viralmine-data")).unwrap().count(), 0);
    open_to_all(&shell.path("viralmine-data"), 0o777);
    run(&BACKFILL).await.succeeded();
    // Now it is closed again: questions need no writing.
    open_to_all(&shell.path("viralmine-data"), 0o555);
    assert!(!run(&["search", "--format", "ndjson"]).await.succeeded().stdout.is_empty());
}

#[tokio::test]
async fn a_folder_in_which_nothing_may_be_written_is_asked_all_the_same() {
    let api = simulator(3, 40).await;
    let shell = Shell::with_api(&api);
    open_to_all(&shell.path(""), 0o755);
    fs::copy(env!("CARGO_BIN_EXE_viralmine"), shell.path("viralmine")).unwrap();
    open_to_all(&shell.path("viralmine"), 0o755);
    shell.run(&BACKFILL).await.succeeded();
    let questions = [
        &["search", "--limit", "all", "--format", "ndjson"][..],
        &["hashtags"],
        &["creators", "--format", "csv"],
        &["viral", "--by", "engagement"],
        &["export", "--to", "-"],
        &["report", "--format", "json"],
        &["status"],
    ];
    let mut before = Vec::new();
    for question in questions {
        before.push(shell.run(question).await.succeeded().stdout);
    }
    for has_lock_files in [true, false] {
        close_all(&shell.path("viralmine-data"), has_lock_files);
        for (question, before) in questions.iter().zip(&before) {
            let starter = [unprivileged(), &["./viralmine"]].concat();
            let ended = end_of(shell.command_instead(&starter, question).spawn().unwrap()).await.succeeded();
            assert_eq!(&ended.stdout, before, "{question:?}");
        }
    }
}

/// Closes a folder and all that is in it to writers; those lock files are removed that only the index library makes.
fn close_all(folder: &Path, has_lock_files: bool) {
    open_to_all(folder, 0o755);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            close_all(&path, has_lock_files);
        } else if !has_lock_files && path.file_name().unwrap().to_str().unwrap().starts_with(".tantivy-") {
            fs::remove_file(&path).unwrap();
        } else {
            // Who may read it is what the program left it at.
            open_to_all(&path, fs::metadata(&path).unwrap().permissions().mode() & 0o444);
        }
    }
    open_to_all(folder, 0o555);
}

#[tokio::test]
async fn a_folder_whose_archive_may_not_be_written() {
    let api = simulator(1, 40).await;
    let shell = Shell::with_api(&api);
    fs::create_dir(shell.path("viralmine-data")).unwrap();
    for (name, words) in [("archive", "viralmine-data/archive is no folder"), ("index", "viralmine-data/index")] {
        shell.write(&format!("viralmine-data/{name}"), "");
        shell.run(&BACKFILL).await.ends(1, &[words]);
        assert_eq!(api.observed().total(), 0, "no request is paid for in vain");
        fs::remove_file(shell.path(&format!("viralmine-data/{name}"))).unwrap();
    }
    shell.run(&BACKFILL).await.succeeded();
}

#[tokio::test]
async fn a_folder_that_another_process_uses() {
    let api = simulator(12, 40).await;
    let shell = Shell::with_api(&api);
    let mut first = shell.spawn(&SLOWLY);
    let stderr = until_under_way(&mut first).await;
    let holder = format!("(process {})", first.id());
    let asked = api.observed().total();
    for command in [&BACKFILL[..], &["reindex"]] {
        let refused = shell.run(command).await;
        refused
            .ends(1, &["viralmine-data is in use by another viralmine", &holder, "wait for it", "another --data-dir"]);
    }
    // Reading beside it is fine.
    for command in [&["search"][..], &["status"], &["dead-letters", "list"]] {
        shell.run(command).await.succeeded();
    }
    let first = end_with(first, stderr).await.succeeded();
    assert_eq!(first.json()["creators"]["done"], 12);
    assert_eq!(api.observed().total(), first.json()["requests"]["sent"].as_u64().unwrap());
    assert!(asked < api.observed().total(), "the first one went on meanwhile");
    assert_eq!(shell.documents().await, faultless(&api).await);
}

/// Deletes it although somebody still writes into it.
fn delete(folder: &Path) {
    while folder.exists() {
        let _ = fs::remove_dir_all(folder);
    }
}

#[tokio::test]
async fn a_folder_that_is_deleted_under_a_run_into_a_server() {
    let api = simulator(12, 60).await;
    let node = OnTheNode::new("deleted").await;
    let shell = Shell::with_api(&api);
    node.set_in(&shell);
    let mut child = shell.spawn(&SLOWLY);
    let stderr = until_under_way(&mut child).await;
    delete(&shell.path("viralmine-data"));
    let asked = api.observed().total();
    let ended =
        end_with(child, stderr).await.ends(1, &["viralmine-data/archive", "is gone", "run the same command again"]);
    assert!(api.observed().total() <= asked + 3, "no page is paid for that is not kept: {}", ended.stderr);
    let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
    assert_eq!(shell.run(&BACKFILL).await.succeeded().json()["creators"]["done"], 12);
    assert_eq!(shell.documents().await, faultless(&api).await);
}

#[tokio::test]
async fn a_folder_that_is_deleted_under_a_run_with_its_index() {
    let api = simulator(12, 60).await;
    for flags in [&[][..], &["--no-archive"]] {
        let shell = Shell::with_api(&api);
        let mut child = shell.spawn(&[&SLOWLY[..], flags].concat());
        let stderr = until_under_way(&mut child).await;
        delete(&shell.path("viralmine-data"));
        let ended = end_with(child, stderr).await.ends(1, &["viralmine-data/", "again"]);
        assert!(!ended.stderr.contains("Error {") && !ended.stderr.contains("IoError"), "{}", ended.stderr);
        let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
        assert_eq!(shell.run(&BACKFILL).await.succeeded().json()["creators"]["done"], 12);
        assert_eq!(shell.documents().await, faultless(&api).await);
    }
}
