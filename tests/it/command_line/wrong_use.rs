//! What is wrong with what was typed: found before any request, exit code 2, in words that name it; nothing is made.

use super::shell::{KEY, NOBODY, STRANGER, Shell};

/// An API and a key are named, but nobody is there: a request would end with exit code 1.
fn shell() -> Shell {
    Shell::new().set("VIRALMINE_API_URL", NOBODY).set("VIRALMINE_API_KEYS", KEY)
}

async fn refused(shell: &Shell, arguments: &[&str], words: &[&str]) {
    let before = shell.entries();
    let ended = shell.run(arguments).await.ends(2, words);
    assert_eq!(ended.stdout, "");
    assert_eq!(shell.entries(), before, "nothing is made");
    let text = ended.stderr;
    assert!(text.starts_with("error: ") && !text.contains(KEY) && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_creators_file_that_is_missing_or_names_nobody() {
    let shell = shell();
    refused(&shell, &["backfill", "--creators", "nope.txt"], &["--creators: cannot read nope.txt: No such file"]).await;
    shell.write("empty.txt", "");
    refused(&shell, &["backfill", "--creators", "empty.txt"], &["empty.txt names no creator; write one"]).await;
    shell.write("comments.txt", "# nobody yet\n\n");
    refused(&shell, &["backfill", "--creators", "comments.txt"], &["comments.txt names no creator"]).await;
    refused(&shell, &["backfill", "--creators", "-"], &["standard input names no creator"]).await;
    refused(&shell, &["backfill"], &["no creator is given", "--creators FILE"]).await;
}

#[tokio::test]
async fn lines_that_are_no_creators() {
    let shell = shell();
    shell.write("list.txt", &format!("{STRANGER}\nnobody at all\n@lily_fashion_us\nhttps://www.tiktok.com/@lily\n"));
    let words = [
        "list.txt:2: \"nobody at all\" is no sec_user_id",
        "list.txt:3: \"@lily_fashion_us\" is a handle, not a sec_user_id: take the id",
        "list.txt:4: the link \"https://www.tiktok.com/@lily\" carries no sec_user_id",
    ];
    refused(&shell, &["backfill", "--creators", "list.txt"], &words).await;
    refused(&shell, &["backfill", "lily_fashion_us"], &["the command line: \"lily_fashion_us\" is a handle"]).await;
}

#[tokio::test]
async fn no_api_and_no_key() {
    let shell = Shell::new();
    refused(&shell, &["backfill", STRANGER], &["--api-url", "VIRALMINE_API_URL"]).await;
    let shell = shell.set("VIRALMINE_API_URL", NOBODY);
    refused(&shell, &["backfill", STRANGER], &["no API key", "VIRALMINE_API_KEYS", "--api-keys-file FILE"]).await;
    let keys_file = |name| ["backfill", STRANGER, "--api-keys-file", name];
    refused(&shell, &keys_file("keys.txt"), &["--api-keys-file: cannot read keys.txt"]).await;
    shell.write("keys.txt", "# none yet\n");
    refused(&shell, &keys_file("keys.txt"), &["--api-keys-file: keys.txt holds no key"]).await;
    let shell = shell.set("VIRALMINE_API_KEYS", &format!("tk_first,{KEY} {KEY}"));
    refused(&shell, &["backfill", STRANGER], &["API key 2", "blank"]).await;
    refused(&shell, &["backfill", STRANGER, "--api-url", "http://me:hunter2@h"], &["--api-url", "no user or password"])
        .await;
}

#[tokio::test]
async fn flags_out_of_range() {
    let shell = shell();
    for (flag, value, words) in [
        ("--page-size", "0", ["--page-size 0", "1 to 35"]),
        ("--page-size", "36", ["--page-size 36", "1 to 35"]),
        ("--page-size", "many", ["--page-size", "invalid digit"]),
        ("--rate", "0", ["--rate 0", "requests a second"]),
        ("--max-pages", "0", ["--max-pages", "invalid value"]),
        ("--since", "yesterday", ["--since", "2025-06-18"]),
        ("--quota-margin", "20", ["--quota-margin", "20ms"]),
        ("--give-up-after", "soon", ["--give-up-after", "10m"]),
        ("--params", "header", ["--params", "query, body"]),
        ("--format", "yaml", ["--format", "text, json"]),
        ("--index-prefix", "My Index", ["--index-prefix", "lower-case"]),
        ("--store", "http://me:hunter2@127.0.0.1:9200", ["--store", "ELASTICSEARCH_PASSWORD"]),
        ("--store", "ftp://me:hunter2@127.0.0.1", ["--store", "http://127.0.0.1:9200"]),
        ("--store", "localhost:9200", ["--store localhost:9200", "write http://localhost:9200"]),
        ("--store", "", ["--store is empty", "name a folder"]),
    ] {
        refused(&shell, &["backfill", STRANGER, flag, value], &words).await;
    }
    refused(&shell, &["backfill", STRANGER, "--max-page", "3"], &["'--max-page'", "'--max-pages'"]).await;
    refused(&shell, &["fetch"], &["unrecognized subcommand 'fetch'", "--help"]).await;
    refused(&shell, &["search", "--hashtags", "ootd"], &["no such flag"]).await;
    refused(&shell, &["search", "dress", "-n5"], &["'-n5'", "write -n and the number apart"]).await;
    for page in ["-ous.html", "-o=us.JSON", "-ous.txt", "-o/tmp/us"] {
        refused(&shell, &["report", page], &[&format!("'{page}'"), "write -o and the file apart"]).await;
    }
    for (flag, value) in [("--since", "soon"), ("--timezone", "Mars/Base"), ("--limit", "0"), ("--hashtag", "#")] {
        refused(&shell, &["search", flag, value], &[flag]).await;
        refused(&shell, &["hashtags", flag, value], &[flag]).await;
    }
}

#[tokio::test]
async fn credentials_that_contradict_each_other_and_certificates_that_cannot_be_read() {
    let shell = shell().set("ELASTICSEARCH_PASSWORD", "hunter2");
    let search = ["search", "--store", "https://127.0.0.1:1"];
    refused(&shell, &search, &["ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD go together"]).await;
    let shell = shell.set("ELASTICSEARCH_USERNAME", "me").set("ELASTICSEARCH_API_KEY", "hunter2");
    refused(&shell, &search, &["both an Elasticsearch API key and a user"]).await;
    let shell = self::shell();
    refused(&shell, &[&search[..], &["--es-ca-cert", "ca.pem"]].concat(), &["--es-ca-cert ca.pem", "No such file"])
        .await;
    shell.write("ca.pem", "hunter2");
    refused(&shell, &[&search[..], &["--es-ca-cert", "ca.pem"]].concat(), &["--es-ca-cert ca.pem"]).await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used() {
    let shell = shell();
    refused(&shell, &["search", "--config", "nope.toml"], &["cannot read the configuration nope.toml"]).await;
    shell.write("mine.toml", "rate = 3\n\npage_size = 20\n");
    refused(&shell, &["search", "--config", "mine.toml"], &["mine.toml:3: unknown field `page_size`", "`page-size`"])
        .await;
    refused(&shell, &["normalize", "--config", "mine.toml"], &["mine.toml:3: unknown field `page_size`"]).await;
    shell.write("viralmine.toml", "elasticsearch-password = \"hunter2\"\nparams = \"header\"\n");
    refused(&shell, &["search"], &["viralmine.toml:2: ", "query, body"]).await;
    shell.write("viralmine.toml", "page-size = 36\n");
    refused(&shell, &["backfill", STRANGER], &["--page-size 36", "1 to 35"]).await;
    let shell = self::shell().set("VIRALMINE_NOW", "today");
    refused(&shell, &["backfill", STRANGER], &["VIRALMINE_NOW", "RFC 3339"]).await;
}

#[tokio::test]
async fn a_simulation_that_makes_no_sense() {
    let shell = Shell::new();
    refused(&shell, &["simulate", "--rate=-1"], &["rate -1"]).await;
    refused(&shell, &["simulate", "--now", "1999-01-01T00:00:00Z"], &["2000 to 2037"]).await;
    refused(&shell, &["simulate", "--from", "nope.ndjson"], &["nope.ndjson cannot be read"]).await;
    refused(&shell, &["simulate", "--strength", "huge"], &["'huge' is no strength", "weak (3)"]).await;
    refused(&shell, &["simulate", "--from", "a.ndjson", "--truth", "b.json"], &["--from", "--truth"]).await;
    refused(&shell, &["simulate", "--faults", "sloth=1"], &["unknown fault \"sloth=1\"", "known are 429"]).await;
}
