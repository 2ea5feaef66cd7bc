//! Which store and which data folder are meant, and what is said when they cannot be used.

use std::fs;

use viralmine::archive::DataFolder;

use crate::elastic::{clean_up_blocking, node_url};

use super::shell::{NOBODY, STRANGER, Shell, simulator};

#[tokio::test]
async fn a_flag_beats_the_environment_which_beats_the_file() {
    let nothing_in = |folder: &str| format!("nothing was indexed yet in {folder}/index/");
    let shell = Shell::new();
    shell.run(&["search"]).await.ends(1, &[&nothing_in("viralmine-data"), "run `viralmine backfill` first"]);
    shell.write("viralmine.toml", "data-dir = \"of-the-file\"\n");
    shell.run(&["search"]).await.ends(1, &[&nothing_in("of-the-file")]);
    let shell = shell.set("VIRALMINE_DATA_DIR", "of-the-environment");
    shell.run(&["search"]).await.ends(1, &[&nothing_in("of-the-environment")]);
    shell.run(&["search", "--data-dir", "typed"]).await.ends(1, &[&nothing_in("typed")]);
    shell.write("viralmine.toml", "store = \"store-of-the-file\"\n");
    shell.run(&["search", "--data-dir", "typed"]).await.ends(1, &[&nothing_in("store-of-the-file")]);
    let shell = shell.set("VIRALMINE_STORE", "store-of-the-environment");
    shell.run(&["hashtags"]).await.ends(1, &[&nothing_in("store-of-the-environment")]);
    shell.run(&["hashtags", "--store", "typed"]).await.ends(1, &[&nothing_in("typed")]);
    shell.run(&["hashtags", "--store", NOBODY]).await.ends(1, &[NOBODY, "is Elasticsearch running", "--store"]);
    let shell = shell.set("VIRALMINE_STORE", " ").set("VIRALMINE_DATA_DIR", "");
    shell.run(&["hashtags"]).await.ends(1, &[&nothing_in("store-of-the-file")]);
    assert_eq!(shell.entries(), ["viralmine.toml"], "asking makes nothing");
}

#[tokio::test]
async fn a_store_folder_alone_holds_everything() {
    let simulator = simulator(2).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt", "--store", "here"]).await.succeeded();
    assert_eq!(shell.entries(), ["creators.txt", "here"]);
    assert!(shell.path("here/archive").is_dir() && shell.path("here/index").is_dir());
    let arguments = ["--creators", "creators.txt", "--store", "index-here", "--data-dir", "data-here"];
    shell.backfill(&arguments).await.succeeded();
    assert!(shell.path("index-here/index").is_dir() && shell.path("data-here/archive").is_dir());
    assert!(!shell.path("data-here/index").exists() && !shell.path("index-here/archive").exists());
    let found = shell.run(&["search", "--store", "index-here", "--format", "json"]).await.succeeded().json();
    let expected: u64 = simulator.creators().iter().filter_map(|creator| simulator.video_count(creator)).sum();
    assert_eq!(found["total"], expected);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    shell.write("taken", "");
    let into = |folder| ["--creators", "creators.txt", "--data-dir", folder];
    shell.backfill(&into("taken")).await.ends(1, &["taken is no folder", "another --data-dir"]);
    shell.backfill(&into("taken/below")).await.ends(1, &["taken/below cannot be written", "another --data-dir"]);
    let lock = DataFolder::lock(&shell.path("busy")).unwrap();
    let holder = format!("(process {})", std::process::id());
    shell.backfill(&into("busy")).await.ends(1, &["busy is in use by another viralmine", &holder, "wait for it"]);
    assert_eq!(simulator.observed().total(), 0, "no request is paid for in vain");
    drop(lock);
    shell.backfill(&into("busy")).await.succeeded();
    assert_eq!(fs::read_to_string(shell.path("taken")).unwrap(), "");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_is_no_elasticsearch() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator);
    let into = |store| ["--creators", "creators.txt", "--store", store];
    shell.backfill(&into(NOBODY)).await.ends(1, &[NOBODY, "refuses the connection", "is Elasticsearch running"]);
    let store = simulator.url();
    shell.backfill(&into(&store)).await.ends(1, &[&store, "not as an Elasticsearch", "check the address"]);
    shell.run(&["search", "--store", &store]).await.ends(1, &[&store, "not as an Elasticsearch"]);
    let asked = simulator.observed().requests.iter().filter(|request| request.max_cursor.is_some()).count();
    assert_eq!(asked, 0, "no page is paid for in vain");
}

#[tokio::test]
async fn a_server_holds_what_a_folder_would() {
    let simulator = simulator(4).await;
    let prefix = format!("typed-{}", std::process::id());
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let in_the_folder = shell.documents().await;
    shell.write("viralmine.toml", &format!("store = \"{}\"\nindex-prefix = \"{prefix}\"\n", node_url()));
    for command in ["search", "hashtags"] {
        shell.run(&[command]).await.ends(1, &["no videos yet under this index prefix", "run `viralmine backfill`"]);
    }
    let report = shell.backfill(&["--creators", "creators.txt"]).await;
    let on_the_server = shell.run(&["search", "--limit", "all", "--format", "ndjson"]).await;
    let again = shell.backfill(&["--creators", "creators.txt"]).await;
    let documents = if on_the_server.code == Some(0) { shell.documents().await } else { Vec::new() };
    tokio::task::spawn_blocking(move || clean_up_blocking(&node_url(), &prefix)).await.unwrap();
    assert_eq!(report.succeeded().json()["creators"]["done"], 4);
    on_the_server.succeeded();
    assert_eq!(again.succeeded().json()["requests"]["sent"], 0);
    assert_eq!(documents, in_the_folder);
}

#[tokio::test]
async fn an_api_that_is_not_there() {
    let simulator = simulator(1).await;
    let shell = Shell::with_api(&simulator).set("VIRALMINE_API_URL", NOBODY);
    let failed = shell.backfill(&["--creators", "creators.txt"]).await;
    let failed = failed.ends(1, &[NOBODY, "cannot be reached", "check --api-url", "run the same command again"]);
    assert_eq!(failed.json()["documents"]["fetched"], 0);
    assert_eq!(failed.stderr.matches("run the same command again").count(), 2, "{}", failed.stderr);
    // The creator is under way, not parked.
    let url = simulator.url();
    let resumed = shell.backfill(&["--creators", "creators.txt", "--api-url", &url]).await.succeeded().json();
    assert_eq!(resumed["creators"]["done"], 1);
    shell.run(&["search", STRANGER]).await.succeeded();
}
