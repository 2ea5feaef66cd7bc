//! With `--log-format json`, every line on stderr is one object of the same form, whatever happens.

use jiff::Timestamp;
use serde_json::Value;

use crate::command_line::shell::{Ended, KEY, NOBODY, STRANGER, Shell, simulator};

/// Asserts the form of every line; their messages.
#[track_caller]
fn messages(ended: &Ended) -> Vec<String> {
    let message = |line: &str| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let timestamp = object["timestamp"].as_str().unwrap();
        assert!(timestamp.ends_with('Z') && timestamp.parse::<Timestamp>().is_ok(), "{line}");
        let level = object["level"].as_str().unwrap();
        assert!(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level), "{line}");
        assert!(object["fields"].is_object() && !line.contains(KEY), "{line}");
        let message = object["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains('\u{1b}'), "{line}");
        message.to_owned()
    };
    ended.stderr.lines().map(message).collect()
}

/// Runs a command; asserts its end, and that some message holds these words.
async fn told(shell: &Shell, arguments: &[&str], code: i32, words: &str) {
    let ended = shell.run(&[arguments, &["--log-format", "json"]].concat()).await;
    let messages = messages(&ended);
    assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:#?}");
    assert!(messages.iter().any(|message| message.contains(words)), "no {words:?} from {arguments:?}: {messages:#?}");
}

#[tokio::test]
async fn runs_that_go_well_and_runs_that_fail() {
    let simulator = simulator(3).await;
    let shell = Shell::with_api(&simulator);
    let creators = ["backfill", "--creators", "creators.txt", "--rate", "1000"];
    told(&shell, &[&creators[..], &["--budget", "1", "-vv"]].concat(), 4, "the budget is used up").await;
    simulator.set_faults("500@try-1=0.5,429@try-1=0.3,wait=0.05,seed=2".parse().unwrap());
    told(&shell, &[&creators[..], &["-vvv"]].concat(), 0, "trying again in").await;
    simulator.set_faults("".parse().unwrap());
    told(&shell, &[&creators[..], &["--no-scores", "--refresh"]].concat(), 0, "the scores are behind").await;
    let strange = ["backfill", STRANGER, &simulator.creators()[0].to_string(), "--refresh", "--rate", "1000"];
    told(&shell, &strange, 3, "failed: ").await;
    told(&shell, &["video", "7528963259874125698", "--rate", "1000"], 3, "7528963259874125698").await;
    told(&shell, &["score", "--metrics", ":0"], 0, "metrics are served at").await;
    told(&shell, &["hashtags", "--since", "30d"], 0, "the window ends").await;
    told(&shell, &["export", "--to", "posts.csv"], 0, "written to posts.csv").await;
    told(&shell, &["demo", "--creators", "2"], 0, "Playing the API").await;
    shell.write("broken.json", "{\"code\":0,");
    told(&shell, &["normalize", "broken.json"], 3, "broken.json").await;
    shell.write("broken.ndjson", "{\"format\":9}\n");
    told(&shell, &["replay", "broken.ndjson"], 3, "broken.ndjson").await;
    let shell = shell.set("VIRALMINE_API_KEYS", "another");
    told(&shell, &[&creators[..], &["--refresh"]].concat(), 1, "refused").await;
    told(&shell, &["search", "--data-dir", "nowhere"], 1, "nothing was indexed yet").await;
    told(&shell, &["search", "--store", NOBODY], 1, NOBODY).await;
}

#[tokio::test]
async fn wrong_use_is_told_in_the_same_form() {
    let shell = Shell::new();
    for (arguments, words) in [
        (&["backfill", STRANGER][..], "no API is given"),
        (&["backfill", STRANGER, "--page-sise", "3"], "unexpected argument '--page-sise'"),
        (&["backfill", STRANGER, "--max-pages", "0"], "invalid value '0'"),
        (&["fetch"], "unrecognized subcommand 'fetch'"),
        (&["search", "--config", "nope.toml"], "nope.toml"),
        (&["export"], "--to"),
        (&[], "Usage: viralmine"),
    ] {
        told(&shell, arguments, 2, words).await;
    }
    let ended = shell.run(&["--log-format=json", "--nope"]).await.ends(2, &[]);
    assert_eq!(messages(&ended).len(), 1, "{}", ended.stderr);
    // Help was asked for, and is no message.
    let help = shell.run(&["backfill", "--help", "--log-format", "json"]).await.succeeded();
    assert!(help.stdout.starts_with("Page through") && help.stderr.is_empty());
}
