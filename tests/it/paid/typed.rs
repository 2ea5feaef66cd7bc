//! `video` as it is typed: ids, links and files; reports and exit codes.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use viralmine::simulator::Simulator;

use crate::command_line::shell::{KEY, Shell, contents, simulator};

const NOBODY: &str = "1000000000000000000";

/// A shell that has the simulator's posts stored, and their ids.
async fn with_posts(simulator: &Simulator) -> (Shell, Vec<String>) {
    let shell = Shell::with_api(simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let stored = shell.documents().await;
    let id = |line: &String| serde_json::from_str::<Value>(line).unwrap()["aweme_id"].as_str().unwrap().to_owned();
    let ids: BTreeSet<String> = stored.iter().map(id).collect();
    (shell, ids.into_iter().collect())
}

const VIDEO: [&str; 5] = ["video", "--rate", "1000", "--format", "json"];

#[tokio::test]
async fn ids_links_and_files_name_videos_and_an_unknown_one_is_told() {
    let simulator = simulator(2).await;
    let (shell, ids) = with_posts(&simulator).await;
    let stored = shell.documents().await;
    let link = format!("https://www.tiktok.com/@somebody/video/{}?lang=en", ids[1]);
    let arguments = [&VIDEO[..], &[&ids[0], &link, "--videos", "-"]].concat();
    let input = format!("# more\n{}\n{NOBODY}\n", ids[2]);
    let ended = shell.run_with_input(&arguments, input.as_bytes()).await.ends(3, &[NOBODY, "check the id"]);
    let report = ended.json();
    assert_eq!(report["videos"]["done"], 3);
    assert_eq!(report["videos"]["failed"][0]["aweme_id"], NOBODY);
    assert_eq!(report["videos"]["left"], json!([]));
    assert_eq!(report["requests"], json!({ "sent": 4, "ok": 3, "rate_limited": 0, "failed": 1 }));
    assert_eq!(report["items"], json!({ "received": 3, "skipped": 0 }));
    assert_eq!(report["documents"], json!({ "fetched": 3, "stored": 3, "new": 0, "superseded": 0, "dead": 0 }));
    assert_eq!(report["keys"][0], json!({ "key": 1, "sent": 4, "rate_limited": 0, "state": "active" }));
    assert!(report["elapsed_ms"].is_u64());
    assert_eq!(
        shell.documents().await,
        stored,
        "the clock of the API stands still, so nothing but the time has changed"
    );
    for (path, text) in contents(&shell.path("viralmine-data")) {
        assert!(!text.contains(KEY), "{}", path.display());
    }
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_exit_code_4_and_names_what_is_left() {
    let simulator = simulator(1).await;
    let (shell, ids) = with_posts(&simulator).await;
    shell.write("videos.txt", &ids.join("\n"));
    let arguments = [&VIDEO[..], &["--videos", "videos.txt", "--budget", "3"]].concat();
    let ended = shell.run(&arguments).await.ends(4, &["the budget of 3 requests is used up", "videos.left"]);
    let report = ended.json();
    assert_eq!((&report["videos"]["done"], &report["requests"]["sent"]), (&json!(3), &json!(3)));
    assert_eq!(report["videos"]["left"].as_array().unwrap().len(), ids.len() - 3);
    let nothing = shell.run(&["video", &ids[0], "--budget", "0"]).await.ends(4, &[]);
    assert!(nothing.stdout.contains("videos     0 done, 0 failed, 1 left to ask"), "{}", nothing.stdout);
}

#[tokio::test]
async fn wrong_use_and_refused_keys_have_their_exit_codes() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    shell.run(&["video"]).await.ends(2, &["no video is given", "--videos FILE"]);
    shell.run(&["video", "12345"]).await.ends(2, &["\"12345\" is no video id"]);
    assert_eq!((shell.entries(), simulator.observed().total()), (vec!["creators.txt".to_owned()], 0));
    let wrong = shell.set("VIRALMINE_API_KEYS", "tk_live_wrong");
    let ended = wrong.run(&["video", "--rate", "1000", NOBODY]).await;
    let ended = ended.ends(1, &["the API refused every key (key 1)", "1 video is left"]);
    assert!(ended.stdout.contains("key 1      refused by the API") && !format!("{ended:?}").contains("tk_live"));
}
