//! Files that cannot be read, or are no files: creators, configurations, keys, dead letters.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::{BACKFILL, OnTheNode, faultless, simulator, unprivileged};
use crate::command_line::shell::{Shell, end_of};
use crate::support::proxy::fault::{Fault, Items, none};

#[tokio::test]
async fn files_that_are_folders_or_no_text() {
    let api = simulator(1, 40).await;
    let shell = Shell::with_api(&api);
    fs::create_dir(shell.path("folder")).unwrap();
    fs::write(shell.path("binary"), [0xff, 0xfe, 0x00, 0x41]).unwrap();
    let given = |flag, file| ["backfill", "--creators", "creators.txt", flag, file];
    for (file, words) in [("folder", "Is a directory"), ("binary", "UTF-8")] {
        shell.run(&["backfill", "--creators", file]).await.ends(2, &["--creators", file, words]);
        shell.run(&given("--config", file)).await.ends(2, &["configuration", file, words]);
        shell.run(&given("--api-keys-file", file)).await.ends(2, &["--api-keys-file", file, words]);
    }
    fs::create_dir(shell.path("viralmine.toml")).unwrap();
    shell.run(&["search"]).await.ends(2, &["viralmine.toml", "Is a directory"]);
    assert_eq!(api.observed().total(), 0);
    assert!(!shell.path("viralmine-data").exists(), "nothing is made");
}

#[tokio::test]
async fn files_that_may_not_be_read() {
    let api = simulator(1, 40).await;
    let shell = Shell::with_api(&api);
    for name in ["closed.txt", "closed.toml", "closed.pem"] {
        shell.write(name, "# nothing\n");
        fs::set_permissions(shell.path(name), Permissions::from_mode(0o000)).unwrap();
    }
    fs::set_permissions(shell.path(""), Permissions::from_mode(0o777)).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_viralmine"), shell.path("viralmine")).unwrap();
    let starter = [unprivileged(), &["./viralmine"]].concat();
    let given = |flag, file| vec!["backfill", "--creators", "creators.txt", flag, file];
    let cases = [
        (vec!["backfill", "--creators", "closed.txt"], ["--creators", "closed.txt"]),
        (given("--config", "closed.toml"), ["configuration", "closed.toml"]),
        (given("--api-keys-file", "closed.txt"), ["--api-keys-file", "closed.txt"]),
        (
            vec!["search", "--store", "https://127.0.0.1:1", "--es-ca-cert", "closed.pem"],
            ["--es-ca-cert", "closed.pem"],
        ),
    ];
    for (arguments, words) in cases {
        let ended = end_of(shell.command_instead(&starter, &arguments).spawn().unwrap()).await;
        ended.ends(2, &[&words[..], &["Permission denied"]].concat());
    }
    assert_eq!(api.observed().total(), 0);
}

/// Some documents were refused; then something happened to the file.
#[tokio::test]
async fn dead_letters_that_are_damaged() {
    let api = simulator(4, 60).await;
    let node = OnTheNode::new("letters").await;
    let shell = Shell::with_api(&api);
    node.set_in(&shell);
    node.proxy.decide(Box::new(
        |request| {
            if request.is_bulk_of("videos") { Items::unparsable(20, false) } else { Fault::Pass }
        },
    ));
    let refused = shell.run(&BACKFILL).await.ends(3, &["dead-letters.ndjson"]).json();
    let dead = refused["documents"]["dead"].as_u64().unwrap();
    let file = shell.path("viralmine-data/dead-letters.ndjson");
    let text = fs::read_to_string(&file).unwrap();
    assert!(dead >= 3 && text.lines().count() as u64 == dead);
    // The first one is spoilt, a strange line comes before the second, the last one is cut.
    let lines: Vec<&str> = text.lines().collect();
    let (last, whole) = (lines[lines.len() - 1], lines.len() - 2);
    let mut damaged = format!("{}\u{0}\u{1}\nnot even JSON\n", &lines[0][..lines[0].len() / 2]).into_bytes();
    damaged.extend([0xff, b'\n']);
    for line in &lines[1..=whole] {
        damaged.extend(format!("{line}\n").into_bytes());
    }
    damaged.extend(last.as_bytes()[..last.len() / 2].iter());
    fs::write(&file, &damaged).unwrap();

    let named = ["dead-letters.ndjson, line 1", "line 2", "line 3", "no whole dead letter, passed over"];
    let listed = shell.run(&["dead-letters", "list", "--format", "ndjson"]).await.ends(0, &named);
    assert_eq!(listed.stdout.lines().count(), whole);
    node.proxy.decide(none());
    let retried = shell.run(&["dead-letters", "retry", "--format", "json"]).await.ends(0, &named);
    let retried: Value = retried.json();
    assert_eq!(retried["stored"].as_u64(), Some(whole as u64), "{retried}");
    let left = fs::read(&file).unwrap();
    let kept = |part: &[u8]| left.windows(part.len()).any(|window| window == part);
    assert!(
        kept(b"not even JSON\n") && kept(&[0xff, b'\n']) && kept(&lines[0].as_bytes()[..40]),
        "what is unread stays"
    );
    assert!(kept(&last.as_bytes()[..last.len() / 2]));
    // A later run appends behind the torn line; a walk anew brings what the damage took.
    let shell = shell.set("VIRALMINE_NOW", "2025-06-20T01:00:00Z");
    shell.run(&[&BACKFILL[..], &["--refresh"]].concat()).await.succeeded();
    assert_eq!(shell.documents().await, faultless(&api).await);
}

#[tokio::test]
async fn dead_letters_that_cannot_be_written_cost_no_request() {
    let api = simulator(1, 40).await;
    let shell = Shell::with_api(&api);
    fs::create_dir_all(shell.path("viralmine-data/dead-letters.ndjson")).unwrap();
    shell.run(&BACKFILL).await.ends(1, &["viralmine-data/dead-letters.ndjson", "Is a directory"]);
    shell.run(&["dead-letters", "list"]).await.ends(1, &["viralmine-data/dead-letters.ndjson", "Is a directory"]);
    assert_eq!(api.observed().total(), 0);
}
