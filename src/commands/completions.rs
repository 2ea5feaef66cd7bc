//! `viralmine completions` and `viralmine man`, both made of the flags as clap knows them.

use std::fs;
use std::io::{self, ErrorKind, Write};

use anyhow::Context;
use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::cli::completions::{CompletionsArgs, ManArgs};
use crate::settings::UsageError;

const PROGRAM: &str = "viralmine";

/// Prints the script of a shell.
pub(super) fn print(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut as_shown(&Cli::command()), PROGRAM, &mut script);
    Ok(write_out(&script)?)
}

/// Prints the program's page, or writes all pages into a folder.
pub(super) fn man(args: &ManArgs) -> anyhow::Result<()> {
    let Some(folder) = &args.dir else {
        let mut page = Vec::new();
        Man::new(Cli::command()).render(&mut page)?;
        return Ok(write_out(&page)?);
    };
    let shown = folder.display();
    match fs::create_dir_all(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotADirectory) => {
            let words = format!("--dir {shown} is no folder, nor could one be made there: name another");
            return Err(UsageError(words).into());
        }
        made => made.with_context(|| format!("--dir {shown} cannot be made"))?,
    }
    clap_mangen::generate_to(Cli::command(), folder)
        .with_context(|| format!("the manual pages cannot be written to --dir {shown}"))
}

/// The command as its help shows it: shells would offer arguments, too, that stand for more of the same
/// (`cli::ask::words`).
fn as_shown(command: &Command) -> Command {
    let shown = Command::new(command.get_name().to_owned())
        .about(command.get_about().cloned().unwrap_or_default())
        .args(command.get_arguments().filter(|argument| !argument.is_hide_set()).map(named_as_shown))
        .subcommands(command.get_subcommands().filter(|command| !command.is_hide_set()).map(as_shown));
    match command.get_version() {
        Some(version) => shown.version(version.to_owned()),
        None => shown,
    }
}

/// Words of a query have names with blanks, which zsh would show.
fn named_as_shown(argument: &Arg) -> Arg {
    let argument = argument.clone();
    if argument.get_id().as_str().contains(' ') { argument.id("query") } else { argument }
}

fn write_out(text: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text)?;
    stdout.flush()
}
