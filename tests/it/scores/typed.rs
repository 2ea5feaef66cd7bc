//! `score`, `explain`, `status`, and the pass behind a run, as they are typed.

use std::time::Duration;

use serde_json::Value;
use viralmine::model::video::Stats;
use viralmine::model::{BatchBuilder, Collection, Snapshot};
use viralmine::store::embedded::EmbeddedWriter;
use viralmine::store::{BulkTarget, StoreWriter};

use crate::command_line::shell::{Shell, end_of, simulator};

async fn standing(shell: &Shell) -> Value {
    shell.run(&["status", "--format", "json"]).await.succeeded().json()["scores"].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_with_a_pass_and_says_so() {
    let simulator = simulator(4).await;
    let shell = Shell::with_api(&simulator);
    let report =
        shell.backfill(&["--creators", "creators.txt", "--no-scores"]).await.ends(0, &["viralmine score"]).json();
    let posts = report["documents"]["stored"].clone();
    assert!(report["scores"].is_null() && posts.as_u64() > Some(100), "{report}");
    let behind = standing(&shell).await;
    assert!(behind["behind"] == true && behind["unscored"] == posts && behind["scored_at"].is_null(), "{behind}");
    let words = shell.run(&["doctor", "--free"]).await.succeeded().stdout;
    assert!(words.contains("run `viralmine score`"), "{words}");
    let told = shell.run(&["viral"]).await.succeeded().stderr;
    assert!(told.contains("there are no scores yet"), "{told}");

    let report = shell.run(&["score", "--format", "json"]).await.succeeded().json();
    assert!(report["videos"] == posts && report["rewritten"] == posts && report["creators"] == 4, "{report}");
    assert!(report["globals"]["log_median"].as_f64() > Some(0.0), "{report}");
    let scored = standing(&shell).await;
    assert!(scored["behind"] == false && scored["unscored"] == 0 && scored["videos"] == posts, "{scored}");
    let text = shell.run(&["score"]).await.succeeded().stdout;
    assert!(text.contains("0 rewritten") && text.contains("corpus "), "{text}");

    // Nothing new, nothing behind: no pass.
    let report = shell.backfill(&["--creators", "creators.txt"]).await.succeeded().json();
    assert_eq!((&report["documents"]["stored"], &report["scores"]), (&Value::from(0), &Value::Null), "{report}");
    shell.backfill(&["--creators", "creators.txt", "--refresh", "--no-scores"]).await.succeeded();
    for question in [&["viral"][..], &["creators"], &["search", "--sort", "z"]] {
        let told = shell.run(question).await.succeeded().stderr;
        assert!(told.contains("the scores are behind: the last pass"), "{question:?}: {told}");
    }
    let report = shell.backfill(&["--creators", "creators.txt", "--refresh"]).await.succeeded().json();
    assert_eq!(report["scores"]["videos"], posts, "{report}");
    assert_eq!(standing(&shell).await["behind"], false);

    let replayed = shell.run(&["replay", "--format", "json"]).await.succeeded().json();
    assert_eq!(replayed["scores"]["rewritten"], posts, "what is indexed again is scored again: {replayed}");
    let documents = shell.documents().await;
    let reindexed = shell.run(&["reindex", "--format", "json"]).await.succeeded().json();
    assert_eq!(reindexed["scores"]["videos"], posts, "{reindexed}");
    assert_eq!(shell.documents().await, documents);

    let id: Value = serde_json::from_str(&documents[0]).unwrap();
    let report = shell.run(&["video", id["aweme_id"].as_str().unwrap(), "--format", "json"]).await.succeeded().json();
    assert_eq!(report["scores"]["videos"], posts, "{report}");
    assert_eq!(standing(&shell).await["unscored"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explain_shows_each_step_and_what_is_behind() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt", "--no-scores"]).await.succeeded();
    let found = shell.run(&["search", "--limit", "1", "--format", "json"]).await.succeeded().json();
    let id = found["videos"][0]["aweme_id"].as_str().unwrap();
    let text = shell.run(&["explain", id]).await.succeeded().stdout;
    assert!(text.contains("no pass has scored this store yet") && text.contains("was not scored yet"), "{text}");

    shell.run(&["score"]).await.succeeded();
    let explained = shell.run(&["explain", id, "--format", "json"]).await.succeeded().json();
    assert_eq!(explained["stored"], explained["computed"], "{explained}");
    assert_eq!(explained["differing"], serde_json::json!([]));
    let found = shell.run(&["search", "--limit", "1", "--format", "json"]).await.succeeded().json();
    assert_eq!(explained["stored"]["virality"], found["videos"][0]["virality"]);
    let steps = &explained["comparison"];
    let part = |name: &str| steps[name].as_f64().unwrap();
    let z = (part("log_plays") - part("centre")) / part("sigma");
    let stored = explained["stored"]["virality"]["z"].as_f64().unwrap();
    assert!((stored - z).abs() <= z.abs() * 0.000_51, "{explained}");
    let text = shell.run(&["explain", id]).await.succeeded().stdout;
    for words in ["the same as computed here", "their plays", "plays_per_hour", "of the whole corpus", "centre"] {
        assert!(text.contains(words), "{words:?} in {text}");
    }

    shell.run(&["explain", "7000000000000000001"]).await.ends(1, &["no post 7000000000000000001 is stored"]);
    shell.run(&["explain", "lily"]).await.ends(2, &["is no video id"]);
    let elsewhere = Shell::new();
    elsewhere.run(&["score"]).await.ends(1, &["viralmine backfill"]);
    assert_eq!(elsewhere.entries(), Vec::<String>::new(), "nothing is made where nothing was stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_pass_is_finished_by_the_next() {
    let simulator = simulator(6).await;
    let (shell, unbroken) = (Shell::with_api(&simulator), Shell::with_api(&simulator));
    shell.backfill(&["--creators", "creators.txt", "--no-scores"]).await.succeeded();
    unbroken.backfill(&["--creators", "creators.txt"]).await.succeeded();
    for instant in [20, 60, 120, 200, 300] {
        let mut child = shell.spawn(&["score"]);
        // No wait for an event: the instant is the test's input.
        tokio::time::sleep(Duration::from_millis(instant)).await;
        // It may have come to its end.
        let _ = child.kill();
        end_of(child).await;
    }
    shell.run(&["score"]).await.succeeded();
    assert_eq!(standing(&shell).await["behind"], false);
    assert_eq!(shell.documents().await, unbroken.documents().await);
}

/// Takes the stored documents away from a collection's index.
fn spoil(shell: &Shell, collection: &str) {
    let folder = shell.path("viralmine-data/index");
    let folder = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let folder = folder.into_iter().find(|path| path.to_string_lossy().contains(collection)).unwrap();
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "store") {
            std::fs::remove_file(file).unwrap();
        }
    }
}

/// All that was ever scored can be scored again, and no other command is needed for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_creators_index_is_made_anew_by_a_pass() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let creators = shell.run(&["creators", "--format", "json"]).await.succeeded().stdout;
    spoil(&shell, "creators");
    let status = shell.run(&["status"]).await.succeeded();
    assert!(status.stdout.contains("3 done") && status.stderr.contains("cannot be told"), "{status:?}");
    shell.run(&["creators"]).await.ends(1, &["run `viralmine score`"]);
    shell.run(&["score"]).await.succeeded();
    assert_eq!(shell.run(&["creators", "--format", "json"]).await.succeeded().stdout, creators);
}

/// As tracking would have: what was seen of these posts a day before they were fetched.
async fn remember_the_day_before(shell: &Shell, posts: &[Value]) {
    let writer = EmbeddedWriter::open(&shell.path("viralmine-data"), "viralmine").unwrap();
    let mut builder = BatchBuilder::new(Collection::Snapshots);
    for post in posts {
        let (id, at) = (post["aweme_id"].as_str().unwrap(), post["fetched_at"].as_i64().unwrap() - 86_400_000);
        let plays = post["stats"]["play"].as_u64().unwrap();
        let snapshot = Snapshot {
            aweme_id: id.to_owned(),
            fetched_at: at,
            stats: Stats { play: Some(plays / 3 + 1), ..Stats::default() },
            ..Snapshot::default()
        };
        builder.push(&snapshot.id(), at, &serde_json::to_vec(&snapshot).unwrap());
    }
    writer.bulk(&builder.finish()).await.unwrap();
    writer.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn growth_is_asked_for_and_explained_and_outlives_a_reindexing() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    shell.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let found = shell.run(&["search", "--limit", "9", "--format", "json"]).await.succeeded().json();
    let posts = found["videos"].as_array().unwrap();
    remember_the_day_before(&shell, posts).await;
    let scored = shell.run(&["score", "--format", "json"]).await.succeeded().json();
    assert_eq!((&scored["snapshots"], &scored["rewritten"]), (&Value::from(9), &Value::from(9)), "{scored}");

    let rising = shell.run(&["viral", "--by", "growth", "--limit", "10", "--format", "json"]).await.succeeded();
    assert!(!rising.stderr.contains("two looks"), "{}", rising.stderr);
    let rising = rising.json();
    let growth: Vec<Option<f64>> =
        rising.as_array().unwrap().iter().map(|post| post["virality"]["growth"].as_f64()).collect();
    assert!(
        growth[..9].is_sorted_by(|one, other| one >= other && other.is_some()) && growth[9].is_none(),
        "{growth:?}"
    );
    let table = shell.run(&["viral", "--by", "growth"]).await.succeeded().stdout;
    assert!(table.lines().next().unwrap().contains("growth/day"), "{table}");
    let creators = shell.run(&["creators", "--by", "growth", "--min-judged", "0"]).await.succeeded().stdout;
    assert!(creators.lines().next().unwrap().contains("growth/day"), "{creators}");
    let csv =
        shell.run(&["creators", "--by", "growth", "--min-judged", "0", "--format", "csv"]).await.succeeded().stdout;
    assert!(csv.lines().next().unwrap().ends_with(",growth"), "{csv}");

    let id = rising[0]["aweme_id"].as_str().unwrap();
    let explained = shell.run(&["explain", id, "--format", "json"]).await.succeeded().json();
    assert_eq!((&explained["stored"], &explained["differing"]), (&explained["computed"], &serde_json::json!([])));
    let steps = &explained["growth"];
    assert_eq!((steps["moments"].as_array().unwrap().len(), steps["hours"].as_f64()), (2, Some(24.0)), "{steps}");
    let by_hand = steps["gained"].as_f64().unwrap() / (steps["earlier"]["plays"].as_f64().unwrap() + 1_000.0);
    assert!((explained["stored"]["virality"]["growth"].as_f64().unwrap() - by_hand).abs() <= by_hand * 0.000_51);
    let text = shell.run(&["explain", id]).await.succeeded().stdout;
    for words in
        ["newest look", "earlier look", "plays gained", "the share gained per day", "the same as computed here"]
    {
        assert!(text.contains(words), "{words:?} in {text}");
    }

    let documents = shell.documents().await;
    shell.run(&["reindex", "--drop-old"]).await.succeeded();
    assert_eq!(shell.documents().await, documents, "snapshots are still there");
    shell.run(&["replay"]).await.succeeded();
    assert_eq!(shell.documents().await, documents);

    spoil(&shell, "snapshots");
    let told = shell.run(&["doctor", "--free"]).await;
    assert!(told.code == Some(1) && told.stdout.contains("earlier counts in it are lost"), "{told:?}");
    let warned = shell.run(&["score", "--format", "json"]).await.succeeded();
    assert!(warned.stderr.contains("growth is not told") && warned.json()["rewritten"] == 9, "{warned:?}");
    let text = shell.run(&["explain", id]).await.succeeded();
    assert!(text.stderr.contains("growth is not told") && text.stdout.contains("looks so far: 1"), "{text:?}");
}
