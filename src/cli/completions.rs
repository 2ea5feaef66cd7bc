//! Flags of `viralmine completions` and `viralmine man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Flags of `completions`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  viralmine completions bash > ~/.local/share/bash-completion/completions/viralmine
  viralmine completions zsh > \"${fpath[1]}/_viralmine\"
  viralmine completions fish > ~/.config/fish/completions/viralmine.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Flags of `man`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  viralmine man | man -l -
  viralmine man --dir ~/.local/share/man/man1    then: man viralmine-backfill")]
pub struct ManArgs {
    /// Write a page for the program and one for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
