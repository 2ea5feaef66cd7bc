//! Flags of `viralmine dead-letters`.

use clap::{Args, Subcommand, ValueEnum};

use super::backfill::ReportFormat;

/// Flags of `dead-letters`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
A dead letter is a document that the store refuses for its own sake: a field that its mapping does not take, say. \
Its page counts as done; the letter keeps the document, the reason, and where it came from.

Examples:
  viralmine dead-letters list
  viralmine dead-letters show 7528963259874125698
  viralmine dead-letters retry                     all of them, once what was wrong is mended")]
pub struct DeadLettersArgs {
    /// What is to be done.
    #[command(subcommand)]
    pub action: DeadLettersAction,
}

/// The commands of `dead-letters`.
#[derive(Debug, Clone, Subcommand)]
pub enum DeadLettersAction {
    /// List them, the oldest first, with their reasons
    List(ListArgs),
    /// Print a video's letters as they stand in the file: reason, origin and document
    Show(ShowArgs),
    /// Send them to the store again; those that it takes leave the file
    Retry(RetryArgs),
}

/// Flags of `dead-letters list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// At most so many letters, or all of them
    #[arg(short = 'n', long, value_name = "N|all", default_value = "20", value_parser = super::ask::limit)]
    pub limit: usize,

    /// Form of the list (without the documents)
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}

/// How a list of letters looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    #[value(help = None::<&str>)]
    Table,
    /// One JSON array.
    #[value(help = None::<&str>)]
    Json,
    /// A JSON object a line.
    #[value(help = None::<&str>)]
    Ndjson,
}

/// Flags of `dead-letters show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The video's id
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Flags of `dead-letters retry`.
#[derive(Debug, Clone, Args)]
pub struct RetryArgs {
    /// Videos' ids [default: every letter]
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    /// End once the store has been away for so long [default: 10m]
    #[arg(long, value_name = "DURATION")]
    pub give_up_after: Option<String>,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}
