//! `status`, `doctor` and `dead-letters` as they are typed.

use std::fs;

use viralmine::archive::DataFolder;

use super::shell::{KEY, NOBODY, STRANGER, Shell, simulator};

#[tokio::test]
async fn status_says_how_far_every_creator_has_come() {
    let simulator = simulator(6).await;
    let shell = Shell::with_api(&simulator);
    let nothing = shell.run(&["status"]).await;
    nothing.ends(1, &["nothing was indexed yet", "viralmine backfill"]);
    shell.backfill(&["--creators", "creators.txt", "--max-pages", "1", STRANGER]).await.ends(3, &[]);
    let status = shell.run(&["status", "--format", "json"]).await.succeeded().json();
    let count = |pointer: &str| status.pointer(pointer).and_then(serde_json::Value::as_u64).unwrap();
    assert_eq!((count("/creators/done"), count("/creators/failed"), count("/creators/under_way")), (6, 1, 0));
    assert_eq!(count("/creators/at_the_end") + count("/creators/by_max_pages"), 6);
    assert_eq!(count("/videos"), count("/settled/stored"));
    assert_eq!(status["failed"][0]["sec_user_id"], STRANGER);
    assert_eq!((count("/data_folder/segments"), &status["data_folder"]["in_use"]), (1, &false.into()));
    let text = shell.run(&["status"]).await.succeeded().stdout;
    assert!(text.contains("6 done") && text.contains("1 failed") && text.contains(STRANGER), "{text}");
    let lines = shell.run(&["status", "--format", "ndjson"]).await.succeeded().stdout;
    assert_eq!(lines.lines().count(), 7);
    assert!(lines.lines().all(|line| serde_json::from_str::<viralmine::model::Checkpoint>(line).is_ok()));
}

#[tokio::test]
async fn a_doctor_finds_nothing_wrong_where_nothing_is() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let asked = simulator.observed().total();
    let free = shell.run(&["doctor", "--free"]).await.succeeded();
    assert!(free.stdout.contains("data folder") && !free.stdout.contains("wrong "), "{}", free.stdout);
    assert_eq!(simulator.observed().total(), asked, "--free asks nothing");
    let paid = shell.run(&["doctor"]).await.succeeded();
    assert!(paid.stdout.contains("API key 1") && paid.stdout.contains("is not refused"), "{}", paid.stdout);
    assert_eq!(simulator.observed().total(), asked + 1);
}

#[tokio::test]
async fn a_doctor_names_the_key_that_is_refused_and_the_api_that_is_not_there() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator).set("VIRALMINE_API_KEYS", &format!("{KEY},tk_live_wrong"));
    let ended = shell.run(&["doctor"]).await.ends(1, &[]);
    let line = |about: &str| {
        let line = ended.stdout.lines().find(|line| line.contains(about)).unwrap_or_default();
        line.split_whitespace().next().unwrap_or_default().to_owned()
    };
    assert_eq!((line("API key 1"), line("API key 2")), ("ok".to_owned(), "wrong".to_owned()), "{}", ended.stdout);
    assert!(!ended.stdout.contains("tk_live") && !ended.stderr.contains("tk_live"));
    let shell = shell.set("VIRALMINE_API_URL", NOBODY);
    let ended = shell.run(&["doctor", "--format", "json"]).await.ends(1, &[]).json();
    let api = ended.as_array().unwrap().iter().find(|finding| finding["about"] == "API").unwrap().clone();
    assert_eq!(api["health"], "wrong", "{ended}");
    assert!(!api["words"].as_str().unwrap().contains("same command"), "{api}");
    let key = ended.as_array().unwrap().iter().find(|finding| finding["about"] == "API key 1").unwrap();
    assert_eq!(key["health"], "warning", "nobody said that it is taken: {ended}");
}

#[tokio::test]
async fn a_doctor_names_what_is_broken_on_disk() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let archive = shell.path("viralmine-data/archive");
    fs::write(archive.join("29990101-32472144000000-1.ndjson.zst"), "{\"no\":\"record\"}\n").unwrap();
    fs::write(shell.path("viralmine-data/index/viralmine-videos-000001/meta.json"), "{").unwrap();
    let ended = shell.run(&["doctor", "--free"]).await.ends(1, &[]);
    assert!(ended.stdout.contains("29990101") && ended.stdout.contains("line 1"), "{}", ended.stdout);
    assert!(ended.stdout.contains("viralmine-videos-000001"), "{}", ended.stdout);
}

#[tokio::test]
async fn a_segment_without_its_end_is_told_by_who_left_it_so() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let segment = fs::read_dir(shell.path("viralmine-data/archive")).unwrap().next().unwrap().unwrap().path();
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 4]).unwrap();
    let killed = shell.run(&["doctor", "--free"]).await.succeeded();
    assert!(killed.stdout.contains("cut off by a kill"), "{}", killed.stdout);
    let _lock = DataFolder::lock(&shell.path("viralmine-data")).unwrap();
    let running = shell.run(&["doctor", "--free"]).await.succeeded();
    assert!(running.stdout.contains("is being written") && !running.stdout.contains("a kill"), "{}", running.stdout);
}

#[tokio::test]
async fn a_retry_of_nothing_makes_nothing() {
    let shell = Shell::new();
    let none = shell.run(&["dead-letters", "retry"]).await.succeeded();
    assert!(none.stdout.starts_with("letters  0 read"), "{}", none.stdout);
    shell.run(&["dead-letters", "retry", "73"]).await.ends(3, &["73 is no dead letter"]);
    assert_eq!(shell.entries(), [""; 0]);
}

#[tokio::test]
async fn dead_letters_are_listed_shown_and_sent_again() {
    let shell = Shell::new();
    let none = shell.run(&["dead-letters", "list"]).await.succeeded();
    assert!(none.stdout.contains("no dead letters in"), "{}", none.stdout);
    let letter = |id: &str| {
        let document = format!(r#"{{"aweme_id":"{id}","sec_user_id":"MS4w","fetched_at":5}}"#);
        format!(
            r#"{{"reason":"too \u001b[2J long","attempts":1,"at":1750377600000,"id":"{id}","sec_user_id":"MS4w","max_cursor":"0","fetched_at":5,"document":{document}}}"#
        )
    };
    fs::create_dir(shell.path("viralmine-data")).unwrap();
    shell.write("viralmine-data/dead-letters.ndjson", &format!("{}\n{}\n", letter("71"), letter("72")));
    let listed = shell.run(&["dead-letters", "list", "-n", "1"]).await.ends(0, &["1 more"]);
    assert!(listed.stdout.contains("71") && !listed.stdout.contains("72") && !listed.stdout.contains('\u{1b}'));
    let all = shell.run(&["dead-letters", "list", "--format", "json"]).await.succeeded().json();
    assert_eq!((all[1]["id"].as_str(), all[1].get("document")), (Some("72"), None));
    let shown = shell.run(&["dead-letters", "show", "72"]).await.succeeded();
    assert_eq!(shown.stdout, format!("{}\n", letter("72")));
    shell.run(&["dead-letters", "show", "73"]).await.ends(1, &["73", "dead-letters list"]);
    shell.run(&["dead-letters", "retry", "71", "73"]).await.ends(3, &["73 is no dead letter"]);
    let rest = shell.run(&["dead-letters", "retry", "--format", "json"]).await.succeeded().json();
    assert_eq!((rest["read"].as_u64(), rest["stored"].as_u64()), (Some(1), Some(1)));
    assert_eq!(shell.documents().await.len(), 2);
    let unfit = letter("74").replace(r#""fetched_at":5}"#, r#""fetched_at":5,"stats":"none"}"#);
    shell.write("viralmine-data/dead-letters.ndjson", &format!("{unfit}\n"));
    shell.run(&["dead-letters", "retry"]).await.ends(3, &["refused letters again (1 of them); the first: 74 ("]);
}
