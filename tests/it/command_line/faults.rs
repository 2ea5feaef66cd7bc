//! `backfill` as it is typed, from an API at its worst: exit codes, reports, and what a person is told meanwhile.

use serde_json::Value;

use super::shell::{Ended, KEY, Shell, simulator};

/// Two of three pages fail at their first try, in one of these ways; the delays between tries are the real ones, so
/// none fails twice. What is drawn depends on pages and tries alone: each run of this test has the same luck.
const KINDS: [&str; 10] = ["429", "500", "502", "html", "truncated", "cut", "reset", "null", "slow", "duplicates"];

fn count(report: &Value, pointer: &str) -> u64 {
    report.pointer(pointer).and_then(Value::as_u64).unwrap()
}

/// One line a message, each with its level, none with what only a programmer reads.
fn assert_readable(ended: &Ended) {
    for line in ended.stderr.lines() {
        let is_message = line.starts_with("warning: ") || line.starts_with("error: ");
        let is_progress = line.starts_with("creators ");
        assert!(is_message || is_progress, "{line:?} in {}", ended.stderr);
        for word in ["Some(", "Err(", "Error {", "kind:", "<html", "<!DOCTYPE", "{\"", KEY] {
            assert!(!line.contains(word), "{word:?} in {line}");
        }
    }
}

#[tokio::test]
async fn a_run_through_all_kinds_of_faults_is_done_and_says_what_it_met() {
    let simulator = simulator(6).await;
    let calm = Shell::with_api(&simulator);
    calm.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let faults = KINDS.map(|kind| format!("{kind}@try-1=0.1,")).concat();
    simulator.set_faults(format!("{faults}wait=0.05,seed=1").parse().unwrap());
    let before = simulator.observed().total();
    let shell = Shell::with_api(&simulator);
    let ended = shell.backfill(&["--creators", "creators.txt", "--page-size", "4"]).await.succeeded();
    let report = ended.json();
    assert_eq!(count(&report, "/creators/done"), 6);
    assert_eq!(count(&report, "/requests/sent"), simulator.observed().total() - before);
    let parts = ["ok", "rate_limited", "failed"].map(|part| count(&report, &format!("/requests/{part}")));
    assert_eq!(parts.iter().sum::<u64>(), count(&report, "/requests/sent"));
    assert!(parts.iter().all(|part| *part > 0), "{report}");
    assert_eq!(simulator.observed().faults().len(), KINDS.len(), "{:?}", simulator.observed().faults());
    assert_eq!(count(&report, "/documents/stored"), count(&report, "/documents/fetched"));
    assert_eq!(shell.documents().await, calm.documents().await);
    assert_readable(&ended);
    for words in ["asks key 1 to wait", "HTTP 500", "HTML instead of JSON", "cut off", "trying again in"] {
        assert!(ended.stderr.contains(words), "no {words:?} in {}", ended.stderr);
    }
}

#[tokio::test]
async fn a_walk_that_the_api_cuts_short_is_warned_of_and_completed_by_a_refresh() {
    let simulator = simulator(3).await;
    let whole = Shell::with_api(&simulator);
    whole.backfill(&["--creators", "creators.txt"]).await.succeeded();
    let creators = simulator.creators();
    let (repeated, emptied) = (creators[0].to_string(), creators[2].to_string());
    simulator.set_faults("repeat@creator-1@page-1=1,empty@creator-3@page-2=1".parse().unwrap());
    let shell = Shell::with_api(&simulator);
    let arguments = ["backfill", "--rate", "1000", "--creators", "creators.txt", "--page-size", "10"];
    let ended = shell.run(&arguments).await;
    let ended = ended.ends(0, &["warning: ", "repeated the cursor \"0\"", "an empty page", "--refresh"]);
    assert_readable(&ended);
    let told = |creator: &str| ended.stdout.lines().find(|line| line.starts_with("warning ") && line.contains(creator));
    for creator in [&repeated, &emptied] {
        assert!(told(creator).is_some_and(|line| line.contains("--refresh")), "{}", ended.stdout);
    }
    assert!(ended.stdout.contains("creators   3 done, 0 failed"), "{}", ended.stdout);
    assert!(shell.documents().await.len() < whole.documents().await.len());
    simulator.set_faults("".parse().unwrap());
    shell.run(&[&arguments[..], &["--refresh"]].concat()).await.succeeded();
    assert_eq!(shell.documents().await, whole.documents().await);
}
