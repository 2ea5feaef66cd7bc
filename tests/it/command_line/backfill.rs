//! `backfill` as it is typed: its reports, creators that fail, keys, and that no key is ever shown.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::shell::{KEY, STRANGER, Shell, contents, simulator};

/// Every number as `n`.
fn shape(json: &str) -> String {
    let mut shape = String::new();
    for letter in json.trim_end().chars() {
        match letter {
            '0'..='9' | '.' if shape.ends_with('n') && shape[..shape.len() - 1].ends_with(':') => {}
            '0'..='9' => shape.push('n'),
            _ => shape.push(letter),
        }
    }
    shape
}

#[tokio::test]
async fn the_report_has_its_shape_and_adds_up() {
    let simulator = simulator(5).await;
    let shell = Shell::with_api(&simulator);
    let ended = shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let expected = concat!(
        r#"{"creators":{"done":n,"failed":[]},"requests":{"sent":n,"ok":n,"rate_limited":n,"failed":n},"#,
        r#""keys":[{"key":n,"sent":n,"rate_limited":n,"state":"active"}],"pages":n,"pages_from_archive":n,"#,
        r#""items":{"received":n,"skipped":n},"documents":{"fetched":n,"stored":n,"new":n,"superseded":n,"dead":n},"#,
        r#""requests_per_new_video":n,"quota_used":n,"elapsed_ms":n,"#,
        r#""scores":{"videos":n,"judged":n,"viral":n,"rewritten":n,"newer":n,"refused":{"count":n,"first":[]},"snapshots":n,"snapshots_unreadable":n,"creators":n,"creators_written":n,"#,
        r#""globals":{"scored_at":n,"newest_fetched_at":n,"videos":n,"left":n,"unfinished":false,"formulas":n,"judged":n,"viral":n,"viral_by_chance":n,"log_median":n,"log_mad":n,"engagement_a":n,"engagement_b":n},"#,
        r#""elapsed_ms":n}}"#
    );
    assert_eq!(shape(&ended.stdout), expected, "{}", ended.stdout);
    let report = ended.json();
    let count = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap();
    let posts: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    assert_eq!(count("/creators/done"), 5);
    assert_eq!(count("/requests/sent"), simulator.observed().total());
    assert_eq!(
        count("/requests/sent"),
        count("/requests/ok") + count("/requests/rate_limited") + count("/requests/failed")
    );
    assert_eq!(count("/pages"), count("/requests/ok"));
    assert_eq!(count("/pages_from_archive"), 0);
    assert_eq!(count("/items/received"), count("/items/skipped") + count("/documents/fetched"));
    assert_eq!(count("/documents/fetched"), posts);
    assert_eq!((count("/documents/stored"), count("/documents/new")), (posts, posts));
    let cost = count("/requests/sent") as f64 / posts as f64;
    assert!((report["requests_per_new_video"].as_f64().unwrap() - cost).abs() <= 0.005, "{report}");
    assert_eq!(count("/documents/superseded") + count("/documents/dead"), 0);
    assert!((0.0..=1.0).contains(&report["quota_used"].as_f64().unwrap()));
    assert_eq!(shell.documents().await.len() as u64, posts);
}

#[tokio::test]
async fn the_report_can_be_read() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    let ended = shell.run(&["backfill", "--rate", "1000", "--creators", "creators.txt"]).await.succeeded();
    for words in ["creators   2 done, 0 failed\n", "0 rate-limited, 0 failed", "0 superseded, 0 dead letters\ncost "] {
        assert!(ended.stdout.contains(words), "no {words:?} in {}", ended.stdout);
    }
    let again = shell.run(&["backfill", "--rate", "1000", "--creators", "creators.txt"]).await.succeeded();
    assert!(again.stdout.contains("2 done (2 of them by an earlier run)"), "{}", again.stdout);
    assert!(again.stdout.contains("requests   0 sent"), "finished creators cost nothing: {}", again.stdout);
}

#[tokio::test]
async fn an_embedded_index_has_no_settings_to_relax() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    let ended = shell.backfill(&["--creators", "creators.txt", "--bulk-settings"]).await;
    ended.ends(0, &["--bulk-settings changes nothing here: an embedded index has no such settings"]);
}

#[tokio::test]
async fn a_creator_named_twice_is_walked_once_and_told() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    let id = simulator.creators()[0].to_string();
    let link = format!("https://www.tiktok.com/share?sec_uid={id}");
    let input = format!("# mine\n{id}\n{link}\n");
    let arguments = ["backfill", "--rate", "1000", "--format", "json", "--creators", "-", &id];
    let ended = shell.run_with_input(&arguments, input.as_bytes()).await;
    let ended = ended.ends(0, &["warning: named more than once", &id, "standard input:2", "standard input:3"]);
    assert_eq!(ended.json()["creators"]["done"], 1);
    let quiet = shell.run_with_input(&[&arguments[..], &["-q"]].concat(), input.as_bytes()).await.succeeded();
    assert_eq!(quiet.stderr, "");
}

#[tokio::test]
async fn a_creator_that_the_api_does_not_know_is_parked() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    shell.write("creators.txt", &format!("{}\n{STRANGER}\n", simulator.creators()[0]));
    let first = shell.backfill(&["--creators", "creators.txt"]).await.ends(3, &[STRANGER, "--retry-failed"]).json();
    assert_eq!(first["creators"]["done"], 1);
    assert_eq!(first["creators"]["failed"][0]["sec_user_id"], STRANGER);
    assert!(first["creators"]["failed"][0]["error"].as_str().unwrap().contains("check the id"), "{first}");
    let second = shell.backfill(&["--creators", "creators.txt"]).await.ends(3, &["parked by an earlier run"]).json();
    assert_eq!(second["requests"]["sent"], 0);
    let third = shell.backfill(&["--creators", "creators.txt", "--retry-failed"]).await.ends(3, &[STRANGER]).json();
    assert_eq!(third["requests"]["sent"], 1);
    let alone = shell.backfill(&[STRANGER, "--retry-failed"]).await.ends(3, &[STRANGER]).json();
    assert_eq!(alone["creators"]["done"], 0);
}

#[tokio::test]
async fn refused_keys_are_named_by_position() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator).set("VIRALMINE_API_KEYS", "tk_live_wrong_1,tk_live_wrong_2");
    let refused = shell.backfill(&["--creators", "creators.txt", "-vvv"]).await;
    let refused = refused.ends(1, &["refused every key (key 1, key 2)", "VIRALMINE_API_KEYS", "--api-keys-file"]);
    assert_eq!(refused.json()["creators"]["done"], 0);
    assert!(!refused.stderr.contains("tk_live") && !refused.stdout.contains("tk_live"), "{}", refused.stderr);
    let one_good = shell.set("VIRALMINE_API_KEYS", &format!("tk_live_wrong_1,{KEY}"));
    one_good.backfill(&["--creators", "creators.txt"]).await.ends(0, &["refused key 1"]);
}

#[tokio::test]
async fn a_key_file_that_others_can_read_is_warned_of() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    shell.write("keys.txt", &format!("# mine\n{KEY} # the first one\n"));
    let arguments = ["--creators", "creators.txt", "--api-keys-file", "keys.txt"];
    for (mode, warns) in [(0o644, true), (0o640, true), (0o600, false)] {
        std::fs::set_permissions(shell.path("keys.txt"), Permissions::from_mode(mode)).unwrap();
        let ended = shell.backfill(&arguments).await.succeeded();
        let told = ended
            .stderr
            .contains("warning: keys.txt holds secrets and can be read by others; close it with: chmod 600");
        assert_eq!(told, warns, "{mode:o}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn no_key_is_ever_shown_or_kept() {
    let simulator = simulator(2).await;
    simulator.set_faults("429=0.2,500=0.2,cut=0.2,seed=3".parse().unwrap());
    for (params, format) in [("query", "text"), ("body", "json")] {
        let shell = Shell::with_api(&simulator);
        let flags = ["--params", params, "--log-format", format, "-vvv"];
        let arguments = [&["backfill", "--rate", "1000", "--creators", "creators.txt"], &flags[..]].concat();
        let ended = shell.run(&arguments).await;
        assert!(matches!(ended.code, Some(0 | 3)), "{ended:#?}");
        assert!(!ended.stdout.contains(KEY) && !ended.stderr.contains(KEY), "{}", ended.stderr);
        if format == "json" {
            let lines = ended.stderr.lines().map(serde_json::from_str::<Value>);
            assert!(lines.into_iter().all(|line| line.is_ok()), "{}", ended.stderr);
        }
        let files = contents(&shell.path("viralmine-data"));
        assert!(
            files.iter().any(|(path, text)| path.to_string_lossy().contains("archive") && text.contains("aweme_id"))
        );
        for (path, text) in files {
            assert!(!text.contains(KEY), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn colours_are_for_those_who_ask() {
    let shell = Shell::new();
    let plain = shell.run(&["search"]).await.ends(1, &["error: nothing was indexed"]).stderr;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    shell.run(&["search", "--color", "always"]).await.ends(1, &["\u{1b}[1;31merror:\u{1b}[0m nothing was indexed"]);
    let json = shell.run(&["search", "--color", "always", "--log-format", "json"]).await.ends(1, &[]).stderr;
    let line: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(line["level"], "ERROR");
}
