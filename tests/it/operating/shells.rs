//! Completions and manual pages, against the commands and flags as clap has them.

use std::fs;

use clap::{Arg, Command, CommandFactory};
use viralmine::cli::Cli;

use crate::command_line::shell::{Shell, end_of};

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

fn program() -> Command {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    program
}

fn shown_flags(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter(|argument| !argument.is_hide_set()).filter_map(Arg::get_long)
}

#[tokio::test]
async fn every_shells_script_knows_every_command_and_flag() {
    let shell = Shell::new();
    for name in SHELLS {
        let script = shell.run(&["completions", name]).await.succeeded().stdout;
        for command in program().get_subcommands() {
            assert!(script.contains(command.get_name()), "{name} lacks {}", command.get_name());
            for flag in shown_flags(command) {
                assert!(script.contains(flag), "{name} lacks --{flag} of {}", command.get_name());
            }
        }
        assert!(!script.contains("query word"), "words of a query are no flags");
    }
    shell.run(&["completions", "cmd"]).await.ends(2, &["bash", "powershell"]);
}

/// As bash does it when somebody presses the tabulator.
#[tokio::test]
async fn bash_completes_commands_flags_and_values() {
    let shell = Shell::new();
    let script = shell.run(&["completions", "bash"]).await.succeeded().stdout;
    shell.write("completions", &script);
    end_of(shell.command_instead(&["bash", "-n"], &["completions"]).spawn().unwrap()).await.succeeded();
    for (typed, completed) in [
        ("viralmine back", "backfill"),
        ("viralmine backfill --metr", "--metrics"),
        ("viralmine export --form", "--format"),
        ("viralmine search --sort engage", "engagement"),
        ("viralmine dead-letters ret", "retry"),
    ] {
        let words: Vec<&str> = typed.split(' ').collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let press = format!(
            "source ./completions; COMP_WORDS=({typed}); COMP_CWORD={}; _viralmine viralmine '{last}' '{before}'; \
             echo \"${{COMPREPLY[*]}}\"",
            words.len() - 1
        );
        let ended = end_of(shell.command_instead(&["bash", "-c"], &[&press]).spawn().unwrap()).await.succeeded();
        assert!(ended.stdout.split_whitespace().any(|word| word == completed), "{typed}: {ended:?}");
    }
}

/// As a reader sees it: without what roff puts before hyphens.
fn as_read(page: &str) -> String {
    page.replace("\\-", "-")
}

fn assert_told(folder: &std::path::Path, command: &Command, name: &str) {
    let path = folder.join(format!("{name}.1"));
    let page = as_read(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    assert!(page.contains(&format!(".TH {name} 1")), "{name}");
    for flag in shown_flags(command) {
        assert!(page.contains(&format!("--{flag}")), "{name} does not tell of --{flag}");
    }
    for below in command.get_subcommands() {
        let name = format!("{name}-{}", below.get_name());
        assert!(page.contains(&name), "no word of {name}");
        assert_told(folder, below, &name);
    }
}

#[tokio::test]
async fn the_manual_tells_of_every_command_and_flag() {
    let shell = Shell::new();
    let ended = shell.run(&["man", "--dir", "share/man1"]).await.succeeded();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_told(&shell.path("share/man1"), &program(), "viralmine");
    let printed = shell.run(&["man"]).await.succeeded().stdout;
    for command in program().get_subcommands() {
        assert!(as_read(&printed).contains(&format!("viralmine-{}", command.get_name())));
    }
    shell.write("taken", "");
    for taken in ["taken", "taken/below"] {
        shell.run(&["man", "--dir", taken]).await.ends(2, &[&format!("--dir {taken} is no folder"), "name another"]);
    }
}
