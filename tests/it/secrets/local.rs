//! Settings and files with secrets in them, and what prints settings.

use super::{API_KEY, OTHER_KEY, PASSWORD, STORE_KEY, USERNAME, chatty, tried};
use crate::command_line::shell::{NOBODY, STRANGER, Shell};

/// All variables hold secrets.
fn shell() -> Shell {
    chatty(Shell::new())
        .set("VIRALMINE_API_URL", NOBODY)
        .set("VIRALMINE_API_KEYS", &format!("{API_KEY},{OTHER_KEY}"))
        .set("ELASTICSEARCH_API_KEY", STORE_KEY)
}

#[tokio::test]
async fn configurations_that_cannot_be_used() {
    let shell = shell();
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let password = quoted(PASSWORD);
    for text in [
        format!("elasticsearch-password = {password}\nrate = \"fast\"\n"),
        format!("elasticsearch-password = {PASSWORD}\n"),
        format!("elasticsearch-api-key = [{password}]\n"),
        format!("elasticsearch-api-key = {{ key = {password} }}\n"),
        format!("elasticsearch-password = {password}\nelasticsearch-password = {password}\n"),
        format!("elasticsearch_password = {password}\n"),
        format!("api-keys = {}\n", quoted(API_KEY)),
        format!("elasticsearch-password = \"{OTHER_KEY}\nrate = 3\n"),
        format!("elasticsearch-api-key = {password}\nelasticsearch-username = \"me\"\n"),
        format!("elasticsearch-username = {password}\nparams = \"header\"\n"),
    ] {
        shell.write("wrong.toml", &text);
        let variables_aside = Shell::beside(&shell).set("ELASTICSEARCH_API_KEY", "");
        for shell in [&shell, &variables_aside] {
            let arguments = ["search", "--store", "http://127.0.0.1:1", "--config", "wrong.toml"];
            tried(shell, &arguments, None).await;
            tried(shell, &["backfill", STRANGER, "--config", "wrong.toml"], None).await;
        }
    }
}

#[tokio::test]
async fn variables_and_key_files_that_cannot_be_used() {
    let shell = shell();
    for (name, value) in [
        ("VIRALMINE_API_KEYS", format!("{API_KEY},{OTHER_KEY} x")),
        ("VIRALMINE_API_KEYS", format!("{API_KEY}\t{OTHER_KEY}")),
        ("VIRALMINE_API_URL", format!("https://{USERNAME}:{OTHER_KEY}@api.example")),
        ("VIRALMINE_API_URL", format!("https://api.example?key={OTHER_KEY}")),
        ("VIRALMINE_API_URL", format!("{OTHER_KEY}@api.example")),
        ("ELASTICSEARCH_API_KEY", format!("{STORE_KEY}\nx")),
        ("ELASTICSEARCH_PASSWORD", PASSWORD.to_owned()),
    ] {
        let shell = shell.beside().set(name, &value);
        let arguments = ["backfill", STRANGER, "--store", NOBODY];
        tried(&shell, &arguments, Some(2)).await;
        tried(&shell, &["doctor", "--store", NOBODY], None).await;
    }
    shell.write("keys.txt", &format!("{API_KEY}\n{OTHER_KEY} second\n"));
    tried(&shell, &["backfill", STRANGER, "--api-keys-file", "keys.txt"], Some(2)).await;
}

/// What is set is no part of what is said about flags.
#[tokio::test]
async fn help_and_wrong_flags() {
    let shell = shell();
    let commands =
        ["backfill", "search", "hashtags", "normalize", "simulate", "demo", "dead-letters", "status", "doctor", "help"];
    for command in commands {
        for arguments in [&[command, "--help"][..], &[command, "-h"], &[command, "--no-such-flag"]] {
            let ended = shell.run(arguments).await;
            super::nothing_shows(&shell, arguments, &ended);
        }
    }
    for arguments in [&["--version"][..], &["--help"], &[]] {
        let ended = shell.run(arguments).await;
        super::nothing_shows(&shell, arguments, &ended);
    }
}
