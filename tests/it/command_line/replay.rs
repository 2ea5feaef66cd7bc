//! `replay` and `verify` as they are typed: reports, exit codes, what is said about records that are of no use.

use std::fs;

use serde_json::{Value, json};
use viralmine::archive::DataFolder;

use super::shell::{Shell, end_of, simulator};
use crate::support::records::{CREATOR, id_of, list_record, post, write};

/// Numbers as `n`.
fn shape(json: &str) -> String {
    let mut shape = String::new();
    for character in json.trim().chars() {
        if !character.is_ascii_digit() {
            shape.push(character);
        } else if !shape.ends_with('n') {
            shape.push('n');
        }
    }
    shape
}

#[tokio::test]
async fn an_archive_is_replayed_into_another_store_without_the_api() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let (asked, documents) = (simulator.observed().total(), shell.documents().await);
    let shell = shell.set("VIRALMINE_API_KEYS", "").set("VIRALMINE_API_URL", "");
    let replay = ["replay", "viralmine-data", "--store", "other", "--format", "json"];
    let ended = shell.run(&replay).await.succeeded();
    let expected = concat!(
        r#"{"files":n,"records":{"read":n,"pages":n,"failed_answers":n,"refused":n},"items":{"received":n,"skipped":n},"#,
        r#""documents":{"fetched":n,"stored":n,"new":n,"superseded":n,"dead":n},"elapsed_ms":n,"#,
        r#""scores":{"videos":n,"judged":n,"viral":n,"rewritten":n,"newer":n,"refused":{"count":n,"first":[]},"snapshots":n,"snapshots_unreadable":n,"creators":n,"creators_written":n,"#,
        r#""globals":{"scored_at":n,"newest_fetched_at":n,"videos":n,"left":n,"unfinished":false,"formulas":n,"judged":n,"viral":n,"viral_by_chance":n.n,"log_median":n.n,"log_mad":n.n,"engagement_a":n.n,"engagement_b":n.n},"#,
        r#""elapsed_ms":n}}"#
    );
    assert_eq!(shape(&ended.stdout), expected, "{}", ended.stdout);
    assert_eq!(ended.json()["documents"]["new"], documents.len() as u64);
    assert_eq!(simulator.observed().total(), asked, "nothing was asked of the API");
    let shell = shell.set("VIRALMINE_STORE", "other");
    assert_eq!(shell.documents().await, documents);

    let text = shell.run(&["replay", "viralmine-data"]).await.succeeded();
    assert!(text.stdout.contains(" stored (0 new), 0 superseded, 0 dead letters\ntime "), "{}", text.stdout);
    let verified = shell.run(&["verify", "viralmine-data", "--format", "json"]).await.succeeded();
    let expected = concat!(
        r#"{"files":n,"records":{"read":n,"pages":n,"failed_answers":n,"refused":n},"#,
        r#""ids":{"archived":n,"ok":n,"newer":n,"missing":n,"older":n,"dead":n},"gaps":[],"elapsed_ms":n}"#
    );
    assert_eq!(shape(&verified.stdout), expected, "{}", verified.stdout);
    assert_eq!(verified.json()["ids"]["ok"], documents.len() as u64);
}

#[tokio::test]
async fn pages_from_standard_input_need_a_time() {
    let shell = Shell::new();
    let page =
        json!({ "sec_user_id": CREATOR, "max_cursor": 0, "response": { "data": { "aweme_list": [post(1, 5)] } } });
    let lines = format!("{page}\n\nno json\n{page}\n");
    let refused = shell.run_with_input(&["replay", "-"], lines.as_bytes()).await;
    let refused = refused.ends(3, &["standard input, line 1: ", "standard input, line 3: ", "--fetched-at TIME"]);
    assert!(refused.stdout.contains("records    3 read: 0 pages, 0 failed answers, 3 refused\n"), "{}", refused.stdout);
    let given = ["replay", "-", "--fetched-at", "2025-06-20T08:00:00Z", "--format", "json"];
    let given =
        shell.run_with_input(&given, lines.as_bytes()).await.ends(3, &["standard input, line 3: no recorded page"]);
    assert_eq!(given.json()["documents"]["stored"], 1);
    let found = shell.run(&["search", "--format", "json"]).await.succeeded().json();
    assert_eq!(found["videos"][0]["fetched_at"], 1_750_406_400_000_i64);
    let verify = ["verify", "-", "--fetched-at", "1750406400000"];
    let clean = format!("{page}\n");
    let verified = shell.run_with_input(&verify, clean.as_bytes()).await.succeeded();
    assert!(verified.stdout.contains("posts      1 archived: 1 ok"), "{}", verified.stdout);
}

#[tokio::test]
async fn gaps_are_exit_code_3_with_what_to_do() {
    let shell = Shell::new();
    write(&shell.path(""), "stored.ndjson", &[list_record(1_000, &[post(1, 5), post(2, 5)])]);
    let newer = list_record(2_000, &[post(2, 6), post(3, 6)]);
    write(&shell.path(""), "whole.ndjson", &[list_record(1_000, &[post(1, 5)]), newer]);
    shell.run(&["replay", "stored.ndjson"]).await.succeeded();
    let gaps = shell.run(&["verify", "whole.ndjson"]).await.ends(3, &["the store lacks 2 posts", "viralmine replay"]);
    let line = format!("missing    {} of {CREATOR}, fetched 1970-01-01T00:00:02Z: whole.ndjson, line 2\n", id_of(3));
    assert!(gaps.stdout.contains(&line), "{}", gaps.stdout);
    let listed =
        shell.run(&["verify", "whole.ndjson", "--format", "ndjson"]).await.ends(3, &["1 ok", "1 missing, 1 older"]);
    let told = listed.stderr.clone();
    let mut listed: Vec<Value> = listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!told.contains(&id_of(2)), "gaps are said once: {told}");
    listed.sort_by_key(|gap| gap["id"].to_string());
    let gap = |id: u32, kind: &str, stored: Value| {
        json!({
            "id": id_of(id), "sec_user_id": CREATOR, "gap": kind, "archived": 2_000, "stored": stored, "file": "whole.ndjson", "line": 2,
        })
    };
    assert_eq!(listed, [gap(2, "older", json!(1_000)), gap(3, "missing", Value::Null)]);
    shell.run(&["replay", "whole.ndjson"]).await.succeeded();
    shell.run(&["verify", "whole.ndjson"]).await.succeeded();
}

#[tokio::test]
async fn a_folder_in_use_is_refused_by_replay_and_told_of_by_verify() {
    let shell = Shell::new();
    write(&shell.path(""), "pages.ndjson", &[list_record(1_000, &[post(1, 5)])]);
    shell.run(&["replay", "pages.ndjson"]).await.succeeded();
    let lock = DataFolder::lock(&shell.path("viralmine-data")).unwrap();
    shell.run(&["replay", "pages.ndjson"]).await.ends(1, &["is in use by another viralmine"]);
    shell.run(&["verify", "pages.ndjson"]).await.ends(0, &["another viralmine", "pages that it has under way"]);
    drop(lock);
    let quiet = shell.run(&["verify", "pages.ndjson"]).await.succeeded();
    assert_eq!(quiet.stderr, "");
}

#[tokio::test]
async fn nothing_to_read_is_wrong_use_and_makes_nothing() {
    let shell = Shell::new();
    fs::create_dir(shell.path("empty")).unwrap();
    for command in ["replay", "verify"] {
        shell.run(&[command]).await.ends(2, &["viralmine-data holds no archive", "--data-dir"]);
        shell.run(&[command, "gone.ndjson"]).await.ends(2, &["cannot read gone.ndjson"]);
        shell.run(&[command, "empty"]).await.ends(2, &["the folder empty holds neither an archive nor files"]);
        shell
            .run(&[command, "-", "--fetched-at", "yesterday"])
            .await
            .ends(2, &["--fetched-at: \"yesterday\" is no time"]);
    }
    assert_eq!(shell.entries(), ["empty"]);
}

#[tokio::test]
async fn a_reader_of_gaps_that_has_had_enough_is_no_failure() {
    let shell = Shell::new();
    write(&shell.path(""), "stored.ndjson", &[list_record(1_000, &[post(1, 5)])]);
    let posts: Vec<Value> = (1..200).map(|number| post(number, 5)).collect();
    write(&shell.path(""), "whole.ndjson", &[list_record(1_000, &posts)]);
    shell.run(&["replay", "stored.ndjson"]).await.succeeded();
    let mut child = shell.spawn(&["verify", "whole.ndjson", "--format", "ndjson"]);
    drop(child.stdout.take());
    let ended = end_of(child).await.ends(3, &[]);
    assert_eq!(ended.stderr, "", "that there is a gap is told by the exit code");
}
