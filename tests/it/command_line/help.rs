//! Every help text, as it is shown on 100 columns, against `tests/snapshots/help/*.txt`, and the usage in README.md
//! against the first of them. A change that is meant: `VIRALMINE_BLESS=1 cargo test --test it help` writes both anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::shell::Shell;
use crate::repository::root;

const WIDTH: usize = 100;
const OPENS: &str = "<!-- usage -->\n```text\n";
const CLOSES: &str = "```\n<!-- /usage -->";

fn blesses() -> bool {
    std::env::var_os("VIRALMINE_BLESS").is_some_and(|value| value == "1")
}

fn folder() -> PathBuf {
    root().join("tests/snapshots/help")
}

/// The commands that the program's own help lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let starts = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = starts.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

async fn help_of(command: &[&str]) -> String {
    Shell::new().run(&[command, &["--help"]].concat()).await.succeeded().stdout
}

#[tokio::test]
async fn help_is_as_its_snapshot_says() {
    let program = help_of(&[]).await;
    let mut texts = vec![("viralmine".to_owned(), program.clone())];
    for command in commands(&program) {
        let text = help_of(&[&command]).await;
        texts.push((command, text));
    }
    assert!(texts.len() > 6, "{texts:?}");
    if blesses() {
        fs::create_dir_all(folder()).unwrap();
    }
    for (name, text) in &texts {
        let path = folder().join(format!("{name}.txt"));
        if blesses() {
            fs::write(&path, text).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(*text == expected, "{name} --help differs from {}; it is now:\n{text}", path.display());
    }
    let expected: BTreeSet<String> = texts.into_iter().map(|(name, _)| format!("{name}.txt")).collect();
    let found = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(found.collect::<BTreeSet<_>>(), expected, "a snapshot of no command");
}

#[tokio::test]
async fn the_readme_shows_the_programs_help() {
    let (path, help) = (root().join("README.md"), help_of(&[]).await);
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(OPENS).expect("the usage opens in README.md");
    let (shown, after) = rest.split_once(CLOSES).expect("the usage ends in README.md");
    if blesses() {
        fs::write(&path, format!("{before}{OPENS}{help}{CLOSES}{after}")).unwrap();
        return;
    }
    assert!(shown == help, "README.md shows another usage than `viralmine --help`");
}

#[tokio::test]
async fn help_is_readable() {
    let program = help_of(&[]).await;
    for command in commands(&program) {
        let (long, short) = (help_of(&[&command]).await, Shell::new().run(&[&command, "-h"]).await.succeeded().stdout);
        assert_eq!(long, short, "one help text, whichever flag");
        for line in long.lines() {
            assert!(line.chars().count() <= WIDTH, "{command}: {line}");
            assert!(!line.contains("[env: `"), "{command}: {line}");
            assert_eq!(line, line.trim_end(), "{command}");
        }
        let through_help = Shell::new().run(&["help", &command]).await.succeeded().stdout;
        assert_eq!(long, through_help);
    }
}

#[tokio::test]
async fn typed_alone_the_program_shows_its_help() {
    let alone = Shell::new().run(&[]).await.ends(2, &["Usage: viralmine", "Examples:"]);
    assert_eq!(alone.stdout, "");
    let version = Shell::new().run(&["--version"]).await.succeeded().stdout;
    assert_eq!(version, concat!("viralmine ", env!("CARGO_PKG_VERSION"), "\n"));
}
