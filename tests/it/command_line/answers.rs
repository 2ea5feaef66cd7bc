//! `normalize`, `search` and `hashtags`: what they read, where they write, and a reader that has had enough.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::shell::{Shell, end_of, simulator};
use crate::repository::root;

fn sample(name: &str) -> Vec<u8> {
    fs::read(root().join("tests/fixtures/api").join(name)).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn answers_are_normalized_from_files_from_standard_input_and_unpacked() {
    let (list, shell) = (sample("list-response.json"), Shell::new());
    fs::write(shell.path("list.json"), &list).unwrap();
    fs::write(shell.path("list.gz"), gzip(&list)).unwrap();
    let from_input = shell.run_with_input(&["normalize"], &list).await.succeeded();
    assert_eq!(from_input.stdout.lines().count(), 1);
    let page = from_input.json();
    let videos = page["video_list"].as_array().unwrap();
    assert!(!videos.is_empty() && page["next_cursor"].is_string() && page["has_more"].is_boolean(), "{page}");
    for arguments in [&["normalize", "list.json"][..], &["normalize", "list.gz"]] {
        assert_eq!(shell.run(arguments).await.succeeded().stdout, from_input.stdout, "{arguments:?}");
    }
    let dash = shell.run_with_input(&["normalize", "-", "list.json"], &gzip(&list)).await.succeeded();
    assert_eq!(dash.stdout, from_input.stdout.repeat(2));
    assert_eq!(shell.entries(), ["list.gz", "list.json"], "no store is touched");
}

#[tokio::test]
async fn a_broken_answer_is_named_with_its_place_and_the_rest_goes_on() {
    let shell = Shell::new();
    let whole: Value = serde_json::from_slice(&sample("list-response.json")).unwrap();
    shell.write("pages.ndjson", &format!("{whole}\n{{\"code\": 0, \"data\": oops}}\n{whole}\n"));
    let ended = shell.run(&["normalize", "pages.ndjson"]).await.ends(3, &["error: pages.ndjson, line 2 (byte "]);
    assert_eq!(ended.stdout.lines().count(), 2);
    let cut = &sample("list-response.json")[..500];
    shell.run_with_input(&["normalize"], cut).await.ends(3, &["standard input, line 1 (byte 0): "]);
    fs::write(shell.path("cut.gz"), &gzip(whole.to_string().as_bytes())[..200]).unwrap();
    shell.run(&["normalize", "cut.gz"]).await.ends(3, &["cut.gz"]);
    let missing = shell.run(&["normalize", "pages.ndjson", "nope.json"]).await.ends(2, &["cannot read nope.json"]);
    assert_eq!(missing.stdout, "", "found before anything is read");
}

#[tokio::test]
async fn a_reader_that_has_had_enough_is_no_failure() {
    let simulator = simulator(6).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    for arguments in [
        &["search", "--limit", "all", "--format", "ndjson"][..],
        &["search", "--limit", "all"],
        &["hashtags", "--limit", "all", "--format", "csv"],
        &["backfill", "--creators", "creators.txt"],
        &["normalize", "pages.json"],
    ] {
        fs::write(shell.path("pages.json"), sample("list-response.json").repeat(50)).unwrap();
        let mut child = shell.spawn(arguments);
        drop(child.stdout.take());
        let ended = end_of(child).await.succeeded();
        let said = ended.stderr.lines().filter(|line| !line.starts_with("growth compares the 7 days"));
        assert_eq!(said.collect::<String>(), "", "{arguments:?}");
    }
    // What came of a run is told by its exit code, whether anybody reads the report or not.
    let mut child = shell.spawn(&["backfill", super::shell::STRANGER]);
    drop(child.stdout.take());
    end_of(child).await.ends(3, &["--retry-failed"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_output_that_takes_nothing_is_a_failure() {
    let shell = Shell::new();
    fs::write(shell.path("list.json"), sample("list-response.json")).unwrap();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let child = shell.command(&["normalize", "list.json"]).stdout(full).spawn().unwrap();
    end_of(child).await.ends(1, &["the output cannot be written: No space left on device"]);
}

#[tokio::test]
async fn what_is_asked_goes_to_stdout_and_where_a_window_ends_to_stderr() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let arguments = ["hashtags", "--since", "30d", "--format", "json", "--limit", "3"];
    let told = shell.run(&arguments).await.ends(0, &["the window ends at the newest fetch stored: 2025-06-20"]);
    assert_eq!(told.json().as_array().unwrap().len(), 3);
    let quiet = shell.run(&[&arguments[..], &["-q"]].concat()).await.succeeded();
    assert_eq!((quiet.stderr.as_str(), quiet.stdout), ("", told.stdout));
    let json = shell.run(&[&arguments[..], &["--log-format", "json"]].concat()).await.succeeded();
    // Another one says which windows growth compares.
    let note: Value = serde_json::from_str(json.stderr.lines().next().unwrap()).unwrap();
    assert!(note["message"].as_str().unwrap().starts_with("the window ends"), "{note}");
    let nothing = shell.run(&["search", "a-word-that-nobody-says"]).await.succeeded();
    assert!(!nothing.stdout.is_empty(), "that nothing was found is said");
    let shell = shell.set("VIRALMINE_DATA_DIR", "elsewhere");
    for command in ["search", "hashtags"] {
        shell.run(&[command]).await.ends(1, &["nothing was indexed yet in elsewhere", "--store"]);
    }
}
